"""What pictures are given: which images, codes and labels stand where."""
import numpy as np
import pytest

from experiments.aae.clustering import Clustering as AAEClustering
from experiments.aae.embedding import Embedding
from experiments.aae.likelihood import Likelihood
from experiments.aae.prior import Prior
from experiments.aae.semisup import SemiSupervised as AAESemiSupervised
from experiments.pixelgan.clustering import Clustering, what_a_shallow_decoder_misses
from experiments.pixelgan.gaussian import GaussianCode
from experiments.pixelgan.semisup import SemiSupervised
from experiments.pixelgan.simplex import Simplex
from tests.helpers import shown, splits
from tests.smoke_runs import small_with


def one_hot(categories, size):
    return np.eye(size, dtype=np.float32)[categories]


@pytest.fixture
def pictures(monkeypatch):
    """name of a picture -> what it was given. Nothing is drawn."""
    calls = [shown(monkeypatch, name) for name in (
        'image_rows', 'image_grid', 'training_curves', 'code_spaces', 'simplex')]

    def find(name):
        found, = [call[1:] for kind in calls for call in kind if call[0] == name]
        return found
    return find


def make(data, experiment, **changes):
    result = small_with(data, experiment, init_std=0, **changes)
    result.figure = lambda name: name
    return result



def test_the_nearest_training_image_is_the_nearest(data, pictures):
    experiment = make(data, Likelihood)
    experiment.draw_pictures()
    rows, *_ = pictures('nearest')
    assert np.shape(rows) == (10, 11, 28, 28, 1)
    train = data.train.images.astype(np.float32) / 255
    for row in rows:
        distances = np.square(train - row[-2]).sum(axis=(1, 2, 3))
        np.testing.assert_array_equal(row[-1], train[distances.argmin()])
        products = (train * row[-2]).sum(axis=(1, 2, 3))
        assert products.argmax() != distances.argmin()


def test_a_cluster_head_is_beside_its_own_cluster(data, pictures):
    """Clusters 1, 3 and 4 of five are in use; a head is the code of its cluster, and no style."""
    experiment, used = make(data, AAEClustering), np.array([1, 3, 4])
    labels = {image.tobytes(): label for split in (data.validation, data.test)
              for image, label in zip(*split)}
    experiment.q = lambda images: one_hot(used[[labels[image.tobytes()] % 3 for image in images]],
                                          5)
    experiment.draw([{'epoch': 1}])
    rows, names, _ = pictures('heads')
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


def test_samples_of_a_cluster_are_of_its_code(data, pictures):
    experiment, used = make(data, Clustering, pixels='binary'), np.array([4, 0, 2])
    experiment.encode = lambda images: one_hot(used[(images[:, 14, 14, 0] % 3).astype(int)], 5)
    experiment.sample = lambda codes, rng: codes
    experiment.draw([{'epoch': 1}])
    rows, names, _ = pictures('samples')
    assert len(rows) == len(names) > 1
    for row, name in zip(rows, names):
        np.testing.assert_array_equal(row, np.tile(np.eye(5)[int(name.split()[1])], (12, 1)))


@pytest.mark.parametrize('blocks, rows', [(1, 5), (2, 7), (12, 27), (13, None), (15, None)])
def test_samples_of_a_shallow_decoder_say_so(data, blocks, rows):
    """Each 3x5 layer sees two rows more; all 28 from 13 blocks on."""
    experiment = small_with(data, Clustering, pixels='binary', blocks=blocks)
    title = what_a_shallow_decoder_misses(experiment)
    assert (f'blocks: {blocks}; a pixel sees {rows} of 28 rows' in title) if rows else title == ''


def of_code(value):
    """In the place of Experiment.sample: images of which all pixels are value(codes)."""
    return lambda codes, rng=None, n=None: np.broadcast_to(
        value(codes)[:, None, None, None].astype(np.float32), (len(codes), 28, 28, 1))


def grid(images, columns):
    """The value of each image of an image_grid of flat images: (rows, columns)."""
    values = np.asarray(images)[:, 0, 0, 0].reshape(-1, columns)
    assert (np.asarray(images) == values.reshape(-1, 1, 1, 1)).all()
    return values


@pytest.mark.parametrize('experiment, name, pixels', [
    (SemiSupervised, 'samples', 'binary'), (AAESemiSupervised, 'styles', 'unit')])
def test_a_class_is_in_a_column(data, pictures, experiment, name, pixels):
    ours = make(data, experiment, labels=20, pixels=pixels)
    ours.sample = of_code(lambda codes: codes[:, :10].argmax(axis=1))
    ours.draw([{'epoch': 1}])
    images, columns, *_ = pictures(name)
    assert columns == 10 and len(images) > 10
    assert (grid(images, 10) == np.arange(10)).all()


def test_a_style_is_in_a_row(data, pictures):
    experiment = make(data, AAESemiSupervised, labels=20)
    experiment.sample = of_code(lambda codes: codes[:, 10])
    experiment.draw([{'epoch': 1}])
    styles = grid(*pictures('styles')[:2])
    assert (styles == styles[:, :1]).all() and len(set(styles[:, 0])) == 10


def test_reconstructions_are_below_their_images(data, pictures):
    data = splits(data)
    experiment = make(data, AAESemiSupervised, labels=20)
    experiment.draw([{'epoch': 1}])
    (images, reconstructed), names, *_ = pictures('reconstructions')
    np.testing.assert_array_equal(images, data.test.images[:20])
    codes, _ = experiment.model.encoder.forward(data.test.images[:20].astype(np.float32) / 255)
    expected, _ = experiment.model.decoder.forward(codes)
    np.testing.assert_allclose(reconstructed.reshape(20, -1), expected, rtol=1e-5)
    assert names == ['x', 'reconstruction']


def test_three_petals_side_by_side(data, pictures):
    """Figure 4b: components 0, 1 and 2, an empty column between, outwards to the right."""
    experiment = make(data, Prior, prior='mixture')
    experiment.sample = of_code(lambda codes: 1 + experiment.code.priors['code'].part(codes))
    experiment.draw([{'epoch': 1}])
    images, columns, _ = pictures('manifold')
    assert columns == 10 + 1 + 10 + 1 + 10
    found = grid(images, columns)
    for k in range(3):
        assert (found[:, 11 * k:11 * k + 10] == 1 + k).mean() > 0.9     # petals touch further in
        assert not found[:, 11 * k + 10:11 * k + 11].any()


@pytest.mark.parametrize('experiment, changes', [
    (GaussianCode, {'pixels': 'binary'}), (Embedding, {'labels': 20}), (Prior, {})])
def test_codes_are_those_of_the_test_images_in_their_colours(data, pictures, experiment, changes):
    data = splits(data)
    ours = make(data, experiment, **changes)
    ours.evaluate(1)
    ((_, codes, labels),), *_ = pictures('codes')
    np.testing.assert_array_equal(labels, data.test.labels)
    found, _ = ours.model.encoder.forward(ours.pixels.prepare(data.test.images))
    if experiment is Embedding:
        found = found[:, :10] @ ours.heads.W + found[:, 10:]
    np.testing.assert_allclose(codes, found, rtol=1e-4, atol=1e-5)


def test_the_simplex_shows_training_images(data, pictures, monkeypatch):
    monkeypatch.setattr('experiments.pixelgan.simplex.POINTS', 7)
    experiment = make(data.subset((0, 1, 2)), Simplex, pixels='binary', adversarial='off')
    (_, codes, labels), train = experiment.triangle(''), experiment.data.train
    np.testing.assert_array_equal(codes, experiment.encode(train.images[:7]))
    np.testing.assert_array_equal(labels, train.labels[:7])
