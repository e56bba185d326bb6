"""The IDX file format of the MNIST files, gzipped or not.

A header of two zero bytes, a type code (8: unsigned byte) and the number of dimensions; each
dimension as a big-endian 32-bit integer; then the elements in C order. The bytes 0 0 8 3 are the
magic number 2051 of the image files, 0 0 8 1 the 2049 of the label files.

Reference: LeCun, Cortes and Burges, 'The MNIST database of handwritten digits', file formats.
"""

import hashlib
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


def read_idx(path, check=lambda shape: None):
    """The uint8 array in an IDX file, gzipped or not (by content, not by name).

    check: called with the shape in the header, before more than the header is read.
    Raises DataError when the file is missing, truncated, corrupt or of another type.
    """
    with open_contents(path) as file:
        start = exactly(4, file, path)
        if start == b'\x00\x00\x0c\x02':
            raise DataError(
                f'{path}: 32-bit integers in two dimensions, as the extended labels of QMNIST are; '
                'write the first column as an IDX file of unsigned bytes'
            )
        if start[:3] != b'\x00\x00\x08':
            raise DataError(
                f'{path}: not an IDX file of unsigned bytes '
                f'(starts with {start.hex(" ")}, not 00 00 08); {REPLACE}'
            )
        dimensions = start[3]
        shape = struct.unpack(f'>{dimensions}I', exactly(4 * dimensions, file, path))
        check(shape)
        array = read_array(np.uint8, shape, file, path)
        nothing_more(file, path)
    return array


def write_idx(path, array):
    """Write a uint8 array as an IDX file, gzipped when the name ends in .gz.

    Raises ValueError for another dtype.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8:
        raise ValueError(f'write_idx takes a uint8 array, not {array.dtype}')
    write_contents(path, _header(array.shape) + array.tobytes())


def idx_digest(array, algorithm):
    """Hexadecimal digest of the contents, before gzip, of the IDX file of a uint8 array."""
    total = hashlib.new(algorithm, _header(array.shape), usedforsecurity=False)
    total.update(array.ravel())
    return total.hexdigest()


def _header(shape):
    return struct.pack(f'>HBB{len(shape)}I', 0, 8, len(shape), *shape)
