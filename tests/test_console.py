"""Signals and output: what a command does where they are not as usual."""
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import console
from console import Signals
from console.output import Output, safe_output
from experiments import figures
from models.pixelgan import PixelGAN
from tests.runs import SMOKE, assert_same_end, checkpoint, run, stop_at

ROOT = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name != 'posix', reason='sends POSIX signals')
ENDS = [['train_mnist.py'], ['train_svhn.py'], ['train_norb.py'], ['train_tfd.py'],
        ['-m', 'experiments.sample'], ['-m', 'experiments.encode'], ['-m', 'experiments.codes']]


def python(*arguments, **options):
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, text=True, timeout=60,
                          **({'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE} | options))


# Signals

@posix
@pytest.mark.parametrize('number', ['SIGINT', 'SIGTERM', 'SIGHUP'])
@pytest.mark.parametrize('command', ENDS, ids=lambda command: command[-1])
def test_a_signal_while_a_command_imports(tmp_path, command, number):
    """NumPy's place is taken by a module that sends it."""
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


# Output

class Failing(io.StringIO):
    """A stream whose every write is the error."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize('stream', [
    Failing(OSError(28, 'No space left on device')), Failing(BrokenPipeError(32, 'Broken pipe')),
    Failing(OSError(5, 'Input/output error')), closed(), None], ids=repr)
def test_output_never_fails(monkeypatch, stream):
    """And says so once, unless it is a pipe that nobody reads any more."""
    said = io.StringIO()
    for output, other in (('stdout', 'stderr'), ('stderr', 'stdout')):
        monkeypatch.setattr(sys, output, stream)
        monkeypatch.setattr(sys, other, said)
        with safe_output():
            for _ in range(3):
                print('a line', file=getattr(sys, output), flush=True)
            assert not getattr(sys, output).isatty()
    assert said.getvalue().count('cannot be written') == (
        getattr(getattr(stream, 'error', None), 'errno', 0) in (5, 28))


@pytest.mark.parametrize('stdout, stderr', [
    (Failing(OSError(28, 'No space left on device')), Failing(BrokenPipeError(32, 'Broken pipe'))),
    (None, None), (io.TextIOWrapper(io.BytesIO(), 'ascii'), closed()),
], ids=['failing', 'none', 'ascii'])
def test_a_comparison_whose_output_fails(tmp_path, monkeypatch, stdout, stderr):
    monkeypatch.setattr(sys, 'stdout', stdout)
    monkeypatch.setattr(sys, 'stderr', stderr)
    monkeypatch.setattr(figures, '_save', lambda figure, path: None)
    out = tmp_path / 'run'
    assert run(out, '--seed', '0,1') == 0
    assert (out / 'summary.json').exists()
    assert all(checkpoint(out / f'seed-{seed}')[1]['epoch'] == 1 for seed in (0, 1))
    if isinstance(stdout, io.TextIOWrapper):
        assert b' +- ' in stdout.buffer.getvalue()


def test_what_is_said_is_saved(tmp_path, monkeypatch):
    out, said = tmp_path / 'run', []

    class Spy(io.StringIO):
        def write(self, text):
            for words, file in (('epoch 1  data', 'seed-0/checkpoint.npz'),
                                ('epoch 1  data', 'seed-0/metrics.jsonl'),
                                ('all seeds', 'summary.json')):
                if text.startswith(words):
                    said.append((out / file).exists())
            return len(text)
    monkeypatch.setattr(sys, 'stdout', Spy())
    monkeypatch.setattr(figures, '_save', lambda figure, path: None)
    assert run(out, '--seed', '0,1') == 0
    assert len(said) == 5 and all(said)


def test_a_line_is_out_at_once():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(io.BufferedWriter(raw, 1 << 16), 'utf-8')
    Output(stream).write('±\n')
    assert raw.getvalue().decode() == '±\n'


def test_letters_that_the_terminal_lacks():
    stream = io.TextIOWrapper(io.BytesIO(), 'latin-1')
    Output(stream).write('± ü \N{SNOWMAN} \udcff\n')
    assert stream.buffer.getvalue() == b'+- \xfc \\u2603 \\udcff\n'


@posix
@pytest.mark.parametrize('way, error', [('>/dev/full', 'No space left'), ('>&-', ''), ('2>&-', ''),
                                        ('>&- 2>&-', ''), ('2>/dev/full', ''), ('| true', '')])
def test_exit_code_where_output_fails(way, error):
    """Python flushes again as it ends, and would exit with 120."""
    program = ('import console, sys; console.start()\n'
               'def main():\n'
               '    for line in range(9999): print(line); print(line, file=sys.stderr)\n'
               '    return 3\n'
               'sys.exit(console.run(main))')
    command = f'"{sys.executable}" -c \'{program}\' {way}'
    status = 'exit ${PIPESTATUS[0]}' if '|' in way else ''
    buffered = {name: value for name, value in os.environ.items() if name != 'PYTHONUNBUFFERED'}
    ended = subprocess.run(['bash', '-c', f'{command}\n{status}'], cwd=ROOT, timeout=60, text=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=buffered)
    assert ended.returncode == 3 and 'Exception' not in ended.stderr
    assert error in ended.stderr


def test_a_closed_stream_is_not_the_next_file(tmp_path):
    program = 'import console, sys; console.start(); assert open(sys.argv[1], "w").fileno() > 2'
    command = f'"{sys.executable}" -c \'{program}\' "{tmp_path}/file" >&- 2>&-'
    assert subprocess.run(['bash', '-c', command], cwd=ROOT, timeout=60).returncode == 0


# The user's environment

def test_nothing_of_the_users_environment_reaches_a_run(finished, tmp_path):
    """A broken CuPy, the settings of a notebook and of the user's own pictures; nothing is left in
    the home folder."""
    home, packages = tmp_path / 'home', tmp_path / 'packages'
    home.mkdir()
    packages.mkdir()
    (packages / 'cupy.py').write_text('raise SystemError("imported")')
    rc = tmp_path / 'matplotlibrc'
    rc.write_text('text.usetex: True\nimage.origin: lower\nsavefig.dpi: 20\n')
    users = {'HOME': str(home), 'PYTHONPATH': str(packages), 'MATPLOTLIBRC': str(rc),
             'MPLBACKEND': 'module://matplotlib_inline.backend_inline'}
    out = tmp_path / 'run'
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(('MPL', 'XDG'))}
    ended = python('train_mnist.py', *SMOKE, '--out', str(out), '--epochs', '3',
                   env=environment | users)
    assert ended.returncode == 0 and not ended.stderr
    for path in finished.glob('*.png'):
        assert (out / path.name).read_bytes() == path.read_bytes()
    assert not list(home.iterdir())


# Pictures

def test_a_checkpoint_comes_before_its_pictures(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, '_save', lambda figure, path: drawn.append(
        (path.stem, checkpoint(path.parent)[1]['epoch'])))
    assert run(tmp_path / 'run', '--epochs', '2') == 0
    assert drawn == [('synthetic-clusters', 1), ('synthetic-clusters', 2), ('synthetic-curves', 2),
                     ('synthetic-samples', 2)]


@pytest.mark.parametrize('name, epochs', [('clusters', 3), ('curves', 3), ('clusters', 1)])
def test_a_picture_that_fails_costs_nothing_else(finished, tmp_path, monkeypatch, capsys, name,
                                                 epochs):
    """epochs: in how many it fails."""
    failures = []

    def fail(figure, path):
        if name in path.name and len(failures) < epochs:
            failures.append(path)
            raise RuntimeError('latex\nis not there')
        path.write_bytes(b'a picture')
    monkeypatch.setattr(figures, '_save', fail)
    out = tmp_path / 'run'
    missing = epochs == 3
    assert run(out, '--epochs', '3') == (1 if missing else 0)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(failures) + missing
    assert all(f'{name}.png' in line and 'latex is not there' in line
               for line in lines[:len(failures)])
    assert not missing or f'--out {out} --resume' in lines[-1]
    assert_same_end(out, finished)
    there = {path.name for path in finished.iterdir()}
    lacking = {f'synthetic-{name}.png'} if missing else set()
    assert {path.name for path in out.iterdir()} == there - lacking
    epochs = 0
    assert run(out, '--resume') == 0
    assert {path.name for path in out.iterdir()} == there
