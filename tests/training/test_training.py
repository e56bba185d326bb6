"""The trainer end to end at smoke size: files, exact resume, every way to stop."""
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import train_mnist
from datasets import write_idx
from models.pixelgan import PixelGAN
from tests import stand_in
from tests.helpers import ROOT
from tests.runs import (
    SMOKE,
    assert_same_end,
    assert_same_numbers,
    checkpoint,
    in_float64,
    run,
    stop_at,
)
from training.run_folder import RunFolder


def test_a_run_writes_its_files_and_says_synthetic_everywhere(finished):
    assert {path.name for path in finished.iterdir()} == {
        'config.json', 'metrics.jsonl', 'checkpoint.npz', 'clusters.json', 'synthetic-clusters.png',
        'synthetic-samples.png', 'synthetic-curves.png'}
    config = json.loads((finished / 'config.json').read_text())
    assert config['data_name'] == 'synthetic digits' and config['blocks'] == 1
    assert config['seed'] == 0 and 'numpy' in config['versions']
    rows = [json.loads(line) for line in (finished / 'metrics.jsonl').read_text().splitlines()]
    assert [row['epoch'] for row in rows] == [1, 2, 3]
    assert all(row['data'] == 'synthetic digits' for row in rows)
    assert rows[-1]['reconstruction'] < rows[0]['reconstruction']
    for name in ('clusters', 'samples', 'curves'):
        assert (finished / f'synthetic-{name}.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize('step, number', [(1, signal.SIGINT), (4, signal.SIGTERM),
                                          (3, signal.SIGINT), (9, signal.SIGINT)])
def test_interrupted_and_resumed_ends_bit_for_bit_the_same(finished, tmp_path, monkeypatch, step,
                                                           number):
    out = tmp_path / 'run'
    stop_at(monkeypatch, step, number)
    code = run(out, '--epochs', '3')
    monkeypatch.undo()
    assert code == (0 if step == 9 else 130)       # the last step of all: nothing is left to do
    _, progress = checkpoint(out)
    assert 3 * progress['epoch'] + progress['step'] == step
    assert run(out, '--resume') == 0
    assert_same_end(out, finished)


def test_checkpoints_in_the_middle_of_an_epoch(finished, tmp_path, monkeypatch):
    monkeypatch.setattr('training.progress.CHECKPOINT_SECONDS', 0)
    saved, save = [], RunFolder.save_checkpoint

    def saving(self, arrays, progress):
        saved.append((progress['epoch'], progress['step']))
        save(self, arrays, progress)
    monkeypatch.setattr(RunFolder, 'save_checkpoint', saving)
    assert run(tmp_path / 'run', '--epochs', '3') == 0
    assert saved == [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (3, 0)]
    assert_same_end(tmp_path / 'run', finished)


def test_a_whole_run_on_device_arrays(tmp_path, monkeypatch):
    """Training, evaluation, checkpoint, resume and pictures on the stand-in for CuPy."""
    in_float64(monkeypatch)
    out, whole = tmp_path / 'run', tmp_path / 'whole'
    assert run(whole, '--epochs', '2') == 0
    stand_in.install(monkeypatch)
    stop_at(monkeypatch, 2)
    assert run(out, '--epochs', '2', '--device', 'gpu') == 130
    assert run(out, '--resume') == 0
    assert_same_numbers(whole, out)
    assert (out / 'synthetic-samples.png').exists()


def test_resume_remembers_the_data_folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for name, n in (('train', 72), ('t10k', 12)):
        write_idx(tmp_path / f'{name}-images-idx3-ubyte',
                  rng.integers(0, 255, (n, 28, 28), dtype=np.uint8))
        write_idx(tmp_path / f'{name}-labels-idx1-ubyte',
                  (np.arange(n) % 10).astype(np.uint8))
    out = tmp_path / 'run'
    flags = ['--preset', 'smoke', '--out', str(out)]
    assert train_mnist.main([*flags, '--data-dir', str(tmp_path), '--eval-images', '12']) == 0
    monkeypatch.setenv('PIXELGAN_DATA_DIR', str(tmp_path / 'nowhere'))
    assert train_mnist.main([*flags, '--resume', '--epochs', '2']) == 0
    config = json.loads((out / 'config.json').read_text())
    assert config['data_name'] == 'IDX images' and config['epochs'] == 2


def test_epochs_can_be_added(finished, tmp_path):
    out = tmp_path / 'run'
    assert run(out, '--epochs', '1') == 0
    assert run(out, '--resume', '--epochs', '3') == 0
    assert_same_end(out, finished)


def test_seeds_differ(finished, tmp_path):
    assert run(tmp_path / 'run', '--epochs', '1', '--seed', '1') == 0
    one, other = checkpoint(finished)[0], checkpoint(tmp_path / 'run')[0]
    name = 'decoder/layer.0/conv_v/W'
    assert not np.array_equal(one[name], other[name])


def start(out, *flags):
    return subprocess.Popen([sys.executable, 'train_mnist.py', *SMOKE, '--out', str(out), *flags],
                            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_killed_at_any_moment_it_resumes(tmp_path):
    out, whole = tmp_path / 'run', tmp_path / 'whole'
    assert run(whole, '--epochs', '12') == 0
    for delay in (0.0, 0.3, 1.5):
        process = start(out, '--epochs', '12', *(['--resume'] if out.exists() else []))
        while not (out / 'config.json').exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
        process.wait()
    assert run(out, '--resume') == 0
    assert_same_end(out, whole)
    rows = (out / 'metrics.jsonl').read_text().splitlines()
    assert [json.loads(row)['epoch'] for row in rows] == list(range(1, 13))


def test_ctrl_c_as_an_impatient_person_presses_it(tmp_path):
    process = start(tmp_path / 'run', '--epochs', '100000')
    while not (tmp_path / 'run' / 'checkpoint.npz').exists():
        time.sleep(0.05)
    for _ in range(20):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output.count('--resume') == 1 and 'Traceback' not in output


def test_ctrl_c_outside_the_training_loop(tmp_path, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt
    monkeypatch.setattr(train_mnist, 'load_once', interrupted)
    assert run(tmp_path / 'run') == 130 and not (tmp_path / 'run').exists()


@pytest.mark.parametrize('phase', ['reconstruction', 'discriminator', 'generator'])
def test_a_loss_that_is_not_finite_stops_the_run(tmp_path, monkeypatch, capsys, phase):
    original, count = PixelGAN.step, [0]

    def broken(self, *batch):
        count[0] += 1
        losses = original(self, *batch)
        return losses | {phase: np.float32('nan')} if count[0] == 5 else losses
    monkeypatch.setattr(PixelGAN, 'step', broken)
    assert run(tmp_path / 'run', '--epochs', '3') == 1
    message = capsys.readouterr().err
    assert f'the {phase} loss is nan in epoch 2, step 2' in message
    assert 'the last good checkpoint is kept' in message
    assert checkpoint(tmp_path / 'run')[1]['epoch'] == 1


@pytest.mark.parametrize('flags', [
    ['--model', 'aae', '--mode', 'semisup', '--labels', '20', '--decoder-rate', '1e30'],
    # In the one step the loss and the parameters stay finite, and exp(log variance) does not.
    ['--model', 'vae', '--encoder-rate', '1e10', '--train-images', '20'],
    ['--mode', 'clustering', '--decoder-rate', '1e30'],      # in the threads of a PixelCNN, too
])
@pytest.mark.filterwarnings('error::RuntimeWarning')
def test_a_run_that_diverges_at_once(tmp_path, capsys, flags):
    assert train_mnist.main([*flags, '--preset', 'smoke', '--data', 'synthetic', '--out',
                             str(tmp_path / 'run')]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    words = [line for line in lines if 'finite' in line or 'loss is' in line]
    assert len(words) == 1 and 'there was no checkpoint yet' in words[0], lines


def test_broken_parameters_do_not_replace_a_good_checkpoint(tmp_path, monkeypatch, capsys):
    original, count = PixelGAN.step, [0]

    def broken(self, *batch):
        count[0] += 1
        losses = original(self, *batch)
        if count[0] == 6:       # the last step of the second epoch: its loss was still finite
            self.decoder.parameters()['layer.0/conv_v/b'][0] = np.inf
        return losses
    monkeypatch.setattr(PixelGAN, 'step', broken)
    monkeypatch.setattr('experiments.pixelgan.clustering.Clustering.evaluate',
                        lambda self, epoch: {})
    assert run(tmp_path / 'run', '--epochs', '3') == 1
    assert ('decoder/layer.0/conv_v/b is not finite in epoch 2, after step 3'
            in capsys.readouterr().err)
    assert checkpoint(tmp_path / 'run')[1]['epoch'] == 1


@pytest.mark.parametrize('flags', [
    ['--mode', 'gaussian', '--generator-rate', '100', '--epochs', '2'],
    ['--model', 'aae', '--mode', 'clustering', '--epochs', '3', '--discriminator-rate', '1e4']])
def test_a_measure_that_is_not_finite_is_no_result(tmp_path, capsys, flags):
    """Losses and parameters may still be finite where what the encoder gives is not."""
    assert train_mnist.main(['--preset', 'smoke', '--data', 'synthetic', '--train-images', '60',
                             '--eval-images', '30', '--out', str(tmp_path / 'run'), *flags]) == 1
    line, = (line for line in capsys.readouterr().err.splitlines() if 'train_mnist.py' in line)
    assert 'finite' in line or ' is nan' in line or ' is inf' in line
    saved = tmp_path / 'run' / 'metrics.jsonl'
    if saved.exists():
        assert 'NaN' not in saved.read_text() and 'Infinity' not in saved.read_text()


def test_a_run_that_goes_on_elsewhere_says_so(tmp_path, capsys, monkeypatch):
    """On another number of cores or with other kernels of BLAS sums have other last bits."""
    assert run(tmp_path / 'run', '--epochs', '1') == 0
    versions = json.loads((tmp_path / 'run' / 'config.json').read_text())['versions']
    assert 'kernels' in versions['blas']
    assert run(tmp_path / 'run', '--epochs', '2', '--resume') == 0
    assert 'it was begun with' not in capsys.readouterr().out
    monkeypatch.setattr('training.run.blas', lambda: 'openblas 0.0, other kernels')
    assert run(tmp_path / 'run', '--epochs', '3', '--resume') == 0
    assert f'begun with blas {versions["blas"]}, here openblas 0.0' in capsys.readouterr().out


def test_real_mnist_is_named(tmp_path):
    folder = os.environ.get('PIXELGAN_DATA_DIR')
    if not folder or not list(Path(folder).rglob('train-images-idx3-ubyte*')):
        pytest.skip('PIXELGAN_DATA_DIR does not hold MNIST')
    out = tmp_path / 'run'
    assert train_mnist.main(['--preset', 'smoke', '--data', 'mnist', '--out', str(out)]) == 0
    assert 'official MNIST' in json.loads((out / 'config.json').read_text())['data_source']
    assert (out / 'samples.png').exists() and not list(out.glob('synthetic*'))
