"""The synthetic digits: their form, that a seed settles them, and what they are called."""

import numpy as np
import pytest

from datasets import DataError, load_mnist, synthetic_digits
from datasets.synthetic import synthetic_dataset


def test_synthetic_digits_have_the_promised_form():
    images, labels = synthetic_digits(1003, 0)
    assert images.shape == (1003, 28, 28, 1) and images.dtype == np.uint8
    assert labels.shape == (1003,) and labels.dtype == np.int64
    counts = np.bincount(labels, minlength=10)
    assert len(counts) == 10 and set(counts) <= {100, 101}
    assert len(set(labels[:30].tolist())) >= 8  # in random order, not sorted
    assert images.max() == 255 and not images[:, [0, -1]].any() and not images[:, :, [0, -1]].any()
    ink = images.reshape(len(images), -1).mean(1)
    assert ink.min() > 5 and 25 < ink.mean() < 45  # MNIST: 33
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


def test_synthetic_digits_are_settled_by_the_seed():
    images, labels = synthetic_digits(200, 3)
    again, labels_again = synthetic_digits(200, 3)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert not np.array_equal(images, synthetic_digits(200, 4)[0])


def test_synthetic_classes_can_be_told_apart():
    images, labels = synthetic_digits(3000, 0)
    x = images.reshape(len(images), -1) / 255 - 0.13
    targets = np.eye(10)[labels]
    weights = np.linalg.solve(x[:2000].T @ x[:2000] + 10 * np.eye(784), x[:2000].T @ targets[:2000])
    assert ((x[2000:] @ weights).argmax(1) == labels[2000:]).mean() > 0.9


def test_synthetic_dataset_is_never_called_mnist(capsys):
    dataset = load_mnist(data='synthetic', seed=5, sizes=(30, 20, 10))
    assert dataset.name == 'synthetic digits'
    assert 'synthetic digits' in dataset.source and 'MNIST' not in dataset.source
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split.labels) for split in splits] == [30, 20, 10]
    same = synthetic_dataset(5, (30, 20, 10))
    np.testing.assert_array_equal(dataset.test.images, same.test.images)
    assert capsys.readouterr().err == ''  # asked for: nothing to warn of


def test_synthetic_splits_differ():
    dataset = synthetic_dataset(0, (20, 20, 20))
    assert not np.array_equal(dataset.train.images, dataset.validation.images)
    assert not np.array_equal(dataset.validation.images, dataset.test.images)


def test_synthetic_dataset_of_no_images():
    with pytest.raises(DataError, match='1 or more'):
        load_mnist(data='synthetic', sizes=(10, 0, 10))
