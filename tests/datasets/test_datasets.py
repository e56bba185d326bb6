"""Splits, subsets and every wrong set of MNIST files, on small real files."""

import os
from pathlib import Path

import numpy as np
import pytest

import datasets.mnist
from datasets import DataError, Split, binarize, load_mnist, write_idx
from datasets.base import Dataset

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = datasets.mnist.MNIST_FILES


def small_arrays(n_train=60, n_test=10):
    rng = np.random.default_rng(0)
    return {
        TRAIN_IMAGES: rng.integers(0, 256, (n_train, 28, 28), dtype=np.uint8),
        TRAIN_LABELS: (np.arange(n_train) % 10).astype(np.uint8),
        TEST_IMAGES: rng.integers(0, 256, (n_test, 28, 28), dtype=np.uint8),
        TEST_LABELS: (np.arange(n_test) % 10).astype(np.uint8),
    }


def write_files(folder, arrays, suffix=''):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        write_idx(folder / (name + suffix), array)


def load_error(folder, data='mnist'):
    """The message of load_mnist's DataError: one line, without a mirror to hide behind."""
    with pytest.raises(DataError) as caught:
        load_mnist(folder, data=data, mirrors=())
    assert '\n' not in str(caught.value)
    return str(caught.value)


# Dataset


def tiny_dataset():
    labels = np.arange(20) % 10
    images = np.broadcast_to(np.arange(20, dtype=np.uint8)[:, None, None, None], (20, 28, 28, 1))
    split = Split(images, labels)
    return Dataset('synthetic digits', 'test', split, split, split)


def test_subset_keeps_digits_then_the_first_n():
    kept = tiny_dataset().subset(digits=[7, 2], train=3, test=1)
    assert kept.train.labels.tolist() == [2, 7, 2]
    assert kept.train.images[:, 0, 0, 0].tolist() == [2, 7, 12]
    assert kept.validation.labels.tolist() == [2, 7, 2, 7]
    assert kept.test.images[:, 0, 0, 0].tolist() == [2]
    assert (kept.name, kept.source) == ('synthetic digits', 'test')


def test_subset_of_nothing_is_everything():
    kept = tiny_dataset().subset()
    assert all(len(split.labels) == 20 for split in (kept.train, kept.validation, kept.test))


@pytest.mark.parametrize(
    'arguments, message',
    [
        ({'train': 21}, 'train split: 21 .* from 1 to 20'),
        ({'digits': [1], 'validation': 3}, 'validation split: 3 .* from 1 to 2'),
        ({'test': 0}, 'test split'),
        ({'test': -1}, 'test split'),
        ({'digits': [3, 10]}, r'\[10\]'),
        ({'digits': []}, 'no images'),
    ],
)
def test_subset_errors(arguments, message):
    with pytest.raises(DataError, match=message):
        tiny_dataset().subset(**arguments)


def test_binarize_thresholds_above_one_half():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    binary = binarize(images)
    assert binary.dtype == np.float32 and binary.shape == images.shape
    np.testing.assert_array_equal(binary, images / 255 > 0.5)
    with pytest.raises(DataError, match='float32'):
        binarize(binary)


# MNIST files


@pytest.mark.parametrize('suffix', ['', '.gz'])
@pytest.mark.parametrize('inner', ['', 'mnist'])
def test_load_from_folder_or_its_mnist_folder(tmp_path, suffix, inner):
    arrays = small_arrays()
    write_files(tmp_path / inner, arrays, suffix)
    dataset = load_mnist(tmp_path, mirrors=())
    assert dataset.name == 'IDX images'
    assert dataset.source == (f'IDX files in {tmp_path / inner} (not the official MNIST contents)')
    np.testing.assert_array_equal(dataset.train.images[..., 0], arrays[TRAIN_IMAGES][:50])
    np.testing.assert_array_equal(dataset.validation.images[..., 0], arrays[TRAIN_IMAGES][50:])
    np.testing.assert_array_equal(dataset.test.images[..., 0], arrays[TEST_IMAGES])
    np.testing.assert_array_equal(dataset.train.labels, arrays[TRAIN_LABELS][:50])
    np.testing.assert_array_equal(dataset.validation.labels, arrays[TRAIN_LABELS][50:])
    np.testing.assert_array_equal(dataset.test.labels, arrays[TEST_LABELS])
    for images, labels in (dataset.train, dataset.validation, dataset.test):
        assert images.shape[1:] == (28, 28, 1)
        assert images.dtype == np.uint8 and labels.dtype == np.int64


def test_folder_given_then_environment_then_data(tmp_path, monkeypatch):  # for all loaders
    for place in ('given', 'environment', 'data'):
        write_files(tmp_path / place, small_arrays())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('PIXELGAN_DATA_DIR', 'environment')
    assert 'in given ' in load_mnist('given', mirrors=()).source
    assert 'in environment ' in load_mnist(mirrors=()).source
    monkeypatch.delenv('PIXELGAN_DATA_DIR')
    assert 'in data ' in load_mnist(mirrors=()).source


def test_small_files_are_split_five_to_one(tmp_path):
    write_files(tmp_path, small_arrays(n_train=6, n_test=1))
    dataset = load_mnist(tmp_path, mirrors=())
    assert [len(s.labels) for s in (dataset.train, dataset.validation, dataset.test)] == [5, 1, 1]


def test_sizes_take_at_most_the_first_of_each_split(tmp_path):
    write_files(tmp_path, small_arrays())
    dataset = load_mnist(tmp_path, mirrors=(), sizes=(7, 3, 2))
    assert dataset.train.labels.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert dataset.validation.labels.tolist() == [0, 1, 2]  # the 51st image has label 0
    assert dataset.test.labels.tolist() == [0, 1]
    all_there_are = load_mnist(tmp_path, mirrors=(), sizes=(51, 1, 1))
    assert len(all_there_are.train.labels) == 50


@pytest.mark.parametrize(
    'name, array, named, message',
    [
        (TRAIN_IMAGES, np.zeros((60, 28, 27), np.uint8), TRAIN_IMAGES, '28 x 27'),
        (TRAIN_IMAGES, np.zeros((59, 28, 28), np.uint8), TRAIN_IMAGES, '59 images, but 60 labels'),
        (TEST_LABELS, np.zeros(11, np.uint8), TEST_IMAGES, '10 images, but 11 labels'),
        (TEST_LABELS, np.full(10, 10, np.uint8), TEST_LABELS, 'label 10 is not a digit'),
        (TRAIN_IMAGES, np.zeros(60, np.uint8), TRAIN_IMAGES, '2049'),
        (TRAIN_LABELS, np.zeros((60, 28, 28), np.uint8), TRAIN_LABELS, '2051'),
    ],
)
@pytest.mark.parametrize('data', ['auto', 'mnist'])
def test_wrong_files_are_errors_never_a_fall_back(tmp_path, name, array, named, message, data):
    write_files(tmp_path, {**small_arrays(), name: array})
    error = load_error(tmp_path, data)
    assert error.startswith(f'{tmp_path / named}: ') and message in error


@pytest.mark.parametrize(
    'n_train, n_test, named', [(5, 10, TRAIN_IMAGES), (0, 10, TRAIN_IMAGES), (60, 0, TEST_IMAGES)]
)
def test_too_few_images_for_the_splits(tmp_path, n_train, n_test, named):
    write_files(tmp_path, small_arrays(n_train, n_test))
    error = load_error(tmp_path, 'auto')
    assert named in error and 'too few' in error


@pytest.mark.parametrize('others_missing', [False, True])
@pytest.mark.parametrize('data', ['auto', 'mnist'])
def test_truncated_file_is_an_error_even_beside_missing_ones(tmp_path, others_missing, data):
    write_files(tmp_path, small_arrays(), '.gz')
    bad = tmp_path / f'{TRAIN_IMAGES}.gz'
    bad.write_bytes(bad.read_bytes()[:-100])
    if others_missing:
        (tmp_path / f'{TEST_LABELS}.gz').unlink()
    error = load_error(tmp_path, data)
    assert error.startswith(f'{bad}: truncated gzip')
    assert bad.exists()


def test_foreign_files_are_not_completed_with_mnist(tmp_path):
    write_files(tmp_path, small_arrays())
    (tmp_path / TEST_LABELS).unlink()
    assert 'not the official MNIST contents' in load_error(tmp_path, 'auto')


def test_data_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, 'Permission denied', str(path))

    monkeypatch.setattr(os, 'listdir', refuse)  # file modes do not stop a test run as root
    error = load_error(tmp_path, 'auto')
    assert str(tmp_path) in error and 'Permission denied' in error


def test_official_mnist():
    folder = Path(os.environ.get('PIXELGAN_DATA_DIR') or 'data')
    if not any(
        (place / f'{TRAIN_IMAGES}{suffix}').exists()
        for place in (folder, folder / 'mnist')
        for suffix in ('', '.gz')
    ):
        pytest.skip(f'no MNIST files in {folder} (set PIXELGAN_DATA_DIR)')
    dataset = load_mnist(folder, data='mnist', mirrors=())
    assert dataset.name == 'MNIST' and dataset.source.startswith('official MNIST files in ')
    assert [s.images.shape for s in (dataset.train, dataset.validation, dataset.test)] == [
        (50_000, 28, 28, 1),
        (10_000, 28, 28, 1),
        (10_000, 28, 28, 1),
    ]
    assert dataset.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert dataset.validation.labels[:5].tolist() == [3, 8, 6, 9, 6]
    assert dataset.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    images = np.concatenate([dataset.train.images, dataset.validation.images])
    assert images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)  # the well-known mean of MNIST
