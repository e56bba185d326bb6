"""What experiments measure: of which split, of which images and codes, in parts as whole."""
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import log_expit

from datasets import Split, binarize
from experiments.aae import likelihood
from experiments.aae.clustering import Clustering as AAEClustering
from experiments.aae.embedding import Embedding
from experiments.aae.likelihood import Likelihood
from experiments.aae.mlp import Baseline
from experiments.aae.prior import Prior
from experiments.aae.semisup import SemiSupervised as AAESemiSupervised
from experiments.aae.shown import validation_cost
from experiments.aae.supervised import Supervised
from experiments.aae.vae import VariationalPrior
from experiments.common import elbo
from experiments.pixelgan.clustering import Clustering
from experiments.pixelgan.crossdomain import CrossDomain
from experiments.pixelgan.density import Density
from experiments.pixelgan.gaussian import GaussianCode
from experiments.pixelgan.semisup import SemiSupervised
from tests.helpers import TEST, VALIDATION, model_to_float64, shown, splits
from tests.smoke_runs import small, small_with


def bytes_of(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28, 1), np.uint8)


# Parts


def binary_cost(decoder, x, *z):
    logits, _ = decoder.forward(x, *z)
    return -(x * log_expit(logits) + (1 - x) * log_expit(-logits)).sum() / len(x)


def test_nats_are_those_of_each_image_with_its_own_code():
    """230 images: two parts of 100 and one of 30, and each of its own size."""
    experiment = small(SemiSupervised, pixels='binary')
    model_to_float64(experiment.model)
    for path, array in experiment.model.decoder.parameters().items():
        if path.endswith('/V'):
            array *= 5
    images = bytes_of(230)
    images[200:] //= 2              # another mean in the last part
    codes = np.eye(10)[np.random.default_rng(1).integers(10, size=230)]
    nats = elbo.nats(experiment, images, codes)
    assert nats == pytest.approx(
        binary_cost(experiment.model.decoder, binarize(images), codes), rel=1e-10)
    assert nats != pytest.approx(elbo.nats(experiment, images, np.roll(codes, 1, axis=0)), rel=1e-4)
    each = [elbo.nats(experiment, images[i:i + 1], codes[i:i + 1]) for i in range(100, 230, 29)]
    assert np.std(each) > 1
    density = small(Density, pixels='binary')
    model_to_float64(density.model)
    assert elbo.nats(density, images) == pytest.approx(
        binary_cost(density.model.decoder, binarize(images)), rel=1e-10)


def test_the_reconstruction_term_is_of_the_first_images(monkeypatch):
    experiment = small(SemiSupervised, pixels='binary')
    monkeypatch.setattr('experiments.common.elbo.NATS_IMAGES', 20)
    images, codes = bytes_of(30), np.eye(10, dtype=np.float32)[np.arange(30) % 10]
    terms = []
    for n in (30, 20):
        experiment.data = SimpleNamespace(validation=Split(images[:n], None))
        terms.append(elbo.reconstruction_term(experiment, codes[:n]))
    assert terms[0] == terms[1]


def test_codes_and_images_of_many_are_those_of_each(monkeypatch):
    """Encoded and decoded a few at a time."""
    experiment, images = small(AAESemiSupervised, init_std=0), bytes_of(17)
    model_to_float64(experiment.model)
    codes, _ = experiment.model.encoder.forward(experiment.pixels.prepare(images))
    decoded, _ = experiment.model.decoder.forward(codes)
    monkeypatch.setattr('experiments.common.built_model.PART', 5)
    np.testing.assert_allclose(experiment.encode(images), codes, rtol=1e-12)
    np.testing.assert_allclose(experiment.decode(codes).reshape(17, -1), decoded, rtol=1e-12)
    assert np.ptp(decoded, axis=0).max() > 1e-3 and experiment.decode(codes).shape == images.shape


# Splits


def one_hot(labels, classes=10, wrong=0):
    """Probabilities of 0.91 for the labels; for the next class in the first `wrong` rows."""
    chosen = np.array(labels)
    chosen[:wrong] = (chosen[:wrong] + 1) % classes
    return 0.9 * np.eye(classes)[chosen] + 0.01


@pytest.mark.parametrize('experiment, changes', [
    (SemiSupervised, {'pixels': 'binary'}), (AAESemiSupervised, {}), (Baseline, {}),
    (CrossDomain, {'pixels': 'binary', 'method': 'odm'})])
def test_errors_are_of_the_test_and_of_the_validation_images(data, experiment, changes):
    """7 of 40 validation images are wrong, and 3 of 25 test images."""
    data = splits(data)
    ours = small_with(data, experiment, labels=20, **changes)
    style = np.zeros((VALIDATION, 3 if experiment is AAESemiSupervised else 0))

    def encode(images, train=False):
        assert not train and len(images) in (VALIDATION, TEST)
        split, wrong = (data.validation, 7) if len(images) == VALIDATION else (data.test, 3)
        assert images is split.images
        return np.concatenate([one_hot(split.labels, wrong=wrong), style[:len(images)]],
                              axis=1).astype(np.float32)
    ours.encode = encode
    metrics = ours.evaluate(1)
    assert metrics['validation_error'] == 100 * 7 / VALIDATION
    assert metrics['error'] == 100 * 3 / TEST
    if experiment is CrossDomain:       # a mean over the ten numbers
        right, wrong = 0.09**2 + 9 * 0.01**2, 0.91**2 + 0.99**2 + 8 * 0.01**2
        assert metrics['squared_error'] == pytest.approx((22 * right + 3 * wrong) / 25 / 10)
    if experiment is not Baseline:      # a decomposition of q of the validation images
        assert metrics['mutual_information_bound'] == pytest.approx(np.log(VALIDATION))


@pytest.mark.parametrize('experiment, pixels', [(Clustering, 'binary'), (AAEClustering, 'unit')])
def test_clusters_are_named_by_validation_images_and_measured_on_test_images(
        data, monkeypatch, experiment, pixels):
    """Of the validation images 7 of 40 are in the cluster of the next label, of the test ones 3."""
    data = splits(data)
    ours = small_with(data, experiment, pixels=pixels, clusters=10)
    style = np.zeros((VALIDATION, 3 if experiment is AAEClustering else 0))

    def encode(images):
        split, wrong = (data.validation, 7) if len(images) == VALIDATION else (data.test, 3)
        q = one_hot(split.labels, wrong=wrong)
        q[:wrong] = 0.1 + 0.5 * (q[:wrong] - 0.1)         # not the surest of their cluster
        return np.concatenate([q, style[:len(images)]], axis=1).astype(np.float32)
    ours.encode, written = encode, {}
    ours.figure = lambda name: name
    ours.run = type('Run', (), {'write_text': lambda self, name, text: written.update({name: text})
                                })()
    pictures = shown(monkeypatch, 'image_rows')
    metrics = ours.evaluate(1)
    assert metrics['validation_error'] == pytest.approx(100 * 7 / VALIDATION)
    assert metrics['error'] == metrics['majority_error'] == pytest.approx(100 * 3 / TEST)
    # clusters.png: the test images of each cluster.
    (_, rows, names, _), = pictures
    members = encode(data.test.images)[:, :10].argmax(axis=1)
    for row, name in zip(rows, names, strict=True):
        k = int(name.split()[1])
        np.testing.assert_array_equal(row, data.test.images[members == k][:12])
        assert name == f"cluster {k} = '{k}' ({(members == k).sum()})"
    assert f'"size": {(members == 3).sum()}' in written['clusters.json']


def test_the_window_of_parzen_is_chosen_on_validation_images(data):
    """Of one sample in the middle of images that deviate by s the best sigma is s."""
    rng, spread = np.random.default_rng(0), {'validation': 0.1, 'test': 0.2}
    images = {name: np.rint(255 * np.clip(0.5 + std * rng.standard_normal((50, 28, 28, 1)), 0, 1)
                            ).astype(np.uint8) for name, std in spread.items()}
    experiment = small_with(replace(data, **{name: Split(array, np.zeros(50, int))
                                             for name, array in images.items()}), Likelihood)
    result = likelihood.parzen(experiment, lambda m: np.full((m, 784), 0.5), 3)['fine']
    deviation = {name: np.sqrt(np.square(array / 255 - 0.5).mean())
                 for name, array in images.items()}
    assert result['sigma'] == pytest.approx(deviation['validation'], rel=0.015)  # half a step
    for name, key in (('validation', 'validation'), ('test', 'log_likelihood')):
        nats = -784 * (0.5 * (deviation[name] / result['sigma'])**2
                       + np.log(result['sigma'] * np.sqrt(2 * np.pi)))
        assert result[key] == pytest.approx(nats, rel=1e-6)


def test_validation_costs_are_of_the_clean_validation_images(data):
    data = splits(data)
    experiment = small_with(data, AAESemiSupervised, init_std=0)
    model_to_float64(experiment.model)
    x = data.validation.images.astype(np.float32) / 255
    codes, _ = experiment.model.encoder.forward(x)
    output, _ = experiment.model.decoder.forward(codes)
    cost = 0.5 * np.square(output - x.reshape(VALIDATION, -1)).sum() / VALIDATION
    codes[:, :10] = np.roll(codes[:, :10], 1, axis=0)       # the label of the image before
    wrong, _ = experiment.model.decoder.forward(codes)
    wrong_cost = 0.5 * np.square(wrong - x.reshape(VALIDATION, -1)).sum() / VALIDATION
    assert validation_cost(experiment) == {
        'validation_cost': pytest.approx(cost, rel=1e-12),
        'label_cost': pytest.approx(wrong_cost - cost, rel=1e-9)}


def test_the_nats_of_a_pixelcnn_are_of_both_splits(data, monkeypatch):
    experiment = small_with(splits(data), Density, pixels='binary')
    monkeypatch.setattr('experiments.pixelgan.density.nats', lambda _, images: len(images))
    assert experiment.evaluate(1) == {'validation_nats': VALIDATION, 'test_nats': TEST}


@pytest.mark.parametrize('experiment, changes', [
    (GaussianCode, {'pixels': 'binary'}), (GaussianCode, {'pixels': 'binary', 'noise_std': 0.2}),
    (Prior, {}), (Embedding, {'labels': 20}), (VariationalPrior, {})])
def test_the_terms_of_the_elbo_are_of_the_validation_images(data, monkeypatch, experiment, changes):
    """I(z; x) is at most log N."""
    ours = small_with(splits(data), experiment, **changes)
    ours.figure = lambda name: name
    shown(monkeypatch, 'code_spaces')
    assert ours.evaluate(1)['mutual_information_bound'] == pytest.approx(np.log(VALIDATION))


def test_the_cost_of_a_wrong_label_is_that_of_the_next_digit(data):
    """Less that of the right one: above 0 where the decoder looks at it."""
    data = splits(data)
    experiment = small_with(data, Supervised, init_std=0)
    model_to_float64(experiment.model)
    x = data.validation.images.reshape(VALIDATION, -1).astype(np.float32) / 255
    style, _ = experiment.model.encoder.forward(experiment.pixels.prepare(data.validation.images))

    def cost(labels):
        code = np.concatenate([np.eye(10)[labels], style], axis=1)
        return 0.5 * np.square(experiment.model.decoder.forward(code)[0] - x).sum() / VALIDATION
    labels = data.validation.labels
    assert experiment.evaluate(1) == {
        'validation_cost': pytest.approx(cost(labels), rel=1e-12),
        'wrong_label_cost': pytest.approx(cost((labels + 1) % 10) - cost(labels), rel=1e-9)}


def test_the_numbers_of_parzen_are_called_by_their_names(data, monkeypatch):
    experiment = small_with(data, Likelihood)
    grids = {name: {'log_likelihood': start + 1, 'validation': start + 2, 'standard_error': 1,
                    'sigma': 1} for name, start in (('usual', 10.0), ('fine', 20.0))}
    asked, draws = [], []

    def parzen(experiment, draw, n, points=None):
        asked.append((n, points))
        draws.append(draw)
        return {'samples': n, **grids}
    monkeypatch.setattr(likelihood, 'parzen', parzen)
    monkeypatch.setattr(likelihood, 'validation_cost', lambda experiment: {})
    assert experiment.evaluate(1) == {'parzen_1000': 21, 'validation_parzen_1000': 22}
    history = [{'epoch': 1}]
    for name in ('image_rows', 'image_grid', 'training_curves'):
        shown(monkeypatch, name)
    experiment.figure = lambda name: name
    experiment.run = type('Run', (), {'write_text': lambda self, name, text: None})()
    experiment.draw(history)
    assert history == [{'epoch': 1, 'parzen': 21, 'parzen_usual_grid': 11}]
    assert asked == [(200, 1000), (200, None), (200, None), (200, None)]
    # The first control is training images, each at most once.
    known = [image.tobytes() for image in data.train.images / np.float32(255)]
    drawn = [image.tobytes() for part in (70, 130) for image in draws[2](part)]
    assert len(drawn) == len(set(drawn)) == 200 and set(drawn) <= set(known)


def test_codes_of_categories_have_styles_of_their_own(data):
    experiment = small_with(data, AAESemiSupervised, labels=20)
    categories = np.repeat(np.arange(10), 3)
    codes = experiment.code.of_categories(categories, np.random.default_rng(0))
    np.testing.assert_array_equal(codes[:, :10], np.eye(10)[categories])
    assert len(np.unique(codes[:, 10:])) == 30 * 3 and abs(codes[:, 10:].mean()) < 5 / np.sqrt(90)
