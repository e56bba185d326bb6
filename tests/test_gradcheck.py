"""The checker accepts every layer and loss, and rejects wrong ones."""
import numpy as np
import pytest

from nn import gradcheck
from nn.activations import ReLU, Softmax
from nn.batch_norm import BatchNorm
from nn.causal_conv import CausalConv2D
from nn.conv import correlate_weight
from nn.dense import Dense
from nn.gradcheck import check_layer, check_loss
from nn.gradcheck_cases import CASES
from nn.layer import Layer
from nn.losses import sigmoid_cross_entropy


def rng():
    return np.random.default_rng(0)


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


def test_refuses_float32():
    with pytest.raises(TypeError, match='float64'):
        check_layer(ReLU(), np.ones((2, 2), np.float32))


def test_command_line(capsys, monkeypatch):
    assert gradcheck.main(['Softmax', 'ReLU']) == 0
    assert '0 failed' in capsys.readouterr().out
    assert gradcheck.main(['Sofmax']) == 2
    assert 'Sofmax' in capsys.readouterr().err
    monkeypatch.setitem(CASES, 'Softmax', lambda: check_layer(ZeroBackward(), np.ones((2, 3))))
    assert gradcheck.main(['Softmax']) == 1
    assert 'index (0, 0)' in capsys.readouterr().out


def test_every_public_layer_has_a_case():
    import nn.activations
    import nn.batch_norm
    import nn.causal_conv
    import nn.conditioning
    import nn.conv
    import nn.dense
    import nn.layer
    import nn.noise
    import nn.pooling
    names = {name for module in vars(nn).values() if hasattr(module, '__file__')
             for name, value in vars(module).items()
             if isinstance(value, type) and issubclass(value, Layer) and value is not Layer}
    assert len(names) > 15 and names <= set(CASES)
