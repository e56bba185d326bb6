"""The trainers of SVHN, small NORB and the Toronto faces at smoke size; the papers' networks."""
import csv
import importlib
import json
import os
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

import train_norb
import train_svhn
import train_tfd
from datasets import DataError, load_svhn, standardisation
from experiments import encode, sample
from experiments.aae import svhn as aae_svhn
from experiments.aae.likelihood import draws
from experiments.common import figures
from experiments.pixelgan import cnn, norb, svhn
from experiments.registry import MODES
from experiments.saved_run import open_run
from models.aae import AdversarialAutoencoder
from nn.activations import GatedUnit, ReLU, Sigmoid
from nn.batch_norm import BatchNorm
from nn.conv import Conv2D
from nn.dense import Dense
from nn.noise import Dropout, GaussianNoise
from nn.optim import SGD, Adam
from nn.pooling import MaxPool2D
from tests import stand_in
from tests.reference import NAMES
from tests.runs import assert_same_end, assert_same_numbers, in_float64, stop_at
from tests.smoke_runs import SMOKE
from training.run_folder import RunError

GAMES = {f'{part}_{player}' for part in ('label', 'style')
         for player in ('discriminator', 'generator')}
FOUND = {'error', 'validation_error'}
PIXELGAN = ({'samples', 'curves'}, FOUND | {'validation_nats', 'discriminator', 'marginal_kl'})
RUNS = {        # name -> trainer, flags, pictures, metrics
    'pixelgan': (train_svhn, '--model pixelgan --mode semisup --pixels real', *PIXELGAN),
    'aae': (train_svhn, '--model aae --mode semisup --pixels standardised',
            {'samples', 'curves', 'styles', 'reconstructions'}, FOUND | GAMES | {'label_cost'}),
    'supervised': (train_svhn, '--model aae --mode supervised --pixels standardised',
                   {'samples', 'curves', 'styles', 'reconstructions'}, {'wrong_label_cost'}),
    'mlp': (train_svhn, '--model mlp --mode semisup --pixels standardised', {'curves'}, FOUND),
    'cnn': (train_svhn, '--model cnn --mode semisup --pixels real', {'curves'}, FOUND),
    'toys': (train_norb, '--model pixelgan --mode semisup --pixels real', *PIXELGAN),
    'toys cnn': (train_norb, '--model cnn --mode semisup --pixels real', {'curves'}, FOUND),
    'faces': (train_tfd, '--model aae --mode likelihood --pixels standardised',
              {'samples', 'curves', 'reconstructions', 'nearest'},
              {'parzen_1000', 'code_discriminator', 'validation_cost'}),
}


def train(name, out, *flags):
    trainer, given, _, _ = RUNS[name]
    return trainer.main([*SMOKE, *given.split(), '--out', str(out), *flags])


@pytest.fixture
def made(smoke):
    """A name of RUNS -> the folder of the run, made when first asked for; nobody may change it."""
    return lambda name: smoke(f'{RUNS[name][0].main.dataset} {RUNS[name][1]}')


def last(out):
    return json.loads((out / 'metrics.jsonl').read_text().splitlines()[-1])


@pytest.mark.parametrize('name', RUNS)
def test_every_mode_makes_its_pictures_and_numbers(made, name):
    _, _, pictures, metrics = RUNS[name]
    assert {path.name for path in made(name).glob('*.png')} == {
        f'synthetic-{picture}.png' for picture in pictures}
    row = last(made(name))
    assert metrics <= row.keys()
    assert all(np.isfinite(value) for value in row.values() if isinstance(value, float))
    assert 'synthetic' in row['data']


@pytest.mark.parametrize('name', ['pixelgan', 'aae', 'toys'])
def test_every_mode_on_device_arrays(tmp_path, monkeypatch, name):
    monkeypatch.setattr(figures, '_save', lambda figure, path: None)
    in_float64(monkeypatch)
    assert train(name, tmp_path / 'host') == 0
    stand_in.install(monkeypatch)
    assert train(name, tmp_path / 'device', '--device', 'gpu') == 0
    assert_same_numbers(tmp_path / 'host', tmp_path / 'device')


def test_standardised_runs_resume_exactly_and_know_their_pixels(tmp_path, monkeypatch):
    whole, out, flags = tmp_path / 'whole', tmp_path / 'run', ['--epochs', '2']
    assert train('aae', whole, *flags) == 0
    stop_at(monkeypatch, 13, model=AdversarialAutoencoder)
    assert train('aae', out, *flags) == 130
    monkeypatch.undo()
    assert train_svhn.main(['--out', str(out), '--resume']) == 0
    assert_same_end(whole, out)
    config = json.loads((out / 'config.json').read_text())
    data = train_svhn.load(config, (200, 100, 100))
    experiment, stats = open_run(out), standardisation(data.train.images)
    x = experiment.pixels.prepare(data.train.images)
    np.testing.assert_array_equal(x, stats.standardise(data.train.images))
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=0), 1, atol=1e-4)
    np.testing.assert_allclose(experiment.pixels.to_unit(x), data.train.images / 255, atol=1e-5)


def test_samples_and_codes(made, tmp_path):
    """Colour images by class, and codes of the user's own PNG files."""
    for name, shape, classes in (('pixelgan', (16, 16, 3), 10), ('aae', (32, 32, 3), 10),
                                 ('toys', (32, 32, 1), 5)):
        out = tmp_path / f'{name}.npz'
        assert sample.main([str(made(name)), '--per-cluster', '2', '--out', str(out)]) == 0
        with np.load(out) as file:
            images, codes = file['images'], file['codes']
        assert images.shape == (2 * classes, *shape) and images.dtype == np.uint8
        np.testing.assert_array_equal(codes[:, :classes].argmax(axis=1),
                                      np.repeat(np.arange(classes), 2))
        png, table = tmp_path / f'{name}.png', tmp_path / f'{name}.csv'
        matplotlib.image.imsave(png, images[0].repeat(3 // shape[2], axis=2))
        assert encode.main([str(made(name)), str(png), '--out', str(table)]) == 0
        row, = csv.DictReader(table.open())
        twice, same = images[0].repeat(2, axis=0).repeat(2, axis=1), tmp_path / 'same.csv'
        matplotlib.image.imsave(png, twice.repeat(3 // shape[2], axis=2))
        assert encode.main([str(made(name)), str(png), '--out', str(same)]) == 0
        assert same.read_text() == table.read_text()    # a larger image is reduced by area
        same.unlink()
        names = norb.SemiSupervisedNORB.CLASSES if name == 'toys' else '0123456789'
        assert row['label'] == names[int(row['cluster'])]


def test_the_walk(made, tmp_path, monkeypatch):
    monkeypatch.setattr('experiments.common.experiment.FRAMES', 3)
    assert sample.main([str(made('supervised')), '--animate', '--out',
                        str(tmp_path / 'walk.gif')]) == 0
    assert (tmp_path / 'walk.gif').read_bytes().startswith(b'GIF8')


def test_photographs_are_not_shown_as_negatives(made, tmp_path, monkeypatch):
    """A drawn digit is shown black on white, a photograph as it is."""
    shown = {}
    monkeypatch.setattr('experiments.common.figures.image_rows',
                        lambda *arguments: shown.update(rows=arguments[-1]))
    monkeypatch.setattr('experiments.common.figures.image_grid',
                        lambda *arguments: shown.update(grid=arguments[-1]))
    for flags in (['--per-cluster', '1'], ['--n', '2']):
        assert sample.main([str(made('toys')), *flags, '--out', str(tmp_path / 'x.png')]) == 0
    assert shown == {'rows': 'gray', 'grid': 'gray'}
    white = np.ones((1, 4, 4, 1))
    for cmap, value in (('gray', 255), ('gray_r', 0)):
        path = tmp_path / f'{cmap}.gif'
        figures.animation(path, [white, white], 1, cmap)
        assert np.asarray(Image.open(path).convert('L'))[6, 6] == value


def test_a_run_belongs_to_its_trainer(made, capsys):
    assert train_norb.main(['--out', str(made('pixelgan')), '--resume']) == 2
    assert 'is of train_svhn.py' in capsys.readouterr().err


def test_synthetic_runs_of_two_trainers_do_not_meet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for trainer in (train_svhn, train_norb):
        assert trainer.main(['--model', 'cnn', *SMOKE]) == 0
    assert sorted(path.name for path in (tmp_path / 'runs').iterdir()) == [
        'synthetic-norb-cnn-semisup-smoke-seed0', 'synthetic-svhn-cnn-semisup-smoke-seed0']


def test_the_baselines_batch_norm():
    for value, normed in (('none', 0), ('encoder', 3), ('autoencoder', 3)):
        encoder = build(aae_svhn.BaselineSVHN, (32, 32, 3), 'mlp', pixels='standardised',
                        encoder_units=5, batch_norm=value).encoder
        assert sum(isinstance(layer, BatchNorm) for _, layer in encoder.layers()) == normed


# The papers' networks

def build(experiment, image_shape, model, **changes):
    config = experiment.preset('paper', seed=0, device='cpu', model=model, mode='semisup')
    return experiment(config | changes, image_shape).model


def test_the_papers_pixelgan_networks():
    conv, pool = [Conv2D, BatchNorm, ReLU], [MaxPool2D]
    for experiment, shape, stage, outputs, classes in (
            (svhn.SemiSupervisedSVHN, (16, 16, 3), 2 * (conv + conv + pool), 100, 10),
            (norb.SemiSupervisedNORB, (32, 32, 1), 3 * (conv + pool), 30, 5)):
        model = build(experiment, shape, 'pixelgan', pixels='real', blocks=2, features=4)
        layers = model.encoder.logits.layer
        kinds = [type(layer) for layer in layers if not isinstance(layer, (Dropout, GaussianNoise))]
        assert kinds[:len(stage)] == stage
        assert not any(kind is BatchNorm for kind in kinds[len(stage):])
        assert layers[-1].params['W'].shape[1] == classes == model.prior.size
        noise, = (layer.std for layer in layers if isinstance(layer, GaussianNoise))
        assert noise == experiment.preset('paper')['noise_std']
        assert model.decoder.head.layer[-1].params['W'].shape[1] == outputs     # B.2.1: RGB, 10
        assert all(type(layer.activation) is GatedUnit for layer in model.decoder.layer)
        assert {type(optimizer) for optimizer in model.optimizers.values()} == {Adam}
        rates = {name: optimizer.learning_rate for name, optimizer in model.optimizers.items()}
        assert rates == {'encoder': 1e-3, 'decoder': 1e-3, 'semi_supervised': 1e-3,
                         'discriminator': 1e-4, 'generator': 1e-4}
        # The baseline has the same encoder.
        baseline = cnn.ConvolutionalSVHN if classes == 10 else cnn.ConvolutionalNORB
        other = build(baseline, shape, 'cnn', pixels='real').encoder
        assert [type(layer) for layer in other.logits.layer] == [type(layer) for layer in layers]


def test_the_papers_adversarial_autoencoder_of_svhn():
    """Batch norm on every layer of the autoencoder, the output included, and in no discriminator;
    the output is linear."""
    model = build(aae_svhn.SemiSupervisedSVHN, (32, 32, 3), 'aae', pixels='standardised',
                  encoder_units=30, decoder_units=30, discriminator_units=30)

    def normed(network):
        """For every Dense, whether a BatchNorm comes next (and no bias before it)."""
        flat = [layer for _, layer in network.layers() if not list(layer.children())]
        return [isinstance(after, BatchNorm) and 'b' not in layer.params
                for layer, after in zip(flat, [*flat[1:], None]) if isinstance(layer, Dense)]
    assert normed(model.encoder) == 4 * [True] and normed(model.decoder) == 3 * [True]
    for adversary in model.discriminators.values():
        assert normed(adversary) == 3 * [False]
    assert not any(isinstance(layer, Sigmoid) for _, layer in model.decoder.layers())
    assert model.decoder.forward(np.ones((2, 30), np.float32))[0].shape == (2, 3072)
    assert {type(optimizer) for optimizer in model.optimizers.values()} == {SGD}
    momenta = {name: optimizer.momentum for name, optimizer in model.optimizers.items()}
    assert momenta == {'encoder': 0.9, 'decoder': 0.9, 'semi_supervised': 0.9,
                       'discriminator': 0.1, 'generator': 0.1}


@pytest.mark.parametrize('kind', ['sgd', 'adam-momentum'])
def test_an_optimizer_that_needs_a_momentum_is_refused_where_there_is_none(kind):
    """B.2.1 and B.3.1 have Adam, and the tables no momentum."""
    for experiment, shape in ((svhn.SemiSupervisedSVHN, (16, 16, 3)),
                              (norb.SemiSupervisedNORB, (32, 32, 1))):
        config = experiment.preset('smoke', seed=0, device='cpu', pixels='real',
                                   adversarial_optimizer=kind)
        with pytest.raises(RunError, match=f'--adversarial-optimizer {kind} needs .* choose adam'):
            experiment(config, shape)


def test_parzen_scores_faces_in_the_unit_interval(made):
    """A.1: the pre-processing is inverted, so that samples compare with other methods'."""
    experiment = open_run(made('faces'))
    images = draws(experiment, np.random.default_rng(0))(50)
    assert images.shape == (50, 48 * 48) and images.min() >= 0 and images.max() <= 1
    mean = experiment.pixels.buffers['mean'].ravel() / 255      # where the decoder begins
    assert np.abs(images.mean(axis=0) - mean).mean() < 0.1
    assert not any(isinstance(layer, Sigmoid) for _, layer in experiment.model.decoder.layers())
    result = json.loads((made('faces') / 'parzen-200.json').read_text())
    assert result.keys() == {'model', 'training images', 'k-means'}


# Data and flags

@pytest.mark.parametrize('name', NAMES)
def test_help_of_every_mode(capsys, name):
    dataset, *flags = name.split()
    trainer = importlib.import_module(f'train_{dataset}')
    with pytest.raises(SystemExit) as end:
        trainer.main([*flags, '--help'])
    text = capsys.readouterr().out
    _, model, _, mode, _, pixels = flags
    assert end.value.code == 0 and all(f'--{row.name.replace("_", "-")} V' in text
                                       for row in MODES[dataset][model][mode][pixels].TABLE)


@pytest.mark.parametrize('trainer, flags, words', [
    (train_svhn, ['--mode', 'clustering'], 'unknown name'),
    (train_svhn, ['--model', 'aae', '--pixels', 'real'], '--pixels real is not there with'),
    (train_svhn, ['--data', 'mnist'], 'choose from auto, svhn, synthetic'),
    (train_svhn, ['--labels', '25'], '--labels 25 is not a multiple of the 10 classes'),
    (train_svhn, ['--batch-size', '201'], '--batch-size 201 is larger than the 200 training'),
    (train_norb, ['--labels', '24'], '--labels 24 is not a multiple of the 5 classes'),
    (train_tfd, ['--fold', '5'], 'fold 5: choose 0, 1, 2, 3 or 4'),
    (train_norb, ['--encoder-stages', '6'], '--encoder-stages 6: an image of 32 x 32 pixels'),
])
def test_bad_flags(tmp_path, capsys, trainer, flags, words):
    out, program = tmp_path / 'run', trainer.main.program
    try:
        code = trainer.main([*SMOKE, '--out', str(out), *flags])
    except SystemExit as error:
        code = error.code
    line, = capsys.readouterr().err.strip().splitlines()
    assert code == 2 and line.startswith(f'{program}: error: ') and words in line, line
    assert not out.exists()


def test_the_fold_is_that_of_the_flag():
    data = train_tfd.load({'data': 'synthetic', 'data_dir': None, 'fold': 3}, (40, 20, 10))
    assert 'fold 3' in data.source


def test_at_most():
    data = train_svhn.load({'data': 'synthetic', 'data_dir': None, 'preset': 'smoke',
                            'pixels': 'real'}, (40, 20, 10))
    fewer = data.at_most(30, 1000, 5)
    assert [len(split.labels) for split in (fewer.train, fewer.validation, fewer.test)] == [
        30, 20, 5]
    with pytest.raises(DataError):
        data.at_most(0, 1, 1)


def test_real_images_train(tmp_path):
    """A step of both models on real images, where they are there; no other data takes over."""
    folder = Path(os.environ.get('PIXELGAN_DATA_DIR', 'data')).resolve()
    if not any((folder / place / 'train_32x32.mat').exists() for place in ('', 'svhn',
                                                                             'svhn-subset')):
        pytest.skip('no SVHN in PIXELGAN_DATA_DIR')
    for name in ('pixelgan', 'aae'):
        _, flags, _, _ = RUNS[name]
        out = tmp_path / name
        assert train_svhn.main([*flags.split(), '--preset', 'smoke', '--data', 'svhn', '--data-dir',
                                str(folder), '--out', str(out)]) == 0
        assert last(out)['data'] == load_svhn(folder, 'svhn', split='train').name
        assert (out / 'samples.png').exists() and not list(out.glob('synthetic*'))
