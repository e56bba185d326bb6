"""Element-wise lines as one kernel: what NumPy makes of them, in one launch, and nothing but what
CuPy can fuse."""
import numpy as np
import pytest

from nn import backend
from nn.activations import GatedUnit, sigmoid
from nn.fast.elementwise import elementwise
from nn.logistic_mixture import _log_bin
from nn.losses import softplus
from nn.optim import SGD, Adam
from tests import stand_in
from tests.stand_in_cuda import tape

RNG = np.random.default_rng(0)
X, POSITIVE = RNG.standard_normal((4, 3, 5)), RNG.random((4, 3, 5)) + 0.1
FUNCTIONS = {
    'sigmoid': (sigmoid, [X]), 'softplus': (softplus, [1e4 * X]),
    'bytes': (_log_bin, [X[..., :1].clip(-1, 1), X, 4 * X]),
    'SGD': (SGD.update, [X, POSITIVE, X[::-1]], {'momentum': 0.9, 'rate': 0.1}),
    'Adam': (Adam.update, [X, X[::-1], X[:, ::-1], POSITIVE], {
        'step_size': 0.1, 'beta1': 0.9, 'rest1': 0.1, 'beta2': 0.99, 'rest2': 0.01, 'eps': 1e-8})}


def there(array, dtype):
    return backend.to_device(np.array(array, dtype), 'gpu')


def results(function, arrays, numbers):
    """What it returns, or what it changes."""
    found = function(*arrays, **numbers)
    found = arrays if found is None else found
    return [backend.to_host(array) for array in (found if isinstance(found, (tuple, list))
                                                 else [found])]


@pytest.mark.parametrize('numbers_on', ['host', 'device'])
@pytest.mark.parametrize('dtype, rtol', [('float32', 1e-5), ('float64', 1e-12)])
@pytest.mark.parametrize('name', FUNCTIONS)
def test_it_is_what_numpy_makes_of_the_lines(device, name, dtype, rtol, numbers_on):
    function, arrays, numbers = (*FUNCTIONS[name], {})[:3]
    expected = results(function, [np.array(array, dtype) for array in arrays], numbers)
    if numbers_on == 'device':
        numbers = {key: there(number, dtype) for key, number in numbers.items()}
    found = results(function, [there(array, dtype) for array in arrays], numbers)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected):
        assert ours.dtype == theirs.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * np.abs(theirs).max())


@pytest.mark.parametrize('name', FUNCTIONS)
def test_it_is_one_launch(monkeypatch, name):
    stand_in.install(monkeypatch)
    function, arrays, numbers = (*FUNCTIONS[name], {})[:3]
    arrays = [there(array, 'float64') for array in arrays]
    monkeypatch.setattr(tape, 'calls', [])
    function(*arrays, **numbers)
    assert len(tape.calls) == 1


def test_a_function_in_a_method_is_fused_once_however_often_it_is_defined(monkeypatch):
    stand_in.install(monkeypatch)
    kernels, fuse = [], stand_in.module.fuse
    monkeypatch.setattr(stand_in.module, 'fuse', lambda kernel_name: (
        kernels.append(kernel_name) or fuse(kernel_name)), raising=False)
    layer, x = GatedUnit(), there(X[..., :4], 'float64')
    for _ in range(3):
        y, cache = layer.forward(x)
        layer.backward(y, cache)
    assert len(kernels) <= 2        # sigmoid and that of backward; fewer, if they were fused before


@pytest.mark.parametrize('function, error', [
    (lambda x, a, b: x * x.shape[0], AttributeError), (lambda x, a, b: x[..., :1], TypeError),
    (lambda x, a, b: x.sum(), AttributeError), (lambda x, a, b: (1 - a) * x, TypeError),
    (lambda x, a, b: a * b * x, TypeError), (lambda x, a, b: x + X, TypeError)])
def test_the_stand_in_refuses_what_cupy_cannot_fuse(monkeypatch, function, error):
    stand_in.install(monkeypatch)
    with pytest.raises(error):
        elementwise(function)(there(X, 'float64'), 0.5, 0.25)
    assert elementwise(lambda x, a, b: a * x + b)(there(X, 'float64'), 0.5, 0.25).shape == X.shape
