"""Proofs that the PixelCNN is a PixelCNN: causality, no blind spot, normalisation, the sampler."""
import itertools

import numpy as np
import pytest

from models.pixelcnn import ACTIVATIONS, CONDITIONINGS, PixelCNN, PixelCNNLayer
from models.sampler import bernoulli, sample, scan
from nn.conditioning import LocationInvariantBias, expect_codes
from nn.gradcheck import check_layer
from nn.losses import softplus

EVERY = pytest.mark.parametrize(
    'activation, conditioning, code_size',
    [(a, c, 3) for a in ACTIVATIONS for c in CONDITIONINGS] + [(a, None, 0) for a in ACTIVATIONS])


def make(activation, conditioning, code_size, image_shape=(5, 6, 1), blocks=2, positive=False,
         **options):
    """A float64 PixelCNN with all biases drawn; positive=True keeps every ReLU alive."""
    rng = np.random.default_rng(0)
    options = {'features': 4, 'kernel_size': (3, 5)} | options
    decoder = PixelCNN(image_shape, code_size, blocks, rng, activation=activation,
                       conditioning=conditioning or CONDITIONINGS[0], dtype=np.float64, **options)
    for name, parameter in decoder.parameters().items():
        if parameter.ndim == 1:
            parameter[...] = 0.3 * rng.standard_normal(parameter.shape)
        if positive:
            mask = np.ones_like(parameter)
            if name.endswith('W') and parameter.ndim == 4:
                mask = parameter != 0
            size = 0.001 if 'code_map' in name else 0.1      # its 1000 units would saturate a gate
            parameter[...] = size * mask * rng.uniform(0.5, 1.5, parameter.shape)
    return decoder


def draw(decoder, n, seed=1):
    rng = np.random.default_rng(seed)
    x = (rng.random((n, *decoder.image_shape)) > 0.5).astype(np.float64)
    z = rng.standard_normal((n, decoder.code_size)) if decoder.code_size else None
    return x, z


@EVERY
def test_changing_a_pixel_changes_nothing_before_it_and_all_after_it(activation, conditioning,
                                                                     code_size):
    decoder = make(activation, conditioning, code_size, blocks=3, positive=True)
    x, z = draw(decoder, 1)
    before, _ = decoder.forward(x, z)
    before = before.reshape(-1)
    for pixel in range(30):
        changed = x.copy()
        changed.reshape(-1)[pixel] += 1.5
        after = decoder.forward(changed, z)[0].reshape(-1)
        np.testing.assert_array_equal(after[:pixel + 1], before[:pixel + 1])    # bit for bit
        assert (after[pixel + 1:] != before[pixel + 1:]).all(), 'a blind spot'


@EVERY
def test_gradient_reaches_the_pixels_before_an_output_and_no_other(activation, conditioning,
                                                                   code_size):
    decoder = make(activation, conditioning, code_size, blocks=3, positive=True)
    x, z = draw(decoder, 1)
    logits, cache = decoder.forward(x, z)
    for pixel in range(30):
        dlogits = np.zeros_like(logits)
        dlogits.reshape(-1)[pixel] = 1
        dx, _ = decoder.backward(dlogits, cache)
        assert (dx.reshape(-1)[pixel:] == 0).all()
        assert (dx.reshape(-1)[:pixel] != 0).all()


@EVERY
def test_probabilities_of_all_images_sum_to_one(activation, conditioning, code_size):
    decoder = make(activation, conditioning, code_size, image_shape=(3, 3, 1))
    images = np.array(list(itertools.product([0.0, 1.0], repeat=9))).reshape(-1, 3, 3, 1)
    _, z = draw(decoder, 1)
    z = None if z is None else np.repeat(z, len(images), axis=0)
    logits, _ = decoder.forward(images, z)
    log_p = (images * logits - softplus(logits)).sum(axis=(1, 2, 3))
    assert np.ptp(log_p) > 0.1
    assert np.exp(log_p).sum() == pytest.approx(1, rel=1e-12, abs=0)


@EVERY
def test_sampler_conditionals_equal_the_full_pass(activation, conditioning, code_size):
    decoder = make(activation, conditioning, code_size, code_channels=2)
    x, z = draw(decoder, 3)
    full, _ = decoder.forward(x, z)
    cached = np.full_like(full, np.nan)

    def teacher(i, j, logits):
        cached[:, i, j] = logits
        return x[:, i, j]

    np.testing.assert_array_equal(scan(decoder, z, teacher, n=3), x)
    np.testing.assert_allclose(cached, full, rtol=1e-10, atol=1e-12)


def test_samples_have_the_distribution_of_the_model():
    """Frequencies of all 2x2 images against their probabilities, within five standard errors."""
    decoder = make('gated', 'location-invariant', 2, image_shape=(2, 2, 1))
    n = 40000
    z = np.repeat(np.array([[0.5, -1.0]]), n, axis=0)
    drawn = sample(decoder, z, np.random.default_rng(0))
    images = np.array(list(itertools.product([0.0, 1.0], repeat=4))).reshape(-1, 2, 2, 1)
    logits, _ = decoder.forward(images, z[:16])
    p = np.exp((images * logits - softplus(logits)).sum(axis=(1, 2, 3)))
    codes = drawn.reshape(n, 4) @ [8, 4, 2, 1]
    frequency = np.bincount(codes.astype(int), minlength=16) / n
    assert (np.abs(frequency - p) < 5 * np.sqrt(p * (1 - p) / n)).all()


def test_bernoulli():
    logits = np.repeat([[-50.0], [50.0], [0.0]], 1000, axis=0)
    drawn = bernoulli(logits, np.random.default_rng(0)).reshape(3, 1000)
    assert (drawn[0] == 0).all() and (drawn[1] == 1).all() and 400 < drawn[2].sum() < 600


def test_three_blocks_have_a_receptive_field_of_size_nine():
    """PixelGAN, figure 2: nine rows, the pixel's own included."""
    decoder = make('relu', None, 0, image_shape=(24, 24, 1), blocks=3, positive=True)
    x, _ = draw(decoder, 1)
    logits, cache = decoder.forward(x)
    dlogits = np.zeros_like(logits)
    dlogits[0, 12, 12] = 1
    rows, columns = np.nonzero(decoder.backward(dlogits, cache)[0][0, :, :, 0])
    assert rows.min() == 12 - 8 and rows.max() == 12
    assert columns[rows == 12].min() == 12 - 8 and columns[rows == 12].max() == 11


@EVERY
def test_gradients(activation, conditioning, code_size):
    decoder = make(activation, conditioning, code_size, image_shape=(3, 4, 1), code_channels=2)
    rng = np.random.default_rng(2)
    x = rng.standard_normal((2, 3, 4, 1))
    if not code_size:
        logits, cache = decoder.forward(x)
        assert decoder.backward(logits, cache)[1] is None
        return
    wrong = [check for check in check_layer(decoder, x, rng.standard_normal((2, code_size)))
             if not check.passed]
    assert not wrong, wrong


@pytest.mark.parametrize('activation', ACTIVATIONS)
@pytest.mark.parametrize('first', [True, False])
def test_a_block_is_the_equations_of_its_docstring(activation, first):
    """The wiring, written out: residual on the horizontal stack only, v feeds h before f."""
    rng = np.random.default_rng(0)
    layer = PixelCNNLayer(4, 4, (2, 3), activation, first,
                          lambda outputs: LocationInvariantBias(3, outputs, rng, dtype=np.float64),
                          rng, np.float64)
    v, h = rng.standard_normal((2, 2, 3, 5, 4))
    z = rng.standard_normal((2, 3))

    def f(x):
        if activation == 'relu':
            return np.maximum(x, 0)
        return np.tanh(x[..., :4]) / (1 + np.exp(-x[..., 4:]))

    def bias(layer):
        return (z @ layer.params['V'])[:, None, None]

    v_pre = layer.conv_v.forward(v)[0] + bias(layer.bias_v)
    h_pre = layer.conv_h.forward(h)[0] + v_pre @ layer.v_to_h.params['W'] + bias(layer.bias_h)
    h_out = f(h_pre) @ layer.out.params['W'] + layer.out.params['b']
    (v_got, h_got), _ = layer.forward(v, h, z)
    np.testing.assert_allclose(v_got, f(v_pre), atol=1e-12)
    np.testing.assert_allclose(h_got, h_out if first else h + h_out, atol=1e-12)


def test_the_head_is_relu_1x1_relu_1x1_on_the_horizontal_stack():
    decoder = make('gated', None, 0)
    x, _ = draw(decoder, 2)
    v = h = x
    for layer in decoder.layer:
        (v, h), _ = layer.forward(v, h, None)
    (w1, b1), (w2, b2) = (dense.params.values() for dense in decoder.head.layer[1::2])
    np.testing.assert_allclose(decoder.forward(x)[0],
                               np.maximum(np.maximum(h, 0) @ w1 + b1, 0) @ w2 + b2, atol=1e-12)


@pytest.mark.parametrize('first', [True, False])
def test_which_stack_of_a_layer_sees_the_own_pixel_and_row(first):
    """Without the residual, which would carry the pixel past a blind convolution: the horizontal
    stack sees its own pixel and the vertical one its own row, in all layers but the first."""
    rng = np.random.default_rng(0)
    layer = PixelCNNLayer(2, 2, (3, 5), 'gated', first, None, rng, np.float64)
    v, h = rng.standard_normal((2, 1, 5, 7, 2))

    def reached(stack):
        """Offsets (row, column) from a changed pixel at which v_out, and h_out - h, change."""
        changed = [v.copy(), h.copy()]
        changed[stack][0, 2, 3] += 1
        (v_before, h_before), _ = layer.forward(v, h, None)
        (v_after, h_after), _ = layer.forward(*changed, None)
        residual = 0 if first else changed[1] - h
        return [{(int(i) - 2, int(j) - 3) for i, j in np.argwhere(
            (np.abs(difference[0]) > 1e-12).all(axis=2))}
            for difference in (v_after - v_before, h_after - residual - h_before)]

    rows = range(1 if first else 0, 3)
    below = {(i, j) for i in rows for j in range(-2, 3)}
    assert reached(0) == [below, below]         # v feeds h, too
    assert reached(1) == [set(), {(0, j) for j in range(1 if first else 0, 3)}]


@pytest.mark.parametrize('conditioning', CONDITIONINGS)
def test_the_layers_with_a_bias_by_the_code(conditioning):
    """A.2: the location-invariant bias at every layer, the location-dependent one at the first,
    the input channel at none. The others' weights on the code at 0, a layer alone passes it on."""
    decoder = make('gated', conditioning, 3, blocks=2)
    x, z = draw(decoder, 1)
    on_code = {name: array for name, array in decoder.parameters().items()
               if name.endswith(('/V', 'network/layer.0/W'))}
    before = {name: array.copy() for name, array in on_code.items()}
    passed_on = []
    for name in on_code:
        for array in on_code.values():
            array.fill(0)
        on_code[name][...] = before[name]
        assert np.abs(decoder.forward(x, z)[0] - decoder.forward(x, z + 1)[0]).max() > 1e-6
        passed_on.append(name.rsplit('/code_map')[0].rsplit('/V')[0])
    assert passed_on == {
        'location-invariant': [f'layer.{k}/bias_{stack}' for k in range(3) for stack in 'vh'],
        'location-dependent': ['layer.0/bias_v', 'layer.0/bias_h'],
        'input-channel': ['code_map/network/layer.0/W']}[conditioning]


def test_the_code_matters_everywhere():
    for conditioning in ('location-invariant', 'location-dependent'):
        decoder = make('relu', conditioning, 3, positive=True)
        x, z = draw(decoder, 1)
        difference = decoder.forward(x, z)[0] - decoder.forward(x, z + 1)[0]
        assert (difference != 0).all()
    decoder = make('relu', 'input-channel', 3, blocks=3, positive=True)
    x, z = draw(decoder, 1)
    difference = decoder.forward(x, z)[0] - decoder.forward(x, z + 1)[0]
    assert (difference.reshape(-1)[1:] != 0).all() and difference.reshape(-1)[0] == 0


@pytest.mark.parametrize('wrong', [{'conditioning': 'loc-invariant'}, {'activation': 'elu'}])
def test_refuses_unknown_names(wrong):
    with pytest.raises(ValueError, match='is not one of'):
        PixelCNN((4, 4, 1), 2, 1, np.random.default_rng(0), **wrong)


@pytest.mark.parametrize('conditioning', CONDITIONINGS)
def test_wide_codes_start_as_those_of_size_one(conditioning):
    """With biases of the code maps at 0, as they start."""
    decoder = make('relu', conditioning, 3)
    for name, parameter in decoder.parameters().items():
        if 'code_map' in name and parameter.ndim == 1:
            parameter[...] = 0
    x, z = draw(decoder, 4)
    expected, _ = decoder.forward(x, z)
    assert np.abs(decoder.forward(x, 5 * z)[0] - expected).max() > 0.01
    expect_codes(decoder, 5)
    np.testing.assert_allclose(decoder.forward(x, 5 * z)[0], expected, rtol=1e-9, atol=1e-12)
