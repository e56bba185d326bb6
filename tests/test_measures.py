"""What experiments measure and show: of which split, of which images and codes, in parts as whole."""
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_expit

from datasets import Split, binarize
from experiments import figures
from experiments.aae.clustering import Clustering as AAEClustering
from experiments.aae.likelihood import Likelihood
from experiments.aae.mlp import Baseline
from experiments.aae.semisup import SemiSupervised as AAESemiSupervised
from experiments.clustering import Clustering
from experiments.crossdomain import CrossDomain
from experiments.density import Density
from experiments.semisup import SemiSupervised
from tests.aae_runs import small, small_with
from tests.helpers import model_to_float64

VALIDATION, TEST = 40, 25       # images of the splits of `splits`


def splits(data):
    """Splits of different sizes, so that they can be told apart, labelled 0, 1, .. 9, 0, 1, .."""
    def first(split, n):
        return Split(split.images[:n], np.arange(n) % 10)
    return replace(data, validation=first(data.validation, VALIDATION),
                   test=first(data.test, TEST))


def bytes_of(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28, 1), np.uint8)


def shown(monkeypatch, name):
    """Arguments of every call of a function of experiments.figures, which then draws nothing."""
    calls = []
    monkeypatch.setattr(figures, name, lambda path, *arguments: calls.append((path, *arguments)))
    return calls


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
    nats = experiment.nats(images, codes)
    assert nats == pytest.approx(
        binary_cost(experiment.model.decoder, binarize(images), codes), rel=1e-10)
    assert nats != pytest.approx(experiment.nats(images, np.roll(codes, 1, axis=0)), rel=1e-4)
    each = [experiment.nats(images[i:i + 1], codes[i:i + 1]) for i in range(100, 230, 29)]
    assert np.std(each) > 1
    density = small(Density, pixels='binary')
    model_to_float64(density.model)
    assert density.nats(images) == pytest.approx(
        binary_cost(density.model.decoder, binarize(images)), rel=1e-10)


def test_codes_and_images_of_many_are_those_of_each(monkeypatch):
    """Encoded and decoded a few at a time."""
    experiment, images = small(AAESemiSupervised, init_std=0), bytes_of(17)
    model_to_float64(experiment.model)
    codes, _ = experiment.model.encoder.forward(experiment.pixels.prepare(images))
    decoded, _ = experiment.model.decoder.forward(codes)
    for module in ('experiment', 'aae.autoencoder'):
        monkeypatch.setattr(f'experiments.{module}.PART', 5)
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
    (CrossDomain, {'pixels': 'binary', 'method': 'odm', 'task': 'labels'})])
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
    result = experiment.parzen(lambda m: np.full((m, 784), 0.5), 3)['fine']
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
    assert experiment.validation_cost() == {
        'validation_cost': pytest.approx(cost, rel=1e-12),
        'label_cost': pytest.approx(wrong_cost - cost, rel=1e-9)}


def test_the_nats_of_a_pixelcnn_are_of_both_splits(data):
    experiment = small_with(splits(data), Density, pixels='binary')
    experiment.nats = len
    assert experiment.evaluate(1) == {'validation_nats': VALIDATION, 'test_nats': TEST}


# Pictures


def test_the_nearest_training_image_is_the_nearest(data, monkeypatch):
    experiment = small_with(data, Likelihood)
    experiment.figure = lambda name: name
    pictures = shown(monkeypatch, 'image_rows')
    experiment.draw_nearest()
    (_, rows, _, _, _), = pictures
    assert np.shape(rows) == (10, 11, 28, 28, 1)
    train = data.train.images.astype(np.float32) / 255
    for row in rows:
        distances = np.square(train - row[-2]).sum(axis=(1, 2, 3))
        np.testing.assert_array_equal(row[-1], train[distances.argmin()])
        products = (train * row[-2]).sum(axis=(1, 2, 3))
        assert products.argmax() != distances.argmin()


def test_a_cluster_head_is_beside_its_own_cluster(data, monkeypatch):
    """Clusters 1, 3 and 4 of five are in use; a head is the code of its cluster, and no style."""
    experiment = small_with(data, AAEClustering, init_std=0)
    used = np.array([1, 3, 4])
    experiment.q = lambda split: one_hot(used[split.labels % 3], 5)
    experiment.figure = lambda name: name
    pictures = shown(monkeypatch, 'image_rows')
    for name in ('image_grid', 'training_curves'):
        shown(monkeypatch, name)
    experiment.draw([{'epoch': 1}])
    rows, names = next(call[1:3] for call in pictures if call[0] == 'heads')
    assert sorted(int(name.split()[1]) for name in names) == used.tolist()
    test = {image.tobytes(): label for image, label in
            zip(data.test.images / np.float32(255), data.test.labels)}
    heads = [experiment.sample(np.eye(5, 8, dtype=np.float32)[[k]], None)[0] for k in range(5)]
    for row, name in zip(rows, names):
        k = int(name.split()[1])
        np.testing.assert_allclose(row[0], heads[k], rtol=1e-5)
        assert np.abs(heads[k] - heads[k - 1]).max() > 1e-3
        assert len(row) == 11
        assert {used[test[image.tobytes()] % 3] for image in row[1:]} == {k}


def test_samples_of_a_cluster_are_of_its_code(data, monkeypatch):
    experiment = small_with(data, Clustering, pixels='binary')
    used = np.array([4, 0, 2])
    experiment.encode = lambda images: one_hot(used[(images[:, 14, 14, 0] % 3).astype(int)], 5)
    experiment.figure = lambda name: name
    experiment.sample = lambda codes, rng: codes
    pictures = shown(monkeypatch, 'image_rows')
    shown(monkeypatch, 'training_curves')
    experiment.draw([{'epoch': 1}])
    (_, rows, names, _), = pictures
    assert len(rows) == len(names) > 1
    for row, name in zip(rows, names):
        np.testing.assert_array_equal(row, np.tile(np.eye(5)[int(name.split()[1])], (12, 1)))
