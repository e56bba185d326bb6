"""How a run's files are written, whole or not at all, and read, whatever is in them."""
import contextlib
import json
import os
import secrets
import stat
from pathlib import Path

import numpy as np

from nn.processes import is_first

# Bytes; a run's JSON files have some thousands, an epoch's metrics some hundreds.
LARGEST_JSON, LARGEST_PROGRESS = 1 << 20, 1 << 26
PART = '.part'      # the suffix of a file that is being written


class RunError(ValueError):
    """Something the user can mend; the message is one line that says what and how."""


def write_atomically(path, write):
    """write(binary file) into a new file beside `path`, then rename it over `path`.

    Its mode is what the user's umask says. Raises RunError where that fails; the file that was
    there is kept.
    """
    if not is_first():      # of several processes
        return
    path = Path(path)
    part = path.with_name(f'.{path.name}-{secrets.token_hex(4)}{PART}')
    try:
        with open(part, 'xb') as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            kept = '; what was there before is kept' if os.path.exists(path) else ''
            raise RunError(f'{path} cannot be written ({error.strerror}){kept}') from error
        raise
    _sync(path.parent)


def _sync(folder):
    """Put the names in a folder on the disk, too; not every system or drive can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _check_file(path, largest):
    """Raise ValueError where that is no file, or one of more bytes; OSError."""
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):     # opening a pipe would wait
        raise ValueError('it is not a file')
    if found.st_size > largest:
        raise ValueError(f'{found.st_size:,} bytes are too many for it')


def read_json(path):
    """The dict in a JSON file. Raises RunError, and FileNotFoundError where it is not there."""
    try:
        _check_file(path, LARGEST_JSON)
        value = json.loads(Path(path).read_bytes())
        if not isinstance(value, dict):
            raise ValueError('it does not hold names and values')
        return value
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f'{path} cannot be read: {error}') from error


def read_arrays(path, largest):
    """name -> array in a file that np.savez wrote; raises errors of many kinds."""
    _check_file(path, largest)
    with np.load(path, allow_pickle=False) as file:
        # It does not compress, so that no more is inside than outside.
        if sum(member.file_size for member in file.zip.infolist()) > os.path.getsize(path):
            raise ValueError('it unpacks to more than its size')
        arrays = {name: file[name] for name in file.files}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f'{name} is no array')
    return arrays


@contextlib.contextmanager
def made(path):
    """Make the folder `path` and its parents; those that were made and are empty in the end go
    again. Raises RunError."""
    path = Path(path)
    new = [folder for folder in (path, *path.parents) if not os.path.exists(folder)]
    try:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f'--out {path} cannot be written: {error.strerror}') from error
        yield
    finally:
        for folder in new:
            with contextlib.suppress(OSError):      # it is not empty
                folder.rmdir()
