"""NumPy or CuPy, decided by the array: the only file that imports CuPy.

A layer asks `array_module(x)` for the module its input belongs to (`xp` by convention) and
computes with that; there is no global switch. Random draws are made by NumPy on the host and
moved with `like`, so that CPU and GPU runs see the same numbers. CuPy is imported when a GPU is
first asked for: a broken one is of no effect on the CPU.
"""
import ctypes
import functools
import importlib.util
import sys

import numpy as np

gpu = 0     # which one; on several processes of a machine each has one of its own
_module_of = {np.ndarray: np, np.float32: np, np.float64: np}


class DeviceError(RuntimeError):
    """The device that was asked for is not there; the message says what is missing."""


def register_array_type(array_type, module):
    """Teach `array_module` a further array type (the tests use a stand-in for CuPy's)."""
    _module_of[array_type] = module


def array_module(*arrays):
    """The module (numpy or cupy) that all `arrays` belong to.

    Raises TypeError for an unknown type and where host and device arrays are mixed.
    """
    for array in arrays:
        if type(array) is not np.ndarray:
            break
    else:
        return np       # the usual case, fast: this is asked thousands of times in a training step
    modules = set()
    for array in arrays:
        if type(array) not in _module_of:
            # CuPy's arrays, or what stands for them while it fuses lines (nn/fast/elementwise.py).
            if type(array).__module__.split('.')[0] != 'cupy':
                raise TypeError(f'expected a NumPy or CuPy array, got {type(array).__name__}')
            register_array_type(type(array), sys.modules['cupy'])
        modules.add(_module_of[type(array)])
    if len(modules) > 1:
        names = ' and '.join(sorted(type(array).__module__.split('.')[0] for array in arrays))
        raise TypeError(f'arrays of different devices are mixed: {names}; '
                        'move them first (nn.backend.to_device)')
    return modules.pop()


def check_device(device):
    """Raise DeviceError where `device` ('cpu' or 'gpu') cannot be used."""
    if device != 'cpu':
        cupy()


@functools.cache
def cupy():
    """The module cupy, found to compute. Raises DeviceError with the words of the import or of
    CUDA."""
    try:
        import cupy as module
        module.ndarray        # which what an uninstalled CuPy leaves behind does not have
    except Exception as error:      # of every kind: a part that misses, another NumPy, no driver
        if isinstance(error, ModuleNotFoundError) and error.name == 'cupy':
            raise DeviceError('--device gpu needs CuPy, which is not installed: '
                              'pip install -r requirements-gpu.txt') from None
        raise DeviceError('--device gpu: CuPy is installed but cannot be imported '
                          f'({in_a_line(error)}); mend it, or use --device cpu') from error
    try:
        if not module.cuda.runtime.getDeviceCount():
            raise RuntimeError('no CUDA device')
        if gpu:
            module.cuda.Device(gpu % module.cuda.runtime.getDeviceCount()).use()
        module.ones((2, 2)) @ module.ones((2, 2))   # needs CUDA's compiler and libraries
    except Exception as error:
        raise DeviceError('--device gpu: CuPy is installed but finds no GPU that it can use '
                          f'({in_a_line(error)}); use --device cpu') from error
    return module


def gpu_is_there():
    """Whether CuPy is installed and CUDA has a device; without importing CuPy, which takes a
    second. That it computes is not tried."""
    try:
        if importlib.util.find_spec('cupy') is None:
            return False
        cuda = ctypes.CDLL('nvcuda.dll' if sys.platform == 'win32' else 'libcuda.so.1')
    except (OSError, ValueError):
        return False
    count = ctypes.c_int()
    return not cuda.cuInit(0) and not cuda.cuDeviceGetCount(ctypes.byref(count)) and count.value > 0


def in_a_line(error):
    """An exception's words in a line, or its cause's, which CuPy explains at length."""
    while error.__cause__:
        error = error.__cause__
    return f'{type(error).__name__}: {" ".join(str(error).split())}'


def _is_cupy(array):
    """Of a CuPy that was imported: otherwise there can be no such array."""
    return isinstance(array, getattr(sys.modules.get('cupy'), 'ndarray', ()))


def to_device(array, device):
    """Copy `array` to 'cpu' or 'gpu'; the array itself where it is there already."""
    if device == 'cpu':
        return to_host(array)
    return cupy().asarray(array)


def to_host(array):
    """`array` as a NumPy array."""
    if _is_cupy(array):
        return sys.modules['cupy'].asnumpy(array)
    return np.asarray(array)


def floats(scalars):
    """0-d arrays, or numbers, as a list of Python's. Those of a GPU are read at once: each reading
    waits for it."""
    if scalars and all(map(_is_cupy, scalars)):
        return to_host(sys.modules['cupy'].stack(scalars)).tolist()
    return [float(scalar) for scalar in scalars]


def address(array):
    """Where in memory the elements of `array` begin, in bytes."""
    return (array.__array_interface__['data'][0] if type(array) is np.ndarray else array.data.ptr)


def like(host_array, reference):
    """`host_array` (NumPy) moved to where `reference` is."""
    xp = array_module(reference)
    return host_array if xp is np else xp.asarray(host_array)
