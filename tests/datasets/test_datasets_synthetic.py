"""What is drawn in the place of data sets: its form; and that drawn digits can be told apart."""

import numpy as np
import pytest

from datasets import synthetic_digits
from datasets.synthetic_svhn import synthetic_house_numbers
from datasets.synthetic_tfd import synthetic_faces


@pytest.mark.parametrize('make, shape, classes', [
    (synthetic_digits, (28, 28, 1), 10), (synthetic_house_numbers, (32, 32, 3), 10),
    (synthetic_faces, (48, 48, 1), 7)])
def test_the_form_of_what_is_drawn(make, shape, classes):
    images, labels = make(703, 0)
    assert images.shape == (703, *shape) and images.dtype == np.uint8
    assert labels.shape == (703,) and labels.dtype == np.int64
    counts = np.bincount(labels, minlength=classes)
    assert len(counts) == classes and np.ptp(counts) == 1
    assert len(set(labels[:30].tolist())) >= 6  # in random order, not sorted
    assert len(np.unique(images.reshape(703, -1), axis=0)) == 703
    for array, same in zip((images, labels), make(703, 0)):
        np.testing.assert_array_equal(array, same)
    assert not np.array_equal(images, make(703, 1)[0])


def test_digits_are_as_light_as_mnists():
    images, _ = synthetic_digits(1003, 0)
    assert images.max() == 255 and not images[:, [0, -1]].any() and not images[:, :, [0, -1]].any()
    ink = images.reshape(len(images), -1).mean(1)
    assert ink.min() > 5 and 25 < ink.mean() < 45  # MNIST: 33


def test_synthetic_classes_can_be_told_apart():
    images, labels = synthetic_digits(3000, 0)
    x = images.reshape(len(images), -1) / 255 - 0.13
    targets = np.eye(10)[labels]
    weights = np.linalg.solve(x[:2000].T @ x[:2000] + 10 * np.eye(784), x[:2000].T @ targets[:2000])
    assert ((x[2000:] @ weights).argmax(1) == labels[2000:]).mean() > 0.9
