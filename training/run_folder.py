"""A run's folder: config.json, metrics.jsonl, checkpoint.npz, pictures.

Every file is written beside its place and renamed over it, so that a kill at any moment leaves
the last good one. The checkpoint holds everything that a run continues from, its past metrics
included, and nothing in it is ever unpickled.
"""
import contextlib
import json
import os
import secrets
import shlex
from pathlib import Path

import numpy as np

from nn.processes import is_first

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


class RunFolder:
    """Create with `create` or `resume`. config: every flag that shapes the run, JSON-able."""

    FREE = ('epochs', 'samples', 'device', 'capture', 'data_dir')   # may differ on --resume
    # What runs had before these flags.
    LATER = {'code_channels': 1, 'residual_start': 'full', 'discriminator_init_std': 0.0,
             'capture': 'auto'}

    def __init__(self, path, config):
        self.path, self.config = Path(path), config

    @classmethod
    def create(cls, path, config, command):
        """A new run. command: what to type before its flags, for the message.

        Raises RunError where the folder is not writable or holds anything: a run, or files that a
        run's could replace. Then no folder is left that was not there.
        """
        with made(path):
            cls.check_free(path, command)
            run = cls(path, config)
            run.write_config()
        return run

    @staticmethod
    def check_free(path, command):
        """Raise RunError where the folder `path` holds anything that is not hidden."""
        if os.path.exists(Path(path) / 'config.json'):
            raise RunError(
                f'{path} already holds a run; to continue it: {command} --out '
                f'{shlex.quote(str(path))} --resume; for another run name a new folder with '
                '--out, or add --overwrite, which keeps the old one under another name')
        try:
            others = any(not file.name.startswith('.') for file in Path(path).iterdir())
        except OSError as error:
            raise RunError(f'--out {path} cannot be read: {error.strerror}') from error
        if others:
            raise RunError(f'--out {path} holds other files: name a new folder or an empty one')

    @classmethod
    def resume(cls, path, names):
        """The run in `path`; changes nothing. names: what its configuration must at least have.

        Raises RunError where there is no run or its configuration is not of this program.
        """
        path = Path(path)
        try:
            config = json.loads((path / 'config.json').read_text())
        except FileNotFoundError:
            raise RunError(f'--resume: no run in {path} (no config.json); '
                           'leave out --resume to start one') from None
        except (OSError, ValueError) as error:
            raise RunError(f'{path}/config.json cannot be read: {error}') from error
        if isinstance(config, dict):
            config |= {name: value for name, value in cls.LATER.items()
                       if name in names and name not in config}
        missing = [name for name in names if not isinstance(config, dict) or name not in config]
        if missing:
            raise RunError(f'{path}/config.json has no {missing[0]!r}: it is not of this version '
                           'of the program; choose another folder')
        return cls(path, config)

    def clean(self):
        """Remove what a run that was killed in the middle of writing has left behind."""
        for part in self.path.glob(f'.*{PART}') if is_first() else ():
            part.unlink(missing_ok=True)

    def write_config(self):
        self.write_text('config.json', json.dumps(self.config, indent=2) + '\n')

    def _identity(self):
        """What must be the same for a checkpoint to be continued."""
        return {name: value for name, value in self.config.items() if name not in self.FREE}

    def write_text(self, name, text):
        write_atomically(self.path / name, lambda file: file.write(text.encode()))

    def write_metrics(self, history):
        """metrics.jsonl: one JSON object a line, an epoch each. The whole file, every time: it
        says what the checkpoint says, whenever the run was killed."""
        self.write_text('metrics.jsonl', ''.join(json.dumps(row) + '\n' for row in history))

    def save_checkpoint(self, arrays, progress):
        """And then the metrics. arrays: path -> NumPy array; progress: JSON-able, with `history`,
        the metrics of each epoch."""
        text = json.dumps({'config': self._identity(), **progress})
        write_atomically(self.path / 'checkpoint.npz', lambda file: np.savez(
            file, **arrays, progress=np.frombuffer(text.encode(), np.uint8)))
        if progress['history']:
            self.write_metrics(progress['history'])

    def has_checkpoint(self):
        return (self.path / 'checkpoint.npz').exists()

    def _check_is_new(self):
        """Raise RunError where there are metrics: they are written after the checkpoint."""
        metrics = self.path / 'metrics.jsonl'
        if metrics.exists() and metrics.stat().st_size:
            raise RunError(f'{self.path}/checkpoint.npz is missing, and metrics.jsonl says that '
                           'the run has trained: put it back, or start again with --overwrite in '
                           'the place of --resume')

    def load_checkpoint(self):
        """(arrays, progress), or None before the first checkpoint.

        Raises RunError where it is damaged, belongs to another configuration, or is missing though
        the run has had it.
        """
        if not self.has_checkpoint():
            self._check_is_new()
            return None
        path = self.path / 'checkpoint.npz'
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            progress = json.loads(arrays.pop('progress').tobytes())
        except Exception as error:     # zipfile, zlib and NumPy each raise their own
            raise RunError(f'{path} is damaged ({type(error).__name__}): remove the folder to '
                           'start again') from error
        identity = self._identity()
        saved = {name: value for name, value in self.LATER.items() if name in identity}
        if saved | progress.pop('config') != identity:
            raise RunError(f'{path} was written with another configuration than '
                           f'{self.path}/config.json')
        return arrays, progress
