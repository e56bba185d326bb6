"""The checker accepts every layer and loss, and rejects wrong ones."""
import copy
import importlib
import pkgutil

import numpy as np
import pytest

from nn.activations import ReLU, Softmax, Tanh
from nn.batch_norm import BatchNorm
from nn.causal_conv import CausalConv2D
from nn.conv import correlate_weight
from nn.dense import Dense
from nn.gradcheck import check_layer, check_loss, layers
from nn.gradcheck.__main__ import cases
from nn.layer import Layer, Sequential
from nn.losses import sigmoid_cross_entropy
from nn.noise import Dropout
from nn.pooling import MaxPool2D
from tests import stand_in

CASES = cases()


def rng(seed=0):
    return np.random.default_rng(seed)


def failed(checks):
    return [check for check in checks if not check.passed]


@pytest.mark.parametrize('name', CASES)
def test_every_layer_and_loss(name):
    checks = CASES[name]()
    assert checks and not failed(checks)


class ZeroBackward(Softmax):
    def backward(self, dy, y):
        return 0 * dy


class SlightlyOff(Dense):
    def backward(self, dy, x):
        return 1.001 * super().backward(dy, x)


class SlightlyOffWeights(Dense):
    def backward(self, dy, x):
        dx = super().backward(dy, x)
        self.grads['W'] *= 1.001
        return dx


class LostMaskInBackward(CausalConv2D):
    def backward(self, dy, cache):
        dx = super().backward(dy, cache)
        x = cache[0][:, :dy.shape[1] + self.reach[0] - 1]
        full = np.zeros((len(x), dy.shape[1] + self.reach[0], *x.shape[2:]))
        full[:, :x.shape[1]] = x
        self.grads['W'] += correlate_weight(full, dy, self.params['W'].shape[:2])
        return dx


class LostMask(CausalConv2D):
    """Consistently without the mask: the differences agree, only the mask does not hold."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.live = (slice(None), slice(None))
        self.params['W'][...] = rng().standard_normal(self.params['W'].shape)


class WritesInput(ReLU):
    def forward(self, x, train=False):
        np.maximum(x, 0, out=x)
        return x.copy(), x


class WritesCache(Softmax):
    def backward(self, dy, y):
        dx = super().backward(dy, y)
        y += 1
        return dx


class Overwrites(Dense):
    """Sets the gradients instead of adding to them."""

    def backward(self, dy, x):
        self.zero_grads()
        return super().backward(dy, x)


class Rebinds(Dense):
    """The right gradient, in an array of its own: it doubles, but the layer's array stays zero."""

    def backward(self, dy, x):
        self.grads['W'] = self.grads['W'] + x.T @ dy
        self.grads['b'] += dy.sum(axis=0)
        return dy @ self.params['W'].T


class RebindsParameter(Dense):
    def forward(self, x, train=False):
        self.params['W'] = 1 * self.params['W']
        return super().forward(x)


def test_rejects_zero_backward():
    assert failed(check_layer(ZeroBackward(), rng().standard_normal((3, 4))))


def test_ones_would_not_have_rejected_it():
    """Why the upstream gradient is random: for dy = 1 the true gradient of a softmax is zero."""
    y, cache = Softmax().forward(rng().standard_normal((3, 4)))
    assert np.abs(Softmax().backward(np.ones_like(y), cache)).max() < 1e-15


@pytest.mark.parametrize('mutant', [SlightlyOff, SlightlyOffWeights])
@pytest.mark.parametrize('size', [3, 20])      # element by element, and in random directions
def test_rejects_a_thousandth_off(mutant, size):
    layer = mutant(size, size, rng(), dtype=np.float64)
    assert failed(check_layer(layer, rng().standard_normal((5, size))))


def test_rejects_lost_1_over_n():
    def lost(logits, targets):
        loss, dlogits = sigmoid_cross_entropy(logits, targets)
        return loss, dlogits * len(logits)
    assert failed(check_loss(lost, rng().standard_normal((3, 4)), constants=(np.ones((3, 4)),)))


@pytest.mark.parametrize('mutant', [LostMaskInBackward, LostMask])
def test_rejects_lost_mask(mutant):
    layer = mutant(1, 2, (2, 3), 'vertical', True, rng(), dtype=np.float64)
    masked = [check for check in check_layer(layer, rng().standard_normal((2, 4, 4, 1)))
              if 'masked' in check.array]
    assert failed(masked)


@pytest.mark.parametrize('mutant', [WritesInput, WritesCache])
def test_rejects_changed_arrays(mutant):
    assert failed(check_layer(mutant(), rng().standard_normal((3, 4))))


def test_rejects_overwritten_gradients():
    layer = Overwrites(3, 2, rng(), dtype=np.float64)
    assert any('double' in check.detail
               for check in failed(check_layer(layer, rng().standard_normal((5, 3)))))


@pytest.mark.parametrize('mutant, register', [(Rebinds, 'grads'), (RebindsParameter, 'params')])
@pytest.mark.parametrize('device', [None, 'cpu'], ids=['as made', 'in one block'])
def test_rejects_another_array_in_the_place_of_the_layer_s(mutant, register, device):
    layer = Sequential(mutant(3, 2, rng(), dtype=np.float64))
    if device:
        layer.to(device)
    before = [*layer.parameters().values(), *layer.gradients().values()]
    protocol, = [check for check in failed(check_layer(layer, rng().standard_normal((5, 3))))
                 if check.array == 'protocol']
    assert protocol.detail == (
        f"layer.0/{register}['W'] became another array: write into the one that is there, as "
        "self.grads['W'] += dW does")
    assert all(array is other for array, other in zip(
        before, [*layer.parameters().values(), *layer.gradients().values()], strict=True))


def test_rejects_not_a_number():
    class Broken(Softmax):
        def backward(self, dy, y):
            dx = super().backward(dy, y)
            dx[0, 0] = np.nan
            return dx
    assert failed(check_layer(Broken(), rng().standard_normal((3, 4))))


def test_rejects_wrong_batch_statistics():
    class FrozenStatistics(BatchNorm):
        """The usual mistake: the mean and the variance treated as constants."""

        def backward(self, dy, cache):
            normed, inv_std, _ = cache
            return super().backward(dy, (normed, inv_std, False))
    assert failed(check_layer(FrozenStatistics(3, dtype=np.float64),
                              rng().standard_normal((5, 3))))


def test_reports_a_kink():
    x = rng().standard_normal((3, 4))
    x[1, 2] = 2e-6      # closer to ReLU's kink than the step
    kinks = [check.kinks for check in check_layer(ReLU(), x)]
    assert sum(kinks) == 1
    assert failed(check_layer(ReLU(), np.full((1, 1), 2e-6)))     # nothing was compared


def test_a_kink_excuses_no_wrong_gradient():
    class Wiggly(Layer):
        """sin(3000 x): h and h/2 disagree everywhere, as they do at a kink."""

        def forward(self, x, train=False):
            return np.concatenate([x[:, :1], np.sin(3000 * x[:, 1:])], axis=1), x

        def backward(self, dy, x):
            dx = 0 * x
            dx[:, 0] = dy[:, 0]
            return dx
    assert failed(check_layer(Wiggly(), rng().standard_normal((2, 4))))

    class AlwaysPasses(ReLU):
        def backward(self, dy, y):
            return 1.7 * dy * (y > 0)
    x = rng().standard_normal((3, 4))
    x[1, 2] = 2e-6
    assert failed(check_layer(AlwaysPasses(), x))


def test_every_public_layer_has_a_case():
    import models
    import nn
    known = {f'{package.__name__}.{module.name}' for package in (nn, models)
             for module in pkgutil.iter_modules(package.__path__)}
    names = {name for module in known
             for name, value in vars(importlib.import_module(module)).items()
             if isinstance(value, type) and issubclass(value, Layer) and value is not Layer}
    # CategoricalEncoder is what categorical_encoder makes.
    assert len(names) > 20 and names - set(CASES) == {'CategoricalEncoder'}


# Wrong code that an unlucky choice of numbers lets pass


class UpstreamMixedUp(Layer):
    """LeakyReLU with x in the place of dy in its backward."""

    def forward(self, x, train=False):
        return np.where(x > 0, x, 0.1 * x), x

    def backward(self, dy, x):
        return np.where(x > 0, x, 0.1 * x)


class Transposed(Dense):
    """dW = dy^T x: has the right shape where W is square."""

    def backward(self, dy, x):
        self.grads['W'] += dy.T @ x
        return dy @ self.params['W'].T


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('checker_seed', range(5))
def test_the_upstream_gradient_is_no_array_of_the_caller(seed, checker_seed):
    x = np.random.default_rng(seed).standard_normal((4, 4))
    assert failed(check_layer(UpstreamMixedUp(), x, seed=checker_seed))
    layer = Transposed(4, 4, np.random.default_rng(seed + 1), bias=False, dtype=np.float64)
    assert failed(check_layer(layer, x, seed=checker_seed))


def test_the_upstream_gradient_is_drawn_again_where_it_equals_an_array():
    class Unlucky:
        draws = [np.ones((2, 2)), np.full((2, 2), 3.0)]

        def standard_normal(self, shape):
            return self.draws.pop(0)
    dy = layers._upstream(np.zeros((2, 2)), [None, np.ones((2, 2))], Unlucky())
    assert (dy == 3).all()


def test_equal_arrays_are_refused():
    """x and W from the same seed: x^T dy and W^T dy would be the same."""
    layer = Dense(4, 4, rng(), bias=False, dtype=np.float64)
    layer.params['W'][...] = rng().standard_normal((4, 4))
    assert any('input 0' in check.detail and 'W' in check.detail
               for check in failed(check_layer(layer, rng().standard_normal((4, 4)))))
    x = rng().standard_normal((3, 4))
    assert failed(check_loss(sigmoid_cross_entropy, x, constants=(x.copy(),)))


class LostGamma(BatchNorm):
    def backward(self, dy, cache):
        gamma, self.params['gamma'] = self.params['gamma'], np.ones_like(self.params['gamma'])
        dx = super().backward(dy, cache)
        self.params['gamma'] = gamma
        return dx


class LostRunningVariance(BatchNorm):
    """Right in training; in evaluation right while the running variance is 1."""

    def backward(self, dy, cache):
        normed, inv_std, train = cache
        return super().backward(dy, cache if train else (normed, np.ones_like(inv_std), False))


@pytest.mark.parametrize('mutant', [LostGamma, LostRunningVariance])
def test_a_wrong_factor_of_one_shows(mutant):
    """A new BatchNorm has gamma = 1 and a running variance of 1."""
    assert failed(check_layer(mutant(3, dtype=np.float64), rng().standard_normal((6, 3))))
    assert not failed(check_layer(BatchNorm(3, dtype=np.float64), rng().standard_normal((6, 3))))


def test_evaluation_is_checked_where_it_differs():
    class OnlyInTraining(Dropout):
        def backward(self, dy, scale):
            return 0 * dy if scale is None else dy * scale
    wrong = failed(check_layer(OnlyInTraining(0.5, rng()), rng().standard_normal((3, 4))))
    assert wrong and all(check.layer == 'OnlyInTraining, evaluation' for check in wrong)


def test_rejects_what_is_kept_on_the_layer():
    class KeepsItsInput(Dense):
        def forward(self, x, train=False):
            self.x = x
            return super().forward(x, train)

        def backward(self, dy, cache):
            return super().backward(dy, self.x)
    layer = KeepsItsInput(4, 3, rng(), dtype=np.float64)
    assert any('belongs in the cache' in check.detail
               for check in failed(check_layer(layer, rng().standard_normal((5, 4)))))


class KeepsItsSigns(ReLU):
    """The usual way to write it where one thinks of one pass at a time."""

    def forward(self, x, train=False):
        self.mask = x > 0
        return x * self.mask, None

    def backward(self, dy, cache):
        return dy * self.mask


class KeepsItsOutput(Tanh):
    def forward(self, x, train=False):
        self.out = getattr(self, 'out', np.empty_like(x))
        np.tanh(x, out=self.out)
        return self.out, self.out.copy()


class ReturnsItsBuffer(Tanh):
    def backward(self, dy, y):
        self.dx = getattr(self, 'dx', np.empty_like(dy))
        np.multiply(dy, 1 - y * y, out=self.dx)
        return self.dx


class ZeroesItself(Dense):
    def forward(self, x, train=False):
        self.zero_grads()
        return super().forward(x, train)


class TrainsItself(Dense):
    def backward(self, dy, x):
        dx = super().backward(dy, x)
        self.params['b'] -= 1e-3 * self.grads['b']
        return dx


@pytest.mark.parametrize('mutant, words', [
    (KeepsItsSigns, 'belongs in the cache'), (KeepsItsOutput, 'belongs in the cache'),
    (ReturnsItsBuffer, 'return a new array'), (ZeroesItself, 'forward changes the gradients'),
    (TrainsItself, 'backward changes a parameter')])
def test_rejects_what_outlives_a_pass(mutant, words):
    layer = mutant(4, 3, rng(), dtype=np.float64) if issubclass(mutant, Dense) else mutant()
    wrong = failed(check_layer(layer, rng(1).standard_normal((5, 4))))
    assert any(words in check.detail for check in wrong), wrong


def test_a_parameter_that_changes_nothing_is_named():
    class NoBias(Dense):
        def forward(self, x, train=False):
            return x @ self.params['W'], x

        def backward(self, dy, x):
            self.grads['W'] += x.T @ dy
            return dy @ self.params['W'].T
    rows = check_layer(NoBias(4, 3, rng(), dtype=np.float64), rng(1).standard_normal((5, 4)))
    assert [row.array for row in rows if 'changes nothing' in row.note] == ['b']


def test_rejects_another_gradient_from_backward_to_input():
    class Other(Dense):
        def backward_to_input(self, dy, x):
            return 0 * x

        def backward(self, dy, x):
            return Dense.backward_to_input(self, dy, x) + 0 * super().backward(dy, x)
    assert any('backward_to_input' in check.detail for check in failed(check_layer(
        Other(4, 3, rng(), dtype=np.float64), rng().standard_normal((5, 4)))))


def test_small_numbers_are_not_taken_for_zero():
    class Faint(Layer):
        def forward(self, x, train=False):
            return 1e-12 * x, None

        def backward(self, dy, cache):
            return 0 * dy
    assert failed(check_layer(Faint(), rng().standard_normal((3, 4))))


def test_afterwards_the_layer_and_its_inputs_are_as_they_were():
    generator = np.random.default_rng(3)
    layer = Sequential(Dense(4, 3, generator, dtype=np.float64), BatchNorm(3, dtype=np.float64),
                       Dropout(0.5, generator))
    x = rng().standard_normal((5, 4))
    before = copy.deepcopy((x, layer.state(), layer.gradients(), generator.bit_generator.state))
    assert not failed(check_layer(layer, x))
    after = (x, layer.state(), layer.gradients(), generator.bit_generator.state)
    np.testing.assert_equal(after, before)


# Kinks


@pytest.mark.parametrize('layer, x', [
    (ReLU(), np.array([[0.0, 1.0, -2.0], [0.5, 0.0, 3.0]])),
    (MaxPool2D(2),
     np.array([1.0, 1, 2, 3, 4, 4, 0, 1, 5, 6, 7, 8, 9, 3, 2, 1]).reshape(1, 4, 4, 1)),
    (Sequential(Dense(4, 3, rng(), dtype=np.float64), ReLU()),
     np.vstack([np.zeros(4), rng().standard_normal((3, 4))])),
    (ReLU(), np.maximum(rng().standard_normal((8, 20)), 0)),    # in every direction
], ids=['ReLU of 0', 'a tie', 'a blank image', 'mostly blank images'])
def test_a_slope_at_a_kink_is_right(layer, x):
    assert not failed(check_layer(layer, x))


@pytest.mark.parametrize('slope', [-0.5, 1.5])
def test_a_slope_of_neither_side_is_wrong(slope):
    class WrongAtZero(ReLU):
        def backward(self, dy, y):
            return dy * np.where(y > 0, 1, np.where(self.zero, slope, 0))

        def forward(self, x, train=False):
            return super().forward(x)[0], np.maximum(x, 0)
    x = np.array([[0.0, 1.0, -2.0]])
    layer = WrongAtZero()
    layer.zero = x == 0
    assert [check.array for check in failed(check_layer(layer, x))] == ['input 0']


# On a device


@pytest.mark.parametrize('name, make', [('Dense', lambda: Dense(4, 3, rng(), dtype=np.float64)),
                                        ('BatchNorm', lambda: BatchNorm(4, dtype=np.float64)),
                                        ('Tanh', Tanh),
                                        ('masked', lambda: CausalConv2D(4, 2, (2, 3), 'vertical',
                                                                        True, rng(),
                                                                        dtype=np.float64))])
def test_on_a_device(name, make):
    """The same rows for arrays of the stand-in for CuPy as for NumPy's."""
    x, layer = rng(1).standard_normal((5, 3, 4, 4) if name == 'masked' else (5, 4)), make()
    host = check_layer(make(), x)
    for registers in (layer.params, layer.grads, layer.buffers):
        for key in registers:
            registers[key] = stand_in.module.asarray(registers[key])
    device = check_layer(layer, stand_in.module.asarray(x))
    assert not failed(device) and [check.array for check in device] == [
        check.array for check in host]
