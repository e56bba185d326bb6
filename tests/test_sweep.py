"""A part of the sweep of bad inputs, and that it sees what is wrong."""
import itertools
import sys

import pytest

from tests import sweep
from tests.helpers import posix

pytestmark = [posix, pytest.mark.usefixtures('no_pictures')]
RUNS = sweep.sweep_cases.NAMES[:1]
PART = 80      # inputs; all of them take hours


def test_a_part_of_all_inputs(tmp_path):
    tried = sweep.Sweep(tmp_path)
    with sweep.small_machine():
        for kind, case in itertools.islice(sweep.sweep_cases.cases(0, RUNS), PART):
            getattr(tried, kind)(*case)
    assert tried.counts['inputs'] >= PART and tried.counts['exit 2'] > PART / 2
    assert not tried.failures


@pytest.mark.parametrize('kind, call', [
    ('traceback', lambda folder: 1 / 0),
    ('traceback', lambda folder: sys.exit(3)),
    ('not one line', lambda folder: print('two\nlines', file=sys.stderr) or 2),
    ('not one line', lambda folder: 2),
    ('written on exit 2', lambda folder: (folder / 'x').mkdir() or print(1, file=sys.stderr) or 2),
    ('memory', lambda folder: len(bytearray(b'x') * (600 << 20)) * 0)])
def test_what_must_not_be_is_seen(tmp_path, monkeypatch, kind, call):
    monkeypatch.setattr(sweep, 'MEGABYTES', 100)        # what was freed before may be used again
    tried = sweep.Sweep(tmp_path)
    here = tried.fresh(None).parent
    tried.attempt('name', lambda: call(here))
    assert tried.failures == [(kind, 'name')]


def test_a_changed_result_is_seen(tmp_path):
    tried = sweep.Sweep(tmp_path)
    out = tried.fresh(RUNS[0])
    (out / 'checkpoint.npz').write_bytes(
        (tried.base(sweep.sweep_cases.NAMES[2]) / 'checkpoint.npz').read_bytes())
    tried.attempt = lambda name, call: (0, '')
    tried.use('name', RUNS[0], out, 'resume')
    assert tried.failures == [('wrong result', 'name')]


@pytest.mark.parametrize('flags, words', [
    ('--case x', "'x' is not an input as it was printed"), ('--minutes x', "'x' is not a number"),
    ('--case flags: x', 'is not an input'), ('--case base: x', 'is not an input'),
    ('--case flips: run, sample, x', 'is not an input')])
def test_bad_flags_are_refused(capsys, flags, words):
    name, value = flags.split(' ', 1)
    with pytest.raises(SystemExit, match='2'):
        sweep.main([name, value])
    line, = capsys.readouterr().err.splitlines()
    assert line.startswith('python -m tests.sweep: error: ') and words in line
