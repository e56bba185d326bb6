"""Bad input of the teachers' commands: one line, exit code 2, and nothing lost or written."""
import os

import pytest

from assignments import marking
from assignments.__main__ import main
from tests.assignments.submissions import said
from tests.helpers import posix, python


def test_where_nothing_runs(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(marking.sys, 'executable', '/bin/false')
    assert main(['grade', str(folder), '--csv', str(tmp_path / 'marks.csv')]) == 2
    assert 'the solution of dense fails, too' in said(capsys)
    assert not (tmp_path / 'marks.csv').exists()


@pytest.mark.parametrize('text, words', [
    ('', 'assignments.txt is empty; say which it is, with --of'),
    ('dense dence', "assignments.txt names 'dence', which is none; say which it is, with --of")])
def test_a_folder_that_says_nothing_of_itself(folder, capsys, text, words):
    (folder / 'assignments.txt').write_text(text)
    assert main(['grade', str(folder)]) == 2
    assert words in said(capsys)


@pytest.mark.parametrize('arguments, words', [
    (['make', 'dens', '--out', '{}/x'], 'did you mean dense?'),
    (['make', 'dense'], '--out'),
    (['make', 'dense', '--out', '{}'], 'exists already'),
    (['make', 'dense', '--out', '{}/x', '--format', 'pdf'], 'pdf'),
    (['grade', '{}/no'], 'no folder: '),
    (['grade', '{}'], 'say which it is, with --of'),
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


@posix
@pytest.mark.parametrize('flag', ['--csv', '--gradescope'])
@pytest.mark.parametrize('how, words', [
    (lambda place: os.mkfifo(place), 'it must be a file, no link'),
    (lambda place: place.symlink_to('other'), 'it must be a file, no link'),
    (lambda place: place.symlink_to('nowhere'), 'it must be a file, no link'),
    (lambda place: place.symlink_to('anna/new'), 'it must be a file, no link')])
def test_a_table_replaces_only_files(folder, capsys, monkeypatch, flag, how, words):
    monkeypatch.setattr(marking, 'mark', None)
    place, other = folder.with_name('place'), folder.with_name('other')
    other.write_text('kept')
    how(place)
    before = os.lstat(place)
    assert main(['grade', str(folder), flag, str(place)]) == 2
    assert f'{flag} {place}: {words}' in said(capsys)
    assert os.lstat(place) == before and other.read_text() == 'kept'


@posix
@pytest.mark.parametrize('flag', ['--csv', '--gradescope'])
@pytest.mark.parametrize('path', ['assignments.txt', 'new.csv', 'nn/../x', '../link/x'])
def test_no_table_in_what_was_handed_in(folder, capsys, monkeypatch, flag, path):
    monkeypatch.setattr(marking, 'mark', None)
    folder.with_name('link').symlink_to(folder / 'nn')
    before = {each: each.read_bytes() for each in folder.rglob('*') if each.is_file()}
    assert main(['grade', str(folder), flag, str(folder / path)]) == 2
    assert 'which is graded: name a file elsewhere' in said(capsys)
    assert before == {each: each.read_bytes() for each in folder.rglob('*') if each.is_file()}


def test_two_tables_need_two_files(folder, capsys, monkeypatch):
    monkeypatch.setattr(marking, 'mark', None)
    assert main(['grade', str(folder), '--csv', str(folder.with_name('x')), '--gradescope',
                 str(folder.parent / 'anna/../x')]) == 2
    assert 'name two files' in said(capsys) and not folder.with_name('x').exists()


def test_all_that_are_no_folders(folder, capsys):
    places = [str(folder), str(folder / 'README.md'), str(folder / 'no')]
    assert main(['grade', *places]) == 2
    assert said(capsys).endswith(f'error: no folders: {places[1]}, {places[2]}')


def test_without_limits(capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, 'name', 'nt')
        code = main(['grade', 'x', '--of', 'dense'])
    assert code == 2 and 'grade needs Linux or macOS' in said(capsys)


@pytest.mark.parametrize('place', ['file/x', 'file/x/y', 'x' * 300])
def test_a_place_where_no_folder_can_be(tmp_path, capsys, place):
    (tmp_path / 'file').write_text('kept')
    assert main(['make', 'dense', '--out', str(tmp_path / place)]) == 2
    assert said(capsys).startswith(f'python -m assignments: error: --out {tmp_path / place} cannot')
    assert [each.read_text() for each in tmp_path.iterdir()] == ['kept']


@posix
def test_a_link_to_nothing_is_no_new_folder(tmp_path, capsys):
    (tmp_path / 'link').symlink_to(tmp_path / 'x')
    assert main(['make', 'dense', '--out', str(tmp_path / 'link')]) == 2
    assert 'exists already: name a new folder' in said(capsys) and not (tmp_path / 'x').exists()


@pytest.mark.parametrize('package', ['numpy', 'threadpoolctl', 'requests'])
def test_without_the_requirements(tmp_path, package):
    (tmp_path / package).with_suffix('.py').write_text(
        f'raise ModuleNotFoundError("No module named {package!r}")')
    ended = python('-m', 'assignments', env=os.environ | {'PYTHONPATH': str(tmp_path)})
    assert ended.returncode == 2 and not ended.stdout and ended.stderr.count('\n') == 1, ended
    assert package in ended.stderr and 'pip install -r requirements.txt' in ended.stderr
