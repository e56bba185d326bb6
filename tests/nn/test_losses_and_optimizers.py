"""Costs at extreme logits and against their definitions; optimisers against written-out steps."""
import math

import numpy as np
import pytest

from nn import losses
from nn.activations import Tanh
from nn.dense import Dense
from nn.initializers import gaussian
from nn.layer import Sequential
from nn.optim import SGD, Adam

EXTREME = np.array([[1e4], [-1e4], [0.0], [500.0]])


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_finite_at_extreme_logits(dtype):
    logits = EXTREME.astype(dtype)
    with np.errstate(all='raise', under='ignore'):
        for target in (0, 1):
            for result in losses.sigmoid_cross_entropy(logits, np.full_like(logits, target)):
                assert np.isfinite(result).all()
        two = np.concatenate([logits, -logits], axis=1)
        for result in losses.softmax_cross_entropy(two, np.array([0, 0, 1, 1])):
            assert np.isfinite(result).all()
        for result in (*losses.discriminator_cost(logits, -logits), *losses.generator_cost(logits)):
            assert np.isfinite(result).all()


def test_values_by_definition():
    rng = np.random.default_rng(0)

    def exactly(value):
        return pytest.approx(value, rel=1e-13, abs=0)
    logits, targets = rng.standard_normal((5, 2, 3)), rng.random((5, 2, 3))
    p = 1 / (1 + np.exp(-logits))
    loss, _ = losses.sigmoid_cross_entropy(logits, targets)
    assert loss == exactly(-(targets * np.log(p) + (1 - targets) * np.log(1 - p)).sum() / 5)

    logits, labels = rng.standard_normal((5, 4)), np.array([0, 3, 1, 1, 2])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss, _ = losses.softmax_cross_entropy(logits, labels)
    assert loss == exactly(-np.log(p[np.arange(5), labels]).mean())

    real, fake = rng.standard_normal((5, 1)), rng.standard_normal((3, 1))
    d_real, d_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    assert losses.discriminator_cost(real, fake)[0] == exactly(
        -np.log(d_real).mean() - np.log(1 - d_fake).mean())
    assert losses.generator_cost(fake)[0] == exactly(-np.log(d_fake).mean())
    zero = np.zeros((4, 1))
    assert losses.discriminator_cost(zero, zero)[0] == exactly(2 * math.log(2))
    assert losses.half_squared_error(real, 0 * real)[0] == exactly((real**2).sum() / 10)


def one_parameter():
    layer = Dense(1, 1, np.random.default_rng(0), bias=False, init=gaussian(0.0), dtype=np.float64)
    return layer, layer.params['W'], layer.grads['W']


def test_sgd_with_momentum():
    """v <- m v + g, w <- w - lr v: where the rate falls, all of the velocity falls with it."""
    layer, w, g = one_parameter()
    sgd = SGD({'layer': layer}, 0.1, momentum=0.5)
    expected, v = 0.0, 0.0
    for gradient, rate in ((1.0, 0.1), (-2.0, 0.1), (0.5, 0.01), (0.0, 0.01)):
        g[...], sgd.learning_rate = gradient, rate
        sgd.step()
        v = 0.5 * v + gradient
        expected -= rate * v
        assert w.item() == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize('size', [1.0, 1e-7, 1e-9])
def test_adam(size):
    """Algorithm 1 of Kingma and Ba, with its bias-corrected moments written out; its epsilon, 1e-8
    beside the root of the corrected moment, counts where gradients are as small."""
    layer, w, g = one_parameter()
    adam = Adam({'layer': layer}, 0.01)
    expected = m = v = 0.0
    for t, gradient in enumerate((size, -2 * size, 0.5 * size, 1e-9), start=1):
        g[...], adam.learning_rate = gradient, 0.01 / t
        adam.step()
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        expected -= 0.01 / t * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        assert w.item() == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize('beta1, beta2, eps', [(0.5, 0.9, 1e-3), (0.1, 0.999, 0.1)])
def test_adam_s_first_step_and_its_steady_state(beta1, beta2, eps):
    """With a gradient g that stays the corrected moments are g and g^2, from the first step on:
    each step is lr g / (|g| + eps), whatever the betas are."""
    layer, w, g = one_parameter()
    adam = Adam({'layer': layer}, 0.01, beta1, beta2, eps)
    for t in range(1, 6):
        g[...] = -0.2
        adam.step()
        assert w.item() == pytest.approx(t * 0.01 * 0.2 / (0.2 + eps), rel=1e-12, abs=0)


def test_optimizers_change_arrays_in_place_and_only_their_own():
    first, second = (Dense(2, 2, np.random.default_rng(0)) for _ in range(2))
    weight = first.params['W']
    before = weight.copy(), second.params['W'].copy()
    first.grads['W'][...] = second.grads['W'][...] = 1
    SGD({'first': first}, 0.1).step()
    assert first.params['W'] is weight and not np.array_equal(weight, before[0])
    np.testing.assert_array_equal(second.params['W'], before[1])


@pytest.mark.parametrize('packed', [False, True])
def test_a_layer_in_two_places_learns_once(packed):
    layer = Dense(2, 2, np.random.default_rng(0))
    network = Sequential(layer, Tanh(), layer)
    if packed:
        network.to('cpu')
    before = layer.params['W'].copy()
    layer.grads['W'][...] = 1
    SGD({'network': network}, 0.25).step()
    np.testing.assert_array_equal(layer.params['W'], before - np.float32(0.25))


def test_a_negative_rate_is_refused():
    with pytest.raises(ValueError, match='got -0.1'):
        SGD({}, -0.1)
