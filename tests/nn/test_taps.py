"""Convolution without patches agrees with that by patches: on the stand-in, on a GPU (-m gpu)."""
import numpy as np
import pytest

from nn import backend, conv
from nn.fast import cublas, taps
from nn.gradcheck import __main__ as gradcheck
from tests import stand_in
from tests.nn.test_cublas import xp  # noqa: F401  (a fixture)

interleaved = taps._interleaved
# (N, H, W, C), (k_h, k_w), F
SHAPES = [((3, 6, 7, 4), (3, 5), 4), ((1, 3, 5, 4), (3, 5), 2), ((3, 5, 5, 3), (1, 3), 3),
          ((2, 4, 4, 6), (1, 1), 3), ((2, 9, 9, 4), (7, 7), 4), ((1, 3, 3, 4), (3, 3), 4),
          ((2, 2, 8, 4), (2, 2), 3), ((1, 4, 3, 2), (4, 1), 2), ((5, 7, 10, 3), (2, 4), 6)]


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('shape, kernel_size, features', SHAPES, ids=str)
def test_without_patches_and_with_them(xp, shape, kernel_size, features, dtype):  # noqa: F811
    """On small integers, which no order of a sum rounds."""
    rng = np.random.default_rng(0)
    x, weight = (rng.integers(-4, 4, size).astype(dtype)
                 for size in (shape, (*kernel_size, shape[3], features)))
    y = conv.correlate(x, weight)
    dy = rng.integers(-4, 4, y.shape).astype(dtype)
    there = {name: backend.to_device(array, 'gpu')
             for name, array in (('x', x), ('weight', weight), ('dy', dy))}
    assert taps.pays(there['x'], weight.shape, (1, 1)) and not taps.pays(x, weight.shape, (1, 1))
    found = conv.correlate(there['x'], there['weight'])
    assert found.flags.c_contiguous and found.dtype == dtype
    np.testing.assert_array_equal(backend.to_host(found), y)
    np.testing.assert_array_equal(
        backend.to_host(conv.correlate_weight(there['x'], there['dy'], kernel_size)),
        conv.correlate_weight(x, dy, kernel_size))
    np.testing.assert_array_equal(
        backend.to_host(conv.correlate_input(there['dy'], there['weight'], x.shape, (0,) * 4)),
        conv.correlate_input(dy, weight, x.shape, (0,) * 4))


def test_a_sliced_kernel_and_another_type(xp):  # noqa: F811
    """The live taps of a causal kernel are a part of it; images are float32 where a test's weights
    are float64."""
    rng = np.random.default_rng(0)
    x, weight = (rng.integers(-4, 4, size) for size in ((2, 6, 7, 4), (3, 5, 4, 4)))
    x = x.astype('f4')
    y = conv.correlate(x, weight[:2, :3].astype('f8'))
    found = conv.correlate(backend.to_device(x, 'gpu'),
                           backend.to_device(weight.astype('f8'), 'gpu')[:2, :3])
    assert found.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(backend.to_host(found), y)


def test_gradients(monkeypatch, capsys):
    stand_in.install(monkeypatch)
    used, original = [], taps.pays
    monkeypatch.setattr(taps, 'pays', lambda *arguments: used.append(original(*arguments))
                        or used[-1])
    assert gradcheck.main(['--device', 'gpu', 'Conv2D', 'CausalConv2D']) == 0
    assert set(used) == {True, False} and 'FAIL' not in capsys.readouterr().out


def test_few_channels_strides_and_a_missing_cublas_have_patches(monkeypatch):
    stand_in.install(monkeypatch)
    x = stand_in.module.asarray(np.ones((2, 5, 5, 4)))
    assert taps.pays(x, (3, 3, 4, 12), (1, 1))
    assert not taps.pays(x, (3, 3, 4, 13), (1, 1)) and not taps.pays(x, (3, 3, 4, 4), (2, 2))
    monkeypatch.setattr(cublas, 'library', lambda: 1 / 0)
    cublas.cublas.cache_clear()
    cublas.available.cache_clear()
    assert not taps.pays(x, (3, 3, 4, 4), (1, 1))
    weight = stand_in.module.asarray(np.ones((3, 3, 4, 4)))
    assert (backend.to_host(conv.correlate(x, weight)) == 36).all()
    cublas.available.cache_clear()


def test_a_device_that_computes_something_else_has_patches(monkeypatch):
    stand_in.install(monkeypatch)
    x, weight = (stand_in.module.asarray(np.ones(shape)) for shape in ((2, 5, 5, 4), (3, 3, 4, 4)))
    taps.is_right.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(taps, '_interleaved', lambda pixels, first, *rest: interleaved(
            pixels, first and first - 1, *rest))
        assert not taps.pays(x, weight.shape, (1, 1))
        assert (backend.to_host(conv.correlate(x, weight)) == 36).all()
    taps.is_right.cache_clear()
    assert taps.pays(x, weight.shape, (1, 1))
