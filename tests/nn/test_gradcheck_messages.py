"""What the gradient checker says where there is nothing to compare: a row of one line."""
import numpy as np
import pytest

from nn.activations import ReLU
from nn.backend import DeviceError
from nn.dense import Dense
from nn.gradcheck import __main__ as command
from nn.gradcheck import check_layer, check_loss, report
from nn.layer import Layer

X = np.random.default_rng(1).standard_normal((5, 4))


def layer_of(forward=lambda x: (2 * x, None), backward=lambda dy, cache: 2 * dy, **attributes):
    class Student(Layer):
        def forward(self, x, train=False):
            return forward(x)

        def backward(self, dy, cache):
            return backward(dy, cache)
    student = Student()
    vars(student).update(attributes)
    return student


def dense():
    return Dense(4, 3, np.random.default_rng(0), dtype=np.float64)


class NotWritten(Layer):
    def forward(self, x, train=False):
        return x, None

    def backward(self, dy, cache):
        raise NotImplementedError('dense, part 2')


class NoSuper(Layer):
    def __init__(self):
        self.W = np.ones((4, 3))

    def forward(self, x, train=False):
        return x @ self.W, x


class Holder(Layer):
    def __init__(self, layers):
        super().__init__()
        self.inner = layers

    def forward(self, x, train=False):
        return x, None


class LosesGradients(Dense):
    def backward(self, dy, x):
        self.grads['W'] = None
        return dy @ self.params['W'].T


class OwnGenerator(Layer):
    """Draws from a generator of another name, which the checker repeats all the same."""

    def __init__(self, generator):
        super().__init__()
        self.noise_source = generator

    def forward(self, x, train=False):
        scale = self.noise_source.normal(1.0, 0.1, x.shape)
        return x * scale, scale

    def backward(self, dy, scale):
        return dy * scale


RANDOM = np.random.default_rng(5)
MESSAGES = [
    (NotWritten(), [X], 'NotImplementedError: dense, part 2 (test_gradcheck_messages.py, line'),
    (layer_of(forward=lambda x: x @ x), [X], 'ValueError: matmul'),
    (layer_of(forward=lambda x: exit()), [X], 'SystemExit'),
    (layer_of(backward=lambda dy, cache: None), [X],
     'the gradient is None; it must be of shape (5, 4), float64'),
    (layer_of(backward=lambda dy, cache: dy.T), [X], 'the gradient is an array of shape (4, 5)'),
    (layer_of(backward=lambda dy, cache: dy.tolist()), [X], 'the gradient is a list of length 5'),
    (layer_of(backward=lambda dy, cache: 2 * dy.astype('float32')), [X], '(5, 4), float32'),
    (layer_of(backward=lambda dy, cache: (dy, dy)), [X], '2 gradients for 1 inputs'),
    (layer_of(forward=lambda x: 2 * x), [X],
     'forward returned an array of shape (5, 4), float64; it must return the pair (y, cache)'),
    (layer_of(forward=lambda x: 2 * x[:2]), [X], 'must return the pair (y, cache)'),
    (layer_of(forward=lambda x: (x.tolist(), x)), [X], 'y is a list of length 5, not an array'),
    (layer_of(forward=lambda x: (x.sum(), x)), [X], 'y is a float64, not an array'),
    (layer_of(forward=lambda x: (x.astype('float32'), x)), [X], 'y is float32'),
    (layer_of(forward=lambda x: (x / 0, x)), [X], 'y has numbers that are not finite'),
    (layer_of(forward=lambda x: (2 * x, (row for row in x))), [X], 'cannot pickle'),
    (ReLU(), [X.tolist()], 'input 0 is a list of length 5, not an array'),
    (ReLU(), [np.arange(4)], 'input 0 is int64; gradient checks need float64'),
    (ReLU(), [X.astype('float32')], 'input 0 is float32; gradient checks need float64'),
    (ReLU(), [X * np.nan], 'input 0 has numbers that are not finite'),
    (ReLU(), [], 'no input was given'),
    (ReLU(), [np.zeros((0, 4))], 'nothing to compare'),
    (Dense(4, 3, np.random.default_rng(0)), [X], 'W is float32; gradient checks need float64: make '
                                                 'the layer with dtype=np.float64'),
    (layer_of(forward=lambda x: (x + RANDOM.standard_normal(x.shape), None)), [X],
     'forward differs from call to call'),
    (LosesGradients(4, 3, np.random.default_rng(0), dtype=np.float64), [X], 'AttributeError'),
    (NoSuper(), [X], 'call super().__init__()'),
    (Holder([NoSuper()]), [X], 'NoSuper has no params'),
    (ReLU, [X], 'ReLU is a class: give an instance'),
    (np.tanh, [X], 'is not a Layer'),
    (layer_of(W=np.ones((4, 3))), [X], 'W is or holds a float array that is not registered'),
    (layer_of(weights=[np.ones(3)]), [X], 'weights is or holds a float array'),
    (layer_of(weights={'W': np.ones(3)}), [X], 'weights is or holds a float array'),
    (layer_of(params={'W': np.ones(3)}), [X], "'W' is not in both params and grads"),
    (Holder((dense(), ReLU())), [X], 'the layers in inner are not found'),
    (Holder({'first': dense()}), [X], 'the layers in inner are not found'),
    (Holder([[dense()]]), [X], 'the layers in inner are not found'),
]


@pytest.mark.parametrize('layer, inputs, message', MESSAGES, ids=[m for *_, m in MESSAGES])
def test_a_layer_that_cannot_be_checked(layer, inputs, message):
    with np.errstate(divide='ignore', invalid='ignore'):
        wrong = [check for check in check_layer(layer, *inputs) if not check.passed]
    assert any(message in check.detail for check in wrong), wrong
    assert not any('\n' in check.detail for check in wrong)


@pytest.mark.parametrize('function, message', [
    (lambda x: x.sum(), 'it must return the loss and one gradient'),
    (lambda x: (x.sum(axis=1), 0 * x), 'the loss is an array of shape (5,), float64'),
    (lambda x: (None, 0 * x), 'the loss is None'),
    (lambda x: (x.sum(), None), 'the gradient is None'),
    (lambda x: (x.sum(), x, x), 'one gradient for each of the 1 inputs'),
    (lambda x: (RANDOM.random(), 0 * x), 'differs from call to call'),
    (lambda x: 1 / 0, 'ZeroDivisionError'),
])
def test_a_loss_that_cannot_be_checked(function, message):
    assert any(message in check.detail for check in check_loss(function, X) if not check.passed)


@pytest.mark.parametrize('generator', [np.random.default_rng(0), np.random.RandomState(0)])
def test_draws_are_repeated_whatever_the_generator_is_called(generator):
    assert all(check.passed for check in check_layer(OwnGenerator(generator), X))


def test_inputs_that_hide_mistakes_are_named(capsys):
    assert report(check_layer(dense(), np.ones((5, 4))))
    assert 'all elements of input 0 are equal' in capsys.readouterr().out
    assert report(check_layer(dense(), X[:1]))
    assert 'a batch of one' in capsys.readouterr().out
    report(check_layer(ReLU(), X))
    assert 'no parameter registered' in capsys.readouterr().out


def test_inputs_that_cannot_be_written_or_are_one_array():
    class Product(Layer):
        def forward(self, a, b, train=False):
            return a * b, (a, b)

        def backward(self, dy, cache):
            return dy * cache[1], dy * cache[0]
    locked = X.copy()
    locked.flags.writeable = False
    rows = check_layer(Product(), locked, np.broadcast_to(X[0], (5, 4)))
    assert all(check.passed for check in rows)
    # One array twice: each is changed by itself, and that they are equal is said.
    wrong = [check.detail for check in check_layer(Product(), X, X) if not check.passed]
    assert len(wrong) == 1 and 'input 1 equals input 0' in wrong[0]


# The command


def test_command_line(capsys):
    assert command.main(['Softmax', 'ReLU']) == 0
    assert '0 failed' in capsys.readouterr().out
    assert command.main(['Sofmax']) == 2
    assert "'Sofmax'; did you mean Softmax?" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        command.main(['--help'])
    assert stopped.value.code == 0 and 'PixelCNN' in capsys.readouterr().out


def test_a_broken_case_does_not_end_the_report(capsys, monkeypatch):
    def broken(device):
        raise TypeError('no such argument')
    known = {'Broken': broken, 'NotWritten': lambda device: check_layer(NotWritten(), X),
             'ReLU': lambda device: check_layer(ReLU(), X)}
    monkeypatch.setattr(command, 'cases', lambda: known)
    assert command.main([]) == 1
    out = capsys.readouterr().out
    assert 'TypeError: no such argument' in out and 'NotImplementedError' in out
    assert 'ReLU' in out and '2 failed' in out and 'Traceback' not in out


def test_without_a_gpu(capsys, monkeypatch):
    def missing(device):
        raise DeviceError('--device gpu needs CuPy')
    monkeypatch.setattr(command, 'check_device', missing)
    assert command.main(['--device', 'gpu', 'ReLU']) == 2
    assert capsys.readouterr().err == 'gradcheck: --device gpu needs CuPy\n'
