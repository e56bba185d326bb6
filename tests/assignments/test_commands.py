"""make, check and grade, as a teacher and a student use them."""
import ast
import csv
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from assignments import check, grade, make, marking, notebooks
from assignments.__main__ import main
from assignments.assignment import load, names
from assignments.cells import part
from assignments.source import FORBIDDEN, NotThere, code_of, find, replaced
from nn.gradcheck import layers
from tests.assignments.submissions import changed, solved
from tests.assignments.wrong.dense import WRONG
from tests.helpers import posix


@pytest.fixture
def folder(tmp_path):
    """Of a student who has done nothing."""
    make.make(['dense', 'losses'], tmp_path / 'anna')
    return tmp_path / 'anna'


@pytest.fixture
def in_process(monkeypatch):
    """Marks without a process for each part."""
    monkeypatch.setattr(marking, 'in_child', marking.in_process)
    monkeypatch.setattr(grade, 'available_cores', lambda: 1)        # they would install at once


def write(folder, texts):
    for path, text in texts.items():
        (folder / path).write_text(text, encoding='utf-8')


def run_check(folder, *arguments):
    return subprocess.run([sys.executable, 'check.py', *arguments], cwd=folder, text=True,
                          capture_output=True, timeout=60)


def said(capsys):
    return capsys.readouterr().err.strip()


# make

def test_the_catalogue(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    for name in names():
        assignment = load(name)
        for word in (f'{name}: {assignment.title}', assignment.learns, assignment.sources,
                     f'points      {assignment.points}'):
            assert word in shown


def test_check_of_what_is_not_done(folder):
    ended = run_check(folder)
    assert ended.returncode == 1 and not ended.stderr
    assert ended.stdout.count('not written yet') == len(load('dense').parts + load('losses').parts)
    assert 'differs' not in ended.stdout


def solve(name, path, folder):
    """Write the functions of an assignment that are in one file."""
    text, path = solved(load(name))[path], folder / path
    for target in load(name).targets:
        function = target.partition(':')[2]
        node = find(ast.parse(text), function)
        source = textwrap.dedent('\n'.join(text.splitlines()[node.lineno - 1:node.end_lineno]))
        path.write_text(replaced(path.read_text(), function, source))
    return path


def test_check_of_two_assignments_in_one_file(tmp_path):
    make.make(['pixelcnn-block', 'conditioning'], tmp_path / 'homework')
    solve('pixelcnn-block', 'models/pixelcnn.py', tmp_path / 'homework')
    ended = run_check(tmp_path / 'homework', 'conditioning')
    assert 'differs' not in ended.stdout and 'not written yet' in ended.stdout, ended
    ended = run_check(tmp_path / 'homework', 'pixelcnn-block')
    assert 'it needs what is not written yet (conditioning, part' in ended.stdout, ended


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


def test_the_handout_names_places(folder):
    handout = (folder / 'README.md').read_text()
    for assignment in map(load, ('dense', 'losses')):
        assert assignment.handout in handout
        for each in assignment.parts:
            assert f'`{each.function}` | {each.points} |' in handout
    line = (folder / 'nn/dense.py').read_text().splitlines().index(
        '    def forward(self, x, train=False):') + 1
    assert f'| forward | `nn/dense.py`, line {line}: `Dense.forward` | 2 |' in handout
    assert 'layer\n\nAbout 1.5 hours.\n' in handout and 'assignments.ipynb' not in handout


def test_the_handout_says_what_is_first_and_what_is_refused():
    handout = make.files([load('adversarial-phase')])['README.md']
    assert 'phase\n\nAbout 3 hours, after dense, losses.\n' in handout
    for name in FORBIDDEN:
        assert re.search(rf'\b{name}\b', handout[handout.index('Refused, '):]), name


@pytest.mark.parametrize('name, packages', [
    ('dense', 'numpy threadpoolctl'), ('clustering-error', 'numpy scipy threadpoolctl')])
def test_the_handout_names_the_packages(name, packages):
    assert f'`pip install {packages}`' in make.files([load(name)])['README.md']


def test_only_what_is_needed(folder):
    there = {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}
    assert {'nn/layer.py', 'nn/gradcheck/layers.py', 'answers.npz'} <= there
    for path in there:
        assert not path.startswith(('tests', 'models', '.')) and 'conv' not in path, path
        assert not path.endswith(('products.py', '.pyc')), path


def test_the_same_again(folder, tmp_path):
    make.make(['dense', 'losses'], tmp_path / 'again')
    for path in folder.rglob('*.*'):
        if path.suffix != '.npz' and path.is_file():
            assert path.read_bytes() == (tmp_path / 'again' / path.relative_to(folder)).read_bytes()


def test_which_others_are_given_away(tmp_path, capsys):
    """losses.py imports activations.py; all folders have the gradient checker."""
    assert main(['make', 'losses', 'dense', '--out', str(tmp_path / 'hw1')]) == 0
    assert 'solutions of other assignments: activations, gradient-checker\n' in (
        capsys.readouterr().out)
    assert not make.also_solved(['losses', 'dense', 'activations', 'gradient-checker'])


def test_solutions_of_what_comes_later(tmp_path, capsys):
    assert main(['make', 'dense', '--out', str(tmp_path / 'a')]) == 0
    assert 'It holds solutions of other assignments: gradient-checker' in capsys.readouterr().out
    later = ['--later', 'gradient-checker,activations']
    assert main(['make', 'losses', '--out', str(tmp_path / 'b'), later[0], 'gradient-checker']) == 0
    assert 'other assignments: activations' in capsys.readouterr().out
    assert 'which comes later' in (tmp_path / 'b/nn/gradcheck/differences.py').read_text()
    solve('losses', 'nn/losses.py', tmp_path / 'b')
    ended = run_check(tmp_path / 'b')
    assert 'not written yet (this belongs to gradient-checker' in ended.stdout
    assert ended.returncode == 0 and not ended.stderr, ended
    assert main(['make', 'losses', '--out', str(tmp_path / 'd'), *later]) == 0
    assert 'It holds' not in capsys.readouterr().out
    assert main(['make', 'pixelcnn-block', '--later', 'conv,losses', '--out',
                 str(tmp_path / 'c')]) == 2
    assert 'conv cannot come later than pixelcnn-block' in said(capsys)


def test_a_solution_is_not_given_away(monkeypatch, tmp_path):
    texts = make.files([load('dense')]) | {'notes.md': 'See\n\n' + solved(load('dense'))[
        'nn/dense.py']}
    monkeypatch.setattr(make, 'files', lambda *assignments: texts)
    assert main(['make', 'dense', '--out', str(tmp_path / 'x')]) == 2
    assert not list(tmp_path.iterdir())


# check

@pytest.fixture
def here(folder, monkeypatch):
    """check.py in this process: the reference as it is installed, beside the folder's answers."""
    monkeypatch.setattr(check, 'ROOT', folder)
    return folder


def test_check_says_what_it_looks_like(here, capsys, monkeypatch):
    wrong = next(wrong for wrong in WRONG if wrong.mistake == 'dW is transposed')
    texts = changed(load('dense'), wrong.changes)
    write(here, texts)
    with marking.answers.installed({'nn/dense.py:Dense.backward': texts['nn/dense.py']}):
        assert check.main(['dense']) == 1
    assert 'it is transposed' in capsys.readouterr().out


def test_check_says_what_it_is_right_for(here, capsys):
    write(here, solved(load('dense')))
    texts = changed(load('dense'), {'Dense.forward': [
        ('return y', "y = y + ('b' not in self.params); return y")]})
    with marking.answers.installed({'nn/dense.py:Dense.forward': texts['nn/dense.py']}):
        check.main(['dense'])
    assert ' (right for: ' in capsys.readouterr().out


@pytest.mark.parametrize('name', ['answers.npz', 'assignments.txt'])
def test_check_without_its_files(here, capsys, name):
    (here / name).unlink()
    assert check.main([]) == 2
    assert f'{name} cannot be read' in said(capsys)


def test_check_beside_a_checker_that_is_not_written(here, capsys):
    def stub(*arguments):
        raise NotImplementedError('gradient-checker, part verdict')
    write(here, solved(load('dense')))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, 'compare', stub)
        check.main(['dense'])
    assert 'not written yet (gradient-checker' in capsys.readouterr().out


def test_check_of_an_unknown_name(here, capsys):
    assert check.main(['conf']) == 2
    assert said(capsys).startswith("check: no assignment named 'conf' here")


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


# notebook

def test_the_cells_of_a_notebook(folder, monkeypatch):
    monkeypatch.chdir(folder)
    texts = make.files([load('dense')])
    code = [text for kind, text in notebooks.cells([load('dense')], texts) if kind == 'code']
    magic, _, function = code[1].partition('\n')
    assert magic == '%%part nn/dense.py:Dense.forward' and function.startswith('def forward(self')
    before = Path('nn/dense.py').read_text()
    assert part(magic.split()[1], function) == 'written into nn/dense.py'
    assert Path('nn/dense.py').read_text() == before
    part('nn/dense.py:Dense.forward', 'def forward(self, x, train=False):\n    return x, x\n')
    assert '        return x, x\n' in Path('nn/dense.py').read_text()
    assert part('nn/dense.py:Dense.forward', 'def forward(').startswith('not written: ')
    assert part('nn/dense.py:Dense.f', 'def f(): 1').startswith('not written: Dense.f is not')
    assert all(sys.executable in text.format(sys=sys) for text in code if 'check.py' in text)


@pytest.mark.parametrize('cell', [
    'def backwrd(self, dy, cache):\n    pass', '# todo', '', 'forward = 3',
    'class forward:\n    x = 1',
    'import numpy as np\n\ndef forward(self, x, train=False):\n    return x, x',
    'def helper(): pass\ndef forward(self, x, train=False):\n    return x, x',
    'def forward(self, x, train=False):\n    return x, x\nforward(1, 2)'])
def test_a_cell_that_is_not_its_function(folder, monkeypatch, cell):
    monkeypatch.chdir(folder)
    before = Path('nn/dense.py').read_text()
    assert part('nn/dense.py:Dense.forward', cell).startswith(
        'not written: the cell must hold the function forward and nothing else')
    assert Path('nn/dense.py').read_text() == before


def test_a_cell_that_is_run_again_adds_nothing(folder, monkeypatch):
    monkeypatch.chdir(folder)
    texts = []
    for _ in range(2):
        part('nn/dense.py:Dense.forward', '''
            # my way
            @staticmethod
            def forward(self, x, train=False):
                return x, x
                # nothing else
            ''')
        texts.append(Path('nn/dense.py').read_text())
    assert texts[0] == texts[1] and 'my way' not in texts[0] and '@' not in texts[0]


def test_a_notebook(tmp_path):
    nbformat = pytest.importorskip('nbformat')
    make.make(['dense'], tmp_path / 'x', notebook=True)
    notebook = nbformat.read(tmp_path / 'x/assignments.ipynb', 4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == 'python3'
    assert 'assignments.ipynb' in (tmp_path / 'x/README.md').read_text()


def test_no_nbformat(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, 'nbformat', None)
    assert main(['make', 'dense', '--out', str(tmp_path / 'x'), '--format', 'notebook']) == 2
    assert 'pip install nbformat' in said(capsys)
    assert not list(tmp_path.iterdir())


# grade

def graded(*arguments):
    assert main(['grade', *map(str, arguments), '--seed', '6']) == 0


def test_each_part_by_itself(folder, capsys):
    """In processes of their own."""
    texts = solved(load('losses')) | changed(load('dense'), {'Dense.backward': '''
        def backward(self, dy, x):
            return self.backward_to_input(dy
        '''})
    write(folder, texts)
    graded(folder, '--of', 'dense')
    shown = capsys.readouterr().out
    assert f'{folder}: 4 of 8 points' in shown
    assert 'SyntaxError' in shown and shown.count('\n') == 5


@pytest.mark.usefixtures('in_process')
def test_tables(folder, tmp_path, capsys):
    other = tmp_path / 'bob'
    make.make(['dense'], other)
    write(folder, solved(load('losses')) | changed(load('dense'), WRONG[3].changes))
    write(other, solved(load('dense')))
    graded(folder, other, '--csv', tmp_path / 'marks.csv')
    with open(tmp_path / 'marks.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert [row['folder'] for row in rows] == [str(folder), str(other)]
    assert [(row['points'], row['of']) for row in rows] == [('13', '17'), ('8', '17')]
    assert [row['dense: gradients of W and b (4)'] for row in rows] == ['0', '4']
    assert 'every element is' in rows[0]['comments']
    assert 'nn/losses.py is not in the folder' in rows[1]['comments']
    graded(folder, '--gradescope', tmp_path / 'results.json')
    results = json.loads((tmp_path / 'results.json').read_text())
    assert results['score'] == 13 == sum(test['score'] for test in results['tests'])
    assert {tuple(test) for test in results['tests']} == {
        ('name', 'score', 'max_score', 'status', 'output')}
    assert {test['status'] for test in results['tests']} == {'passed', 'failed'}


@pytest.mark.usefixtures('in_process')
def test_the_seed_decides(folder, capsys):
    write(folder, changed(load('dense'), WRONG[0].changes))
    shown = []
    for seed in ('1', '1', '2'):
        assert main(['grade', str(folder), '--of', 'dense', '--seed', seed]) == 0
        shown.append(capsys.readouterr().out.replace('--seed 2', '--seed 1'))
    assert shown[0] == shown[1] != shown[2]
    assert main(['grade', str(folder), '--of', 'dense']) == 0
    assert capsys.readouterr().out.startswith('--seed ')


@posix
@pytest.mark.usefixtures('in_process')
def test_files_that_are_none(folder, tmp_path):
    file = folder / 'nn/dense.py'
    (tmp_path / 'reference.py').write_text(solved(load('dense'))['nn/dense.py'])

    def made(how):
        file.unlink()
        how()
        text = grade.student_text(folder, 'nn/dense.py')
        assert isinstance(text, NotThere)
        return str(text)
    assert 'a link' in made(lambda: file.symlink_to(tmp_path / 'reference.py'))
    assert 'no file' in made(lambda: os.mkfifo(file))
    assert 'longer than' in made(lambda: file.write_bytes(b'#' * (1 << 21)))
    assert 'cannot be read' in made(lambda: file.write_bytes(b'\xff\xfe'))
    file.unlink()
    (folder / 'nn').rename(folder / 'other')
    (folder / 'nn').symlink_to(folder / 'other')
    assert 'a link' in str(grade.student_text(folder, 'nn/dense.py'))


@pytest.mark.parametrize('text', ['', 'x = 1', 'class Dense: forward = 3', '\x00', '(' * 500,
                                  'class Dense:\n  def forward(self, x, train=False): return',
                                  'class Dense:\n  def forward(self, x, train=False): return 3, 4'])
def test_texts_that_are_none(text, in_process):
    for each in marking.mark(load('dense'), {'nn/dense.py': text}, 3, marking.in_process):
        assert each.says and not each.points


def test_where_nothing_runs(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(marking.sys, 'executable', '/bin/false')
    assert main(['grade', str(folder), '--csv', str(tmp_path / 'marks.csv')]) == 2
    assert 'the solution of dense fails, too' in said(capsys)
    assert not (tmp_path / 'marks.csv').exists()


@posix
def test_libraries_that_are_elsewhere(folder, tmp_path, capsys, monkeypatch):
    """In a user's home, or on PYTHONPATH."""
    (tmp_path / 'library').mkdir()
    (tmp_path / 'library/elsewhere.py').write_text('three = 3')
    monkeypatch.syspath_prepend(str(tmp_path / 'library'))
    write(folder, changed(load('dense'), {'Dense.backward_to_input': [
        ('if not', 'import elsewhere; assert elsewhere.three == 3\n        if not')]}))
    graded(folder, '--of', 'dense')
    assert '8 of 8 points' in capsys.readouterr().out


@pytest.mark.parametrize('arguments, words', [
    (['make', 'dens', '--out', '{}/x'], 'did you mean dense?'),
    (['make', 'dense'], '--out'),
    (['make', 'dense', '--out', '{}'], 'exists already'),
    (['make', 'dense', '--out', '{}/x', '--format', 'pdf'], 'pdf'),
    (['grade', '{}/no'], 'no is no folder'),
    (['grade', '{}'], 'say which assignments it is, with --of'),
    (['grade', '{}', '--of', 'dense,dence'], 'did you mean dense?'),
    (['grade', '{}', '--of', 'dense', '--csv', '{}'], '--csv'),
    (['grade', '{}', '--of', 'dense', '--csv', '{}/no/x'], '--csv'),
    (['grade', '{}', '{}', '--of', 'dense', '--gradescope', '{}/x'], '--gradescope is for one'),
    (['grade', '{}', '--of', 'dense', '--seed', '-1'], '--seed'), (['mark'], 'mark')])
def test_bad_input(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(marking, 'mark', None)
    try:
        code = main([argument.format(tmp_path) for argument in arguments])
    except SystemExit as end:
        code = end.code
    line = said(capsys)
    assert code == 2 and words in line and '\n' not in line
    assert not list(tmp_path.iterdir())


def test_without_limits(capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, 'name', 'nt')
        code = main(['grade', 'x', '--of', 'dense'])
    assert code == 2 and 'grade needs Linux or macOS' in said(capsys)
