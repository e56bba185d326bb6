"""One run on several processes. What needs MPI is skipped where there is none."""
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.processes import BANDWIDTH, LATENCY, NAMES, on_paper
from nn import processes
from nn.batch_norm import BatchNorm
from nn.draws import drawn
from tests import stand_in
from tests.helpers import ROOT
from tests.runs import SMOKE, checkpoint, refused, run
from training.flags import one_line
from training.processes import SIZES, Processes, check_rows
from training.run_folder import RunError

FOREVER = 100000        # epochs
# Open MPI: as root in a container, and more processes than cores.
ENVIRONMENT = os.environ | {
    'OMPI_ALLOW_RUN_AS_ROOT': '1', 'OMPI_ALLOW_RUN_AS_ROOT_CONFIRM': '1',
    'PRTE_MCA_rmaps_default_mapping_policy': ':oversubscribe'}
MPIRUN = shutil.which('mpirun', path=os.pathsep.join(
    [os.path.dirname(sys.executable), os.environ.get('PATH', '')]))
mpi = pytest.mark.skipif(not (MPIRUN and importlib.util.find_spec('mpi4py')),
                         reason='needs mpi4py and mpirun (requirements-mpi.txt)')


def start(n, *command):
    return subprocess.Popen([MPIRUN, '-n', str(n), sys.executable, *map(str, command)], cwd=ROOT,
                            env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def end(process, seconds=120):
    """(exit code, stdout, what our program says on stderr: a list of lines, less mpirun's)."""
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        process.terminate()     # and mpirun those that it has started
    return process.returncode, out, [line for line in err.replace('\0', '').splitlines()
                                     if 'train_mnist.py' in line or 'process ' in line[:8]]


def children(process):
    found = subprocess.run(['pgrep', '-P', str(process.pid)], capture_output=True, text=True)
    return [int(number) for number in found.stdout.split()]


def has_trained(process, folder):
    while not (folder / 'metrics.jsonl').exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def group(rank, lengths):
    """A stand-in for training.processes.Processes: `lengths` are those of the whole arrays."""
    def gather(own_lengths):
        counts = np.array([[len(part) for part in map(cut(k), lengths)] for k in range(3)])
        assert counts[rank].tolist() == own_lengths
        return counts

    def cut(k):
        return lambda length: np.array_split(np.arange(length), 3)[k]
    return SimpleNamespace(rank=rank, size=3, gather=gather)


@pytest.mark.parametrize('lengths', [(7,), (3,), (20,), (7, 5), (20, 10)])
def test_the_parts_of_all_processes_are_the_batch_and_its_draws(monkeypatch, lengths):
    arrays = [np.arange(100. * k, 100 * k + length) for k, length in enumerate(lengths)]
    whole, rows, shares = np.concatenate(arrays), [], []
    for rank in range(3):
        monkeypatch.setattr(processes, 'others', group(rank, lengths))
        own = [processes.own(array) for array in arrays]
        with processes.rows_of(*own):
            x = np.concatenate(own)
            np.testing.assert_array_equal(drawn({len(whole): whole}.get, x), x)
            assert processes.whole(28 * len(x)) == 28 * len(whole)
            shares += processes.share(1.0)
        rows += x.tolist()
    assert sorted(rows) == whole.tolist() and sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)       # the last ones have fewer


def test_outside_of_a_step_nothing_is_shared(monkeypatch):
    """An epoch's measures are of all images, on every process."""
    monkeypatch.setattr(processes, 'others', group(1, (8,)))
    x = np.arange(8.).reshape(4, 2)
    assert processes.total(x) is x and processes.whole(4) == 4
    y, _ = BatchNorm(2, dtype=np.float64).forward(x, train=True)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize('direct', [False, True])
def test_what_mpi_cannot_read_goes_over_the_host(monkeypatch, direct):
    seen = []

    def all_reduce(_, array):
        seen.append(type(array))
        array += array

    monkeypatch.setattr('nn.backend.to_host', stand_in.to_host)
    monkeypatch.setenv('MPICH_GPU_SUPPORT_ENABLED', str(int(direct)))
    world = SimpleNamespace(rank=0, size=2, Allreduce=all_reduce, Dup=lambda: None)
    monkeypatch.setattr(stand_in.module, 'cuda', SimpleNamespace(get_current_stream=lambda: (
        SimpleNamespace(synchronize=lambda: seen.append('synchronized')))), raising=False)
    array = stand_in.module.asarray(np.arange(6, dtype=np.float32))
    Processes(SimpleNamespace(IN_PLACE=None), world).add(array)
    np.testing.assert_array_equal(stand_in.to_host(array), 2 * np.arange(6))
    assert seen == (['synchronized', type(array)] if direct else [np.ndarray])


@pytest.mark.parametrize('batch_size, labels, words', [
    (2, 20, '--batch-size 2 is less than the 3 processes'),
    (20, 2, '--labels 2: a labelled batch of 2 is less than the 3 processes')])
def test_a_process_without_rows_is_refused(monkeypatch, batch_size, labels, words):
    monkeypatch.setattr(processes, 'others', group(0, ()))
    experiment = SimpleNamespace(
        config={'batch_size': batch_size, 'labels': labels},
        batch=lambda indices, epoch, step: (indices, np.arange(labels), np.arange(labels)))
    with pytest.raises(RunError, match=words):
        check_rows(experiment)


def test_without_mpi4py_a_line_says_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, 'mpi4py', None)
    monkeypatch.setenv('OMPI_COMM_WORLD_SIZE', '2')
    line = refused(capsys, [*SMOKE, '--out', str(tmp_path / 'run')])
    assert 'pip install -r requirements-mpi.txt' in line and one_line(line) == line
    monkeypatch.setenv('OMPI_COMM_WORLD_RANK', '1')
    assert run(tmp_path / 'run') == 2 and not capsys.readouterr().err   # the first one says it
    assert not (tmp_path / 'run').exists()


def test_without_mpirun_nothing_of_mpi_is_imported(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'mpi4py', None)
    for name in SIZES:
        monkeypatch.setenv(name, '1')       # a start of one process
    assert run(tmp_path / 'run') == 0


def test_on_paper_many_processes_are_as_fast_as_what_they_do_not_share():
    assert on_paper(8.0, 0.0, 0, 0, 4) == 2.0
    assert on_paper(8.0, 1.0, 0, 0, 2**20) == pytest.approx(1.0, abs=1e-4)
    assert on_paper(0.0, 0.0, BANDWIDTH, 0, 2) == 1.0       # half of it each way
    assert on_paper(0.0, 0.0, 0, 5, 8) == pytest.approx(15 * LATENCY)


@mpi
def test_the_benchmark_has_a_line_for_each_model():
    code, out, _ = end(start(2, '-m', 'benchmarks.processes', '--tiny'))
    assert code == 0 and all(out.count(f'| {name} |') == 2 for name in NAMES), out


@mpi
def test_every_experiment_is_the_same_on_one_two_and_three_processes():
    code, out, _ = end(start(3, '-m', 'tests.processes_equal'), 900)
    assert code == 0 and out.count('on three') > 40, out


@mpi
def test_a_run_that_lost_a_process_resumes_on_one_and_on_three(tmp_path):
    out = tmp_path / 'run'
    process = start(2, 'train_mnist.py', *SMOKE, '--epochs', FOREVER, '--out', out)
    has_trained(process, out)
    os.kill(children(process)[1], signal.SIGKILL)
    assert end(process)[0] != 0
    shutil.copytree(out, tmp_path / 'three')
    epochs = len((out / 'metrics.jsonl').read_text().splitlines()) + 1
    assert run(out, '--resume', '--epochs', str(epochs)) == 0
    code, said, errors = end(start(3, 'train_mnist.py', '--out', tmp_path / 'three', '--resume',
                                   '--epochs', epochs))
    assert (code, errors) == (0, []) and f'epoch {epochs} of {epochs}' in said
    (one, progress), (three, other) = checkpoint(out), checkpoint(tmp_path / 'three')
    assert progress['rng'] == other['rng'] and progress['epoch'] == other['epoch'] == epochs
    for name, array in one.items():
        np.testing.assert_allclose(array, three[name], atol=0.02, err_msg=name)
    config = json.loads((tmp_path / 'three' / 'config.json').read_text())
    assert config['versions']['processes'] == 2        # what it was begun with


@mpi
@pytest.mark.parametrize('to', ['one', 'mpirun'])
def test_a_signal_stops_all_with_a_checkpoint_and_one_line(tmp_path, to):
    out = tmp_path / 'run'
    process = start(2, 'train_mnist.py', *SMOKE, '--epochs', FOREVER, '--out', out)
    has_trained(process, out)
    if to == 'one':
        os.kill(children(process)[1], signal.SIGTERM)
    else:
        process.send_signal(signal.SIGUSR1)     # which mpirun passes on
    code, _, lines = end(process)
    assert code == 130 and len(lines) == 1, lines
    assert lines[0] == (f'stopped; continue with: mpirun -n 2 python train_mnist.py '
                        f'--out {out} --resume')
    assert checkpoint(out)[1]['epoch'] >= 1 and not (out / '.lock').exists()


@mpi
@pytest.mark.parametrize('rank', [0, 1])
def test_what_one_process_cannot_do_ends_all_with_its_line(tmp_path, rank):
    code, _, lines = end(start(2, '-m', 'tests.processes_fault', rank, 'data', *SMOKE, '--out',
                               tmp_path / 'run'))
    assert code == 2 and len(lines) == 1, lines
    assert lines[0].endswith('train_mnist.py: error: a file is gone')
    assert lines[0].startswith('process 1 of 2, on ') == (rank == 1)


@mpi
def test_what_all_processes_refuse_is_one_line(tmp_path):
    code, said, lines = end(start(3, 'train_mnist.py', *SMOKE, '--batch-size', 2, '--out',
                                  tmp_path / 'run'))
    assert code == 2 and len(lines) == 1 and '--batch-size 2 is less than' in lines[0], lines
    assert not (tmp_path / 'run').exists() and not said
