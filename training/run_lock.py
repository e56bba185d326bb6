"""One process at a time in a run's folder, and how a run that is there makes room for another.

The lock is the system's, on a file in the folder: it goes when its process ends, however that ends,
and a file that a killed process has left locks nothing. What the file says is for the message only.
A network drive that has no locks does without.
"""
import contextlib
import os
import socket
from pathlib import Path

from training.run_folder import RunError, stored_config

try:
    import fcntl
    HELD = BlockingIOError      # what is raised where another process has the lock
except ImportError:             # Windows
    import msvcrt
    fcntl, HELD = None, PermissionError

NAME = '.lock'
FAR = 1 << 30       # Windows locks bytes and lets nobody read them: one far behind the text


@contextlib.contextmanager
def alone_in(folder):
    """Within it, no other process is in the run of `folder`, which changes nothing where it is not
    there. The parts of a run of several values have the lock of the whole. Raises RunError."""
    folder = Path(folder).resolve()
    with contextlib.suppress(RunError):
        if stored_config(folder.parent, {'several': list})['several']:
            folder = folder.parent
    handle = _open_locked(folder)
    try:
        yield
    finally:
        if handle is not None:
            _release(folder / NAME, handle)


def _open_locked(folder):
    """The handle of the lock; None where there is no folder, or one that cannot be written: what
    writes there says so."""
    while True:
        try:
            handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None
        try:
            _lock(handle)
        except HELD:
            who = os.read(handle, 300).decode(errors='replace').split()
            os.close(handle)
            raise RunError(f'{folder} is in use by another process'
                           + (f' ({who[0]} on {who[1]})' if len(who) == 2 else '')
                           + ': wait until it ends, or choose another folder') from None
        except OSError:
            pass            # there are no locks here
        if _is(folder / NAME, handle):
            os.ftruncate(handle, 0)
            os.write(handle, f'{os.getpid()} {socket.gethostname()}\n'.encode())
            return handle
        os.close(handle)    # its process has removed it in the meantime


def _lock(handle):
    if fcntl:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        os.lseek(handle, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, 0, os.SEEK_SET)


def _is(path, handle):
    """Whether the open file is still the one of this name."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _release(path, handle):
    """Remove the file while it is locked, so that nobody locks one that is about to go; Windows
    removes no open file."""
    ours = _is(path, handle)
    if not fcntl:
        os.close(handle)
    if ours:
        with contextlib.suppress(OSError):
            path.unlink()
    if fcntl:
        os.close(handle)


def set_aside(folder):
    """Move the run in `folder` to a free name beside it, FOLDER.old-1 or the next; returns the new
    place, None where there is nothing. Raises RunError, and moves nothing, where there is no run of
    this program or another process is in it."""
    folder = Path(os.path.abspath(folder))
    try:
        if not os.path.isdir(folder) or not any(folder.iterdir()):
            return None
    except OSError as error:
        raise RunError(f'--overwrite: {folder} cannot be read: {error.strerror}') from error
    if Path.cwd().resolve().is_relative_to(folder.resolve()):
        raise RunError(f'--overwrite: {folder} is the folder you are in: go to another one first')
    if not (folder / 'config.json').exists():
        raise RunError(f'--overwrite: {folder} holds no run (no config.json), so it stays: '
                       'choose another folder')
    stored_config(folder, {'dataset': str, 'several': list})
    with alone_in(folder):
        pass        # Windows moves no folder with an open file
    number = 1
    while os.path.lexists(aside := folder.with_name(f'{folder.name}.old-{number}')):
        number += 1
    try:
        folder.rename(aside)
    except OSError as error:
        raise RunError(f'--overwrite: {folder} cannot be moved to {aside}: {error.strerror}; '
                       'choose another folder') from error
    return aside
