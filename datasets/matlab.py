"""MATLAB 5 files: whether one is whole, and the members in it."""

import os
import struct
import warnings
from pathlib import Path

from scipy.io import loadmat, whosmat

from datasets.base import DataError
from datasets.contents import REPLACE

BYTE_ORDERS = {b'IM': '<', b'MI': '>'}
MATRIX, COMPRESSED = 14, 15  # what a member can be


def read_members(path, names, check, replace=REPLACE):
    """{name: array} of the members with these names, of which some may be missing.

    check: function of path and {name: (shape, MATLAB class)}, of all members, called before
        anything large is read.
    replace: what the messages on a broken file say to do. Raises DataError, one line.
    """
    check_whole(path, replace)
    try:
        check(path, {name: (shape, kind) for name, shape, kind in whosmat(path, appendmat=False)})
        with warnings.catch_warnings():
            warnings.filterwarnings('error', message='Unreadable variable')
            return loadmat(path, appendmat=False, variable_names=names)
    except DataError:
        raise
    except Exception as error:  # SciPy, zlib and NumPy each raise their own
        text = ' '.join(str(error).split()) or type(error).__name__
        raise DataError(f'{path}: corrupt MATLAB file ({text}); {replace}') from error


def check_whole(path, replace=REPLACE):
    """Raises DataError unless this is a MATLAB 5 file, from its header to its last byte.

    replace: what the message says to do.
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
                raise DataError(f'{path}: {what} (starts with {header[:4].hex(" ")}); {replace}')
            end = len(header)
            while end < size:
                file.seek(end)
                tag = file.read(8).ljust(8, b'\x00')
                kind, length = struct.unpack(BYTE_ORDERS[header[126:]] + '2I', tag)
                if kind not in (MATRIX, COMPRESSED) and size - end >= 8:
                    raise DataError(
                        f'{path}: corrupt MATLAB file (no member at byte {end:,}); {replace}'
                    )
                end += 8 + length
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({error.strerror or error})') from error
    if end != size:
        raise DataError(
            f'{path}: truncated: {size:,} bytes where its members say {end:,} or more; {replace}'
        )
