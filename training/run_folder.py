"""A run's folder: config.json, metrics.jsonl, checkpoint.npz, pictures.

Every file is written beside its place and renamed over it, so that a kill at any moment leaves
the last good one. The checkpoint holds everything that a run continues from, its past metrics
included, and nothing in it is ever unpickled.
"""
import contextlib
import json
import os
import shlex
from pathlib import Path

import numpy as np

from nn.processes import is_first
from training.files import (
    LARGEST_PROGRESS,
    PART,
    RunError,
    made,
    read_arrays,
    read_json,
    write_atomically,
)
from training.flags import is_value, short


class RunFolder:
    """config: every flag that shapes the run, JSON-able."""

    def __init__(self, path, config):
        self.path, self.config = Path(path), config

    @classmethod
    def create(cls, path, config):
        """A new run. Raises RunError where the folder is not writable or holds anything: a run, or
        files that a run's could replace. Then no folder is left that was not there."""
        with made(path):
            check_free(path, config['dataset'])
            run = cls(path, config)
            run.write_config()
        return run

    def clean(self):
        """Remove what a run that was killed in the middle of writing has left behind."""
        for part in self.path.glob(f'.*{PART}') if is_first() else ():
            part.unlink(missing_ok=True)

    def write_config(self):
        self.write_text('config.json', json.dumps(self.config, indent=2) + '\n')

    def write_text(self, name, text):
        write_atomically(self.path / name, lambda file: file.write(text.encode()))

    def write_metrics(self, history):
        """metrics.jsonl: one JSON object a line, an epoch each. The whole file, every time: it
        says what the checkpoint says, whenever the run was killed."""
        self.write_text('metrics.jsonl', ''.join(json.dumps(row) + '\n' for row in history))

    def save_checkpoint(self, arrays, progress):
        """And then the metrics. arrays: path -> NumPy array; progress: JSON-able, with `history`,
        the metrics of each epoch."""
        text = np.frombuffer(json.dumps(progress).encode(), np.uint8)
        write_atomically(self.path / 'checkpoint.npz',
                         lambda file: np.savez(file, **arrays, progress=text))
        if progress['history']:
            self.write_metrics(progress['history'])

    @contextlib.contextmanager
    def reading(self):
        """Within it the checkpoint is read: whatever fails is a RunError."""
        try:
            yield
        except RunError:
            raise
        except Exception as error:     # zipfile, zlib, NumPy, random generators have their own
            what = short(f'{type(error).__name__}: {error}', 100)
            raise RunError(f'{self.path}/checkpoint.npz is damaged ({what}): remove the folder to '
                           'start again') from error

    def has_checkpoint(self):
        return (self.path / 'checkpoint.npz').exists()

    def _check_is_new(self):
        """Raise RunError where there are metrics: they are written after the checkpoint."""
        metrics = self.path / 'metrics.jsonl'
        if metrics.exists() and metrics.stat().st_size:
            raise RunError(f'{self.path}/checkpoint.npz is missing, and metrics.jsonl says that '
                           'the run has trained: put it back, or train again with --overwrite '
                           'and without --resume')

    def load_checkpoint(self, largest):
        """(arrays, progress), or None before the first checkpoint. largest: the bytes of all arrays
        that it may have.

        Raises RunError where it is damaged, or is missing though the run has had it.
        """
        if not self.has_checkpoint():
            self._check_is_new()
            return None
        with self.reading():
            arrays = read_arrays(self.path / 'checkpoint.npz', largest + LARGEST_PROGRESS)
            return arrays, json.loads(arrays.pop('progress').tobytes())


def stored_config(path, types, recorded=(), missing=()):
    """The configuration of the run in the folder `path`; several values of a flag are a tuple.
    types: name -> type of its flag (see flags.is_value), of what it must have; recorded: the same,
    of what it may have; missing: name -> value, of what stands in for some of `types`.

    Raises RunError where there is no run or its configuration is not of this program.
    """
    path = Path(path)
    try:
        config = read_json(path / 'config.json')
    except FileNotFoundError:
        raise RunError(f'--resume: no run in {path} (no config.json); '
                       'leave out --resume to start one') from None
    config |= {name: value for name, value in dict(missing).items() if name not in config}
    for name in types:
        if name not in config:
            raise RunError(f'{path}/config.json has no {name!r}: it is not of this version '
                           'of the program; choose another folder')
    several = config['several'] if isinstance(config.get('several'), list) else ()
    for name, parse in {**types, **dict(recorded)}.items():
        if name in several and isinstance(config.get(name), list):
            config[name] = tuple(config[name])
        if name in config and not is_value(config[name], parse):
            said = short(json.dumps({name: config[name]})[1:-1])
            raise RunError(f'{path}/config.json says {said}, which no run of this program '
                           'has: put the file back as it was, or choose another folder')
    return config


def resume_command(path, dataset):
    """What to type to go on with the run in the folder `path`."""
    return f'python train_{dataset}.py --out {shlex.quote(str(path))} --resume'


def check_free(path, dataset):
    """Raise RunError where the folder `path` of a new run holds anything that is not hidden."""
    if os.path.exists(Path(path) / 'config.json'):
        raise RunError(
            f'{path} already holds a run; to continue it: {resume_command(path, dataset)}; for '
            'another run name a new folder with --out, or add --overwrite, which keeps the old one '
            'under another name')
    try:
        others = any(not file.name.startswith('.') for file in Path(path).iterdir())
    except OSError as error:
        raise RunError(f'--out {path} cannot be read: {error.strerror}') from error
    if others:
        raise RunError(f'--out {path} holds other files: name a new folder or an empty one')


def forget(folder):
    """Remove a run, and the runs in it, that have nothing yet but a config.json; whether that was
    all."""
    for config in [*Path(folder).glob('*/config.json'), Path(folder, 'config.json')]:
        if {path.name for path in config.parent.iterdir() if path.name[0] != '.'} == {config.name}:
            config.unlink()
            with contextlib.suppress(OSError):      # the lock is in it
                config.parent.rmdir()
    return not Path(folder, 'config.json').exists()
