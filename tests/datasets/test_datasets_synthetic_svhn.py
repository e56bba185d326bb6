"""Synthetic house numbers: their form, that digits can be told, and what they are called."""

import numpy as np

from datasets import load_svhn
from datasets.downsample import area_downsample
from datasets.svhn_mat import write_svhn_mat
from datasets.synthetic_svhn import synthetic_house_numbers
from tests.datasets.test_datasets_svhn import TEST, TRAIN


def test_house_numbers_are_as_light_as_svhns_and_coloured():
    images, _ = synthetic_house_numbers(503, 0)
    assert 90 < images.mean() < 150  # SVHN: about 115
    spread = images.astype(float).std((1, 2)).max(-1)
    assert spread.min() > 5 and np.median(spread) > 15  # no image is flat
    colour = np.ptp(images.mean((1, 2)), axis=-1)
    assert np.median(colour) > 20  # not grey


def test_the_digit_in_the_middle_can_be_told():
    images, labels = synthetic_house_numbers(2000, 0)
    grey = images.mean(-1)
    x = np.abs(grey - np.median(grey, (1, 2), keepdims=True)).reshape(len(images), -1)
    x /= x.std(1, keepdims=True)
    x -= x.mean(0)
    weights = np.linalg.solve(x[:1500].T @ x[:1500] + 300 * np.eye(1024),
                              x[:1500].T @ np.eye(10)[labels[:1500]])
    assert ((x[1500:] @ weights).argmax(1) == labels[1500:]).mean() > 0.5  # chance: 0.1


def test_there_are_neighbours_on_either_side(monkeypatch):
    alone = {}
    for often in (0, 0.7):
        monkeypatch.setattr('datasets.synthetic_svhn.NEIGHBOUR', often)
        alone[often] = synthetic_house_numbers(400, 0)[0].astype(float)
    differ = np.abs(alone[0] - alone[0.7]).max(-1) > 40
    left, middle, right = differ[:, :, :5], differ[:, :, 15:17], differ[:, :, -5:]
    assert 0.4 < left.any((1, 2)).mean() < 0.9 and 0.4 < right.any((1, 2)).mean() < 0.9
    assert middle.any((1, 2)).mean() < 0.1


def test_synthetic_files_are_never_called_svhn(tmp_path):
    folder = tmp_path / 'svhn-subset'
    folder.mkdir()
    for name, n in ((TRAIN, 300), (TEST, 100)):
        write_svhn_mat(folder / name, *synthetic_house_numbers(n, n), synthetic=True)
    dataset = load_svhn(tmp_path, data='svhn', mirrors=())
    assert dataset.name == 'synthetic house numbers (300 train / 100 test)'
    assert dataset.source.startswith('synthetic house numbers')
    images, labels = synthetic_house_numbers(300, 300)
    np.testing.assert_array_equal(dataset.train.images, images[:270])
    assert dataset.validation.labels.tolist() == labels[270:].tolist()


def test_house_numbers_of_16_pixels():
    large, small = (load_svhn(data='synthetic', seed=5, sizes=(30, 20, 10), size=size)
                    for size in (32, 16))
    assert small.train.images.shape == (30, 16, 16, 3)
    np.testing.assert_array_equal(area_downsample(large.test.images, 2), small.test.images)
