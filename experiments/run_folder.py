"""A run's folder: config.json, metrics.jsonl, checkpoint.npz, pictures.

Every file is written beside its place and renamed over it, so that a kill at any moment leaves
the last good one. The checkpoint holds everything that a run continues from, its past metrics
included, and nothing in it is ever unpickled.
"""
import json
import os
import tempfile
from pathlib import Path

import numpy as np

PART = '.part'      # the suffix of a file that is being written


class RunError(ValueError):
    """Something the user can mend; the message is one line that says what and how."""


def write_atomically(path, write):
    """write(binary file) into a new file beside `path`, then rename it over `path`.

    Raises RunError where that fails; the file that was there is kept.
    """
    path, temporary = Path(path), None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}-',
                                             suffix=PART)
        with os.fdopen(handle, 'wb') as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise RunError(f'{path} cannot be written ({error.strerror}); '
                           'what was there before is kept') from error
        raise


class RunFolder:
    """Create with `create` or `resume`. config: every flag that shapes the run, JSON-able."""

    FREE = ('epochs', 'samples', 'device', 'data_dir')     # may differ when a run is resumed
    LATER = {'code_channels': 1, 'residual_start': 'full'}  # what runs had before these flags

    def __init__(self, path, config):
        self.path, self.config = Path(path), config

    @classmethod
    def create(cls, path, config):
        """A new run. Raises RunError where the folder is not writable or holds anything: a run, or
        files that a run's could replace."""
        path = Path(path)
        try:
            taken = (path / 'config.json').exists()
            path.mkdir(parents=True, exist_ok=True)
            others = any(not file.name.startswith('.') for file in path.iterdir())
        except OSError as error:
            raise RunError(f'--out {path} cannot be written: {error.strerror}') from error
        if taken:
            raise RunError(f'--out {path} already holds a run: '
                           'continue it with --resume, or choose another folder')
        if others:
            raise RunError(f'--out {path} holds other files: name a new folder or an empty one')
        run = cls(path, config)
        run.write_config()
        return run

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
        for part in self.path.glob(f'.*{PART}'):
            part.unlink()

    def write_config(self):
        self.write_text('config.json', json.dumps(self.config, indent=2) + '\n')

    def _identity(self):
        """What must be the same for a checkpoint to be continued."""
        return {name: value for name, value in self.config.items() if name not in self.FREE}

    def write_text(self, name, text):
        write_atomically(self.path / name, lambda file: file.write(text.encode()))

    def write_metrics(self, history):
        """metrics.jsonl: one JSON object a line, an epoch each. The whole file, every time: a run
        that was killed between an epoch's line and its checkpoint must not have the line twice."""
        self.write_text('metrics.jsonl', ''.join(json.dumps(row) + '\n' for row in history))

    def save_checkpoint(self, arrays, progress):
        """arrays: path -> NumPy array; progress: JSON-able."""
        text = json.dumps({'config': self._identity(), **progress})
        write_atomically(self.path / 'checkpoint.npz', lambda file: np.savez(
            file, **arrays, progress=np.frombuffer(text.encode(), np.uint8)))

    def has_checkpoint(self):
        return (self.path / 'checkpoint.npz').exists()

    def load_checkpoint(self):
        """(arrays, progress), or None before the first checkpoint.

        Raises RunError where it is damaged or belongs to another configuration.
        """
        if not self.has_checkpoint():
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
