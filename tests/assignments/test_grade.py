"""grade: marks, tables, files that are none, bad input."""
import csv
import json
import os
import shutil
import signal
import threading
import time

import pytest

from assignments import grade, make, marking
from assignments.__main__ import main
from assignments.assignment import load
from assignments.source import NotThere
from tests.assignments import submissions
from tests.assignments.submissions import changed, solved, write
from tests.assignments.wrong.dense import WRONG
from tests.helpers import posix


def graded(*arguments):
    assert main(['grade', *map(str, arguments), '--seed', '6']) == 0


def table(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


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
    graded(folder, other, '--csv', tmp_path / 'marks.csv', '--of', 'dense,losses')
    assert 'Not all' not in capsys.readouterr().out
    rows = table(tmp_path / 'marks.csv')
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


@pytest.mark.usefixtures('in_process')
def test_folders_of_different_assignments(folder, tmp_path, capsys):
    """Each is marked on what it was made of, and it is said."""
    for name, *others in ('bob', 'dense'), ('carl', 'losses', 'dense'):
        make.make(others, tmp_path / name)
    write(tmp_path / 'bob', solved(load('dense')))
    graded(folder, tmp_path / 'bob', tmp_path / 'carl', '--csv', tmp_path / 'marks.csv')
    shown = capsys.readouterr().out
    assert shown.startswith(f'Not all folders were made of dense, losses: {tmp_path}/bob (dense). ')
    assert shown.count('carl') == 1 and f'{tmp_path}/bob: 8 of 8 points' in shown
    rows = table(tmp_path / 'marks.csv')
    assert [(row['points'], row['of']) for row in rows] == [('0', '17'), ('8', '8'), ('0', '17')]
    assert [row['losses: softplus (1)'] for row in rows] == ['0', '', '0']
    assert not rows[1]['comments']
    graded(folder, tmp_path / 'carl')
    assert capsys.readouterr().out.startswith('--seed')


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
    assert 'is not UTF-8' in made(lambda: file.write_bytes('# é'.encode('latin-1')))
    assert 'has NUL bytes' in made(lambda: file.write_bytes(b'x = 1\0'))
    file.unlink()
    (folder / 'nn').rename(folder / 'other')
    (folder / 'nn').symlink_to(folder / 'other')
    assert 'a link' in str(grade.student_text(folder, 'nn/dense.py'))


@pytest.mark.parametrize('text', ['', 'x = 1', 'class Dense: forward = 3', '\x00', '(' * 500,
                                  'class Dense:\n  def forward(self, x, train=False): return',
                                  'class Dense:\n  def forward(self, x, train=False): return 3, 4'])
def test_texts_that_are_none(text, in_process):
    for each in marking.mark(load('dense'), {'nn/dense.py': text}, 3, submissions.in_process):
        assert each.says and not each.points


@posix
@pytest.mark.usefixtures('in_process')
def test_a_class_does_not_wait_for_a_folder_that_says_nothing(folder, tmp_path, capsys):
    """It is marked on what most are: one that lost assignments.txt gets its points, one with
    nothing in it none."""
    for name, *others in ('bob', 'dense'), ('carl', 'dense'), ('dan', 'dense'), ('eve', 'dense'):
        make.make(others, tmp_path / name)
    write(tmp_path / 'bob', solved(load('dense')))
    (tmp_path / 'bob/assignments.txt').unlink()
    shutil.rmtree(tmp_path / 'carl/nn')
    (tmp_path / 'carl/assignments.txt').write_text('dence')
    graded(*(tmp_path / name for name in ('bob', 'carl', 'dan', 'eve', 'anna')),
           '--csv', tmp_path / 'marks.csv')
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == (
        f'Marked on dense, as most folders are: {tmp_path}/bob: assignments.txt is not in the '
        f"folder, {tmp_path}/carl: assignments.txt names 'dence', which is none")
    assert second.startswith(f'Not all folders were made of dense: {folder} (dense, losses). ')
    bob, carl, *others = table(tmp_path / 'marks.csv')
    assert (bob['points'], carl['points']) == ('8', '0') and len(others) == 3
    assert 'nn/dense.py is not in the folder' in carl['comments']


@posix
def test_an_interrupt_ends_all_at_once(folder, tmp_path, monkeypatch):
    """Also what the threads of a class have started, long before its time is over."""
    write(folder, changed(load('dense'), {
        'Dense.forward': 'def forward(self, x, train=False):\n    import time; time.sleep(99)'}))
    for name in 'bob', 'carl':
        shutil.copytree(folder, tmp_path / name)
    wait, started, interrupted = marking._wait, [], []

    def interrupt():
        interrupted.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    def waiting(child, stopped):
        if stopped:         # one of the class: not the reference, which is tried first
            if not started:
                threading.Timer(0.5, interrupt).start()
            started.append(child)
        wait(child, stopped)
    monkeypatch.setattr(marking, '_wait', waiting)
    monkeypatch.setattr(marking, 'WALL_SECONDS', 8)
    monkeypatch.setattr(grade, 'available_cores', lambda: 2)
    assert main(['grade', *(str(tmp_path / name) for name in ('anna', 'bob', 'carl')), '--of',
                 'dense', '--csv', str(tmp_path / 'marks.csv')]) == 130
    assert time.monotonic() - interrupted[0] < 4 and not (tmp_path / 'marks.csv').exists()
    assert started and all(child.returncode == -signal.SIGKILL for child in started)


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
