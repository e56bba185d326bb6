"""MATLAB 5 files: whether one is whole, and the members in it."""

import math
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from scipy.io import loadmat, whosmat

from datasets.base import DataError
from datasets.contents import REPLACE

BYTE_ORDERS = {b'IM': '<', b'MI': '>'}
MATRIX, COMPRESSED = 14, 15  # what a member can be
STORED = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13}  # what numbers can be stored as: int8 to uint64
# MATLAB classes that hold numbers: the largest type that one is stored as.
NUMBERS = {name: name for name in ('int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32',
                                   'uint64')}
NUMBERS |= {'double': 'float64', 'single': 'float32', 'logical': 'uint8'}
SPARSE, FIRST, LAST = 5, 6, 15  # classes in an array's flags: a sparse one; those of numbers
COMPLEX = 0x800  # of the flags, a bit
HEAD_BYTES = 1 << 10  # of a member, compressed or not: enough for flags, dimensions and name


def read_members(path, names, check):
    """{name: array of numbers} of the members with these names, and None for every other member.

    check: function of path and {name: (shape, MATLAB class)}, of all members, called before
        anything large is read.
    Raises DataError, one line, also where one of the members is no array of numbers.
    """
    check_whole(path)
    try:
        members = whosmat(path, appendmat=False)
        kinds = {name: (shape, kind) for name, shape, kind in members}
        if len(kinds) < len(members):
            raise ValueError('two members have the same name')
        check(path, kinds)
        for name in set(names) & set(kinds):
            if kinds[name][1] not in NUMBERS:
                raise DataError(
                    f'{path}: {name} holds no numbers (MATLAB class {kinds[name][1]}); save it as '
                    f'an array of real numbers, or {REPLACE}'
                )
        with warnings.catch_warnings():
            warnings.filterwarnings('error', message='Unreadable variable')
            contents = loadmat(path, appendmat=False, variable_names=list(names))
        for name in set(names) & set(kinds):
            stored, kind = contents[name].dtype, kinds[name][1]
            if not np.can_cast(stored, NUMBERS[kind]):
                raise ValueError(f'{name} is {kind}, but stored as {stored}')
        return {name: contents[name] if name in names else None for name in kinds}
    except DataError:
        raise
    except Exception as error:  # SciPy, zlib and NumPy each raise their own
        text = ' '.join(str(error).split()) or type(error).__name__
        raise DataError(f'{path}: corrupt MATLAB file ({text}); {REPLACE}') from error


def check_whole(path):
    """Raises DataError unless this is a MATLAB 5 file, from its header to its last byte, of full
    arrays of real numbers.

    SciPy 1.17 reads outside its memory where a member says that it is sparse or complex and has
    none of the pieces that belong to that, and where its numbers are of a type that there is not.
    """
    try:
        with Path(path).open('rb') as file:
            header, size = file.read(128), os.fstat(file.fileno()).st_size
            if header.startswith(b'\x89HDF') or header[124:128] in (b'\x00\x02IM', b'\x02\x00MI'):
                raise DataError(
                    f'{path}: a MATLAB 7.3 (HDF5) file; save it with -v7 instead, or take the '
                    'official one'
                )
            if header[124:128] not in (b'\x00\x01IM', b'\x01\x00MI'):
                what = 'not a MATLAB 5 file' if len(header) == 128 else 'too short for a .mat file'
                raise DataError(f'{path}: {what} (starts with {header[:4].hex(" ")}); {REPLACE}')
            order, end = BYTE_ORDERS[header[126:]], len(header)
            while end < size:
                start = end
                file.seek(start)
                kind, length = struct.unpack(order + '2I', file.read(8).ljust(8, b'\x00'))
                if kind not in (MATRIX, COMPRESSED) and size - start >= 8:
                    raise struct.error(f'no member at byte {start:,}')
                end = start + 8 + length
                if end <= size:
                    _check_member(file.read(min(length, HEAD_BYTES)), kind, order, path, start)
    except (struct.error, zlib.error) as error:
        raise DataError(f'{path}: corrupt MATLAB file ({error}); {REPLACE}') from error
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({error.strerror or error})') from error
    if end != size:
        raise DataError(
            f'{path}: truncated: {size:,} bytes where its members say {end:,} or more; {REPLACE}'
        )


def _check_member(head, kind, order, path, start):
    """head: the first bytes of what is behind the tag of a member, which starts at byte `start`."""
    if kind == COMPRESSED:
        head = zlib.decompressobj().decompress(head, HEAD_BYTES)[8:]
    flags = struct.unpack_from(order + 'I', head, 8)[0]
    if flags & 255 == SPARSE or flags & COMPLEX:
        raise DataError(
            f'{path}: a sparse or complex member at byte {start:,}; save all as full arrays of '
            f'real numbers, or {REPLACE}'
        )
    if FIRST <= flags & 255 <= LAST:
        at = 16  # what follows the flags: dimensions, name and numbers, a tag before each
        for _ in range(2):
            stored, length = struct.unpack_from(order + '2I', head, at)
            # Up to four bytes are in the tag itself, and then their number beside their type.
            at += 8 if stored >> 16 else 8 + math.ceil(length / 8) * 8
        stored = struct.unpack_from(order + 'I', head, at)[0] & 0xFFFF
        if stored not in STORED:
            raise struct.error(f'numbers of no known type in the member at byte {start:,}')
