"""A student's folder with a notebook."""
import sys
from pathlib import Path

import pytest

from assignments import make, notebooks
from assignments.__main__ import main
from assignments.assignment import load
from assignments.cells import part
from tests.assignments.submissions import said


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


@pytest.mark.parametrize('data', ['# é\n'.encode('latin-1'), b'x = 1\0\n'])
def test_a_cell_whose_file_is_no_text(folder, monkeypatch, data):
    monkeypatch.chdir(folder)
    Path('nn/dense.py').write_bytes(data)
    assert part('nn/dense.py:Dense.forward', 'def forward(): 1').startswith('not written: nn/dense')
    assert Path('nn/dense.py').read_bytes() == data


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
