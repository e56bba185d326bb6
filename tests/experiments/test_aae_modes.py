"""The adversarial autoencoder's modes at smoke size: what runs show, how they resume."""
import json
import shutil

import numpy as np
import pytest

import train_mnist
from experiments.aae.clustering import Clustering
from experiments.aae.embedding import Embedding
from experiments.aae.likelihood import Likelihood
from experiments.aae.mlp import Baseline
from experiments.aae.prior import Prior
from experiments.aae.semisup import SemiSupervised
from experiments.aae.supervised import Supervised, decoder_codes
from experiments.common import figures
from experiments.saved_run import open_run
from models.aae import AdversarialAutoencoder, LabelInformedAutoencoder
from models.conditional_style import ConditionalStyleAutoencoder
from models.embedding import EmbeddingAutoencoder
from models.vae import VAE
from nn.noise import Dropout, GaussianNoise
from nn.optim import SGD, Adam
from nn.reparametrization import GaussianPosterior
from tests import stand_in
from tests.runs import (
    assert_same_end,
    assert_same_numbers,
    checkpoint,
    in_float64,
    stop_at,
)
from tests.smoke_runs import RUNS, rows, run, small, small_with

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
    'parts/prior-mixture': (USUAL | {'codes', 'manifold'}, COST | GAMES | {'outside_part'}),
    'parts/prior-swiss-roll': (USUAL | {'codes', 'manifold'}, COST | GAMES | {'outside_part'}),
    'likelihood': (USUAL | {'nearest'}, COST | GAMES | {'parzen_1000', 'validation_parzen_1000'}),
    'supervised': (USUAL | {'styles'}, COST | {'wrong_label_cost', 'style_discriminator',
                                               'style_generator'}),
    'semisup/labels-20': (USUAL | {'styles'}, COST | TWO_GAMES | KL | {
        'semi_supervised', 'error', 'validation_error'}),
    'semisup/labels-all': (USUAL | {'styles'}, COST | TWO_GAMES | {'semi_supervised', 'error'}),
    'clustering/clusters-4': (USUAL | {'clusters', 'heads'}, COST | TWO_GAMES | FOUND),
    'clustering/clusters-6': (USUAL | {'clusters', 'heads'}, COST | TWO_GAMES | FOUND),
    'conditional': (USUAL | {'clusters', 'heads'}, COST | TWO_GAMES | FOUND),
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
            'clustering': {'comparison'}, 'embedding': {'codes', 'comparison'}}


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


@pytest.mark.parametrize('name', ['prior/prior-gaussian', 'clustering/clusters-4',
                                  'embedding/labels-0'])
def test_a_complete_run_is_drawn_again(made, tmp_path, name):
    """Of what an epoch's evaluation draws, too; its numbers stay as they were."""
    out = shutil.copytree(made(name), tmp_path / 'run')
    for path in [*out.glob('*.png'), *out.glob('clusters.json')]:
        path.unlink()
    assert train_mnist.main(['--out', str(out), '--resume']) == 0
    assert {path.name for path in out.iterdir()} == {path.name for path in made(name).iterdir()}
    for same in ('checkpoint.npz', 'metrics.jsonl'):
        assert (out / same).read_bytes() == (made(name) / same).read_bytes()


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
        assert open_run(made(name)).code.categories == clusters


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


@pytest.mark.parametrize('experiment', [SemiSupervised, Clustering])
def test_what_the_style_match_flag_builds(experiment):
    for match, kind, told in (('marginal', AdversarialAutoencoder, False),
                              ('conditional', ConditionalStyleAutoencoder, True)):
        model = small(experiment, style_match=match).model
        assert type(model) is kind
        for part, given in (('label', 0), ('style', model.priors['label'].size * told)):
            first = model.discriminators[part].layer[0].params['W']
            assert first.shape[0] == model.priors[part].size + given


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
    found, before = json.loads((out / 'parzen-120.json').read_text()), checkpoint(out)
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
    whole = json.loads((made('likelihood') / 'parzen-200.json').read_text())
    assert json.loads((out / 'parzen-200.json').read_text()) == whole != found
    assert json.loads((out / 'parzen-120.json').read_text()) == found
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
    ('semisup', ['--labels', '20']), ('parts', ['--prior', 'mixture']),
    ('embedding', ['--labels', '20']), ('clustering', ['--clusters', '4']),
    ('conditional', []), ('vae', ['--prior', 'gaussian']), ('wide', []),
    ('supervised', [])])
def test_on_device_arrays(tmp_path, monkeypatch, no_pictures, name, flags):
    """Training, evaluation, pictures and walks on the stand-in for CuPy give the host's numbers."""
    several = [*RUNS[name]]
    if flags:
        several[several.index(flags[0]) + 1] = flags[1]
    monkeypatch.setattr('experiments.common.experiment.FRAMES', 2)
    in_float64(monkeypatch)
    host, out = tmp_path / 'host', tmp_path / 'device'
    assert run(host, *several) == 0
    stand_in.install(monkeypatch)
    assert run(out, *several, '--device', 'gpu') == 0
    assert ('--animate' in several) == (out / 'synthetic-walk.gif').exists()
    assert_same_numbers(host, out)


# Labels


def test_labelled_images_are_training_images(data):
    """Balanced unless they are to be random; the same again in another run with the seed."""
    train = data.train.labels
    for experiment, changes in ((SemiSupervised, {}), (Embedding, {}), (Baseline, {}),
                                (Prior, {'prior': 'mixture'})):
        one, again = (small_with(data, experiment, labels=40, **changes) for _ in range(2))
        other = small_with(data, experiment, labels=40, seed=1, **changes)
        assert len(set(one.labelled.indices)) == 40 and one.labelled.indices.max() < 200
        np.testing.assert_array_equal(np.bincount(train[one.labelled.indices]), np.full(10, 4))
        np.testing.assert_array_equal(one.labelled.indices, again.labelled.indices)
        assert not np.array_equal(one.labelled.indices, other.labelled.indices)
    drawn = [small_with(data, SemiSupervised, labels=57, label_choice='random',
                        seed=seed).labelled.indices for seed in range(3)]
    assert all(len(set(chosen)) == 57 and chosen.max() < 200 for chosen in drawn)
    assert any(len(set(np.bincount(train[chosen]))) > 1 for chosen in drawn)


def test_the_labelled_batch_of_a_step(data):
    """All labelled images where they are few; of many a balanced draw for each step."""
    images, where = data.train.images / np.float32(255), {}
    for image, label in zip(images, data.train.labels):
        where[image.tobytes()] = label
    for labels, size in ((20, 20), ('all', 100)):
        experiment = small_with(data, SemiSupervised, labels=labels)
        x, x_labelled, y = experiment.batch(np.arange(30, 50), 0, 3)
        np.testing.assert_array_equal(x, images[30:50])
        assert len(y) == size and (np.bincount(y) == size // 10).all()
        assert all(where[image.tobytes()] == label for image, label in zip(x_labelled, y))
        again, other = (experiment.batch(np.arange(30, 50), 0, step)[1] for step in (3, 4))
        np.testing.assert_array_equal(again, x_labelled)
        assert np.array_equal(other, x_labelled) == (labels == 20)
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
def test_a_prior_with_labels_takes_a_labelled_batch(data, labels):
    experiment = small_with(data, Prior, prior='swiss-roll', labels=labels)
    assert isinstance(experiment.model, LabelInformedAutoencoder)
    x, x_labelled, y = experiment.batch(np.arange(50), 0, 0)
    assert len(x) == 50 and len(x_labelled) == len(y) == (100 if labels == 'all' else 20)
    assert (np.bincount(y) == len(y) // 10).all()
    without = small_with(data, Prior, prior='swiss-roll', labels=0)
    assert not isinstance(without.model, LabelInformedAutoencoder)
    assert len(without.batch(np.arange(20), 0, 0)) == 1


def test_the_errors_of_a_prior_with_labels(made, data):
    """Percent of the test images outside the part of their digit."""
    experiment = open_run(made('parts/prior-mixture'))
    part = experiment.code.priors['code'].part(experiment.encode(data.test.images))
    assert rows(made('parts/prior-mixture'))[-1]['outside_part'] == pytest.approx(
        100 * (part != data.test.labels).mean())


def test_the_cost_of_a_wrong_label(made, data):
    """Measured with the next digit; 0 where the decoder does not look."""
    experiment = open_run(made('supervised'))
    experiment.data = data
    last = rows(made('supervised'))[-1]
    assert experiment.evaluate(1) == pytest.approx({
        name: last[name] for name in ('validation_cost', 'wrong_label_cost')})
    style = experiment.encode(data.validation.images)
    one_hot = np.eye(10, dtype=np.float32)[data.validation.labels]
    np.testing.assert_array_equal(decoder_codes(experiment, *data.validation),
                                  np.concatenate([one_hot, style], 1))
    experiment.model.decoder.parameters()['layer.0/W'][:10] = 0
    assert experiment.evaluate(1)['wrong_label_cost'] == 0 != last['wrong_label_cost']


