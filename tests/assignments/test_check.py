"""check.py of a student's folder."""
import ast
import subprocess
import sys

import pytest

from assignments import check, make, marking, source
from assignments.assignment import load
from assignments.source import NotThere, code_of, find
from nn.gradcheck import layers
from tests.assignments.submissions import changed, run_check, solve, solved, write
from tests.assignments.wrong.dense import WRONG
from tests.helpers import posix


def test_check_of_what_is_not_done(folder):
    ended = run_check(folder)
    assert ended.returncode == 1 and not ended.stderr
    assert ended.stdout.count('not written yet') == len(load('dense').parts + load('losses').parts)
    assert 'differs' not in ended.stdout


def test_check_of_two_assignments_in_one_file(tmp_path):
    make.make(['pixelcnn-block', 'conditioning'], tmp_path / 'homework')
    solve('conditioning', 'models/pixelcnn.py', tmp_path / 'homework')
    ended = run_check(tmp_path / 'homework', 'pixelcnn-block')
    assert 'differs' not in ended.stdout and 'not written yet' in ended.stdout, ended
    ended = run_check(tmp_path / 'homework', 'conditioning')
    assert 'it needs what is not written yet (pixelcnn-block, part' in ended.stdout, ended


def test_check_of_files_that_python_cannot_read(tmp_path):
    """Of the assignments of other files nothing is said, and the order is that of make."""
    make.make(['losses', 'dense'], tmp_path / 'homework')
    for path in 'nn/losses.py', 'nn/gradcheck/differences.py':
        file = tmp_path / 'homework' / path
        text = file.read_text()
        line = text.count('\n') + 1
        file.write_text(f'{text}def broken(:\n')
        ended = run_check(tmp_path / 'homework')
        first, second, *_ = ended.stdout.splitlines()
        assert first.startswith('losses: nothing of it can be tried before this is mended: Syntax')
        assert first.endswith(f'({path}, line {line})')
        assert second.startswith('dense: The' if path == 'nn/losses.py' else 'dense: nothing of it')
        assert ended.returncode == 1 and not ended.stderr and 'differs' not in ended.stdout, ended
        file.write_text(text)
        file.write_text(f'{text}unknown\n')
        assert f'NameError: name \'unknown\' is not defined ({path}, line {line})' in (
            run_check(tmp_path / 'homework', 'losses').stdout)
        file.write_text(text)


def test_check_of_a_function_that_was_renamed(folder):
    file = folder / 'nn/losses.py'
    file.write_text(file.read_text().replace('def sigmoid_cross_entropy', 'def sigmoid_cross'))
    ended = run_check(folder, 'losses')
    assert ended.stdout == (
        'losses: nothing of it can be tried before this is mended: AttributeError: module '
        "'nn.losses' has no attribute 'sigmoid_cross_entropy'\n")


@posix
def test_check_into_a_pipe_that_ends(folder):
    ended = subprocess.run(f'{sys.executable} -u check.py | head -1', cwd=folder, shell=True,
                           capture_output=True, text=True)
    assert ended.stdout.count('\n') == 1 and not ended.stderr, ended


def test_check_names_the_innermost_line_of_the_file(tmp_path):
    """Not that of what it calls, and not none because the file is the gradient checker's."""
    make.make(['gradient-checker', 'dense'], tmp_path / 'homework')
    line = "import nn.backend; nn.backend.array_module('text')"
    for path, function in (('nn/gradcheck/differences.py', '_Probe._values'),
                           ('nn/dense.py', 'Dense.forward')):
        file = tmp_path / 'homework' / path
        text = file.read_text()
        node = find(ast.parse(text), function)
        lines = text.splitlines()
        lines[node.end_lineno - 1] = ' ' * node.body[0].col_offset + line
        file.write_text('\n'.join(lines) + '\n')
        shown = run_check(tmp_path / 'homework').stdout
        assert f'({file.name}, line {node.end_lineno}: {line})' in shown, shown


def test_check_of_what_is_done(folder):
    path = solve('losses', 'nn/losses.py', folder)
    ended = run_check(folder, 'losses')
    assert ended.returncode == 0 and ' 0 failed' in ended.stdout, ended
    path.write_text(f'{path.read_text()}\n\nhelper = 1\n')
    ended = run_check(folder, 'losses')
    assert ended.returncode == 1 and 'nn/losses.py differs outside' in ended.stdout, ended


def test_check_by_another_python(here, capsys, monkeypatch):
    """Whose trees are written in another way than those of the one that made the folder."""
    monkeypatch.setattr(source.ast, 'dump', lambda tree, dump=ast.dump: dump(tree, indent=1))
    assert check.main(['dense']) == 0
    assert 'differs' not in capsys.readouterr().out


def test_check_says_what_it_looks_like(here, capsys, monkeypatch):
    wrong = next(wrong for wrong in WRONG if wrong.mistake == 'dW is transposed')
    texts = changed(load('dense'), wrong.changes)
    write(here, texts)
    with marking.answers.installed({'nn/dense.py:Dense.backward': texts['nn/dense.py']}):
        assert check.main(['dense']) == 1
    assert 'it is transposed' in capsys.readouterr().out


def test_check_says_what_its_gradient_check_shows(tmp_path):
    """The right answers to other questions are not there, differences are."""
    make.make(['activations'], tmp_path / 'homework')
    path = solve('activations', 'nn/activations.py', tmp_path / 'homework')
    right = 'return y * (dy - (dy * y).sum(axis=-1, keepdims=True))'
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, 'return dy * y * (1 - y)'))
    ended = run_check(tmp_path / 'homework')
    assert ended.returncode == 1 and not ended.stderr, ended
    assert 'x (N, D): dx: it is ' in ended.stdout
    assert 'looks like this: it is the diagonal alone' in ended.stdout


def test_check_says_what_it_is_right_for(here, capsys):
    write(here, solved(load('dense')))
    texts = changed(load('dense'), {'Dense.forward': [
        ('return y', "y = y + ('b' not in self.params); return y")]})
    with marking.answers.installed({'nn/dense.py:Dense.forward': texts['nn/dense.py']}):
        check.main(['dense'])
    assert ' (right for: ' in capsys.readouterr().out


def test_check_beside_a_checker_that_is_not_written(here, capsys):
    def stub(*arguments):
        raise NotImplementedError('gradient-checker, part verdict')
    write(here, solved(load('dense')))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, 'compare', stub)
        check.main(['dense'])
    assert 'not written yet (gradient-checker' in capsys.readouterr().out


@pytest.mark.parametrize('old, new, words', [
    ('forward(self, x, train=False)', 'forward(self, x)', 'differs outside'),
    ('return y.reshape', 'import os; return y.reshape', 'uses os'),
    ('return y.reshape', 'return y..reshape', 'SyntaxError'),
    ('return y.reshape', 'super().forward; return y.reshape', 'uses super')])
def test_what_grade_will_not_take(here, capsys, old, new, words):
    texts = solved(load('dense'))
    write(here, {'nn/dense.py': texts['nn/dense.py'].replace(old, new)})
    assert check.main(['dense']) == 1
    assert words in capsys.readouterr().out


@pytest.mark.parametrize('line, words', [
    ('os = 1; return os', ''),
    ('def f(): return os\n    os = 1', ''),
    ('def f(): os = 1\n    os', 'it uses os, which is not allowed'),
    ('class A: os = 1; del os; os', 'it uses os,'),
    ('global os; os = 1', 'it uses os,'),
    ('import scipy.signal as s', 'it uses signal,'),
    ('from numpy import load as get', 'it uses load,'),
    ('x.io = 1', 'If that is a name of your own, rename it'),
    ('match x:\n        case object(tofile=f): pass', 'it uses tofile,'),
    ('match x:\n        case object(__class__=f): pass', 'it uses __class__,')])
def test_names_that_are_refused(line, words):
    """Not those of a function's own variables."""
    try:
        assert code_of(f'def f(x):\n    {line}\n', 'f', 'x.py') and not words
    except NotThere as error:
        assert words and words in str(error)
