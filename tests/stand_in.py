"""A stand-in for CuPy on a machine without a GPU.

DeviceArray refuses what a CuPy array refuses: NumPy functions, operations with NumPy arrays, and
implicit conversion. `module` plays the part of the module cupy in the layers, `cupy` in
nn.backend, too.
"""
import functools
import sys
from types import SimpleNamespace

import numpy as np

from nn import backend


class DeviceArray:
    __array_ufunc__ = None      # NumPy arrays refuse to operate with it

    def __init__(self, array):
        self._array = array

    def __array__(self, *arguments, **options):
        raise TypeError('implicit conversion of a device array to a NumPy array')

    def __array_function__(self, function, *rest):
        raise TypeError(f'numpy.{function.__name__} on a device array')

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        value = getattr(self._array, name)
        return _wrapped(value) if callable(value) else _wrap(value)

    @property
    def data(self):
        return SimpleNamespace(ptr=self._array.__array_interface__['data'][0])

    def __getitem__(self, index):
        return _wrap(self._array[_unwrap(index)])

    def __setitem__(self, index, value):
        self._array[_unwrap(index)] = _unwrap(value)

    def __len__(self):
        return len(self._array)

    def __float__(self):
        return float(self._array)

    def __deepcopy__(self, memo):
        return DeviceArray(self._array.copy())


def to_host(array):
    return np.asarray(array._array if isinstance(array, DeviceArray) else array)


def _unwrap(value):
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError('a NumPy array among device arrays')
    if isinstance(value, (tuple, list)):
        return type(value)(_unwrap(item) for item in value)
    return value._array if isinstance(value, DeviceArray) else value


def _wrap(value):
    if isinstance(value, (np.ndarray, np.floating)):
        return DeviceArray(np.asarray(value))
    return value


def _wrapped(function):
    def call(*arguments, **options):
        return _wrap(function(*map(_unwrap, arguments),
                              **{name: _unwrap(value) for name, value in options.items()}))
    return call


def _operator(name):
    def operate(self, *others):
        return _wrap(getattr(self._array, name)(*map(_unwrap, others)))

    def operate_in_place(self, other):
        getattr(self._array, name)(_unwrap(other))
        return self

    return operate_in_place if name.startswith('__i') and name != '__invert__' else operate


for _name in ('add', 'sub', 'mul', 'truediv', 'matmul', 'pow'):
    for _prefix in ('', 'r', 'i'):
        setattr(DeviceArray, f'__{_prefix}{_name}__', _operator(f'__{_prefix}{_name}__'))
for _name in ('neg', 'abs', 'lt', 'le', 'gt', 'ge', 'eq', 'ne', 'and', 'or', 'invert'):
    setattr(DeviceArray, f'__{_name}__', _operator(f'__{_name}__'))


class ElementwiseKernel:
    """CuPy's: a line of C that is a line of Python, too, on every element."""

    def __init__(self, inputs, outputs, text, name):
        self._text, self._outputs = text, [each.split()[1] for each in outputs.split(',')]
        self._names = [each.split()[1] for each in f'{inputs}, {outputs}'.split(',')]

    def __call__(self, *arguments):
        values = dict(zip(self._names, map(_unwrap, arguments), strict=True))
        space = values | {'sqrt': np.sqrt}
        exec(self._text, space)
        for name in self._outputs:
            values[name][...] = space[name]


class _Module:
    """numpy's functions on DeviceArrays; `asarray` is the one way in."""

    ElementwiseKernel = ElementwiseKernel

    def __init__(self, target=np):
        self._target = target

    def __getattr__(self, name):
        value = getattr(self._target, name)
        if isinstance(value, type) or not callable(value) and not hasattr(value, '__file__'):
            return value
        return _Module(value) if hasattr(value, '__file__') else _wrapped(value)

    @staticmethod
    def asarray(array):
        return array if isinstance(array, DeviceArray) else DeviceArray(np.array(array))


module = _Module()
backend.register_array_type(DeviceArray, module)


class _CuPy(_Module):
    """The module with what nn.backend and the benchmarks ask of CuPy itself."""

    ndarray, asnumpy, __version__ = DeviceArray, staticmethod(to_host), 'stand-in'

    def __init__(self, devices=1):
        super().__init__()
        self.cuda = SimpleNamespace(
            Device=lambda: SimpleNamespace(synchronize=lambda: None),
            runtime=SimpleNamespace(
                getDeviceCount=lambda: devices, getDevice=lambda: 0,
                getDeviceProperties=lambda device: {'name': b'stand-in', 'totalGlobalMem': 2**30},
                driverGetVersion=lambda: 13000, runtimeGetVersion=lambda: 13020))


cupy, without_device = _CuPy(), _CuPy(devices=0)


def install(monkeypatch, module=cupy):
    """From here on that is the module cupy; None: there is none."""
    monkeypatch.setitem(sys.modules, 'cupy', module)
    monkeypatch.setattr(backend, 'cupy', functools.cache(backend.cupy.__wrapped__))
