"""The binary matrix format of the NORB files (`.mat`, but not MATLAB's), gzipped or not.

A magic number that gives the type of the elements, the number of dimensions, each dimension (three
of them even where there are fewer: the rest are 1 and mean nothing), all as little-endian 32-bit
integers; then the elements, little-endian, in C order.

Reference: Huang and LeCun, 'The small NORB dataset, v1.0', file format,
https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/
"""

import math
import struct

import numpy as np

from datasets.base import DataError
from datasets.contents import (
    REPLACE,
    exactly,
    nothing_more,
    open_contents,
    read_array,
    write_contents,
)

# 0x1E3D4C52 is a 'packed matrix', which no NORB file is and nobody describes.
TYPES = {
    0x1E3D4C51: np.dtype('<f4'),
    0x1E3D4C53: np.dtype('<f8'),
    0x1E3D4C54: np.dtype('<i4'),
    0x1E3D4C55: np.dtype('u1'),
    0x1E3D4C56: np.dtype('<i2'),
}
MAGICS = {dtype: magic for magic, dtype in TYPES.items()}
MOST_DIMENSIONS = 8  # far above the four of NORB: more is a broken header
BLOCK_BYTES = 1 << 24  # of rows that are reduced at once


def read_matrix(path, reduce=lambda rows: rows, check=lambda dtype, shape: None):
    """The array in a binary matrix file, gzipped or not (by content, not by name).

    check: called with what the header says, before more than the header is read.
    reduce: a function of consecutive rows, (n, ...) -> (n, ...), applied as they are read, a block
        at a time: the 448 MB of a NORB image file are never in memory at once.
    Raises DataError when the file is missing, truncated, too long, corrupt or of another type.
    """
    with open_contents(path) as file:
        dtype, shape = _read_header(file, path)
        check(dtype, shape)
        return _read_rows(file, path, dtype, shape, reduce)


def _read_header(file, path):
    """dtype and shape, in Python integers."""
    magic, dimensions = struct.unpack('<Ii', exactly(8, file, path))
    if magic not in TYPES:
        raise DataError(
            f'{path}: not a binary matrix file (starts with {magic:#010x}, not with '
            f'{min(TYPES):#010x} to {max(TYPES):#010x}); {REPLACE}'
        )
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise DataError(f'{path}: {dimensions} dimensions in its header; {REPLACE}')
    stored = max(3, dimensions)
    shape = struct.unpack(f'<{stored}i', exactly(4 * stored, file, path))[:dimensions]
    if min(shape) < 0:
        raise DataError(f'{path}: a negative dimension in its header {shape}; {REPLACE}')
    return TYPES[magic], shape


def _read_rows(file, path, dtype, shape, reduce):
    row_bytes = dtype.itemsize * math.prod(shape[1:])
    step = max(1, BLOCK_BYTES // max(1, row_bytes))
    blocks = []
    for start in range(0, max(1, shape[0]), step):  # one block of no rows where there are none
        n = min(step, shape[0] - start)
        blocks.append(reduce(read_array(dtype, (n, *shape[1:]), file, path)))
    nothing_more(file, path)
    return np.concatenate(blocks)


def write_matrix(path, array):
    """Write an array as a binary matrix file, gzipped when the name ends in .gz.

    array: uint8, int16, int32, float32 or float64. Raises ValueError for another dtype.
    """
    array = np.asarray(array)
    dtype = array.dtype.newbyteorder('<')
    if dtype not in MAGICS or array.ndim < 1:
        raise ValueError(f'write_matrix cannot write {array.dtype} of {array.ndim} dimensions')
    shape = array.shape + (1,) * (3 - array.ndim)
    header = struct.pack(f'<Ii{len(shape)}i', MAGICS[dtype], array.ndim, *shape)
    write_contents(path, header + array.astype(dtype).tobytes())
