"""The causality check accepts the masks of nn.causal_conv and rejects what sees too much or too
little."""
import numpy as np
import pytest

from nn.activations import Flatten
from nn.causal_conv import CausalConv2D
from nn.conv import Conv2D, correlate_input
from nn.gradcheck import causality, check_causality
from nn.layer import Layer

X = np.random.default_rng(3).standard_normal((1, 4, 5, 1))


def make(layer_class, stack, first):
    kernel_size = (2, 3) if stack == 'vertical' else (1, 2)
    layer = layer_class(1, 2, kernel_size, stack, first, np.random.default_rng(0), dtype=np.float64)
    return layer, getattr(causality, stack)(kernel_size, first)


@pytest.mark.parametrize('stack', ['vertical', 'horizontal'])
@pytest.mark.parametrize('first', [True, False])
def test_the_masks(stack, first):
    layer, sees = make(CausalConv2D, stack, first)
    assert all(check.passed for check in check_causality(layer, X, sees=sees))
    other = getattr(causality, stack)(layer.params['W'].shape[:2], not first)
    wrong = check_causality(layer, X, sees=other)
    assert [check.passed for check in wrong] == [False, False]
    assert ('which it must not' if not first else 'a blind spot') in wrong[0].detail


def test_a_visible_current_pixel_is_found_where_gradients_are_right():
    layer = Conv2D(1, 1, 3, np.random.default_rng(0), dtype=np.float64)
    wrong = check_causality(layer, X, sees=causality.before)
    assert wrong[0].detail.startswith('the output at (0, 0) sees the pixel at (0, 0)')


def test_backward_alone_can_be_wrong():
    class Shifted(CausalConv2D):
        """Gradients of the pixels one to the right."""

        def backward(self, dy, cache):
            top, bottom, left, right = self.border
            return correlate_input(dy, self.params['W'][self.live], cache[1],
                                   (top, bottom, left - 1, right + 1))
    layer, sees = make(Shifted, 'horizontal', True)
    forward, backward = check_causality(layer, X, sees=sees)
    assert forward.passed and not backward.passed
    assert 'which it must not' in backward.detail


def test_a_layer_that_fails_is_a_row():
    class NotWritten(Layer):
        def forward(self, x, train=False):
            raise NotImplementedError
    check, = check_causality(NotWritten(), X, sees=causality.before)
    assert not check.passed and 'NotImplementedError' in check.detail
    check, = check_causality(Flatten(), X, sees=causality.before)
    assert not check.passed and 'AxisError' in check.detail
    check, = check_causality(Flatten(), X[0], sees=causality.before)
    assert not check.passed and '(4, 5, 1), not (N, H, W, C)' in check.detail
