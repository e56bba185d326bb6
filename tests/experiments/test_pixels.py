"""What a byte is to a network, byte by byte, and back."""
import numpy as np
import pytest

from experiments.common.pixels import PIXELS
from nn.logistic_mixture import discretized_logistic_mixture

BYTES = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


def test_real_pixels_are_from_minus_one_to_one_in_steps_of_two_255ths():
    """B.1: (v - 127.5) / 127.5; what the mixture takes for bins."""
    pixels = PIXELS['real']((16, 16, 1))
    x = pixels.prepare(BYTES).ravel()
    assert x.dtype == np.float32 and x[0] == -1 and x[255] == 1
    np.testing.assert_allclose(x, np.linspace(-1, 1, 256), rtol=0, atol=1e-7)
    np.testing.assert_allclose(pixels.to_unit(x), np.arange(256) / 255, rtol=0, atol=1e-7)


def test_the_bins_of_all_bytes_are_one_in_all():
    """The cost of real pixels, of the pixels that `prepare` makes: p(0) + .. + p(255) = 1."""
    pixels = PIXELS['real']((16, 16, 1))
    outputs = np.random.default_rng(0).standard_normal(pixels.outputs)
    x = pixels.prepare(BYTES).astype(np.float64).reshape(256, 1, 1, 1)
    assert pixels.cost is discretized_logistic_mixture
    total = sum(np.exp(-pixels.cost(outputs.reshape(1, 1, 1, -1), value[None])[0]) for value in x)
    assert total == pytest.approx(1, rel=1e-6)


def test_unit_pixels_are_bytes_over_255():
    pixels = PIXELS['unit']((16, 16, 1))
    x = pixels.prepare(BYTES).ravel()
    assert x.dtype == np.float32 and x[0] == 0 and x[255] == 1
    np.testing.assert_allclose(x, np.arange(256) / 255, rtol=0, atol=1e-7)
    np.testing.assert_array_equal(pixels.to_unit(x), x)


def test_binary_pixels_are_0_or_1_at_the_middle():
    pixels = PIXELS['binary']((16, 16, 1))
    np.testing.assert_array_equal(pixels.prepare(BYTES).ravel(), np.arange(256) > 127)


@pytest.mark.parametrize('name, outputs', [('binary', (1, 3)), ('unit', (1, 3)),
                                           ('standardised', (1, 3)), ('real', (30, 100))])
def test_outputs_of_a_pixel(name, outputs):
    """B.1.3, B.2.1: ten components; of three channels 1 + 3 + 3 + 3 numbers each."""
    for channels, n in zip((1, 3), outputs):
        assert PIXELS[name]((4, 4, channels)).outputs == n
