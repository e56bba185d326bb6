"""The contents of a file, unpacked where it is gzipped, as a stream: some fill the memory.

No more is read than a file's header says: a gzip file of a few MB can unpack to many GB.
"""

import gzip
import hashlib
import math
import zlib
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from datasets.base import DataError

REPLACE = 'replace it with a good copy; where it was fetched, delete it to fetch it again'
BLOCK_BYTES = 1 << 20


@contextmanager
def open_contents(path, packed=False):
    """Opens a file for reading bytes, decompressed when it starts like gzip, whatever its name.

    packed: as it is, never decompressed.
    Raises DataError, also for reads in the block: it cannot be read or its gzip stream is broken.
    """
    try:
        with Path(path).open('rb') as file:
            gzipped = not packed and file.read(2) == b'\x1f\x8b'
            file.seek(0)
            with gzip.GzipFile(fileobj=file) if gzipped else nullcontext(file) as contents:
                yield contents
    except EOFError as error:
        raise DataError(f'{path}: truncated gzip file; {REPLACE}') from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f'{path}: corrupt gzip file ({error}); {REPLACE}') from error
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({error.strerror or error})') from error
    except MemoryError as error:
        raise DataError(f'{path}: its contents do not fit into memory') from error


def exactly(size, file, path):
    """The next `size` bytes of the contents `file` of `path`, as a bytearray.

    In blocks: a broken header may ask for more than there is. Raises DataError if it ends before.
    """
    contents = bytearray()
    while more := file.read(min(size - len(contents), BLOCK_BYTES)):
        contents += more
    if len(contents) < size:
        missing = size - len(contents)
        raise DataError(f'{path}: truncated: {missing:,} bytes are missing at its end; {REPLACE}')
    return contents


def read_array(dtype, shape, file, path):
    """The next elements of the contents `file` of `path` as an array. Raises DataError, as above,
    and for more dimensions or larger ones than an array can have."""
    elements = exactly(np.dtype(dtype).itemsize * math.prod(shape), file, path)
    try:
        return np.frombuffer(elements, dtype).reshape(shape)
    except ValueError as error:
        raise DataError(f'{path}: no array has the shape in its header; {REPLACE}') from error


def nothing_more(file, path):
    """Raises DataError where more follows in the contents `file` of `path`."""
    if file.read(1):
        raise DataError(f'{path}: too long: more follows than its header says; {REPLACE}')


def write_contents(path, contents):
    """Writes bytes, gzipped when the name ends in .gz: equal contents give equal files."""
    if str(path).endswith('.gz'):
        contents = gzip.compress(contents, mtime=0)
    Path(path).write_bytes(contents)


def digest(path, algorithm='sha256', packed=False):
    """Hexadecimal digest of the contents; of the file as it is with `packed`. Raises DataError."""
    total = hashlib.new(algorithm, usedforsecurity=False)
    with open_contents(path, packed) as file:
        while block := file.read(BLOCK_BYTES):
            total.update(block)
    return total.hexdigest()
