"""Data sets in the form of MNIST's files: called by their names, and never mixed."""

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

import datasets.known
import datasets.mnist
from datasets import DataError, load_mnist, write_idx
from datasets.agreement import LEAST
from training.run import check_data
from training.run_folder import RunError

NAMES = list(datasets.mnist.MNIST_FILES)
TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = NAMES


def images_of(labels, seed):
    """Images (N, 28, 28) of noise about a picture of each class; `seed` draws the pictures."""
    pictures = np.random.default_rng(seed).integers(0, 200, (10, 28, 28), dtype=np.uint8)
    noise = np.random.default_rng(seed + 1).integers(0, 56, (len(labels), 28, 28), dtype=np.uint8)
    return pictures[labels] + noise


def four_files(seed, n_train=60, n_test=10):
    """{name: array} of a data set of its own."""
    arrays = {}
    for images, labels, n in ((TRAIN_IMAGES, TRAIN_LABELS, n_train),
                              (TEST_IMAGES, TEST_LABELS, n_test)):
        arrays[labels] = np.random.default_rng([seed, n]).integers(0, 10, n, dtype=np.uint8)
        arrays[images] = images_of(arrays[labels], seed)
    return {name: arrays[name] for name in NAMES}


def write(folder, arrays, suffix=''):
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        write_idx(folder / (name + suffix), array)
    return folder


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """Small sets take the places of the known ones: {data set: {name: array}}."""
    arrays = {name: four_files(seed) for seed, name in
              enumerate(['MNIST', 'Fashion-MNIST', 'EMNIST digits', 'QMNIST'])}
    arrays['QMNIST'][TRAIN_LABELS] = arrays['MNIST'][TRAIN_LABELS]

    def md5(data_set, packed):
        folder = write(tmp_path / f'official {data_set}', arrays[data_set], '.gz' * packed)
        return tuple(hashlib.md5((folder / (name + '.gz' * packed)).read_bytes()).hexdigest()
                     for name in NAMES)

    monkeypatch.setattr(datasets.known, 'CONTENTS',
                        {name: md5(name, False) for name in ('MNIST', 'Fashion-MNIST')})
    qmnist = md5('QMNIST', True)
    monkeypatch.setattr(datasets.known, 'GZIPPED', {
        'EMNIST digits': md5('EMNIST digits', True), 'QMNIST': (qmnist[0], None, qmnist[2], None)})
    monkeypatch.setattr(datasets.mnist, 'MNIST_FILES', {
        name: hashlib.sha256((tmp_path / 'official MNIST' / name).read_bytes()).hexdigest()
        for name in NAMES})
    return arrays


def load_error(folder):
    with pytest.raises(DataError) as caught:
        load_mnist(folder, mirrors=())
    assert '\n' not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize('data_set, suffix', [
    ('MNIST', ''), ('Fashion-MNIST', ''), ('Fashion-MNIST', '.gz'), ('EMNIST digits', '.gz')])
def test_a_whole_known_set_is_called_by_its_name(tmp_path, sets, data_set, suffix):
    folder = write(tmp_path / 'data', sets[data_set], suffix)
    dataset = load_mnist(folder, mirrors=())
    assert dataset.name == data_set
    assert dataset.source == f'official {data_set} files in {folder}'


def test_contents_are_known_in_any_container_and_a_container_is_not_when_packed_anew(
    tmp_path, sets
):
    for data_set, name in (('Fashion-MNIST', 'Fashion-MNIST'), ('EMNIST digits', 'IDX images')):
        folder = write(tmp_path / data_set, sets[data_set])
        for path in list(folder.iterdir()):
            path.with_name(path.name + '.gz').write_bytes(gzip.compress(path.read_bytes(), 1))
            path.unlink()
        assert load_mnist(folder, mirrors=()).name == name


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('one, other', [
    ('MNIST', 'Fashion-MNIST'), ('Fashion-MNIST', 'MNIST'), ('MNIST', 'EMNIST digits')])
def test_a_file_of_another_set_is_named_with_what_it_is(tmp_path, sets, name, one, other):
    folder = write(tmp_path / 'data', sets[one])
    (folder / name).unlink()
    write(folder, {name: sets[other][name]}, '.gz')
    error = load_error(folder)
    assert error.startswith(f'{folder}: files that do not belong together: ')
    what = dict(zip(NAMES, ['training images', 'training labels', 'test images', 'test labels']))
    for file in NAMES:
        data_set, suffix = (other, '.gz') if file == name else (one, '')
        assert f'{file}{suffix} holds the {what[file]} of {data_set}' in error


def test_training_files_in_the_place_of_test_files(tmp_path, sets):
    arrays = sets['Fashion-MNIST']
    folder = write(tmp_path / 'data', {**arrays, TEST_IMAGES: arrays[TRAIN_IMAGES],
                                       TEST_LABELS: arrays[TRAIN_LABELS]})
    assert f'{TEST_IMAGES} holds the training images of Fashion-MNIST' in load_error(folder)


def test_qmnist_goes_with_the_labels_of_mnist_and_tests_its_models(tmp_path, sets):
    folder = write(tmp_path / 'data', {**sets['MNIST'],
                                       TRAIN_IMAGES: sets['QMNIST'][TRAIN_IMAGES]}, '.gz')
    assert load_mnist(folder, mirrors=()).name == 'MNIST and QMNIST'
    folder = write(folder, {TEST_IMAGES: sets['QMNIST'][TEST_IMAGES],
                            TEST_LABELS: sets['QMNIST'][TEST_LABELS]}, '.gz')
    assert load_mnist(folder, mirrors=()).name == 'IDX images'  # bytes made of its labels


def test_a_run_of_when_all_others_were_idx_images_goes_on(tmp_path, sets):
    fashion = load_mnist(write(tmp_path / 'fashion', sets['Fashion-MNIST']), mirrors=())
    mnist = load_mnist(write(tmp_path / 'mnist', sets['MNIST']), mirrors=())
    for name in ('IDX images', 'Fashion-MNIST'):
        check_data(name, fashion)
    for name, data in (('MNIST', fashion), ('IDX images', mnist), ('Fashion-MNIST', mnist)):
        with pytest.raises(RunError, match='--data-dir'):
            check_data(name, data)


# Files that are not known


@pytest.mark.parametrize('name', NAMES)
def test_labels_that_say_nothing_about_the_images(tmp_path, name):
    one, other = (four_files(seed, LEAST, LEAST + 1) for seed in (0, 1))
    assert load_mnist(write(tmp_path, one), mirrors=()).name == 'IDX images'
    write(tmp_path, {name: other[name]})
    error = load_error(tmp_path)
    images, labels = NAMES[:2] if name in NAMES[:2] else NAMES[2:]
    assert error.startswith(f'{tmp_path / labels}: not the labels of {tmp_path / images}')
    assert 'nearest class mean' in error and 'chance' in error


@pytest.mark.parametrize('name', NAMES)
def test_a_known_file_beside_one_that_is_not_known(tmp_path, sets, monkeypatch, name):
    """Images that were changed keep their labels: only labels of other images are an error."""
    one, other = (four_files(seed, LEAST, LEAST + 1) for seed in (0, 1))
    folder = write(tmp_path / 'data', one)
    known = [hashlib.md5((folder / file).read_bytes()).hexdigest() for file in NAMES]
    monkeypatch.setattr(datasets.known, 'CONTENTS', {'Fashion-MNIST': known})
    assert load_mnist(folder, mirrors=()).name == 'Fashion-MNIST'
    if 'images' in name:
        write(folder, {name: 255 - one[name]})
        assert load_mnist(folder, mirrors=()).name == 'IDX images'
    write(folder, {name: other[name]})
    assert 'not the labels of' in load_error(folder)


@pytest.mark.parametrize('labels', [
    np.arange(2 * LEAST) * 10 // (2 * LEAST),  # one class after the other
    np.arange(2 * LEAST) % 2,
    np.where(np.arange(2 * LEAST) % 50, 3, 4),  # one in fifty
    np.zeros(2 * LEAST, int),
])
def test_labels_of_any_order_and_number_are_taken(tmp_path, labels):
    write(tmp_path, {**four_files(0), TRAIN_LABELS: labels.astype(np.uint8),
                     TRAIN_IMAGES: images_of(labels, 0)})
    assert load_mnist(tmp_path, mirrors=()).name == 'IDX images'


def test_of_few_images_it_cannot_be_told(tmp_path):
    one, other = (four_files(seed, LEAST - 1) for seed in (0, 1))
    write(tmp_path, {**one, TRAIN_LABELS: other[TRAIN_LABELS]})
    assert load_mnist(tmp_path, mirrors=()).name == 'IDX images'


# The digests


def test_the_digests():
    tables = [*datasets.known.CONTENTS.values(), *datasets.known.GZIPPED.values()]
    digests = [md5 for table in tables for md5 in table if md5]
    assert len(set(digests)) == len(digests) == 26
    assert all(len(bytes.fromhex(md5)) == 16 for md5 in digests)
    assert all(len(table) == 4 for table in tables)


def official_mnist():
    folder = Path(os.environ.get('PIXELGAN_DATA_DIR') or 'data') / 'mnist'
    if not (folder / f'{TRAIN_IMAGES}.gz').exists():
        pytest.skip(f'no MNIST files in {folder} (set PIXELGAN_DATA_DIR)')
    return {name: gzip.decompress((folder / f'{name}.gz').read_bytes()) for name in NAMES}


def test_those_of_the_real_mnist():
    contents = official_mnist()
    assert datasets.known.CONTENTS['MNIST'] == tuple(
        hashlib.md5(contents[name]).hexdigest() for name in NAMES)


def test_the_real_mnist_with_labels_of_other_images(tmp_path):
    contents = official_mnist()
    for name, one in contents.items():
        (tmp_path / name).write_bytes(one)
    contents = bytearray(contents[TRAIN_LABELS])
    contents[8:] = contents[9:] + contents[8:9]
    (tmp_path / TRAIN_LABELS).write_bytes(contents)
    assert f'{TRAIN_LABELS}: not the labels of ' in load_error(tmp_path)
