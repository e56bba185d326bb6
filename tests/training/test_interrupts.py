"""Signals, from the first import of a command to the end of Python."""
import os
import signal

import numpy as np
import pytest

import console
from console import Signals
from models.pixelgan import PixelGAN
from tests.helpers import posix, python
from tests.runs import assert_same_end, checkpoint, run, stop_at

COMMANDS = [['train_mnist.py'], ['train_svhn.py'], ['train_norb.py'], ['train_tfd.py'],
            ['-m', 'experiments.sample'], ['-m', 'experiments.encode'], ['-m', 'experiments.codes']]


@posix
@pytest.mark.parametrize('number', ['SIGINT', 'SIGTERM', 'SIGHUP'])
@pytest.mark.parametrize('command', COMMANDS, ids=lambda command: command[-1])
def test_a_signal_while_a_command_imports(tmp_path, command, number):
    """NumPy's place is taken by a module that sends it."""
    if signal.getsignal(getattr(signal, number)) is signal.SIG_IGN:
        pytest.skip('ignored here, as under nohup')
    (tmp_path / 'numpy.py').write_text(
        'import os, signal, time\n'
        f'os.kill(os.getpid(), signal.{number})\ntime.sleep(60)\n')
    ended = python(*command, env=os.environ | {'PYTHONPATH': str(tmp_path)})
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, '', '')


@posix
@pytest.mark.parametrize('number', ['SIGINT', 'SIGTERM', 'SIGHUP'])
def test_a_signal_while_python_ends(number):
    program = ('import console, os, signal, sys; console.start()\n'
               'class Late:\n'
               f'    def __del__(self, kill=os.kill, me=os.getpid(), number=signal.{number}):\n'
               '        kill(me, number); kill(me, number)\n'
               'late = Late(); sys.exit(console.run(lambda: 3))')
    ended = python('-c', program)
    assert (ended.returncode, ended.stderr) == (3, '')


def send(number=signal.SIGINT, times=1):
    for _ in range(times):
        os.kill(os.getpid(), number)


@posix
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_twenty_signals_are_one_wish(number):
    wishes, before = [], signal.signal(number, signal.default_int_handler)      # not as nohup does
    try:
        with Signals(lambda: wishes.append('first'), lambda: wishes.append('second'), new=True):
            send(number, 20)
        assert wishes == ['first'] and signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


@posix
def test_a_later_signal_is_another_wish(monkeypatch):
    monkeypatch.setattr('console.interrupts.PATIENCE', 0)
    wishes = []
    with Signals(lambda: wishes.append('first'), lambda: wishes.append('second'), new=True):
        send(times=3)
    assert wishes == ['first', 'second', 'second']


@posix
def test_under_nohup_a_closed_terminal_is_nothing():
    before, wishes = signal.signal(signal.SIGHUP, signal.SIG_IGN), []
    try:
        with Signals(lambda: wishes.append('first'), new=True):
            send(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert not wishes


@posix
def test_a_signal_in_a_command_is_exit_130():
    def main():
        try:
            send()
        finally:
            send(times=19)      # while it cleans up
            cleaned.append(True)

    cleaned, before = [], signal.getsignal(signal.SIGINT)
    assert console.run(main) == 130 and cleaned
    assert signal.getsignal(signal.SIGINT) is before


@posix
def test_signals_while_the_checkpoint_is_written(finished, tmp_path, monkeypatch, capsys):
    out, save = tmp_path / 'run', np.savez

    def interrupted(file, **arrays):
        send(times=19)
        save(file, **arrays)
    stop_at(monkeypatch, 2)
    monkeypatch.setattr(np, 'savez', interrupted)
    assert run(out, '--epochs', '3') == 130
    monkeypatch.undo()
    assert capsys.readouterr().err.count('--resume') == 1
    assert checkpoint(out)[1]['step'] == 2 and run(out, '--resume') == 0
    assert_same_end(out, finished)


@posix
def test_the_second_wish_ends_it_in_the_middle_of_a_step(finished, tmp_path, monkeypatch, capsys):
    out, step, count = tmp_path / 'run', PixelGAN.step, [0]

    def impatient(self, *batch):
        count[0] += 1
        if count[0] == 5:
            send(times=2)
            raise AssertionError('not at once')
        return step(self, *batch)
    monkeypatch.setattr('console.interrupts.PATIENCE', 0)
    monkeypatch.setattr(PixelGAN, 'step', impatient)
    assert run(out, '--epochs', '3') == 130
    monkeypatch.undo()
    assert capsys.readouterr().err.count('--resume') == 1
    assert checkpoint(out)[1]['epoch'] == 1 and run(out, '--resume') == 0
    assert_same_end(out, finished)
