"""Products on a GPU by NVIDIA's cuBLAS itself, for what CuPy's products do not do.

CuPy refuses them while a step is recorded (NotImplementedError; cupy/cupy, issue 6290), though
cuBLAS does not. And CuPy copies operands whose rows are apart, or overlap, or are a result's that
is added to; cuBLAS takes them as they are.

cuBLAS reads columns where our arrays have rows: a matrix in memory is its transpose, and since
y = a b is y' = b' a', the operands change places. What a matrix needs is that its rows, or its
columns, are runs of neighbours; how far apart they begin is its 'leading dimension'.
"""
import contextlib
import ctypes
import functools
import re

import numpy as np

from nn.backend import address

WORKSPACE = 64 << 20        # bytes. While a step is recorded cuBLAS must not allocate its own
NAMES = {np.dtype('float32'): ('cublasSgemm', ctypes.c_float),
         np.dtype('float64'): ('cublasDgemm', ctypes.c_double)}


def library():
    """The cuBLAS that CuPy has loaded: another one may not fit. Raises OSError."""
    with open('/proc/self/maps', errors='replace') as file:
        paths = re.findall(r'/.*/libcublas\.so.*', file.read())
    if not paths:
        raise OSError('no libcublas.so is loaded')
    return ctypes.CDLL(paths[0])


@functools.cache
def cublas(xp):
    """The CuBLAS of a process, tried on a small product. Raises OSError, RuntimeError."""
    return CuBLAS(xp)


@functools.cache
def available(xp):
    """Whether there is one; asked for where CuPy's products can do the work as well."""
    try:
        return bool(cublas(xp))
    except Exception:       # of every kind: a part that misses, another version
        return False


class CuBLAS:
    """xp: cupy. Whatever stream is the current one gets the work."""

    def __init__(self, xp):
        self.xp, self.library, self.stream = xp, library(), None
        # A handle of its own: CuPy sets its handle's stream, and with it the workspace, as it goes.
        self.handle = ctypes.c_void_p()
        self._call('cublasCreate_v2', ctypes.byref(self.handle))
        self.workspace = xp.empty(WORKSPACE, 'uint8')
        for dtype, (name, _) in NAMES.items():
            left = xp.arange(6, dtype=dtype).reshape(2, 3)
            stack = xp.arange(24, dtype=dtype).reshape(2, 4, 3).swapaxes(1, 2)
            for right in (stack, stack[1]):
                if float(abs(self.matmul(left, right) - _by_elements(left, right)).max()):
                    raise RuntimeError(f'{name} multiplies wrongly')

    def matmul(self, left, right, out=None):
        """left @ right, into `out` where it is given: as xp.matmul, of float32 and float64."""
        if left.ndim == 1:
            return self.matmul(left[None], right)[..., 0, :]
        dtype = np.result_type(left.dtype, right.dtype)
        left, right = (array.astype(dtype, copy=False) for array in (left, right))
        stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        if len(stack) > 1:      # a cuBLAS stack has one axis; those of AffineNoise are of 2x2
            return _by_elements(left, right)
        product = out
        if out is None or out.dtype != dtype:
            product = self.xp.empty((*stack, left.shape[-2], right.shape[-1]), dtype)
        self.gemm(left, right, product)
        if out is None or out is product:
            return product
        out[...] = product
        return out

    def gemm(self, left, right, out, total=False):
        """out = left @ right, or with `total` out += left @ right. (M, K), (K, N), (M, N), or
        stacks (S, ...) of such; of one type. out: its rows are runs of neighbours."""
        if not left.dtype == right.dtype == out.dtype:
            raise TypeError(f'a product of {left.dtype} and {right.dtype} in {out.dtype}')
        name, real = NAMES[out.dtype]
        self.follow_stream()
        (rows, columns), inner = out.shape[-2:], left.shape[-1]
        left, op_left, ld_left = _as_blas_reads(left, self.xp)
        right, op_right, ld_right = _as_blas_reads(right, self.xp)
        ld_out = max(columns, out.strides[-2] // out.itemsize if rows > 1 else 0)
        arguments = [self.handle, op_right, op_left, columns, rows, inner, _by_reference(real, 1)]
        stack = out.shape[:-2]
        for array, ld in ((right, ld_right), (left, ld_left)):
            arguments += [ctypes.c_void_p(address(array)), ld, *_apart(array, stack)]
        arguments += [_by_reference(real, total), ctypes.c_void_p(address(out)), ld_out,
                      *_apart(out, stack), *stack]
        self._call(f'{name}StridedBatched' if stack else f'{name}_v2', *arguments)

    def follow_stream(self):
        """Give the work to what is the current stream now."""
        stream = self.xp.cuda.get_current_stream().ptr
        if stream != self.stream:       # only then: to set it takes the workspace away
            self._call('cublasSetStream_v2', self.handle, ctypes.c_void_p(stream))
            self._call('cublasSetWorkspace_v2', self.handle,
                       ctypes.c_void_p(address(self.workspace)), ctypes.c_size_t(WORKSPACE))
            self.stream = stream

    def _call(self, name, *arguments):
        status = getattr(self.library, name)(*arguments)
        if status:      # cublas_api.h says what it means, and the order of the sizes
            sizes = [each for each in arguments if isinstance(each, int)]
            raise RuntimeError(f'{name} returned status {status}' + f' for {sizes}' * bool(sizes))

    @contextlib.contextmanager
    def for_cupys(self):
        """Within it, @ and xp.matmul of CuPy's arrays are `matmul`: layers are written with them,
        and need not know."""
        kept = self.xp.ndarray.__matmul__, self.xp.matmul
        self.xp.ndarray.__matmul__ = lambda left, right: self.matmul(left, right)
        self.xp.matmul = self.matmul
        try:
            yield
        finally:
            self.xp.ndarray.__matmul__, self.xp.matmul = kept


def _by_elements(left, right):
    return (left[..., None] * right[..., None, :, :]).sum(axis=-2)


def _as_blas_reads(matrix, xp):
    """(matrix, 1 where BLAS is to transpose it else 0, leading dimension); a copy where neither its
    rows nor its columns are runs of neighbours."""
    rows, columns = matrix.shape[-2:]
    down, along = (stride // matrix.itemsize for stride in matrix.strides[-2:])
    if (along == 1 or columns == 1) and (down >= columns or rows == 1):
        return matrix, 0, max(down, columns)
    if (down == 1 or rows == 1) and (along >= rows or columns == 1):
        return matrix, 1, max(along, rows)
    return xp.ascontiguousarray(matrix), 0, columns


def _apart(array, stack):
    """How far apart the matrices of a stack begin: 0 where one is used for all; [] without one."""
    if not stack:
        return []
    apart = array.strides[0] // array.itemsize if array.ndim > 2 and len(array) > 1 else 0
    return [ctypes.c_longlong(apart)]


def _by_reference(real, value):
    return ctypes.byref(real(value))
