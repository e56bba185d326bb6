"""Sizes that a machine has not the memory for: a line before anything is drawn or written."""
import subprocess
import sys

import numpy as np
import pytest

import train_mnist
from experiments import sample
from models.pixelgan import PixelGAN
from nn.fast import memory
from nn.initializers import kaiming_normal
from tests.helpers import ROOT
from tests.runs import SMOKE, refused

pytestmark = pytest.mark.usefixtures('no_pictures')
linux = pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')


@pytest.fixture
def small_machine(monkeypatch):
    """One with 4 GB."""
    available = memory.machine_memory
    for module in (memory, sys.modules['experiments.common.step_memory'], sample):
        monkeypatch.setattr(module, 'machine_memory',
                            lambda *names: available(*names) if names else 4 << 30)


@pytest.mark.parametrize('flags, words', [
    (['--features', '20000'], '6,000,000,000 parameters need about 89.4 GB, and the machine has 4'),
    (['--blocks', '1000', '--features', '300'], '1,350,000,000 parameters need about 20.1 GB'),
    (['--discriminator-units', '1000000'], '1,000,000,000,000 parameters need about 14.6 TB'),
    (['--encoder-features', '9000'], ' parameters need about '),
    (['--model', 'cnn', '--encoder-convolutions', '500', '--encoder-features', '400'],
     '1,438,560,000 parameters need about 21.4 GB'),
    (['--blocks', '60', '--train-images', '1000', '--batch-size', '1000'],
     '--batch-size 1000: a step needs more than '),
    (['--clusters', '999999'], '--clusters: 999999 is more than 10000'),
    (['--code-channels', '999999999'], '--code-channels: 999999999 is more than'),
])
def test_networks_and_batches_that_do_not_fit(tmp_path, capsys, small_machine, flags, words):
    arguments = ['--preset', 'smoke', '--data', 'synthetic', '--out', str(tmp_path / 'run'), *flags]
    assert words in refused(capsys, arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('flags', [['--n', '99999999'], ['--per-cluster', '9999999']])
def test_images_that_do_not_fit(finished, tmp_path, capsys, small_machine, flags):
    words = refused(capsys, [str(finished), *flags, '--out', str(tmp_path / 'new.npz')],
                    sample.main, sample.PROGRAM)
    assert f'{" ".join(flags)}: ' in words and 'images need about' in words


def test_what_is_drawn_at_once(small_machine):
    with pytest.raises(MemoryError, match='270,000,000 parameters need about 4.0 GB'):
        kaiming_normal(None, (270_000, 1000), 1, 1)


def test_arrays_are_counted_once():
    x = np.zeros(10)
    assert memory.bytes_in([x, (x, None, 3, [np.zeros(5, np.float32)])]) == 100


@linux
def test_no_more_is_promised_than_there_is():
    """Linux would, where it overcommits."""
    code = ('import numpy as np; from nn.fast import memory; memory.limit_memory(); '
            'np.ones(1000); np.empty(memory.machine_memory() + 2**30, np.uint8)')
    end = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert 'Unable to allocate' in end.stderr
    assert 2**20 < memory.machine_memory('MemAvailable') <= memory.machine_memory() < 2**60


@pytest.fixture
def full(monkeypatch):
    """fail(step): from that step on, a training step finds no memory."""
    def fail(step):
        original, count = PixelGAN.step, [0]

        def failing(self, *batch):
            count[0] += 1
            if count[0] >= step:
                raise MemoryError('Unable to allocate 9 TiB')
            return original(self, *batch)
        monkeypatch.setattr(PixelGAN, 'step', failing)
    return fail


@pytest.mark.parametrize('flags', [[], ['--seed', '0,1']])
def test_a_run_that_never_had_the_memory_leaves_nothing(tmp_path, capsys, full, flags):
    full(step=1)
    words = refused(capsys, [*SMOKE, '--out', str(tmp_path / 'a' / 'run'), *flags])
    assert 'not enough memory (Unable to allocate 9 TiB)' in words and not list(tmp_path.iterdir())


def test_a_run_that_has_no_memory_any_more_keeps_what_it_has(tmp_path, capsys, full):
    full(step=5)        # of three in an epoch
    arguments = ['--out', str(tmp_path / 'run')]
    assert train_mnist.main([*SMOKE, *arguments, '--epochs', '2']) == 1
    assert 'not enough memory' in capsys.readouterr().err
    assert (tmp_path / 'run' / 'checkpoint.npz').exists()
    assert train_mnist.main([*arguments, '--resume']) == 1
    assert (tmp_path / 'run' / 'config.json').exists()
