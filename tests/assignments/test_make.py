"""The catalogue, and make: a folder for students, with its handout."""
import ast
import re
import sys

from assignments import make
from assignments.__main__ import main
from assignments.assignment import load, names
from assignments.source import FORBIDDEN, ROOT
from tests.assignments.submissions import hand_in, run_check, said, solve, solved


def test_the_catalogue(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    for name in names():
        assignment = load(name)
        for word in (f'{name}: {assignment.title}', assignment.learns, assignment.sources,
                     f'points      {assignment.points}'):
            assert word in shown


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


def test_the_handout_names_the_packages():
    """Those that its files import, other than the modules of the folder and CuPy's."""
    texts = make.files([load(name) for name in names()])
    imported = {module.split('.')[0] for path, text in texts.items() if path.endswith('.py')
                for node in ast.walk(ast.parse(text))
                for module in ([name.name for name in node.names] if isinstance(node, ast.Import)
                               else [node.module] if isinstance(node, ast.ImportFrom) else [])}
    packages = {module for module in imported - {'cupy', *sys.stdlib_module_names}
                if not (ROOT / module).exists() and not (ROOT / f'{module}.py').exists()}
    assert f'`pip install {" ".join(sorted(packages))}`' in texts['README.md']


def test_only_what_is_needed(folder):
    there = {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}
    assert {'nn/layer.py', 'nn/gradcheck/layers.py', 'answers/dense'} <= there
    for path in there:
        assert not path.startswith(('tests', 'models', '.')) and 'conv' not in path, path
        assert not path.endswith(('products.py', '.pyc')), path


def test_the_same_again(folder, tmp_path):
    make.make(['dense', 'losses'], tmp_path / 'again')
    for path in folder.rglob('*'):
        if path.is_file():
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


def test_a_block_without_the_biases(tmp_path, capsys):
    """Which are the next week's assignment: check.py asks for the block all the same."""
    folder = tmp_path / 'week3'
    assert main(['make', 'causal-mask', 'pixelcnn-block', '--later', 'conditioning', '--out',
                 str(folder)]) == 0
    assert 'conditioning' not in capsys.readouterr().out
    for name in 'causal-mask', 'pixelcnn-block':
        hand_in(folder, load(name))
    assert 'which comes later' in (folder / 'nn/conditioning.py').read_text()
    ended = run_check(folder)
    for part in load('pixelcnn-block').parts:
        assert f'    {part.name:<32} {part.points:>2}  right' in ended.stdout, ended.stdout


def test_a_solution_is_not_given_away(monkeypatch, tmp_path):
    texts = make.files([load('dense')]) | {'notes.md': 'See\n\n' + solved(load('dense'))[
        'nn/dense.py']}
    monkeypatch.setattr(make, 'files', lambda *assignments: texts)
    assert main(['make', 'dense', '--out', str(tmp_path / 'x')]) == 2
    assert not list(tmp_path.iterdir())
