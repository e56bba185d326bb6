"""What of CUDA the stand-in for CuPy needs: streams, events, graphs, and cuBLAS.

All of it runs at once, on the host. A graph is a list of functions, each of which computes what was
recorded into the arrays that it was recorded with.
"""
import ctypes
import itertools
import weakref
from types import SimpleNamespace

import numpy as np

from tests.stand_in_memory import MemoryPool, using_allocator


class Pointer:
    def __init__(self, array):
        self.ptr = array.__array_interface__['data'][0]


class Tape:
    """What is recorded, or None; with it, what was refused."""

    def __init__(self):
        self.calls = None

    def refuse(self, what):
        if self.calls is not None:
            raise NotImplementedError(f'{what} while a stream is captured')

    def run(self, call):
        """call(), which changes arrays; while recording, not yet."""
        if self.calls is None:
            call()
        else:
            self.calls.append(call)

    def result(self, function, arguments, options):
        """function(*arguments, **options). While recording: a view is what it is; of a new array
        the shape is right, and what is in it comes with each launch."""
        if self.calls is None:
            return function(*arguments, **options)
        with np.errstate(all='ignore'):
            result = function(*arguments, **options)
        parts = list(result) if isinstance(result, (tuple, list)) else [result]
        new = [np.asarray(part) for part in parts if isinstance(part, (np.ndarray, np.generic))]
        before = [array for array in (getattr(function, '__self__', None), *_arrays(arguments),
                                      *_arrays(options.values()))
                  if isinstance(array, np.ndarray)]
        if not new or any(np.may_share_memory(part, array) for part in new for array in before):
            return result

        def call():
            again = function(*arguments, **options)
            again = again if isinstance(again, (tuple, list)) else [again]
            for place, value in zip(new, again, strict=True):
                place[...] = value

        self.calls.append(call)
        for array in new:
            array[...] = np.nan if array.dtype.kind == 'f' else 0
        return type(result)(new) if isinstance(result, (tuple, list)) else new[0]


def _arrays(values):
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from _arrays(value)
        else:
            yield value


tape = Tape()


class Graph:
    launches = 0        # of all graphs

    def __init__(self, calls):
        self.calls = calls

    def launch(self, stream=None):
        tape.refuse('a graph is launched')
        Graph.launches += 1
        for call in self.calls:
            call()


class Stream:
    numbers, current, living = itertools.count(1), [], weakref.WeakValueDictionary()

    def __init__(self, non_blocking=False):
        self.non_blocking, self.ptr = non_blocking, next(self.numbers)
        self.living[self.ptr] = self

    def __enter__(self):
        self.current.append(self)
        return self

    def __exit__(self, *error):
        self.current.pop()

    def begin_capture(self):
        assert tape.calls is None and self.non_blocking and self.current[-1] is self
        tape.calls = []

    def end_capture(self):
        calls, tape.calls = tape.calls, None
        return Graph(calls)

    def synchronize(self):
        tape.refuse('the host waits')


class Event:
    def record(self, stream=None):
        pass

    def synchronize(self):
        tape.refuse('the host waits')


def get_current_stream():
    return Stream.current[-1] if Stream.current else SimpleNamespace(ptr=0)


def cuda(devices):
    return SimpleNamespace(
        Device=lambda: SimpleNamespace(synchronize=lambda: tape.refuse('the host waits')),
        runtime=SimpleNamespace(
            getDeviceCount=lambda: devices, getDevice=lambda: 0,
            getDeviceProperties=lambda device: {'name': b'stand-in', 'totalGlobalMem': 2**30},
            driverGetVersion=lambda: 13000, runtimeGetVersion=lambda: 13020),
        Stream=Stream, Event=Event, get_current_stream=get_current_stream,
        MemoryPool=MemoryPool, using_allocator=using_allocator,
        alloc_pinned_memory=bytearray)


class CuBLAS:
    """A handle of cuBLAS, with its functions that nn/fast/cublas.py calls and with cuBLAS's rules
    for what it is given: columns, addresses, leading dimensions."""

    INVALID_VALUE, EXECUTION_FAILED = 7, 13
    stream = None

    def cublasCreate_v2(self, handle):
        handle._obj.value = 1
        return 0

    def _broken(self):
        return self.stream is not None and self.stream not in Stream.living

    def cublasSetStream_v2(self, handle, stream):
        if self._broken():
            return self.EXECUTION_FAILED
        self.stream, self.workspace = stream.value, None
        return 0

    def cublasSetWorkspace_v2(self, handle, address, size):
        self.workspace = address.value
        return 0

    def _gemm(self, dtype, handle, op_a, op_b, m, n, k, alpha, a, ld_a, apart_a, b, ld_b, apart_b,
              beta, c, ld_c, apart_c, stack):
        assert handle.value == 1 and self.workspace
        if self._broken():
            return self.EXECUTION_FAILED
        assert (self.stream or 0) == get_current_stream().ptr
        rows_a, rows_b = (k, m)[op_a == 0], (n, k)[op_b == 0]
        if min(m, n, k) < 0 or any(ld < max(1, rows) for ld, rows in (
                (ld_a, rows_a), (ld_b, rows_b), (ld_c, m))):
            return self.INVALID_VALUE
        alpha, beta = alpha._obj.value, beta._obj.value

        def columns(address, rows, length, ld, apart):
            size = np.dtype(dtype).itemsize
            extent = ((stack - 1) * apart.value + (length - 1) * ld + rows) * size
            memory = (ctypes.c_char * extent).from_address(address.value)
            return np.lib.stride_tricks.as_strided(
                np.frombuffer(memory, dtype), (stack, rows, length),
                (apart.value * size, size, ld * size))

        def matrix(address, op, rows, length, ld, apart):
            if op:
                return columns(address, length, rows, ld, apart).swapaxes(1, 2)
            return columns(address, rows, length, ld, apart)

        def run():
            product = alpha * (matrix(a, op_a, m, k, ld_a, apart_a)
                               @ matrix(b, op_b, k, n, ld_b, apart_b))
            out = columns(c, m, n, ld_c, apart_c)
            out[...] = product + beta * out if beta else product

        tape.run(run)
        return 0

    def _single(self, dtype, handle, op_a, op_b, m, n, k, alpha, a, ld_a, b, ld_b, beta, c, ld_c):
        none = ctypes.c_longlong(0)
        return self._gemm(dtype, handle, op_a, op_b, m, n, k, alpha, a, ld_a, none, b, ld_b, none,
                          beta, c, ld_c, none, 1)

    def cublasSgemm_v2(self, *arguments):
        return self._single('float32', *arguments)

    def cublasDgemm_v2(self, *arguments):
        return self._single('float64', *arguments)

    def cublasSgemmStridedBatched(self, *arguments):
        return self._gemm('float32', *arguments)

    def cublasDgemmStridedBatched(self, *arguments):
        return self._gemm('float64', *arguments)


cupys = CuBLAS()    # CuPy's own handle: it is given the current stream before each product


def product_of_cupy():
    tape.refuse('a product of CuPy')
    if cupys.cublasSetStream_v2(None, ctypes.c_void_p(get_current_stream().ptr)):
        raise RuntimeError('CUBLAS_STATUS_EXECUTION_FAILED')
