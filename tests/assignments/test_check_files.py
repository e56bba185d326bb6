"""check.py in a folder whose files are missing, changed or no text; flags that there are not."""
import pytest

from assignments import check
from assignments.assignment import load
from tests.assignments.submissions import run_check, said, solved


def stopped(capsys):
    """What check.py says where it tries nothing: one line."""
    shown = capsys.readouterr()
    assert not shown.out and shown.err.startswith('check: ') and shown.err.count('\n') == 1, shown
    return shown.err


@pytest.mark.parametrize('name', [
    'answers/dense', 'assignments.txt', 'answers/files', 'nn/dense.py', 'nn/gradcheck/hints.py',
    'assignments/questions.py', 'assignments/catalogue/losses.py'])
def test_check_without_its_files(here, capsys, name):
    (here / name).unlink()
    assert check.main([]) == 2
    assert f'{name} cannot be read: take it from the folder as it was given' in stopped(capsys)


@pytest.mark.parametrize('name, data, words', [
    ('nn/dense.py', b'x = 1\0\n', 'nn/dense.py has NUL bytes'),
    ('nn/dense.py', '# é\n'.encode('latin-1'), 'nn/dense.py is not UTF-8'),
    ('nn/layer.py', '# é\n'.encode('utf-16'), 'nn/layer.py is not UTF-8'),
    ('assignments.txt', b'\xff\n', 'assignments.txt is not UTF-8'),
    ('assignments.txt', b' \n', 'assignments.txt is empty'),
    ('assignments.txt', b'../check.py', "assignments.txt names '../check.py', which is no assign"),
    ('assignments.txt', b'dense conv', 'answers/conv cannot be read'),
    ('answers/dense', b'', 'answers/dense was changed'),
    ('answers/dense', bytes(range(256)), 'answers/dense was changed')])
def test_check_of_files_that_are_none(here, capsys, name, data, words):
    (here / name).write_bytes(data)
    assert check.main([]) == 2
    assert words in stopped(capsys)


@pytest.mark.parametrize('change', [lambda data: data[:-1], lambda data: data + b'x',
                                    lambda data: data[:999] + b'!' + data[1000:]])
def test_check_beside_answers_that_were_changed(here, capsys, change):
    """Or taken from another assignment."""
    file, other = here / 'answers/dense', here / 'answers/losses'
    for data in (change(file.read_bytes()), other.read_bytes()):
        file.write_bytes(data)
        assert check.main(['dense']) == 2
        assert 'answers/dense was changed: take it' in stopped(capsys)


@pytest.mark.parametrize('place, becomes', [
    ('assignments', None), ('nn', None), ('assignments/check.py', 'def :'),
    ('assignments/assignment.py', '\0')])
def test_check_without_its_folders(folder, place, becomes):
    (folder / place).rename(folder / 'away')
    if becomes:
        (folder / place).write_text(becomes)
    ended = run_check(folder)
    assert ended.returncode == 2 and ended.stderr.count('\n') == 1 and not ended.stdout, ended
    assert ended.stderr.startswith('check: ') and 'Traceback' not in ended.stderr


def test_check_of_what_ends_python(folder):
    (folder / 'nn/losses.py').write_text('raise SystemExit(0)\n')
    ended = run_check(folder, 'losses')
    assert ended.returncode == 1 and '(nn/losses.py, line 1)' in ended.stdout, ended
    (folder / 'nn/losses.py').write_text('raise SyntaxError\n')
    ended = run_check(folder, 'losses')
    assert ended.returncode == 1 and not ended.stderr and '(nn/losses.py, line 1)' in ended.stdout


@pytest.mark.parametrize('argument', ['--no', '--no\nline', '-x'])
def test_check_with_a_flag(here, capsys, argument):
    with pytest.raises(SystemExit) as end:
        check.main([argument])
    assert end.value.code == 2 and '--help' in stopped(capsys)


def test_check_of_a_file_with_a_byte_order_mark(here, capsys):
    texts = solved(load('dense'))
    (here / 'nn/dense.py').write_text(texts['nn/dense.py'], 'utf-8-sig')
    check.main(['dense'])
    assert 'cannot be compared' not in capsys.readouterr().out


def test_check_of_an_unknown_name(here, capsys):
    assert check.main(['conf']) == 2
    assert said(capsys).startswith("check: no assignment named 'conf' here")
