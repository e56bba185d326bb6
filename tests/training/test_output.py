"""Where the output of a command goes may be full, closed or of few letters: the work goes on."""
import io
import os
import subprocess
import sys

import pytest

from console.output import Output, safe_output
from experiments.common import figures
from tests.helpers import ROOT, posix
from tests.runs import checkpoint, run


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
            for words, file in (('epoch 1 of 1  ', 'seed-0/checkpoint.npz'),
                                ('epoch 1 of 1  ', 'seed-0/metrics.jsonl'),
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
