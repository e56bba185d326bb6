"""What the tests of whole runs share: a smoke run, its checkpoint, ways to stop and to fail."""
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

import train_mnist
from experiments import encode, sample
from experiments.common.experiment import Experiment
from models.pixelgan import PixelGAN
from tests.helpers import model_to_float64

SMOKE = ['--mode', 'clustering', '--preset', 'smoke', '--data', 'synthetic']


def run(out, *flags):
    return train_mnist.main([*SMOKE, '--out', str(out), *flags])


def checkpoint(out):
    with np.load(Path(out) / 'checkpoint.npz', allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(arrays.pop('progress').tobytes())


def contents(folder):
    """path -> bytes of all files in a folder."""
    return {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def assert_same_end(one, other):
    (arrays, progress), (other_arrays, other_progress) = checkpoint(one), checkpoint(other)
    assert arrays.keys() == other_arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, other_arrays[name], err_msg=name)
    for row in progress['history'] + other_progress['history']:
        del row['seconds']
    for name in ('epoch', 'step', 'history', 'rng', 'optimizer_steps'):
        assert progress[name] == other_progress[name], name


def stop_at(monkeypatch, step, number=signal.SIGINT, model=PixelGAN):
    """Send ourselves a signal during the given training step of a class of models."""
    original, count = model.step, [0]

    def counting(self, *batch):
        count[0] += 1
        if count[0] == step:
            os.kill(os.getpid(), number)
        return original(self, *batch)
    monkeypatch.setattr(model, 'step', counting)


def in_float64(monkeypatch):
    """From here on, every experiment's model is in float64: a run on another kind of array, which
    adds in another order, has the same numbers. In float32 rounding grows from step to step, to
    some percent by the tenth."""
    original = Experiment.__init__

    def init(self, *arguments):
        original(self, *arguments)
        model_to_float64(self.model)
    monkeypatch.setattr(Experiment, '__init__', init)


def assert_same_numbers(one, other):
    """All metrics of two runs in float64, of every epoch. abs: code_nats is a difference of numbers
    of some hundreds, of which 1e-11 is rounding."""
    ours, theirs = ([json.loads(line) for line in (path / 'metrics.jsonl').read_text().splitlines()]
                    for path in (one, other))
    for row, expected in zip(theirs, ours, strict=True):
        assert row.keys() == expected.keys()
        for metric in row.keys() - {'data', 'seconds'}:
            assert row[metric] == pytest.approx(expected[metric], rel=1e-6, abs=1e-7), metric


def drawn(run, out, *flags):
    """What the command sample writes into `out`: an array, or name -> array."""
    out.unlink(missing_ok=True)
    assert sample.main([str(run), '--out', str(out), *flags]) == 0
    if out.suffix == '.npy':
        return np.load(out)
    with np.load(out) as file:
        return {name: file[name] for name in file.files}


def encoded(run, out, *arguments):
    """What the command encode writes into `out`: name -> array."""
    out.unlink(missing_ok=True)
    assert encode.main([str(run), '--out', str(out), *map(str, arguments)]) == 0
    with np.load(out) as file:
        return {name: file[name] for name in file.files}


def refused(capsys, arguments, main=train_mnist.main, program=None):
    """The one line on stderr of a call that must end with exit code 2."""
    return _refusal(capsys, arguments, main, program or main.program)[0]


def refused_by(capsys, command, *arguments):
    """The same of a command on saved runs, a module, which must print nothing else."""
    capsys.readouterr()
    line, printed = _refusal(capsys, [*map(str, arguments)], command.main,
                             command.PROGRAM)
    assert not printed
    return line


def _refusal(capsys, arguments, main, program):
    """(the line on stderr, what is on stdout)"""
    try:
        code = main(arguments)
    except SystemExit as error:
        code = error.code
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert code == 2 and len(lines) == 1 and lines[0].startswith(f'{program}: error: '), lines
    return lines[0], captured.out
