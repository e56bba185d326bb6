"""The IDX file format of the MNIST files, gzipped or not.

A header of two zero bytes, a type code (8: unsigned byte) and the number of dimensions; each
dimension as a big-endian 32-bit integer; then the elements in C order. The bytes 0 0 8 3 are the
magic number 2051 of the image files, 0 0 8 1 the 2049 of the label files.

Reference: LeCun, Cortes and Burges, 'The MNIST database of handwritten digits', file formats.
"""

import gzip
import math
import struct
from pathlib import Path

import numpy as np

from datasets.base import DataError
from datasets.contents import REPLACE, read_bytes


def parse_idx(contents, path):
    """uint8 array from the decompressed contents of an IDX file; `path` is for the messages."""
    if len(contents) < 4:
        raise DataError(f'{path}: {len(contents)} bytes, too short for an IDX file; {REPLACE}')
    if contents[:3] != b'\x00\x00\x08':
        raise DataError(
            f'{path}: not an IDX file of unsigned bytes '
            f'(starts with {contents[:4].hex(" ")}, not 00 00 08); {REPLACE}'
        )
    dimensions = contents[3]
    header = 4 + 4 * dimensions
    if len(contents) < header:
        raise DataError(f'{path}: truncated within the IDX header; {REPLACE}')
    shape = struct.unpack(f'>{dimensions}I', contents[4:header])
    expected = header + math.prod(shape)
    if len(contents) != expected:
        what = 'truncated' if len(contents) < expected else 'too long'
        raise DataError(
            f'{path}: {what}: {len(contents):,} bytes where its header says {expected:,}; {REPLACE}'
        )
    try:
        return np.frombuffer(contents, np.uint8, offset=header).reshape(shape).copy()
    except ValueError as error:  # more dimensions or larger ones than an array can have
        raise DataError(f'{path}: no array has the shape in its header; {REPLACE}') from error


def read_idx(path):
    """The uint8 array in an IDX file, gzipped or not (by content, not by name).

    Raises DataError when the file is missing, truncated, corrupt or of another type.
    """
    return parse_idx(read_bytes(path), path)


def write_idx(path, array):
    """Write a uint8 array as an IDX file, gzipped when the name ends in .gz.

    Raises ValueError for another dtype.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8:
        raise ValueError(f'write_idx takes a uint8 array, not {array.dtype}')
    header = struct.pack(f'>HBB{array.ndim}I', 0, 8, array.ndim, *array.shape)
    contents = header + array.tobytes()
    if str(path).endswith('.gz'):
        contents = gzip.compress(contents, mtime=0)  # equal arrays give equal files
    Path(path).write_bytes(contents)
