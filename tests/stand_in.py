"""A stand-in for CuPy on a machine without a GPU: `module`, and `install` makes it the module cupy.

DeviceArray refuses what a CuPy array refuses: NumPy functions, operations with NumPy arrays, and
implicit conversion. stand_in_cuda.py and stand_in_memory.py have the rest. While a graph is
recorded nothing is computed: results are NaN until it is launched, and what would wait for the
device, or copy to it, is refused.
"""
import functools
import sys

import numpy as np

from nn import backend
from nn.fast import cublas
from tests import stand_in_cuda, stand_in_memory


class DeviceArray:
    __array_ufunc__ = None      # NumPy arrays refuse to operate with it

    def __init__(self, array):
        self._array = array
        stand_in_memory.MemoryPool.allocate(array)

    def __array__(self, *arguments, **options):
        raise TypeError('implicit conversion of a device array to a NumPy array')

    def __array_function__(self, function, *rest):
        raise TypeError(f'numpy.{function.__name__} on a device array')

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        value = getattr(self._array, name)
        if name == 'fill':
            return lambda number: _changing(self, value, number)
        if name in ('item', 'tolist'):
            stand_in_cuda.tape.refuse('a number is read')
        if name == 'dot':
            return _by_cupys_handle(_wrapped(value))
        return _wrapped(value) if callable(value) else _wrap(value)

    @property
    def data(self):
        return stand_in_cuda.Pointer(self._array)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        if any(isinstance(each, DeviceArray) and each.dtype == bool for each in index):
            stand_in_cuda.tape.refuse('the true elements are counted')
        if Ellipsis not in [each for each in index if not isinstance(each, DeviceArray)]:
            index += (...,)         # so that one element is a view, as it is of CuPy's arrays
        return _wrapped(self._array.__getitem__)(index)

    def __setitem__(self, index, value):
        _changing(self, self._array.__setitem__, index, value)

    def __len__(self):
        return len(self._array)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __float__(self):
        stand_in_cuda.tape.refuse('a number is read')
        return float(self._array)

    def __bool__(self):
        stand_in_cuda.tape.refuse('a truth value is read')
        return bool(self._array)

    def __deepcopy__(self, memo):
        return DeviceArray(self._array.copy())

    def set(self, array, stream=None):
        stand_in_cuda.tape.refuse('an array is copied from the host')
        assert array.dtype == self._array.dtype and array.shape == self._array.shape
        self._array[...] = array


def to_host(array):
    if not isinstance(array, DeviceArray):
        return np.asarray(array)
    stand_in_cuda.tape.refuse('an array is copied to the host')
    return array._array


def _unwrap(value):
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError('a NumPy array among device arrays')
    if isinstance(value, (tuple, list)):
        return type(value)(_unwrap(item) for item in value)
    return value._array if isinstance(value, DeviceArray) else value


def _wrap(value):
    if isinstance(value, (tuple, list)) and any(isinstance(item, np.ndarray) for item in value):
        return type(value)(map(_wrap, value))
    if isinstance(value, (np.ndarray, np.floating)):
        return DeviceArray(np.asarray(value))
    return value


def _wrapped(function):
    """function of NumPy arrays -> the same of DeviceArrays."""
    def call(*arguments, **options):
        arguments = [_unwrap(argument) for argument in arguments]
        options = {name: _unwrap(value) for name, value in options.items()}
        if options.get('out') is not None:
            stand_in_cuda.tape.run(lambda: function(*arguments, **options))
            return _wrap(options['out'])
        return _wrap(stand_in_cuda.tape.result(function, arguments, options))
    return call


def _changing(array, function, *arguments):
    """A call that changes an array in place."""
    arguments = [_unwrap(argument) for argument in arguments]
    stand_in_cuda.tape.run(lambda: function(*arguments))
    return array


def _operator(name):
    def operate(self, *others):
        return _wrapped(getattr(self._array, name))(*others)

    def operate_in_place(self, other):
        return _changing(self, getattr(self._array, name), other)

    return operate_in_place if name.startswith('__i') and name != '__invert__' else operate


for _name in ('add', 'sub', 'mul', 'truediv', 'matmul', 'pow'):
    for _prefix in ('', 'r', 'i'):
        setattr(DeviceArray, f'__{_prefix}{_name}__', _operator(f'__{_prefix}{_name}__'))
for _name in ('neg', 'abs', 'lt', 'le', 'gt', 'ge', 'eq', 'ne', 'and', 'or', 'invert'):
    setattr(DeviceArray, f'__{_name}__', _operator(f'__{_name}__'))


def _by_cupys_handle(multiply):
    """Refused while recording, unlike products of cuBLAS itself."""
    def call(*arguments, **options):
        stand_in_cuda.product_of_cupy()
        return multiply(*arguments, **options)
    return call


DeviceArray.__matmul__ = _by_cupys_handle(DeviceArray.__matmul__)


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """What a function that is fused is given for an array or a number: it knows operators and
    ufuncs, and nothing else."""

    def __init__(self, value):
        self._value = value

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
        values = [value._value if isinstance(value, Traced) else value for value in inputs]
        assert method == '__call__' and not options
        if not any(isinstance(value, np.ndarray) for value in values):
            raise TypeError(f'{ufunc.__name__} of numbers alone, whose result is a float64')
        if any(isinstance(value, np.ndarray) for value in inputs):
            raise TypeError('an array that the fused function was not given')
        result = ufunc(*values, out=tuple(each._value for each in out) or None)
        return out[0] if out else Traced(np.asarray(result))


def fuse(kernel_name):
    """CuPy's, as one entry of the tape."""
    assert kernel_name.isidentifier()

    def decorate(function):
        def run(*values):
            found = function(*map(Traced, values))
            if isinstance(found, tuple):
                return tuple(each._value for each in found)
            return found if found is None else found._value

        def call(*arguments):
            values = [_unwrap(argument) for argument in arguments]
            with np.errstate(all='ignore'):
                result = run(*map(np.copy, values))
            if result is not None:
                return _wrap(stand_in_cuda.tape.result(run, values, {}))
            stand_in_cuda.tape.run(lambda: run(*values))
        return call
    return decorate


class _Module:
    """numpy's functions on DeviceArrays; `asarray` is the one way in."""

    ndarray, __version__ = DeviceArray, 'stand-in'
    asnumpy, fuse = staticmethod(to_host), staticmethod(fuse)

    def __init__(self, target=np, devices=1):
        self._target = target
        if target is np:
            self.cuda = stand_in_cuda.cuda(devices)
            for name in ('matmul', 'dot', 'vdot', 'inner', 'tensordot', 'einsum'):
                setattr(self, name, _by_cupys_handle(_wrapped(getattr(np, name))))

    def __getattr__(self, name):
        value = getattr(self._target, name)
        if name in ('bincount', 'nonzero', 'unique'):
            stand_in_cuda.tape.refuse(f'{name}, which reads how large its result is,')
        if isinstance(value, type) or not callable(value) and not hasattr(value, '__file__'):
            return value
        return _Module(value) if hasattr(value, '__file__') else _wrapped(value)

    @staticmethod
    def asarray(array):
        if isinstance(array, DeviceArray):
            return array
        stand_in_cuda.tape.refuse('an array is copied from the host')
        return DeviceArray(np.array(array))

    def triu(self, m, k=0):
        return _wrapped(np.triu)(self.asarray(m), k)        # CuPy's calls its asarray, too

    @staticmethod
    def concatenate(arrays, axis=0):
        if len(arrays) > 8:
            stand_in_cuda.tape.refuse('a list of more than 8 addresses is copied from the host')
        return _wrapped(np.concatenate)(arrays, axis)


module, without_device = _Module(), _Module(devices=0)
backend.register_array_type(DeviceArray, module)
backend.register_array_type(Traced, np)


def install(monkeypatch, module=module):
    """From here on that is the module cupy, and its cuBLAS is the stand-in's; None: there is
    none."""
    monkeypatch.setitem(sys.modules, 'cupy', module)
    monkeypatch.setattr(backend, 'cupy', functools.cache(backend.cupy.__wrapped__))
    monkeypatch.setattr(cublas, 'library', stand_in_cuda.CuBLAS)
    cublas.cublas.cache_clear()
    cublas.available.cache_clear()
    stand_in_cuda.cupys.stream = None
