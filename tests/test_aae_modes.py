"""The adversarial autoencoder's modes at smoke size: what a run shows, how it resumes, what the
paper's presets are, and the commands on its saved runs."""
import json

import numpy as np
import pytest
from PIL import Image

import train_mnist
from experiments import codes, encode, figures, sample
from experiments.aae.autoencoder import gaussian_loop
from experiments.aae.clustering import Clustering
from experiments.aae.embedding import Embedding
from experiments.aae.likelihood import Likelihood
from experiments.aae.mlp import Baseline
from experiments.aae.prior import Prior
from experiments.aae.semisup import SemiSupervised
from experiments.aae.supervised import Supervised
from experiments.aae.vae import VariationalPrior
from experiments.experiment import FRAMES
from experiments.run_folder import write_atomically
from experiments.saved_run import open_run
from models.aae import AdversarialAutoencoder, LabelInformedAutoencoder
from models.embedding import EmbeddingAutoencoder
from models.priors import Gaussian, GaussianMixture, SwissRoll
from models.vae import VAE
from nn.activations import ReLU, Sigmoid
from nn.batch_norm import BatchNorm
from nn.dense import Dense
from nn.noise import Dropout, GaussianNoise
from nn.optim import SGD, Adam
from nn.reparametrization import GaussianPosterior
from tests.runs import assert_same_end, checkpoint, on_stand_in, refused, stop_at

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
    'embedding': ['--mode', 'embedding', '--labels', '20,0', '--epochs', '2', *WALK],
    'wide': ['--mode', 'embedding', '--dims', '10'],
    'vae': ['--model', 'vae', '--prior', 'gaussian,mixture', '--epochs', '2', *WALK],
    'mlp': ['--model', 'mlp', '--labels', '20,all'],
}
GAMES = {'code_discriminator', 'code_generator'}
TWO_GAMES = {f'{part}_{player}' for part in ('label', 'style')
             for player in ('discriminator', 'generator')}
USUAL = {'curves', 'reconstructions', 'samples'}
COST, KL = {'reconstruction', 'validation_cost'}, {'marginal_kl', 'mutual_information'}
FOUND = {'error', 'validation_error', 'majority_error', 'clusters_used'}
SHOWN = {       # a run -> its pictures, its metrics
    'prior/prior-gaussian': (USUAL | {'codes', 'manifold'}, COST | GAMES | KL),
    'prior/prior-mixture': (USUAL | {'codes', 'manifold'}, COST | GAMES),
    'prior/prior-swiss-roll': (USUAL | {'codes', 'manifold'}, COST | GAMES),
    'parts/prior-mixture': (USUAL | {'codes', 'manifold'}, COST | GAMES | {'error'}),
    'parts/prior-swiss-roll': (USUAL | {'codes', 'manifold'}, COST | GAMES | {'error'}),
    'likelihood': (USUAL | {'nearest'}, COST | GAMES | {'parzen_1000'}),
    'supervised': (USUAL | {'styles'}, COST | {'label_cost', 'style_discriminator',
                                               'style_generator'}),
    'semisup/labels-20': (USUAL | {'styles'}, COST | TWO_GAMES | KL | {
        'semi_supervised', 'error', 'validation_error'}),
    'semisup/labels-all': (USUAL | {'styles'}, COST | TWO_GAMES | {'semi_supervised', 'error'}),
    'clustering/clusters-4': (USUAL | {'clusters', 'heads'}, COST | TWO_GAMES | FOUND),
    'clustering/clusters-6': (USUAL | {'clusters', 'heads'}, COST | TWO_GAMES | FOUND),
    'embedding/labels-20': (USUAL | {'codes'}, COST | TWO_GAMES | KL | {
        'semi_supervised', 'heads', 'error', 'validation_error'}),
    'embedding/labels-0': (USUAL | {'codes', 'clusters'}, COST | TWO_GAMES | FOUND | {'heads'}),
    'wide': (USUAL | {'codes'}, COST | TWO_GAMES | {'semi_supervised', 'error'}),
    'vae/prior-gaussian': (USUAL | {'codes', 'manifold'}, COST | KL | {'kl'}),
    'vae/prior-mixture': (USUAL | {'codes', 'manifold'}, COST | {'kl'}),
    'mlp/labels-20': ({'curves'}, {'semi_supervised', 'error', 'validation_error'}),
    'mlp/labels-all': ({'curves'}, {'semi_supervised', 'error', 'validation_error'}),
}
COMPARED = {'prior': {'codes', 'comparison'}, 'parts': {'codes', 'comparison'},
            'vae': {'codes', 'comparison'}, 'semisup': {'comparison'}, 'mlp': {'comparison'},
            'clustering': {'comparison'}, 'embedding': {'comparison'}}
WALKS = [name for name in SHOWN if '--animate' in RUNS[name.split('/')[0]]]


def run(out, *flags):
    return train_mnist.main([*SMOKE, '--out', str(out), *flags])


def rows(out):
    return [json.loads(line) for line in (out / 'metrics.jsonl').read_text().splitlines()]


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """A name of SHOWN or RUNS -> the folder of the run, made when first asked for; nobody may
    change it."""
    folder = tmp_path_factory.mktemp('aae')

    def make(name):
        kind = name.split('/')[0]
        if not (folder / kind).exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr('experiments.experiment.FRAMES', FEW)
                patch.setattr(figures, '_save', save_roughly)
                assert run(folder / kind, *RUNS[kind]) == 0
        return folder / name
    return make


def save_roughly(figure, path):
    """A small picture without its layout, which takes most of a smoke run's time."""
    figure.set_layout_engine('none')
    write_atomically(path, lambda file: figure.savefig(file, format='png', dpi=20))
    figures.plt.close(figure)


@pytest.fixture
def no_pictures(monkeypatch):
    """Pictures are made, but not written."""
    monkeypatch.setattr(figures, '_save', lambda figure, path: figures.plt.close(figure))


@pytest.fixture(scope='module')
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


# What a run shows


@pytest.mark.parametrize('name', SHOWN)
def test_a_run_makes_its_pictures_and_numbers(made, name):
    out = made(name)
    pictures, metrics = SHOWN[name]
    assert {path.name for path in out.glob('*.png')} == {f'synthetic-{each}.png'
                                                         for each in pictures}
    assert all(path.read_bytes().startswith(b'\x89PNG') for path in out.glob('*.png'))
    last = rows(out)[-1]
    assert metrics <= last.keys()
    assert all(np.isfinite(value) for value in last.values() if isinstance(value, float))


@pytest.mark.parametrize('name', COMPARED)
def test_several_runs_are_compared(made, name):
    out = made(name)
    assert {path.name for path in out.glob('*.png')} == {f'synthetic-{each}.png'
                                                         for each in COMPARED[name]}
    assert len(json.loads((out / 'summary.json').read_text())) == sum(
        each.startswith(f'{name}/') for each in SHOWN)


def test_an_epoch_of_the_baseline_is_as_long_with_few_labels(made):
    for labels in (20, 'all'):
        assert checkpoint(made(f'mlp/labels-{labels}'))[1]['optimizer_steps'] == {
            'semi_supervised': 10}


def test_clusters_are_those_of_the_test_images(made):
    for name, clusters in (('clustering/clusters-4', 4), ('clustering/clusters-6', 6),
                           ('embedding/labels-0', 5)):
        found = json.loads((made(name) / 'clusters.json').read_text())['clusters']
        assert len(found) == clusters and sum(row['size'] for row in found.values()) == 100
        assert open_run(made(name)).categories() == clusters


def test_the_posteriors(tmp_path, no_pictures):
    """A deterministic code tells every image apart; the others know less than the images' names."""
    flags = ['--mode', 'prior', '--posterior', 'gaussian,universal,deterministic']
    assert run(tmp_path / 'run', *flags, '--noise-std', '0.5') == 0
    known = {name: rows(tmp_path / 'run' / f'posterior-{name}')[-1]['mutual_information']
             for name in ('gaussian', 'universal', 'deterministic')}
    assert known['deterministic'] == pytest.approx(np.log(100))
    assert known['gaussian'] < known['deterministic'] - 0.1
    assert known['universal'] < known['deterministic'] - 0.1


def test_what_the_posterior_flag_builds():
    x = np.random.default_rng(0).random((4, 28, 28, 1)).astype(np.float32)
    for experiment, categories, size in ((Prior, 0, 2), (Clustering, 5, 8), (Likelihood, 0, 3),
                                         (Embedding, 10, 12)):
        for posterior in ('gaussian', 'universal', 'deterministic'):
            encoder = small(experiment, posterior=posterior, keep=0.9).model.encoder
            assert encoder.forward(x)[0].shape == (4, size)
            noisy = {type(layer) for _, layer in encoder.layers()
                     if isinstance(layer, GaussianPosterior)
                     or isinstance(layer, Dropout) and layer.keep < 1
                     or isinstance(layer, GaussianNoise) and layer.std}
            twice = [encoder.forward(x, train=True)[0] for _ in range(2)]
            assert np.array_equal(*twice) == (posterior == 'deterministic')
            if posterior == 'gaussian':
                assert noisy == {GaussianPosterior}
                # The input is clean: of two draws only the Gaussian parts differ.
                same = (twice[0] == twice[1]).all(axis=0)
                assert same[:categories].all() and not same[categories:].any()
            else:
                assert noisy <= {Dropout, GaussianNoise} and bool(noisy) == (
                    posterior == 'universal')


def test_the_mean_cost_and_random_labels(tmp_path, no_pictures):
    flags = ['--model', 'aae', '--mode', 'semisup', '--adversarial-optimizer', 'adam-momentum',
             '--generator-rate', '1e-3', '--discriminator-rate', '1e-3', '--label-choice', 'random']
    assert run(tmp_path / 'run', *flags, '--cost', 'sum,mean') == 0
    total, mean = (rows(tmp_path / 'run' / f'cost-{name}')[0] for name in ('sum', 'mean'))
    assert mean['reconstruction'] < 2 * total['reconstruction'] / 784
    assert mean['validation_cost'] > 50         # this stays a sum
    arrays, _ = checkpoint(tmp_path / 'run' / 'cost-mean')
    assert any(name.startswith('optimizer/generator/v/') for name in arrays)


def test_adam_with_the_papers_momentum():
    for kind, expected in (('sgd', (SGD, 'momentum', 0.1)), ('adam', (Adam, 'beta1', 0.9)),
                           ('adam-momentum', (Adam, 'beta1', 0.1))):
        optimizers = small(SemiSupervised, adversarial_optimizer=kind).model.optimizers
        for name in ('discriminator', 'generator'):
            assert type(optimizers[name]) is expected[0]
            assert getattr(optimizers[name], expected[1]) == expected[2]
        for name in ('encoder', 'decoder', 'semi_supervised'):
            assert type(optimizers[name]) is SGD and optimizers[name].momentum == 0.9


def test_learnt_heads_start_on_a_circle_and_fixed_ones_far_apart():
    """Whatever the initial weights are drawn from."""
    for init_std in (0.0, 0.01):
        experiment = small(Embedding, labels=20, dims=3, init_std=init_std)
        heads = experiment.model.heads.W
        np.testing.assert_allclose(np.linalg.norm(heads, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(heads @ heads[0], np.cos(2 * np.pi * np.arange(10) / 10),
                                   atol=1e-6)
        assert not heads[:, 2:].any() and 'heads' in experiment.model.optimizers
        fixed = small(Embedding, labels=20, dims=10, init_std=init_std).model
        np.testing.assert_array_equal(fixed.heads.W, 10 * np.eye(10))
        assert 'heads' not in fixed.optimizers
    assert small(Embedding, labels=0, clusters=5, dims=5).heads.params == {}
    assert small(Embedding, labels=0, clusters=5, dims=5, heads='learnt').heads.params


def test_the_heads_of_a_run(made):
    fixed, learnt = open_run(made('wide')), open_run(made('embedding/labels-20'))
    np.testing.assert_array_equal(fixed.heads.W, 10 * np.eye(10))
    start = small(Embedding, labels=20, init_std=0).heads.W
    distances = [np.linalg.norm(heads[:, None] - heads, axis=2).sum()
                 for heads in (start, learnt.heads.W)]
    assert distances[1] > 1.5 * distances[0]
    costs = [row['heads'] for row in rows(made('embedding/labels-20'))]
    assert costs[1] < 0.9 * costs[0]


# The Parzen window


def test_the_parzen_estimate_and_its_controls(made, tmp_path, no_pictures):
    """Resumed with another number of samples the run is the same, and the estimate that of a run
    which had it from the start."""
    out = tmp_path / 'run'
    assert run(out, *RUNS['likelihood'], '--samples', '120') == 0
    found, before = json.loads((out / 'parzen.json').read_text()), checkpoint(out)
    assert list(found) == ['model', 'training images', 'k-means']
    assert [row['samples'] for row in found.values()] == [120, 120, 120]
    assert all(np.isfinite(row[grid]['log_likelihood']) for row in found.values()
               for grid in ('usual', 'fine'))
    best = {name: row['fine']['log_likelihood'] for name, row in found.items()}
    assert best['k-means'] > best['training images'] > best['model']        # Theis et al., 2015
    files = {name: (out / name).read_bytes() for name in ('checkpoint.npz', 'metrics.jsonl')}
    assert train_mnist.main(['--out', str(out), '--resume', '--samples', '200']) == 0
    for name, contents in files.items():
        assert (out / name).read_bytes() == contents
    arrays, _ = checkpoint(made('likelihood'))
    assert all(np.array_equal(array, arrays[name]) for name, array in before[0].items())
    whole = json.loads((made('likelihood') / 'parzen.json').read_text())
    assert json.loads((out / 'parzen.json').read_text()) == whole != found
    assert whole['model']['samples'] == 200
    assert json.loads((out / 'config.json').read_text())['samples'] == 200


def test_more_controls_than_training_images(data):
    experiment = small_with(data, Likelihood, samples=500)
    experiment.run, experiment.figure = Written(), lambda name: None
    with pytest.MonkeyPatch.context() as patch:
        for name in ('image_rows', 'image_grid', 'training_curves'):
            patch.setattr(figures, name, lambda *rest: None)
        experiment.draw([{'epoch': 1}])
    found = json.loads(experiment.run.text)
    assert [row['samples'] for row in found.values()] == [500, 200, 200]


class Written:
    """A RunFolder that keeps what is written."""

    def write_text(self, name, text):
        self.text = text


# Resuming, devices


STOPS = {'semisup/labels-20': (AdversarialAutoencoder, ['--labels', '20']),
         'embedding/labels-20': (EmbeddingAutoencoder, ['--labels', '20']),
         'embedding/labels-0': (EmbeddingAutoencoder, ['--labels', '0']),
         'vae/prior-mixture': (VAE, ['--prior', 'mixture'])}


@pytest.mark.parametrize('name', STOPS)
def test_a_stopped_run_ends_as_one_that_was_not(made, tmp_path, monkeypatch, no_pictures, name):
    model, flags = STOPS[name]
    whole, out = made(name), tmp_path / 'run'
    several = [*RUNS[name.split('/')[0]]]
    several.remove('--animate')
    several[several.index(flags[0]) + 1] = flags[1]
    stop_at(monkeypatch, 13, model=model)       # in the second epoch
    assert run(out, *several) == 130
    monkeypatch.undo()
    assert checkpoint(out)[1]['step'] == 3
    assert train_mnist.main(['--out', str(out), '--resume']) == 0
    assert_same_end(out, whole)


@pytest.mark.parametrize('name, flags', [
    ('semisup/labels-20', ['--labels', '20']), ('parts/prior-mixture', ['--prior', 'mixture']),
    ('embedding/labels-20', ['--labels', '20']), ('clustering/clusters-4', ['--clusters', '4']),
    ('vae/prior-gaussian', ['--prior', 'gaussian']), ('wide', []), ('supervised', [])])
def test_on_device_arrays(made, tmp_path, monkeypatch, no_pictures, name, flags):
    """Training, evaluation, pictures and walks on the stand-in for CuPy give the host's numbers."""
    host = rows(made(name))
    several = [*RUNS[name.split('/')[0]]]
    if flags:
        several[several.index(flags[0]) + 1] = flags[1]
    on_stand_in(monkeypatch)
    monkeypatch.setattr('experiments.experiment.FRAMES', 2)
    out = tmp_path / 'device'
    assert run(out, *several, '--device', 'gpu') == 0
    assert ('--animate' in several) == (out / 'synthetic-walk.gif').exists()
    for expected, found in zip(host, rows(out), strict=True):
        assert found.keys() == expected.keys()
        for metric in found.keys() - {'data', 'seconds'}:
            assert found[metric] == pytest.approx(expected[metric], rel=1e-3, abs=1e-4), metric


# The paper's presets


def appendix(experiment, **changes):
    """The paper's preset with few units: (its Experiment, its values)."""
    config = experiment.preset('paper', seed=0, device='cpu', pixels='unit', model='aae')
    few = {name: 30 for name in config if name.endswith('_units')}
    return experiment(config | few | changes, (28, 28, 1)), config


STATED = {      # A.1, A.2.1 and section 4, A.3
    Likelihood: {'encoder_units': 1000, 'decoder_units': 1000, 'discriminator_units': 1000,
                 'init_std': 0.01, 'discriminator_init_std': 0.01, 'batch_size': 100,
                 'code_size': 8, 'prior_std': 5, 'samples': 10_000, 'cost': 'sum'},
    Supervised: {'style_size': 15, 'prior_std': 1, 'encoder_units': 1000, 'noise_std': 0.3,
                 'reconstruction_momentum': 0.9, 'adversarial_momentum': 0.1},
    SemiSupervised: {
        'encoder_units': 1000, 'decoder_units': 1000, 'discriminator_units': 1000,
        'style_size': 10, 'prior_std': 1, 'cost': 'sum', 'epochs': 5000, 'labels': 100,
        'label_choice': 'balanced', 'reconstruction_optimizer': 'sgd',
        'adversarial_optimizer': 'sgd', 'reconstruction_momentum': 0.9,
        'adversarial_momentum': 0.1, 'encoder_rate': 0.01, 'decoder_rate': 0.01,
        'semi_supervised_rate': 0.1, 'discriminator_rate': 0.1, 'generator_rate': 0.1,
        'decay_epoch': 50, 'second_decay_epoch': 1000, 'noise_std': 0.3, 'keep': 1,
        'posterior': 'universal', 'batch_norm': 'none', 'batch_size': 100},
    Clustering: {
        'encoder_units': 3000, 'decoder_units': 3000, 'discriminator_units': 3000,
        'style_size': 5, 'clusters': 30, 'prior_std': 1, 'prior_smoothing': 0, 'cost': 'sum',
        'epochs': 1500, 'reconstruction_optimizer': 'sgd', 'adversarial_optimizer': 'sgd',
        'reconstruction_momentum': 0.9, 'adversarial_momentum': 0.1, 'encoder_rate': 0.01,
        'decoder_rate': 0.01, 'discriminator_rate': 0.1, 'generator_rate': 0.1,
        'decay_epoch': 50, 'second_decay_epoch': 0, 'keep': 0.8, 'noise_std': 0,
        'posterior': 'universal', 'batch_norm': 'encoder'},
    Embedding: {'labels': 100, 'clusters': 20, 'dims': 2},      # section 7
}


@pytest.mark.parametrize('experiment', STATED, ids=lambda experiment: experiment.__name__)
def test_the_paper_presets_are_the_appendix(experiment):
    _, config = appendix(experiment)
    assert {name: config[name] for name in STATED[experiment]} == STATED[experiment]


SCHEDULES = {   # epoch -> rate, of the phases (A.2.1, A.3)
    SemiSupervised: ((0, 1), (49, 1), (50, 0.1), (999, 0.1), (1000, 0.01), (4999, 0.01)),
    Clustering: ((0, 1), (49, 1), (50, 0.1), (1499, 0.1)),
}


@pytest.mark.parametrize('experiment', SCHEDULES, ids=lambda experiment: experiment.__name__)
def test_the_papers_optimizers_and_schedules(experiment):
    ours, _ = appendix(experiment)
    optimizers, rates = ours.model.optimizers, ours.rates()
    stated = {'encoder': (0.01, 0.9), 'decoder': (0.01, 0.9), 'discriminator': (0.1, 0.1),
              'generator': (0.1, 0.1)}
    if experiment is SemiSupervised:
        stated['semi_supervised'] = (0.1, 0.9)
    assert set(optimizers) == set(rates) == set(stated)
    for name, (rate, momentum) in stated.items():
        assert type(optimizers[name]) is SGD and optimizers[name].momentum == momentum
        for epoch, factor in SCHEDULES[experiment]:
            assert rates[name](epoch) == pytest.approx(factor * rate), (name, epoch)


def kinds(network):
    return [type(layer) for layer in network.layer]


def test_the_papers_networks():
    """What follows what; batch norm only where A.3 has it; noise only on the input."""
    for experiment, noise in ((SemiSupervised, (1, 0.3)), (Clustering, (0.8, 0)),
                              (Likelihood, (1, 0)), (Supervised, (1, 0))):
        ours, _ = appendix(experiment)
        encoder, normed = ours.model.encoder, experiment is Clustering
        hidden = [Dense, BatchNorm, ReLU] if normed else [Dense, ReLU]
        assert kinds(encoder.trunk)[3:] == 2 * hidden
        dropout, gaussian = encoder.trunk.layer[:2]
        assert (dropout.keep, gaussian.std) == noise, experiment
        assert sum(isinstance(layer, (Dropout, GaussianNoise))
                   for _, layer in encoder.layers()) == 2
        for head in encoder.linear:
            assert (kinds(head) == [Dense, BatchNorm]) if normed else type(head) is Dense
        assert kinds(ours.model.decoder) == [Dense, ReLU, Dense, ReLU, Dense, Sigmoid]
        for network in ours.model.discriminators.values():
            assert kinds(network) == [Dense, ReLU, Dense, ReLU, Dense]
    parts = appendix(SemiSupervised)[0].priors
    assert [prior.size for prior in parts.values()] == [10, 10] and parts['style'].std == 1
    parts = appendix(Clustering)[0].priors
    assert [prior.size for prior in parts.values()] == [30, 5] and parts['label'].smoothing == 0
    assert appendix(Supervised)[0].model.decoder.parameters()['layer.0/W'].shape[0] == 25


def test_the_variational_autoencoder_is_comparable():
    """The same networks, prior and cost as the adversarial one's (section 2.1)."""
    for preset in ('paper', 'quick'):
        ours, other = (each.preset(preset) for each in (VariationalPrior, Prior))
        for name in ('prior', 'prior_std', 'cost', 'encoder_units', 'decoder_units', 'epochs'):
            assert ours[name] == other[name]
    ours, other = appendix(VariationalPrior)[0], appendix(Prior)[0]
    assert kinds(ours.model.decoder) == kinds(other.model.decoder)
    statistics, posterior = ours.model.encoder.layer
    assert kinds(statistics.layer[0]) == kinds(other.model.encoder.trunk)
    assert isinstance(posterior, GaussianPosterior)
    assert not any(layer.std for layer in statistics.layer[0].layer
                   if isinstance(layer, GaussianNoise))


def test_the_papers_initial_weights():
    """N(0, 0.01^2) in all three networks, biases 0 (A.1)."""
    ours, _ = appendix(Likelihood, encoder_units=100, decoder_units=100, discriminator_units=100)
    for network in ours.model.networks.values():
        for array in network.parameters().values():
            if array.ndim == 2 and array.size >= 800:
                assert 0.009 < array.std() < 0.011 and abs(array.mean()) < 0.002
            elif array.ndim == 1:
                assert not array.any()


# Bad input


@pytest.mark.parametrize('flags, words', [
    (['--mode', 'prior', '--labels', '20'], '--labels goes with --prior mixture or swiss-roll'),
    (['--mode', 'prior', '--prior', 'mixture,gaussian', '--labels', '20'], 'goes with --prior'),
    (['--mode', 'prior', '--prior', 'mixture', '--labels', '25'], 'not a multiple of the 10'),
    (['--mode', 'prior', '--prior', 'mixtur'], 'did you mean mixture'),
    (['--mode', 'prior', '--eval-images', '3'], '--eval-images 3: the estimate of KL'),
    (['--model', 'vae', '--eval-images', '3'], '--eval-images 3: the estimate of KL'),
    (['--model', 'vae', '--prior', 'swiss-roll'], '--prior swiss-roll has no density'),
    (['--model', 'vae', '--prior', 'gaussian,swiss-roll'], '--prior swiss-roll has no density'),
    (['--model', 'vae', '--labels', '20'],
     '--labels is not a flag of --mode prior with --model vae; '
     'it is one of --mode semisup and crossdomain and prior and embedding'),
    (['--mode', 'embedding', '--heads', 'fixed', '--dims', '3'],
     '--heads fixed needs as many --dims as clusters, 10, not 3'),
    (['--mode', 'embedding', '--dims', '1'], '--dims: 1 is less than 2'),
    (['--mode', 'semisup', '--posterior', 'gaussian'],
     '--posterior gaussian is not there with --model pixelgan'),
    (['--model', 'mlp', '--posterior', 'gaussian'],
     '--posterior gaussian is not there with --model mlp'),
    (['--model', 'aae', '--mode', 'semisup', '--decay-epoch', '9', '--second-decay-epoch', '5'],
     '--second-decay-epoch 5 must come after --decay-epoch 9'),
    (['--mode', 'clustering', '--animate'], '--animate: there is no walk through the code of '
     '--model pixelgan --mode clustering'),
    (['--model', 'mlp', '--animate'], '--animate: there is no walk'),
    (['--model', 'aae', '--mode', 'semisup', '--labels', '0'], 'needs labels'),
    (['--model', 'mlp', '--labels', '0'], '--labels 0: --mode semisup needs labels'),
    (['--model', 'aae', '--mode', 'semisup', '--label-choice', 'random', '--labels', '201'],
     '--labels 201 is more than the 200 training images'),
    (['--model', 'aae', '--mode', 'density'], '--mode density is not there with --model aae'),
    (['--model', 'aae', '--pixels', 'binary'], '--pixels binary is not there with'),
    (['--mode', 'likelihood', '--samples', '0'], '--samples: 0 is less than 1'),
])
def test_bad_flags(tmp_path, capsys, flags, words):
    out = tmp_path / 'run'
    assert words in refused(capsys, [*SMOKE, '--out', str(out), *flags])
    assert not out.exists()


def test_what_contradicts_a_run(made, capsys):
    out = made('supervised')
    before = {path: path.read_bytes() for path in out.iterdir()}
    for flags, words in ((['--style-size', '4'], '--style-size 4 contradicts'),
                         (['--mode', 'semisup'], '--mode semisup contradicts'),
                         (['--init-std', '0.01'], '--init-std 0.01 contradicts')):
        assert words in refused(capsys, ['--out', str(out), '--resume', *flags])
    assert {path: path.read_bytes() for path in out.iterdir()} == before


# Labels


def test_labelled_images_are_training_images(data):
    """Balanced unless they are to be random; the same again in another run with the seed."""
    train = data.train.labels
    for experiment, changes in ((SemiSupervised, {}), (Embedding, {}), (Baseline, {}),
                                (Prior, {'prior': 'mixture'})):
        one, again = (small_with(data, experiment, labels=40, **changes) for _ in range(2))
        other = small_with(data, experiment, labels=40, seed=1, **changes)
        assert len(set(one.labelled)) == 40 and one.labelled.max() < 200
        np.testing.assert_array_equal(np.bincount(train[one.labelled]), np.full(10, 4))
        np.testing.assert_array_equal(one.labelled, again.labelled)
        assert not np.array_equal(one.labelled, other.labelled)
    drawn = [small_with(data, SemiSupervised, labels=57, label_choice='random', seed=seed).labelled
             for seed in range(3)]
    assert all(len(set(chosen)) == 57 and chosen.max() < 200 for chosen in drawn)
    assert any(len(set(np.bincount(train[chosen]))) > 1 for chosen in drawn)


def test_the_labelled_batch_of_a_step(data):
    images, where = data.train.images / np.float32(255), {}
    for image, label in zip(images, data.train.labels):
        where[image.tobytes()] = label
    for labels, size in ((20, 20), ('all', 100)):
        experiment = small_with(data, SemiSupervised, labels=labels)
        x, x_labelled, y = experiment.batch(np.arange(30, 50), 0, 3)
        np.testing.assert_array_equal(x, images[30:50])
        assert len(y) == size and (np.bincount(y) == size // 10).all()
        assert all(where[image.tobytes()] == label for image, label in zip(x_labelled, y))
    # The baseline has the labelled batch alone; with all labels, the step's images.
    x, y = small_with(data, Baseline, labels=20).batch(np.arange(30, 50), 0, 3)
    assert len(x) == 20 and all(where[image.tobytes()] == label for image, label in zip(x, y))
    x, y = small_with(data, Baseline, labels='all').batch(np.arange(30, 50), 0, 3)
    np.testing.assert_array_equal(x, images[30:50])
    np.testing.assert_array_equal(y, data.train.labels[30:50])
    # Without labels an embedding has none.
    assert len(small_with(data, Embedding, labels=0).batch(np.arange(20), 0, 0)) == 1
    x, y = small_with(data, Supervised).batch(np.arange(30, 50), 0, 3)
    np.testing.assert_array_equal(y, data.train.labels[30:50])


@pytest.mark.parametrize('labels', [20, 'all'])
def test_the_switch_is_the_label_where_it_is_known(data, labels):
    experiment = small_with(data, Prior, prior='swiss-roll', labels=labels)
    assert isinstance(experiment.model, LabelInformedAutoencoder)
    x, switch = experiment.batch(np.arange(200), 0, 0)
    known = np.isin(np.arange(200), experiment.labelled)
    assert known.sum() == (200 if labels == 'all' else 20)
    np.testing.assert_array_equal(switch[known], data.train.labels[known])
    assert (switch[~known] == 10).all()
    indices = np.array([7, 150, 31])
    np.testing.assert_array_equal(experiment.batch(indices, 0, 0)[1], switch[indices])
    without = small_with(data, Prior, prior='swiss-roll', labels=0)
    assert not isinstance(without.model, LabelInformedAutoencoder)
    assert len(without.batch(np.arange(20), 0, 0)) == 1


def test_the_errors_of_a_prior_with_labels(made, data):
    """Percent of the test images outside the part of their digit."""
    experiment = open_run(made('parts/prior-mixture'))
    part = experiment.prior.part(experiment.encode(data.test.images))
    assert rows(made('parts/prior-mixture'))[-1]['error'] == pytest.approx(
        100 * (part != data.test.labels).mean())


def test_the_cost_of_a_wrong_label(made, data):
    """Measured with the next digit; 0 where the decoder does not look."""
    experiment = open_run(made('supervised'))
    experiment.data = data
    last = rows(made('supervised'))[-1]
    assert experiment.evaluate(1) == pytest.approx({
        name: last[name] for name in ('validation_cost', 'label_cost')})
    style, found = experiment.reconstruct(data.validation)
    one_hot = np.eye(10, dtype=np.float32)[data.validation.labels]
    np.testing.assert_array_equal(found, experiment.decode(np.concatenate([one_hot, style], 1)))
    experiment.model.decoder.parameters()['layer.0/W'][:10] = 0
    assert experiment.evaluate(1)['label_cost'] == 0 != last['label_cost']


# Walks


@pytest.mark.parametrize('name', WALKS)
def test_the_animation_of_a_run(made, name):
    """Six frames, again and again; a category, a petal in a row."""
    with Image.open(made(name) / 'synthetic-walk.gif') as picture:
        assert picture.n_frames == FEW and picture.info['loop'] == 0
        columns, height = (1, 1) if 'roll' in name else (
            10, 5 if name.endswith('labels-0') else 10)
        assert picture.size == (60 * columns, 60 * height)


def test_a_gaussian_walk_is_a_loop_under_the_prior():
    prior = Gaussian(3, std=2.0)
    loop = gaussian_loop(prior, 8, 4000, np.random.default_rng(0))
    finer = gaussian_loop(prior, 16, 4000, np.random.default_rng(0))
    np.testing.assert_allclose(loop, finer[::2], atol=1e-5)
    assert loop.shape == (8, 4000, 3) and loop.dtype == np.float32
    for frame in loop:
        np.testing.assert_allclose(frame.std(axis=0), 2, rtol=0.05)
    steps = np.linalg.norm(loop - np.roll(loop, 1, axis=0), axis=2).mean(axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.05)      # the last one leads back
    with pytest.raises(TypeError, match='no walk through a SwissRoll'):
        gaussian_loop(SwissRoll(), 8, 1, np.random.default_rng(0))


def test_the_walks_of_the_priors():
    rng = np.random.default_rng(0)
    walk, columns = small(Prior, prior='swiss-roll').walk(20, rng)
    assert walk.shape == (20, 1, 2) and columns == 1
    np.testing.assert_array_equal(walk[1:], walk[:0:-1])        # back as it went forth
    np.testing.assert_allclose(walk[:11, 0], SwissRoll().axis(11))
    walk, columns = small(Prior, prior='mixture').walk(20, rng)
    assert walk.shape == (20, 100, 2) and columns == 10
    part = GaussianMixture().part(walk.reshape(-1, 2)).reshape(20, 10, 10)
    assert (part == np.arange(10)[:, None]).mean() > 0.9
    walk, columns = small(Clustering, clusters=4).walk(20, rng)
    assert walk.shape == (20, 40, 7) and columns == 10
    np.testing.assert_array_equal(walk[:, :, :4], np.broadcast_to(
        np.repeat(np.eye(4), 10, axis=0), (20, 40, 4)))
    np.testing.assert_array_equal(walk[:, :10, 4:], walk[:, 30:, 4:])   # a style in a column
    assert small(Likelihood).walk(20, rng)[0].shape == (20, 100, 3)


# The commands on a saved run


def drawn(folder, out, *flags):
    out.unlink(missing_ok=True)
    assert sample.main([str(folder), '--out', str(out), *flags]) == 0
    with np.load(out) as file:
        return {name: file[name] for name in file.files}


def encoded(folder, out, images):
    out.unlink(missing_ok=True)
    assert encode.main([str(folder), '--out', str(out), str(images)]) == 0
    with np.load(out) as file:
        return {name: file[name] for name in file.files}


def refused_by(capsys, command, *arguments):
    capsys.readouterr()
    try:
        code = command.main([str(argument) for argument in arguments])
    except SystemExit as error:
        code = error.code
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert code == 2 and len(lines) == 1 and not captured.out, captured
    return lines[0]


@pytest.mark.parametrize('name', ['prior/prior-mixture', 'likelihood', 'supervised', 'wide',
                                  'clustering/clusters-4', 'vae/prior-gaussian'])
def test_samples_are_the_decoders_images_of_codes_from_the_prior(made, tmp_path, name):
    experiment = open_run(made(name))
    found = drawn(made(name), tmp_path / 'a.npz', '--n', '30', '--seed', '5')
    expected = experiment.prior_codes(30, np.random.default_rng(5))
    np.testing.assert_array_equal(found['codes'], expected)
    # Drawn in other parts than these, a last bit can differ.
    assert np.abs(found['images'] - 255 * experiment.decode(expected)).max() < 0.51
    assert found['images'].shape == (30, 28, 28, 1) and expected.shape[1] == experiment.code_size()
    categories = experiment.categories()
    if categories:
        assert set(expected[:, :categories].sum(axis=1)) == {1}
        assert set(expected[:, :categories].ravel()) == {0, 1}
        assert len(set(expected[:, :categories].argmax(axis=1))) > 2


def test_codes_that_are_asked_for(made, tmp_path):
    for name, categories in (('supervised', 10), ('embedding/labels-0', 5), ('wide', 10),
                             ('clustering/clusters-6', 6)):
        found = drawn(made(name), tmp_path / 'a.npz', '--per-cluster', '2')['codes']
        np.testing.assert_array_equal(found[:, :categories],
                                      np.repeat(np.eye(categories), 2, axis=0))
        styles = {tuple(style) for style in found[:, categories:]}
        assert len(styles) == 2 * categories
        found = drawn(made(name), tmp_path / 'b.npz', '--cluster', '3', '--n', '4')['codes']
        np.testing.assert_array_equal(found[:, :categories], np.eye(categories)[[3] * 4])
    for name in ('prior/prior-gaussian', 'vae/prior-gaussian'):
        found = drawn(made(name), tmp_path / 'c.npz', '--grid')['codes']
        np.testing.assert_array_equal(found, Gaussian(2, std=5.0).percentile_grid(20))
    z = np.arange(15) / 8
    found = drawn(made('supervised'), tmp_path / 'd.npz', '--z', ','.join(map(str, z)), '--n', '2')
    np.testing.assert_array_equal(found['codes'], [z, z])


@pytest.mark.parametrize('name, flags, words', [
    ('supervised', ['--z', '1,2,3,4,5'], '--z has 5 numbers, and the code of the run 15'),
    ('embedding/labels-20', ['--z', '1,2'], '--z has 2 numbers, and the code of the run 12'),
    ('prior/prior-mixture', ['--grid'], 'no Gaussian code of two dimensions'),
    ('prior/prior-gaussian', ['--per-cluster', '2'], 'no categorical code'),
    ('prior/prior-gaussian', ['--animate', '--n', '2'], '--n does not go with --animate'),
    ('prior/prior-gaussian', ['--animate', '--out', 'a.png'], 'must end in .gif'),
    ('mlp/labels-20', ['--animate'], '--animate: there is no walk'),
    ('mlp/labels-20', ['--z', '1,0,0,0,0,0,0,0,0,0'], '--z: the model has no code'),
    ('mlp/labels-20', [], 'no prior to draw codes from'),
])
def test_flags_that_do_not_go_with_the_run(made, capsys, name, flags, words):
    before = sorted(made(name).iterdir())
    assert words in refused_by(capsys, sample, made(name), *flags)
    assert sorted(made(name).iterdir()) == before


def test_an_animation_of_a_saved_run(made, tmp_path):
    """All its frames, each for 80 ms; the run's own stays as it is."""
    run_folder = made('prior/prior-swiss-roll')
    before = (run_folder / 'synthetic-walk.gif').read_bytes()
    assert sample.main([str(run_folder), '--animate', '--out', str(tmp_path / 'a.gif')]) == 0
    with Image.open(tmp_path / 'a.gif') as picture:
        length = 0
        for frame in range(picture.n_frames):
            picture.seek(frame)
            length += picture.info['duration']
        assert picture.n_frames == FRAMES == 60 and picture.info['loop'] == 0
        assert length == 60 * 80
    assert (run_folder / 'synthetic-walk.gif').read_bytes() == before


def test_codes_of_images(made, tmp_path, data):
    images = tmp_path / 'digits.npy'
    np.save(images, data.test.images)
    found = encoded(made('supervised'), tmp_path / 'a.npz', images)
    assert set(found) == {'files', 'index', 'codes'}        # the code is style alone
    np.testing.assert_array_equal(found['codes'],
                                  open_run(made('supervised')).encode(data.test.images))
    assert found['codes'].shape == (100, 5)

    for name, categories, dims in (('embedding/labels-20', 10, 2), ('embedding/labels-0', 5, 2),
                                   ('wide', 10, 10)):
        experiment = open_run(made(name))
        code = experiment.encode(data.test.images)
        q, style = code[:, :categories], code[:, categories:]
        found = encoded(made(name), tmp_path / 'b.npz', images)
        assert found['codes'].shape == (100, dims)
        np.testing.assert_allclose(found['codes'], q @ experiment.heads.W + style, rtol=1e-5,
                                   atol=1e-6)
        np.testing.assert_array_equal(found['cluster'], q.argmax(axis=1))
        np.testing.assert_array_equal(found['confidence'], q.max(axis=1))
        assert encode.main([str(made(name)), '--out', str(tmp_path / f'{dims}-{categories}.csv'),
                            str(images)]) == 0
        header = (tmp_path / f'{dims}-{categories}.csv').read_text().splitlines()[0].split(',')
        assert header == ['file', 'index', 'cluster', 'label', 'confidence',
                          *(f'z{k}' for k in range(dims))]
        error = 100 * (found['label'] != data.test.labels).mean()
        assert rows(made(name))[-1]['error'] == pytest.approx(error)

    for name in ('semisup/labels-20', 'mlp/labels-all'):
        code = open_run(made(name)).encode(data.test.images)
        found = encoded(made(name), tmp_path / 'c.npz', images)
        np.testing.assert_array_equal(found['cluster'], code[:, :10].argmax(axis=1))
        np.testing.assert_array_equal(found['label'], found['cluster'])
        np.testing.assert_array_equal(found['codes'], code)


def test_code_spaces_side_by_side(made, tmp_path, monkeypatch, data):
    seen = []
    monkeypatch.setattr(figures, 'DPI', 30)
    monkeypatch.setattr(figures, 'code_spaces', lambda path, panels, *rest, write=figures.
                        code_spaces: seen.extend(panels) or write(path, panels, *rest))
    names = ['prior/prior-mixture', 'vae/prior-mixture', 'embedding/labels-20']
    out = tmp_path / 'codes.png'
    assert codes.main([*(str(made(name)) for name in names), '--out', str(out)]) == 0
    assert out.read_bytes().startswith(b'\x89PNG')
    for (title, points, labels), name, words in zip(seen, names, (
            ['aae', 'prior', 'mixture'], ['vae', 'prior', 'mixture'], ['aae', 'embedding']),
            strict=True):
        experiment = open_run(made(name))
        assert all(word in title for word in words), title
        np.testing.assert_array_equal(
            points, experiment.representation(experiment.encode(data.test.images)))
        np.testing.assert_array_equal(labels, data.test.labels)
    assert len({title for title, _, _ in seen}) == 3


@pytest.mark.parametrize('name', ['semisup/labels-20', 'wide', 'mlp/labels-20'])
def test_code_spaces_of_more_dimensions_are_refused(made, tmp_path, capsys, name):
    out = tmp_path / 'codes.png'
    words = refused_by(capsys, codes, made('prior/prior-gaussian'), made(name), '--out', out)
    assert f'{made(name)}: its code is not of two dimensions' in words and not out.exists()


def test_code_spaces_of_what_is_not_a_run(made, tmp_path, capsys):
    assert 'no run in' in refused_by(capsys, codes, tmp_path, '--out', tmp_path / 'a.png')
    assert 'several runs' in refused_by(capsys, codes, made('prior'), '--out', tmp_path / 'a.png')
    assert 'must end in .png' in refused_by(capsys, codes, made('prior/prior-mixture'), '--out',
                                            tmp_path / 'a.gif')
    assert not list(tmp_path.iterdir())


