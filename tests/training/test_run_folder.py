"""How a run's files and folders are made, what a failure leaves behind, and paths with ~."""
import errno
import os

import numpy as np
import pytest

import train_mnist
from datasets import load_mnist
from experiments import codes, encode, sample
from tests.runs import SMOKE, assert_same_end, refused, run
from training.files import write_atomically
from training.run_lock import alone_in

pytestmark = pytest.mark.usefixtures('no_pictures')


def test_a_drive_that_refuses_chmod_and_the_syncing_of_folders(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(1, 'Operation not permitted')
    for name in ('chmod', 'fchmod'):
        monkeypatch.setattr(os, name, refuse)
    sync = os.fsync

    def sync_files(handle):
        return refuse() if os.path.isdir(f'/proc/self/fd/{handle}') else sync(handle)
    monkeypatch.setattr(os, 'fsync', sync_files)
    assert run(tmp_path / 'run') == 0


@pytest.mark.parametrize('mask', [0o077, 0o027, 0o022])
def test_files_have_the_mode_that_the_user_wants(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / 'file', lambda file: file.write(b'x'))
        with alone_in(tmp_path):
            modes = [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()]
    finally:
        os.umask(before)
    assert modes == [0o666 & ~mask] * 2


def test_a_folder_is_synced_after_a_rename(tmp_path, monkeypatch):
    done, sync, replace = [], os.fsync, os.replace

    def syncing(handle):
        done.append('folder' if os.path.isdir(f'/proc/self/fd/{handle}') else 'file')
        sync(handle)
    monkeypatch.setattr(os, 'fsync', syncing)
    monkeypatch.setattr(os, 'replace', lambda *paths: (done.append('rename'), replace(*paths)))
    write_atomically(tmp_path / 'file', lambda file: file.write(b'x'))
    assert done == ['file', 'rename', 'folder']


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EROFS])
def test_no_empty_folder_where_a_run_cannot_be_created(tmp_path, monkeypatch, capsys, number):
    def refuse(*arguments):
        raise OSError(number, os.strerror(number))
    monkeypatch.setattr(os, 'replace', refuse)
    for flags in ([], ['--seed', '0,1']):
        words = refused(capsys, [*SMOKE, '--out', str(tmp_path / 'a' / 'b' / 'run'), *flags])
        assert os.strerror(number) in words and 'what was there' not in words
        assert not list(tmp_path.iterdir())


def test_no_empty_folder_where_a_part_cannot_be_created(tmp_path, monkeypatch, capsys):
    replace, configs = os.replace, []

    def refuse_the_second(part, path):
        configs.append(path)
        if path.name == 'config.json' and path.parent.name == 'seed-0':
            raise OSError(errno.ENOSPC, 'No space left on device')
        replace(part, path)
    monkeypatch.setattr(os, 'replace', refuse_the_second)
    assert 'No space' in refused(capsys, [*SMOKE, '--out', str(tmp_path / 'run'), '--seed', '0,1'])
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['config.json']


def test_no_empty_folder_where_a_name_is_too_long(tmp_path, capsys):
    out = tmp_path / 'a' / ('x' * 300)
    for flags in ([], ['--overwrite']):
        assert 'cannot be written' in refused(capsys, [*SMOKE, '--out', str(out), *flags])
    assert not list(tmp_path.iterdir())


def test_a_full_disk_keeps_the_last_good_checkpoint(finished, tmp_path, capsys, monkeypatch):
    out = tmp_path / 'run'
    assert run(out, '--epochs', '1') == 0
    good = (out / 'checkpoint.npz').read_bytes()

    def no_space(file, **arrays):
        file.write(b'half of it')
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr(np, 'savez', no_space)
    words = refused(capsys, [*SMOKE, '--out', str(out), '--resume', '--epochs', '2'])
    assert 'No space left' in words and (out / 'checkpoint.npz').read_bytes() == good
    monkeypatch.undo()
    assert not [path.name for path in out.iterdir() if path.name.endswith('.part')]
    assert run(out, '--resume', '--epochs', '3') == 0
    assert_same_end(out, finished)


# Paths with ~

@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / 'home').mkdir()
    (tmp_path / 'here').mkdir()
    for name in ('HOME', 'USERPROFILE'):
        monkeypatch.setenv(name, str(tmp_path / 'home'))
    monkeypatch.chdir(tmp_path / 'here')
    yield tmp_path / 'home'
    assert not list((tmp_path / 'here').iterdir())


def test_paths_from_home(home, finished, capsys):
    assert train_mnist.main([*SMOKE, '--out=~/x']) == 0 and (home / 'x' / 'config.json').exists()
    assert sample.main(['~/x', '--n', '1', '--out=~/one.npz']) == 0 and (home / 'one.npz').exists()
    assert encode.main(['~/x', '~/one.npz', '--out=~/codes.csv']) == 0
    assert (home / 'codes.csv').exists()
    assert 'not of two dimensions' in _error(capsys, codes.main, ['~/x', '--out=~/codes.png'])
    assert str(home / 'data') in _error(capsys, train_mnist.main, [
        *SMOKE[:-2], '--data', 'mnist', '--data-dir=~/data', '--out=~/y'])


def _error(capsys, main, arguments):
    assert main(arguments) == 2
    return capsys.readouterr().err


def test_a_data_folder_from_home(home, monkeypatch):
    monkeypatch.setattr('datasets.source.replace', lambda dataset, **changes: dataset)
    monkeypatch.setattr('datasets.mnist.find_or_fetch', lambda *arguments, **options: _stop(
        arguments))
    monkeypatch.setenv('PIXELGAN_DATA_DIR', '~/data')
    for folder in (None, '~/data'):
        with pytest.raises(_Stop) as stop:
            load_mnist(folder, 'mnist')
        assert home / 'data' in stop.value.args


class _Stop(Exception):
    pass


def _stop(arguments):
    raise _Stop(*arguments)


def test_a_part_is_never_left(tmp_path):
    def broken(file):
        file.write(b'half')
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / 'file', broken)
    assert not list(tmp_path.iterdir())


def test_a_part_that_is_another_run_is_not_averaged(tmp_path, capsys):
    """Somebody has put a run of other labels into the place of one of several."""
    out = tmp_path / 's'
    mlp = ['--model', 'mlp', '--preset', 'smoke', '--data', 'synthetic']
    assert train_mnist.main([*mlp, '--seed', '0,1', '--out', str(out)]) == 0
    assert train_mnist.main([*mlp, '--labels', '50', '--overwrite', '--out',
                             str(out / 'seed-0')]) == 0
    capsys.readouterr()
    line = refused(capsys, ['--out', str(out), '--resume'])
    assert f'{out}/seed-0 has labels 50, and {out} has 20' in line


def test_no_data_are_fetched_for_a_folder_that_is_taken(tmp_path, capsys, monkeypatch):
    assert run(tmp_path / 'run') == 0
    monkeypatch.setattr('training.trainer.make_experiment', None)
    capsys.readouterr()
    assert 'already holds a run' in refused(capsys, [*SMOKE, '--out', str(tmp_path / 'run')])
