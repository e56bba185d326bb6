"""What a wrong gradient looks like: the hint names typical mistakes, and says nothing of others."""
import numpy as np
import pytest

from nn.activations import GatedUnit, ReLU, Sigmoid, Softmax, Tanh
from nn.batch_norm import BatchNorm
from nn.conv import Conv2D
from nn.dense import Dense
from nn.gradcheck import check_layer, check_loss
from nn.layer import Layer
from nn.losses import half_squared_error, sigmoid_cross_entropy
from nn.noise import Dropout

N, D, K = 6, 4, 3


def rng(seed=0):
    return np.random.default_rng(seed)


def x(*shape):
    return rng(1).standard_normal(shape or (N, D))


def dense(outputs=K):
    return Dense(D, outputs, rng(), dtype=np.float64)


def wrong(layer, backward):
    """The layer with another backward(dy, cache, right) -> dx; right(): the gradients of the right
    one, dx and name -> dW, which are not added."""
    class Wrong(type(layer)):
        def backward(self, dy, cache):
            def right():
                before = {name: grad.copy() for name, grad in self.grads.items()}
                dx = super(Wrong, self).backward(dy, cache)
                added = {name: grad - before[name] for name, grad in self.grads.items()}
                for name, grad in self.grads.items():
                    grad[...] = before[name]
                return dx, added
            return backward(self, dy, cache, right)
    layer.__class__ = Wrong
    return layer


def with_weights(change):
    """Right dx and biases; change(self, dy, x, dW) -> what is added for W."""
    def backward(self, dy, cache, right):
        dx, added = right()
        for name in self.grads:
            self.grads[name] += (change(self, dy, cache, added['W']) if name == 'W' else
                                 added[name])
        return dx
    return backward


def with_bias(change):
    def backward(self, dy, cache, right):
        dx, added = right()
        self.grads['W'] += added['W']
        self.grads['b'] = self.grads['b'] + change(dy, added['b'])
        return dx
    return backward


def with_input(change):
    def backward(self, dy, cache, right):
        dx, added = right()
        for name in self.grads:
            self.grads[name] += added[name]
        return change(dy, dx)
    return backward


def first_only(dy, dx):
    result = dx + 1
    result[0] = dx[0]
    return result


class Product(Layer):
    """a * b, with the gradients of the two exchanged."""

    def forward(self, a, b, train=False):
        return a * b, (a, b)

    def backward(self, dy, cache):
        return dy * cache[0], dy * cache[1]


CASES = {
    'it is zero': (wrong(dense(), with_input(lambda dy, dx: 0 * dx)), x()),
    'the sign is wrong': (wrong(dense(), with_input(lambda dy, dx: -dx)), x()),
    'every element is 2 times what it should be': (
        wrong(Tanh(), with_input(lambda dy, dx: 2 * dx)), x()),
    'every element is 0.5 times': (wrong(Sigmoid(), with_input(lambda dy, dx: dx / 2)), x()),
    'is 6 times what it should be: the batch': (
        wrong(dense(), with_weights(lambda self, dy, x, dW: N * dW)), x()),
    'one over the batch': (wrong(dense(), with_weights(lambda self, dy, x, dW: dW / N)), x()),
    'the 12 positions': (wrong(Conv2D(1, 2, 2, rng(), dtype=np.float64),
                               with_weights(lambda self, dy, x, dW: 12 * dW)), x(2, 3, 4, 1)),
    'one over the 12 positions': (wrong(Conv2D(1, 2, 2, rng(), dtype=np.float64),
                                        with_bias(lambda dy, db: db / 12)), x(2, 3, 4, 1)),
    'the batch times the 12 positions': (
        wrong(Conv2D(1, 2, 2, rng(), dtype=np.float64), with_bias(lambda dy, db: 24 * db)),
        x(2, 3, 4, 1)),
    'it is the upstream gradient, passed through': (
        wrong(Tanh(), lambda self, dy, cache, right: 1 * dy), x()),
    'passed through': (wrong(ReLU(), lambda self, dy, cache, right: 1 * dy), x()),
    'it is transposed': (wrong(dense(D), with_weights(lambda self, dy, x, dW: dW.T)), x()),
    'the halves of its last axis are exchanged': (
        wrong(GatedUnit(), with_input(lambda dy, dx: np.roll(dx, D // 2, axis=1))), x()),
    'it is the diagonal alone': (
        wrong(Softmax(), lambda self, dy, y, right: dy * y * (1 - y)), x()),
    'it is right for the first image of the batch only': (
        wrong(dense(), with_input(first_only)), x()),
    'it is that of the first image alone': (
        wrong(dense(), with_weights(lambda self, dy, x, dW: np.outer(x[0], dy[0]))), x()),
    'the first image alone: the sum over the batch is missing': (
        wrong(dense(), with_bias(lambda dy, db: dy[0])), x()),
    'it is right in evaluation only': (
        wrong(BatchNorm(D, dtype=np.float64), lambda self, dy, cache, right: BatchNorm.backward(
            self, dy, (*cache[:2], False))), x()),
    'it is right in training only': (
        wrong(Dropout(0.5, rng()), lambda self, dy, cache, right: (
            0.3 * dy + 0.1 if cache is None else right()[0])), x()),
    'with = in the place of +=': (wrong(dense(), lambda self, dy, cache, right: (
        self.zero_grads(), Dense.backward(self, dy, cache))[1]), x()),
}


@pytest.mark.parametrize('words', CASES)
def test_a_typical_mistake_is_named(words):
    layer, inputs = CASES[words]
    rows = [row for row in check_layer(layer, inputs) if not row.passed]
    assert rows and any(words in row.note + row.detail for row in rows), rows


def test_the_gradient_of_another_input():
    rows = [row for row in check_layer(Product(), x(), rng(2).standard_normal((N, D)))
            if not row.passed]
    assert [row.note for row in rows] == ['looks like this: it is the gradient of input 1',
                                          'looks like this: it is the gradient of input 0']


@pytest.mark.parametrize('shape, words', [
    (lambda dy, db: np.broadcast_to(dy, (N, K)), 'the sum over the batch is missing')])
def test_a_shape_that_tells(shape, words):
    rows = check_layer(wrong(dense(), with_bias(shape)), x())
    assert any(words in row.note for row in rows if not row.passed), rows


@pytest.mark.parametrize('change, words', [
    (lambda d: d * N, 'is 6 times what it should be: the batch'),
    (lambda d: -d, 'the sign is wrong'),
    (lambda d: d / N, 'one over the batch'), (lambda d: 0 * d, 'it is zero'),
    (lambda d: d.T, 'it is transposed')])
@pytest.mark.parametrize('cost', [sigmoid_cross_entropy, half_squared_error])
def test_a_wrong_cost(cost, change, words):
    def mutant(logits, targets):
        loss, gradient = cost(logits, targets)
        return loss, change(gradient)
    _, row = check_loss(mutant, x(), constants=(rng(2).random((N, D)),))
    assert not row.passed and words in row.note


@pytest.mark.parametrize('change', [
    lambda dy, dx: dx + 0.1, lambda dy, dx: dx * rng(4).uniform(0.5, 2, dx.shape),
    lambda dy, dx: dx[::-1], lambda dy, dx: np.roll(dx, 1, axis=1),
    lambda dy, dx: np.where(dx > 0, dx, 2 * dx), lambda dy, dx: dx * (1 + 3e-5),
    lambda dy, dx: dx * (1 + 2e-4)])
def test_nothing_is_said_of_other_mistakes(change):
    for layer in (dense(), Softmax(), Tanh()):
        rows = [row for row in check_layer(wrong(layer, with_input(change)), x())
                if not row.passed and row.array.startswith('input')]
        assert rows and not any('looks like' in row.note for row in rows), rows


def test_of_one_number_only_a_named_factor_is_said():
    """Any wrong number is some multiple of the right one."""
    def bias(factor):
        layer = wrong(Dense(D, 1, rng(), dtype=np.float64), with_bias(lambda dy, db: factor * db))
        return next(row.note for row in check_layer(layer, x()) if row.array == 'b')
    assert not bias(1.37) and 'the batch' in bias(N) and 'the sign' in bias(-1)


@pytest.mark.parametrize('images, outputs', [(2, K), (N, N)])
def test_a_factor_is_named_only_where_it_is_one_thing(images, outputs):
    """Two may be a 2 of the formula; and another axis may be as long as the batch."""
    layer = wrong(dense(outputs), with_weights(lambda self, dy, x, dW: images * dW))
    note = next(row.note for row in check_layer(layer, x(images, D)) if row.array == 'W')
    assert note == f'looks like this: every element is {images} times what it should be'


def test_a_wrong_factor_may_be_that_of_the_cost():
    def mutant(logits, targets):
        loss, gradient = sigmoid_cross_entropy(logits, targets)
        return 4 * loss, gradient
    note = check_loss(mutant, x(), constants=(rng(2).random((N, D)),))[1].note
    assert note == ('looks like this: every element is 0.25 times what it should be; or the cost '
                    'is wrong')


def test_nothing_is_said_of_right_code():
    for layer in (dense(), BatchNorm(D, dtype=np.float64), Dropout(0.5, rng())):
        assert not any(row.note for row in check_layer(layer, x()) if row.array != 'arrays')
