"""Code that does not want to solve anything: it gets no points, and disturbs nothing else."""
import sys
import tempfile
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from assignments import limits, marking
from assignments.assignment import load
from assignments.marking import mark
from assignments.source import ROOT
from tests.assignments.submissions import changed, in_process
from tests.helpers import posix

pytestmark = posix
DENSE = load('dense')
FORWARD = replace(DENSE, parts=DENSE.parts[:1])
walled = pytest.mark.skipif(not limits.landlock_version(), reason='Linux without Landlock')


def submission(*lines):
    """The reference with these lines at the start of Dense.forward."""
    code = textwrap.indent(textwrap.dedent('\n'.join(lines)).strip(), ' ' * 8).lstrip()
    first = 'rows = x.reshape(-1, x.shape[-1])'
    return changed(DENSE, {'Dense.forward': [(first, f'{code}\n        {first}')]})


@pytest.fixture
def unchecked(monkeypatch):
    """The processes run code with any names, for a second at most."""
    copy = marking._copy

    def patched(folder, assignment, targets):
        copy(folder, assignment, targets)
        for path, old, new in (('source', 'refused_names(node, codes[0])', 'set()'),
                               ('limits', 'SECONDS = 10', 'SECONDS = 1')):
            file = folder / f'assignments/{path}.py'
            text = file.read_text()
            assert text.count(old) == 1
            file.write_text(text.replace(old, new))
    monkeypatch.setattr(marking, '_copy', patched)


def says(*lines):
    """What the mark of the forward pass says."""
    each, = mark(FORWARD, submission(*lines), 3)
    assert each.says and not each.points
    return each.says


def test_the_reference_passes_there(unchecked):
    assert [each.says for each in mark(DENSE, submission('pass'), 3)] == ['', '', '']


BREAKS = {
    'an endless loop': ('while True: pass', 'more than 10 seconds'),
    'exit': ('exit()', 'SystemExit'),
    '_exit': ('import os; os._exit(0)', 'ended its process'),
    'killed': ('import os; os.kill(os.getpid(), 9)', 'broke its process'),
    'a crash': ('import ctypes; ctypes.string_at(0)', 'broke its process'),
    'recursion': ('return self.forward(x)', 'RecursionError'),
    '50 GB': ('import numpy; numpy.ones(50 << 27)', 'MemoryError'),
    'a large answer': ('import numpy; return numpy.zeros(1 << 23), x', 'no answer'),
    'rubbish in all files': ('''
        import os
        for k in range(30):
            try:
                os.write(k, b'[["y", "O", [1]]]\\n' * 1000)
            except OSError:
                pass
        os._exit(0)''', 'no answer'),
}


@pytest.mark.parametrize('name', BREAKS)
def test_what_breaks_its_process(name, unchecked):
    code, words = BREAKS[name]
    assert words in says(code)


def test_sleep(monkeypatch):
    monkeypatch.setattr(marking, 'WALL_SECONDS', 1)
    assert 'more than 10 seconds' in says('import time; time.sleep(1000)')


def test_the_other_parts_keep_their_points(unchecked):
    marks = mark(DENSE, submission('import os; print("rubbish" * 10**6); os._exit(0)'), 3)
    assert [each.points for each in marks] == [0, 2, 4]


def test_printed_rubbish_costs_nothing():
    assert not any(each.says for each in mark(FORWARD, submission('print("[]" * 10**6)'), 3))


@pytest.mark.parametrize('code', [
    'import os', 'from os import path', 'import nn.gradcheck.hints', 'open(x)', 'np.load(x)',
    'x.__class__', 'eval("1")', 'def helper(): exec("1")', 'from nn.fast.parallel import os'])
def test_names_that_no_solution_needs(code):
    each, = mark(FORWARD, submission(code), 3, in_process)
    assert each.says.startswith('it uses ') and not each.points


TRICKS = {
    'numpy.testing': '''
        import numpy.testing
        for name in dir(numpy.testing):
            if name.startswith('assert'):
                setattr(numpy.testing, name, lambda *a, **k: None)''',
    'the gradient checker, and pytest': '''
        import sys, nn.gradcheck.hints, nn.gradcheck.calls, nn.gradcheck.differences
        import assignments.compare, assignments.answers
        assignments.compare.explain = lambda *a: ''
        nn.gradcheck.calls.same = lambda *a: True
        nn.gradcheck.differences.compare = None
        sys.modules['pytest'] = None''',
    'what equals everything': '''
        class All:
            def __eq__(self, other): return True
            def __array__(self, *a, **k): return numpy.array(self, object)
        return All(), x''',
}


@pytest.mark.parametrize('name', TRICKS)
def test_tricks_get_no_points(name, unchecked):
    assert says(TRICKS[name], 'return 0 * x, x')


def test_the_seed_is_not_there(unchecked):
    seed = 918273645
    each, = mark(FORWARD, submission('''
        import gc, os, sys
        frame, seen = sys._getframe(), [*sys.argv, *os.environ.values()]
        while frame:
            seen += [*frame.f_locals.values(), *frame.f_globals.values()]
            frame = frame.f_back
        for each in gc.get_objects():
            if type(each) in (dict, list, tuple):
                seen += each.values() if type(each) is dict else each
        seen = [str(one) for one in seen if type(one) in (int, str)]
        for name in ('cmdline', 'environ', 'stat'):
            for process in ('self', str(os.getppid())):
                try:
                    seen.append(open(f'/proc/{process}/{name}').read())
                except OSError:
                    pass
        hidden, there = str(int('918273644') + 1), 'assignments.' + 'child'
        raise ValueError([any(one in text for text in seen) for one in (hidden, there)])
        '''), seed)
    assert '[False, True]' in each.says


@walled
@pytest.mark.parametrize('code', [
    f'open({str(ROOT / "nn/dense.py")!r})', f'open({str(ROOT / "nn/dense.py")!r}, "a")',
    'import os; open(f"/proc/{os.getppid()}/cwd/nn/dense.py")',
    'import os; open(f"/proc/{os.getppid()}/cmdline")', 'open("nn/layer.py", "a")',
    'open("../x", "w")', 'import os; os.unlink("nn/layer.py")',
    'import os; os.execv("/bin/true", ["true"])'])
def test_files_are_out_of_reach(code, unchecked):
    before = (ROOT / 'nn/dense.py').read_bytes()
    assert 'Error: ' in says(code)
    assert (ROOT / 'nn/dense.py').read_bytes() == before


@pytest.mark.skipif(limits.landlock_version() < 6, reason='needs Linux 6.12')
def test_no_signal_reaches_the_grader(unchecked):
    assert 'PermissionError' in says('import os; os.kill(os.getppid(), 0)')


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='looks into /proc')
def test_processes_that_it_starts_end_with_it(unchecked, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    said = says('''
        import os, time
        try:
            if not os.fork():
                os.setsid()
                if os.fork():
                    os._exit(0)
                time.sleep(60)
        except BlockingIOError:
            raise ValueError('no further process')
        os._exit(0)''')
    assert 'no further process' in said or 'ended its process' in said
    for environment in Path('/proc').glob('[0-9]*/environ'):
        try:
            assert str(tmp_path).encode() not in environment.read_bytes()
        except OSError:
            pass        # it has ended
