"""The runs of one command side by side."""
import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

import train_mnist
from models.pixelcnn import PixelCNN
from nn import backend, processes
from nn.fast import parallel
from nn.fast.parallel import Shards, use_cores
from tests.helpers import ROOT, posix
from tests.runs import SMOKE, assert_same_end, checkpoint, refused, run
from tests.training.test_processes import group
from training.workers import Board, Report, StopFile, run_one

pytest.importorskip('joblib')
SEVERAL = ['--seed', '0,1,2', '--epochs', '2']


@pytest.fixture
def four_cores():
    use_cores(4)
    yield
    use_cores(None)


@pytest.mark.usefixtures('four_cores', 'no_pictures')
def test_side_by_side_the_numbers_are_those_of_one_after_the_other(tmp_path, capfd):
    """Bit for bit, though the one uses four threads and the other two processes of two."""
    assert run(tmp_path / 'one', *SEVERAL) == 0
    assert run(tmp_path / 'other', *SEVERAL, '--workers', '2') == 0
    for seed in range(3):
        assert_same_end(tmp_path / 'one' / f'seed-{seed}', tmp_path / 'other' / f'seed-{seed}')
    summaries = [(tmp_path / name / 'summary.json').read_text() for name in ('one', 'other')]
    assert summaries[0] == summaries[1]
    assert 'seed 2: epoch 2 of 2' in capfd.readouterr().out
    assert not list((tmp_path / 'other').glob('.*'))


def test_fewer_threads_do_not_change_in_which_parts_work_is_divided(four_cores):
    rng = np.random.default_rng(0)
    decoder = PixelCNN((8, 8, 1), 0, 1, rng, features=8).to('cpu')
    x = (rng.random((33, 8, 8, 1)) > 0.5).astype(np.float32)
    found, seen = [], set()

    def forward_and_backward(layer, part):
        seen.add(threading.get_ident())
        y, cache = layer.forward(part, None)
        layer.backward(y * y, cache)

    for threads in (4, 1):
        use_cores(4, threads)
        seen.clear()
        decoder.zero_grads()
        Shards(decoder).run(forward_and_backward, x)
        found.append({path: grad.copy() for path, grad in decoder.gradients().items()})
    assert len(seen) == 1 and parallel.available_cores() == 4
    for path, grad in found[0].items():
        np.testing.assert_array_equal(grad, found[1][path], err_msg=path)


@pytest.mark.usefixtures('no_pictures')
def test_a_run_that_fails_costs_the_others_nothing(tmp_path, capsys):
    out = tmp_path / 'run'
    assert run(out, '--encoder-rate', '0.001,1e30', '--workers', '2') == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1 and 'encoder-rate-1e+30' in said[0] and 'A lower learning' in said[0]
    assert checkpoint(out / 'encoder-rate-0.001')[1]['epoch'] == 1


@posix
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_runs_with_checkpoints(tmp_path, number):
    out = tmp_path / 'run'
    process = subprocess.Popen(
        [sys.executable, 'train_mnist.py', *SMOKE, '--seed', '0,1,2', '--epochs', '100000',
         '--workers', '2', '--out', str(out)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True)
    try:
        while not all((out / f'seed-{seed}' / 'metrics.jsonl').exists() for seed in (0, 1)):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)      # as a terminal does: the workers get it, too
        else:
            process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err == (f'stopped; continue with: python train_mnist.py --out {out} --resume '
                   '--workers 2\n')
    assert checkpoint(out / 'seed-0')[1]['epoch'] and checkpoint(out / 'seed-1')[1]['epoch']
    assert not (out / 'seed-2').exists() and not list(out.glob('.*'))


def test_a_run_stops_for_the_file_and_when_its_command_is_gone(tmp_path, monkeypatch):
    file = tmp_path / 'stop'
    assert not StopFile(file).requested
    file.touch()
    assert StopFile(file).requested
    monkeypatch.setattr('training.workers.PARENT', -1)      # as after kill -9
    assert StopFile(tmp_path / 'none').requested
    said = run_one(1, {}, tmp_path / 'run', tmp_path / 'said', tmp_path / 'none', (1, 1),
                   False)
    assert said == (None, {}, None) and not (tmp_path / 'run').exists()     # it does not begin


def test_lines_and_steps_are_shown_and_a_bar_goes_with_the_last_step(tmp_path, capsys):
    board = Board(tmp_path, ['seed 0', 'seed 1'], None)     # of which the second has not begun
    with open(board.file(0), 'w', buffering=1, newline='\n') as file:
        said = Report(file)
        with said.bar(2, 3, None) as bar:
            bar.step(SimpleNamespace(epoch=0, step=1))
            print('a line', 'ü', file=said)
            file.write('{"line": "half of')     # the rest is still on its way
            board.show()
            assert list(board.bars) == [0] and capsys.readouterr().out == 'seed 0: a line ü\n'
            file.write(' it"}\n')
            bar.step(SimpleNamespace(epoch=1, step=3))
        board.show()
    assert not board.bars and capsys.readouterr().out == 'seed 0: half of it\n'


@pytest.mark.usefixtures('four_cores')
def test_a_worker_whose_command_is_gone_ends(tmp_path, monkeypatch):
    """joblib's own process would wait for minutes for another run."""
    def fit(*_):
        monkeypatch.setattr('training.workers.PARENT', -1)
        return None, True

    monkeypatch.setattr('training.workers.fit', fit)
    monkeypatch.setattr('training.trainer.Trainer.make_experiment', lambda *_: None)
    monkeypatch.setattr('os._exit', sys.exit)
    monkeypatch.setattr('training.workers.interrupts.ignore', lambda: None)
    monkeypatch.setattr(backend, 'gpu', None)       # which it sets
    config = {'dataset': 'mnist', 'model': 'pixelgan', 'mode': 'clustering'}
    with pytest.raises(SystemExit, match='130'):
        run_one(1, config, tmp_path / 'run', tmp_path / 'said', tmp_path / 'none',
                (4, 1), False)


def test_what_workers_are_not_for_is_refused(tmp_path, capsys, monkeypatch):
    out = ['--out', str(tmp_path / 'run')]
    assert 'give a flag several values' in refused(capsys, [*SMOKE, *out, '--workers', '2'])
    assert 'less than 1' in refused(capsys, [*SMOKE, *out, *SEVERAL, '--workers', '0'])
    monkeypatch.setitem(sys.modules, 'joblib', None)
    assert 'pip install' in refused(capsys, [*SMOKE, *out, *SEVERAL, '--workers', '2'])
    monkeypatch.setattr(processes, 'others', group(0, ()))
    monkeypatch.setattr('training.processes.of_the_first', lambda make: make())
    assert 'without mpirun' in refused(capsys, [*SMOKE, *out, *SEVERAL, '--workers', '2'])
    assert not (tmp_path / 'run').exists() and train_mnist.main.dataset == 'mnist'
