"""Element-wise lines as one kernel of a GPU.

Line by line CuPy launches a kernel for each operation. To launch one takes Python longer than it
takes the GPU to run most of them, and each reads and writes whole arrays. NumPy runs the lines as
they stand.
"""
import functools
import inspect

import numpy as np

from nn.backend import array_module

_fused = {}


def elementwise(function):
    """A decorator of a function of arrays and numbers, the first one an array, that does the same
    to every element: it returns an array or a tuple of them, or changes its arguments in place.

    CuPy runs the function once, on objects that note what is done to them (cupy.fuse), and what it
    makes of that is kept by the function's code. So it may have operators and ufuncs of
    array_module(x), but no shape, index or sum, and nothing of a function around it; and no
    operation on two numbers, which would make float64 of the arrays they meet.
    """
    @functools.wraps(function)
    def call(*arrays, **numbers):
        xp = array_module(arrays[0])
        if xp is np:
            return function(*arrays, **numbers)
        key = xp, function.__code__     # the same, however often a `def` in a method is run
        if key not in _fused:
            _fused[key] = xp.fuse(kernel_name=function.__name__.strip('<>'))(function)
        if numbers:
            arrays = inspect.signature(function).bind(*arrays, **numbers).args
        return _fused[key](*arrays)

    return call
