"""Who may use a run's folder: one process at a time, and never over a run that is there."""
import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import train_mnist
from tests.helpers import ROOT
from tests.runs import SMOKE, assert_same_end, contents, refused, run, stop_at
from training import run_lock
from training.run_folder import RunError, RunFolder
from training.run_lock import alone_in

pytestmark = pytest.mark.usefixtures('no_pictures')


def copy(finished, folder):
    folder.mkdir()
    for name in ('config.json', 'metrics.jsonl', 'checkpoint.npz'):
        (folder / name).write_bytes((finished / name).read_bytes())
    return folder


# One process at a time

HOLD = ('import sys, time; from training.run_lock import alone_in\n'
        'with alone_in(sys.argv[1]):\n    print("held", flush=True); time.sleep(60)')


@pytest.fixture
def other_process():
    """start(folder): a process that is in the folder until it is killed."""
    processes = []

    def start(folder):
        processes.append(subprocess.Popen([sys.executable, '-c', HOLD, str(folder)], cwd=ROOT,
                                          stdout=subprocess.PIPE, text=True))
        assert processes[-1].stdout.readline() == 'held\n'
        return processes[-1]
    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_second_process_is_refused_and_a_killed_one_is_not_in_the_way(finished, tmp_path, capsys,
                                                                        other_process):
    out = copy(finished, tmp_path / 'run')
    process = other_process(out)
    (out / '.metrics.jsonl-0123.part').write_text('what the other process is writing')
    before = contents(out)
    for flags in (['--resume'], ['--resume', '--epochs', '4'], ['--overwrite'], []):
        words = refused(capsys, [*SMOKE, '--out', str(out), *flags])
        assert f'in use by another process ({process.pid} on {socket.gethostname()})' in words
        assert contents(out) == before
    process.kill()
    process.wait()
    assert (out / '.lock').exists()         # left by the killed one
    assert run(out, '--resume') == 0
    assert_same_end(out, finished)
    assert not [path for path in out.iterdir() if path.name.startswith('.')]


def test_two_that_start_at_once(tmp_path, capsys, other_process):
    """The other one has made the folder, and has not written its configuration yet."""
    (tmp_path / 'run').mkdir()
    other_process(tmp_path / 'run')
    assert 'in use by' in refused(capsys, [*SMOKE, '--out', str(tmp_path / 'run')])
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['.lock']


def test_the_lock_is_held_during_the_whole_run(tmp_path, monkeypatch):
    seen = []

    def evaluate(self, epoch):
        with pytest.raises(RunError, match='in use by another process'), alone_in(tmp_path / 'run'):
            pass
        return {}
    clustering = 'experiments.pixelgan.clustering.Clustering'
    monkeypatch.setattr(f'{clustering}.evaluate', evaluate)
    monkeypatch.setattr(f'{clustering}.draw', lambda *_: seen.append(1))
    monkeypatch.setattr(f'{clustering}.report', lambda *_: '')
    assert run(tmp_path / 'run', '--epochs', '1') == 0 and seen
    with alone_in(tmp_path / 'run'):
        pass


def test_a_run_of_several_values_is_held_as_a_whole(tmp_path, monkeypatch, capsys):
    out = tmp_path / 'run'
    stop_at(monkeypatch, 5)             # in the second run
    assert run(out, '--seed', '0,1') == 130
    monkeypatch.undo()
    capsys.readouterr()
    (out / '.config.json-0123.part').touch()        # of a kill in the middle of writing
    before = contents(out)
    with alone_in(out):
        for folder in (out, out / 'seed-0', out / 'seed-1'):
            assert 'in use by' in refused(capsys, ['--out', str(folder), '--resume'])
    with alone_in(out / 'seed-0'):
        assert 'in use by' in refused(capsys, ['--out', str(out), '--resume'])
    assert contents(out) == before
    assert train_mnist.main(['--out', str(out), '--resume']) == 0
    assert not list(out.rglob('.*'))


def test_a_run_beside_a_foreign_config_is_held_alone(tmp_path):
    (tmp_path / 'config.json').write_text('{"name": "of another program"}')
    for name in ('one', 'two'):
        (tmp_path / name).mkdir()
    with alone_in(tmp_path / 'one'), alone_in(tmp_path / 'two'):
        assert (tmp_path / 'one' / '.lock').exists()


@pytest.mark.parametrize('number', [errno.ENOLCK, errno.EACCES])
def test_a_drive_without_locks_does_without(tmp_path, monkeypatch, number):
    def refuse(*arguments):
        raise OSError(number, 'no locks here')
    monkeypatch.setattr('fcntl.flock', refuse)
    assert run(tmp_path / 'run') == 0 and not (tmp_path / 'run' / '.lock').exists()


def test_windows_locks(tmp_path, monkeypatch):
    """A stand-in for its module: a locked byte, PermissionError for the second."""
    class Windows:
        LK_NBLCK, locked = 2, set()

        def locking(self, handle, mode, size):
            place = os.fstat(handle).st_ino, os.lseek(handle, 0, os.SEEK_CUR)
            if place in self.locked:
                raise PermissionError(13, 'Permission denied')
            self.locked.add(place)
            assert place[1] > 300
    monkeypatch.setattr(run_lock, 'fcntl', None)
    monkeypatch.setattr(run_lock, 'msvcrt', Windows(), raising=False)
    monkeypatch.setattr(run_lock, 'HELD', PermissionError)
    with alone_in(tmp_path):
        with pytest.raises(RunError, match=rf'\({os.getpid()} on '), alone_in(tmp_path):
            pass
        assert (tmp_path / '.lock').read_text().startswith(f'{os.getpid()} ')
    assert not list(tmp_path.iterdir())


def test_the_lock_of_a_folder_that_was_moved_away_is_its_own(tmp_path):
    folder = tmp_path / 'run'
    folder.mkdir()
    with alone_in(folder):
        folder.rename(tmp_path / 'moved')
        folder.mkdir()
        with alone_in(folder):
            pass
        (folder / '.lock').write_text('of a third')
    assert (folder / '.lock').read_text() == 'of a third'


# A run that is there

def test_the_same_command_twice_says_what_to_type(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert train_mnist.main(SMOKE) == 0
    words = refused(capsys, SMOKE)
    out = 'runs/synthetic-mnist-clustering-smoke-seed0'
    command = f'python train_mnist.py --out {out} --resume'
    assert command in words and '--overwrite' in words and 'new folder with --out' in words
    assert train_mnist.main(command.split()[2:]) == 0
    before = contents(Path(out))
    assert train_mnist.main([*SMOKE, '--overwrite']) == 0
    assert f'{out}.old-1' in capsys.readouterr().out
    aside = Path(f'{out}.old-1')
    assert {aside / path.relative_to(out): text for path, text in before.items()} == contents(aside)
    assert train_mnist.main([*SMOKE, '--overwrite']) == 0
    assert len(contents(Path(f'{out}.old-2'))) == len(before) == len(contents(Path(out)))


def test_overwrite_starts_where_nothing_is(tmp_path):
    (tmp_path / 'empty').mkdir()
    for name in ('new', 'empty'):
        assert run(tmp_path / name, '--overwrite') == 0
    assert {path.name for path in tmp_path.iterdir()} == {'new', 'empty'}


@pytest.mark.parametrize('config, words', [
    (None, 'holds no run'), ('{"name": 1}', 'not of this version'), ('{', 'cannot be read'),
])
def test_overwrite_leaves_foreign_folders(tmp_path, capsys, config, words):
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'thesis.tex').write_text('mine')
    if config:
        (tmp_path / 'mine' / 'config.json').write_text(config)
    before = contents(tmp_path)
    assert words in refused(capsys, [*SMOKE, '--out', str(tmp_path / 'mine'), '--overwrite'])
    assert contents(tmp_path) == before


def test_overwrite_and_the_folder_one_is_in(finished, tmp_path, monkeypatch, capsys):
    out = copy(finished, tmp_path / 'run')
    (out / 'notes').mkdir()
    monkeypatch.chdir(out / 'notes')
    for folder in ('..', str(out)):
        words = refused(capsys, [*SMOKE, '--out', folder, '--overwrite'])
        assert 'the folder you are in' in words
    assert 'not allowed with' in refused(capsys, [*SMOKE, '--out', 'x', '--overwrite', '--resume'])
    assert [path.name for path in tmp_path.iterdir()] == ['run']


def test_a_checkpoint_that_was_removed(finished, tmp_path, capsys):
    out = copy(finished, tmp_path / 'run')
    (out / 'checkpoint.npz').unlink()
    before = contents(out)
    words = refused(capsys, [*SMOKE, '--out', str(out), '--resume'])
    assert f'{out}/checkpoint.npz is missing' in words and '--overwrite' in words
    assert contents(out) == before


@pytest.mark.parametrize('epoch', [1, 2])
def test_a_kill_between_an_epochs_checkpoint_and_its_metrics(finished, tmp_path, monkeypatch,
                                                             epoch):
    out, write = tmp_path / 'run', RunFolder.write_metrics

    def killed(self, history):
        if len(history) == epoch:
            raise KeyboardInterrupt
        write(self, history)
    monkeypatch.setattr(RunFolder, 'write_metrics', killed)
    assert run(out, '--epochs', '3') == 130
    monkeypatch.undo()
    assert run(out, '--resume') == 0
    assert_same_end(out, finished)
    lines = (out / 'metrics.jsonl').read_text().splitlines()
    assert [json.loads(line)['epoch'] for line in lines] == [1, 2, 3]


def test_metrics_are_the_checkpoints_also_in_a_complete_run(finished, tmp_path):
    out = copy(finished, tmp_path / 'run')
    metrics = (out / 'metrics.jsonl').read_bytes()
    (out / 'metrics.jsonl').unlink()
    assert run(out, '--resume') == 0 and (out / 'metrics.jsonl').read_bytes() == metrics
