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
from datasets.contents import BLOCK_BYTES, REPLACE, open_contents


def read_idx(path):
    """The uint8 array in an IDX file, gzipped or not (by content, not by name).

    Raises DataError when the file is missing, truncated, corrupt or of another type.
    """
    return read_idx_contents(path)[0]


def read_idx_contents(path, check=lambda shape: None):
    """The array in an IDX file, and the contents (decompressed) that it is a view of.

    check: called with the shape in the header, before more than the header is read.
    No more is read than the header says: a gzip file of a few MB can unpack to many GB.
    """
    with open_contents(path) as file:
        contents = bytearray(file.read(4))
        if len(contents) < 4:
            raise DataError(f'{path}: {len(contents)} bytes, too short for an IDX file; {REPLACE}')
        if contents[:4] == b'\x00\x00\x0c\x02':
            raise DataError(
                f'{path}: 32-bit integers in two dimensions, as the extended labels of QMNIST are; '
                'write the first column as an IDX file of unsigned bytes'
            )
        if contents[:3] != b'\x00\x00\x08':
            raise DataError(
                f'{path}: not an IDX file of unsigned bytes '
                f'(starts with {contents[:4].hex(" ")}, not 00 00 08); {REPLACE}'
            )
        dimensions = contents[3]
        header = 4 + 4 * dimensions
        contents += file.read(header - 4)
        if len(contents) < header:
            raise DataError(f'{path}: truncated within the IDX header; {REPLACE}')
        shape = struct.unpack(f'>{dimensions}I', contents[4:])
        check(shape)
        expected = header + math.prod(shape)
        while more := file.read(min(BLOCK_BYTES, expected - len(contents))):
            contents += more
        if len(contents) < expected:
            raise DataError(
                f'{path}: truncated: {len(contents):,} bytes where its header says {expected:,}; '
                f'{REPLACE}'
            )
        if file.read(1):
            raise DataError(
                f'{path}: too long: more follows the {expected:,} bytes of its header; {REPLACE}'
            )
    try:
        return np.frombuffer(contents, np.uint8, offset=header).reshape(shape), contents
    except ValueError as error:  # more dimensions or larger ones than an array can have
        raise DataError(f'{path}: no array has the shape in its header; {REPLACE}') from error


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
