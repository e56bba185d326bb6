"""Experiments of any mode at the sizes of the preset smoke: built here, with data, or trained; the
runs of the adversarial autoencoder are made once."""
import json

import pytest

import train_mnist
from experiments.common import figures
from training.files import write_atomically

SMOKE = ['--preset', 'smoke', '--data', 'synthetic']
FEW = 6         # frames of an animation
# Weights by their sizes, so that not all images of a few steps' training are the same grey.
WALK = ['--init-std', '0', '--animate']
RUNS = {
    'prior': ['--mode', 'prior', '--prior', 'gaussian,mixture,swiss-roll', *WALK],
    'parts': ['--mode', 'prior', '--prior', 'mixture,swiss-roll', '--labels', '20'],
    'likelihood': ['--mode', 'likelihood'],
    'supervised': ['--mode', 'supervised', *WALK],
    'semisup': ['--model', 'aae', '--mode', 'semisup', '--labels', '20,all', '--epochs', '2',
                *WALK],
    'clustering': ['--model', 'aae', '--mode', 'clustering', '--clusters', '4,6'],
    'conditional': ['--model', 'aae', '--mode', 'clustering', '--style-match', 'conditional',
                    '--affine-noise-std', '0.1'],
    'embedding': ['--mode', 'embedding', '--labels', '20,0', '--epochs', '2', *WALK],
    'wide': ['--mode', 'embedding', '--dims', '10'],
    'vae': ['--model', 'vae', '--prior', 'gaussian,mixture', '--epochs', '2', *WALK],
    'mlp': ['--model', 'mlp', '--labels', '20,all'],
}

def run(out, *flags):
    """A smoke run of the trainer on synthetic digits; its exit code."""
    return train_mnist.main([*SMOKE, '--out', str(out), *flags])


def rows(out):
    """The metrics of each epoch of a run."""
    return [json.loads(line) for line in (out / 'metrics.jsonl').read_text().splitlines()]


@pytest.fixture(scope='session')
def made(tmp_path_factory):
    """A name of SHOWN or RUNS -> the folder of the run, made when first asked for; nobody may
    change it."""
    folder = tmp_path_factory.mktemp('aae')

    def make(name):
        kind = name.split('/')[0]
        if not (folder / kind).exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr('experiments.common.experiment.FRAMES', FEW)
                patch.setattr(figures, '_save', save_roughly)
                assert run(folder / kind, *RUNS[kind]) == 0
        return folder / name
    return make


def save_roughly(figure, path):
    """A small picture without its layout, which takes most of a smoke run's time."""
    figure.set_layout_engine('none')
    write_atomically(path, lambda file: figure.savefig(file, format='png', dpi=20))


@pytest.fixture
def no_pictures(monkeypatch):
    """Pictures are made, but not written."""
    monkeypatch.setattr(figures, '_save', lambda figure, path: None)


@pytest.fixture(scope='session')
def data():
    return train_mnist.load({'data_dir': None, 'data': 'synthetic'}, (200, 100, 100))


def small(experiment, **changes):
    config = experiment.preset('smoke') | {'seed': 0, 'device': 'cpu', 'pixels': 'unit',
                                            'model': 'aae', 'mode': 'test'} | changes
    return experiment(config, (28, 28, 1))


def small_with(data, experiment, **changes):
    result = small(experiment, **changes)
    result.use(data)
    return result
