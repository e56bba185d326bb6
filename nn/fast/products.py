"""Products with a tall matrix: many rows (pixels), few columns (channels).

OpenBLAS first copies the operands of a product into a layout of its own, which for a tall matrix
takes a fifth of the time. It spares the copy where a product is small: up to a million
multiplications, on processors with AVX-512. So a tall product is done as a stack of small ones,
in one call of np.matmul. On a GPU they are what they look like.
"""
import functools

import numpy as np

from nn.backend import array_module
from nn.fast.cublas import available, cublas
from nn.fast.parallel import PART_BYTES, by_rows, free_cores, parallel_map

SMALL = 100**3      # OpenBLAS, kernel/x86_64/sgemm_small_kernel_permit_skylakex.c
NARROWEST = 32      # columns of a matrix that is itself divided
LARGE = 20 * SMALL      # worth waking a thread: 0.2 ms
# Rows of a small product for which it pays (measured: benchmarks/README.md); a small product of a
# gradient writes a whole matrix.
LEAST_ROWS, LEAST_ROWS_OF_GRADIENT = 28, 56


def tall_product(tall, matrix, out=None):
    """tall @ matrix: (P, K), (K, F) -> (P, F), into `out` (contiguous) where it is given."""
    xp = array_module(tall, matrix)
    (rows, columns), features = tall.shape, matrix.shape[1]
    width = features
    if xp is not np:
        return xp.matmul(tall, matrix, out=out)
    while not (size := piece(rows, columns * width, LEAST_ROWS)) and width > NARROWEST:
        width = -(-width // 2)
    if not size:
        return wide_product(tall, matrix, out)
    if out is None:
        out = np.empty((rows, features), np.result_type(tall, matrix))
    stack, out_stack = tall.reshape(-1, size, columns), out.reshape(-1, size, features)
    # Of a transposed matrix small products are slower than large ones.
    matrix = np.ascontiguousarray(matrix)
    for start in range(0, features, width):
        part = slice(start, start + width)
        np.matmul(stack, matrix[:, part], out=out_stack[..., part])
    return out


def wide_product(left, right, out=None):
    """left @ right, a large one by some columns in each thread (see parallel.py for why not by the
    threads of BLAS): (M, K), (K, F) -> (M, F)."""
    (rows, columns), features = left.shape, right.shape[1]
    width = -(-features // free_cores())
    if rows * columns * width < LARGE:
        return np.matmul(left, right, out=out)
    if out is None:
        out = np.empty((rows, features), np.result_type(left, right))

    def compute(start):
        part = slice(start, start + width)
        np.matmul(left, right[:, part], out=out[:, part])

    parallel_map(compute, range(0, features, width))
    return out


def add_gradient(total, tall, dy):
    """total += tall.T @ dy, the gradient of the matrix of a product: (K, F), (P, K), (P, F)."""
    xp = array_module(total, tall, dy)
    if xp is not np and total.dtype == tall.dtype == dy.dtype and available(xp):
        # Added as it is made: CuPy would make it, and then add it.
        cublas(xp).gemm(tall.T, dy, total, total=True)
        return
    (rows, columns), features = tall.shape, dy.shape[1]
    size = piece(rows, columns * features, LEAST_ROWS_OF_GRADIENT)
    if size and xp is np:
        total += np.matmul(tall.reshape(-1, size, columns).swapaxes(1, 2),
                           dy.reshape(-1, size, features)).sum(axis=0)
    else:
        # A large product is added while it is in the processor's cache.
        def add(total, tall_t):
            total += tall_t @ dy

        by_rows(add, total, tall.T, part_bytes=max(PART_BYTES, min(8 * PART_BYTES,
                                                                   total.nbytes // free_cores())))


def sum_rows(rows):
    """The sum over the rows of each matrix: (..., P, F) -> (..., F). As a product, because NumPy's
    reduction of a first axis takes several times as long."""
    return array_module(rows).ones(rows.shape[-2], rows.dtype) @ rows


@functools.cache
def piece(rows, multiplications, least):
    """Rows of each small product, of so many multiplications a row: the largest divisor of `rows`
    that is small and has at least `least`; 0: there is none."""
    for size in range(min(rows, SMALL // multiplications), least - 1, -1):
        if rows % size == 0:
            return size
    return 0
