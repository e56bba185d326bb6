"""Synthetic house numbers: their form, that digits can be told, and what they are called."""

import numpy as np
import pytest

from datasets import DataError, load_svhn
from datasets.downsample import area_downsample
from datasets.svhn_mat import write_svhn_mat
from datasets.synthetic_svhn import synthetic_house_numbers
from tests.datasets.test_datasets_svhn import TEST, TRAIN


def test_synthetic_house_numbers_have_the_promised_form():
    images, labels = synthetic_house_numbers(503, 0)
    assert images.shape == (503, 32, 32, 3) and images.dtype == np.uint8
    assert labels.shape == (503,) and labels.dtype == np.int64
    assert set(np.bincount(labels, minlength=10)) <= {50, 51}
    assert len(set(labels[:30].tolist())) >= 8
    assert 90 < images.mean() < 150  # SVHN: about 115
    spread = images.astype(float).std((1, 2)).max(-1)
    assert spread.min() > 5 and np.median(spread) > 15  # no image is flat
    colour = np.ptp(images.mean((1, 2)), axis=-1)
    assert np.median(colour) > 20  # not grey
    again, labels_again = synthetic_house_numbers(503, 0)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert not np.array_equal(images, synthetic_house_numbers(503, 1)[0])


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


def test_synthetic_splits(capsys):
    dataset = load_svhn(data='synthetic', seed=5, sizes=(30, 20, 10), size=16)
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [s.images.shape for s in splits] == [(n, 16, 16, 3) for n in (30, 20, 10)]
    assert dataset.name == 'synthetic house numbers' and 'seed 5' in dataset.source
    assert not np.array_equal(dataset.train.images[:20], dataset.validation.images)
    large = load_svhn(data='synthetic', seed=5, sizes=(30, 20, 10))
    np.testing.assert_array_equal(area_downsample(large.test.images, 2), dataset.test.images)
    assert capsys.readouterr().err == ''  # asked for: nothing to warn of
    with pytest.raises(DataError, match='1 or more'):
        load_svhn(data='synthetic', sizes=(30, 0, 10))
