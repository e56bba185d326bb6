"""NumPy or CuPy, decided by the array: the only file that imports CuPy.

A layer asks `array_module(x)` for the module its input belongs to (`xp` by convention) and
computes with that; there is no global switch. Random draws are made by NumPy on the host and
moved with `like`, so that CPU and GPU runs see the same numbers.
"""
import numpy as np

try:
    import cupy
except ImportError:
    cupy = None

_module_of = {np.ndarray: np, np.float32: np, np.float64: np}
if cupy is not None:
    _module_of[cupy.ndarray] = cupy


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
            raise TypeError(f'expected a NumPy or CuPy array, got {type(array).__name__}')
        modules.add(_module_of[type(array)])
    if len(modules) > 1:
        names = ' and '.join(sorted(type(array).__module__.split('.')[0] for array in arrays))
        raise TypeError(f'arrays of different devices are mixed: {names}; '
                        'move them first (nn.backend.to_device)')
    return modules.pop()


def check_device(device):
    """Raise DeviceError where `device` ('cpu' or 'gpu') cannot be used."""
    if device == 'cpu':
        return
    if cupy is None:
        raise DeviceError('--device gpu needs CuPy, which is not installed: '
                          'pip install -r requirements-gpu.txt')
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError:
        count = 0
    if count == 0:
        raise DeviceError('--device gpu: CuPy is installed but finds no CUDA device; '
                          'use --device cpu')


def to_device(array, device):
    """Copy `array` to 'cpu' or 'gpu'; the array itself where it is there already."""
    if device == 'cpu':
        return to_host(array)
    check_device(device)
    return cupy.asarray(array)


def to_host(array):
    """`array` as a NumPy array."""
    if cupy is not None and isinstance(array, cupy.ndarray):
        return cupy.asnumpy(array)
    return np.asarray(array)


def like(host_array, reference):
    """`host_array` (NumPy) moved to where `reference` is."""
    xp = array_module(reference)
    return host_array if xp is np else xp.asarray(host_array)
