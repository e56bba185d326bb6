"""Where the files of a data set may be, and under which names; all of them are in one place."""

import gzip
import hashlib
import os
import shutil

import numpy as np
import pytest

import datasets.mnist
from datasets import DataError, load_mnist, load_norb, load_tfd
from datasets.base import Unavailable
from datasets.norb import NORB_FILES
from datasets.norb_format import write_matrix
from datasets.synthetic_tfd import write_synthetic_tfd
from datasets.tfd import TFD_FILE
from tests.datasets.test_datasets import load_error, small_arrays, write_files

NAMES = list(datasets.mnist.MNIST_FILES)
TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = NAMES
DOTTED = {name: name.replace('-idx', '.idx') for name in NAMES}


def assert_found(folder, data_dir, arrays):
    dataset = load_mnist(data_dir, mirrors=())
    assert dataset.source == f'IDX files in {folder} (not the official MNIST contents)'
    np.testing.assert_array_equal(dataset.test.images[..., 0], arrays[TEST_IMAGES])
    np.testing.assert_array_equal(dataset.train.labels, arrays[TRAIN_LABELS][:50])


# Names


@pytest.mark.parametrize('suffix', ['', '.gz'])
def test_names_with_dots(tmp_path, suffix):
    arrays = small_arrays()
    write_files(tmp_path, {DOTTED[name]: array for name, array in arrays.items()}, suffix)
    assert_found(tmp_path, tmp_path, arrays)


@pytest.mark.parametrize('outer', ['-', '.', '.gz'])
@pytest.mark.parametrize('inner', ['-', '.', '.gz'])
def test_archives_unpacked_as_folders_of_that_name(tmp_path, outer, inner):
    def spelt(name, how):
        return DOTTED[name] if how == '.' else name + how.strip('-')

    arrays = small_arrays()
    for name, array in arrays.items():
        write_files(tmp_path / spelt(name, outer), {spelt(name, inner): array})
    assert_found(tmp_path, tmp_path, arrays)


def test_the_archive_of_kaggle(tmp_path):
    """Each file twice: with a dot, and in a folder of its own."""
    arrays = small_arrays()
    for name, array in arrays.items():
        write_files(tmp_path / 'mnist', {DOTTED[name]: array})
        write_files(tmp_path / 'mnist' / name, {name: array})
    assert_found(tmp_path / 'mnist', tmp_path, arrays)


def test_a_folder_of_that_name_with_something_else_in_it(tmp_path):
    write_files(tmp_path, small_arrays())
    (tmp_path / TRAIN_LABELS).unlink()
    (tmp_path / TRAIN_LABELS).mkdir()
    for other in (None, 'labels.txt'):
        if other:
            (tmp_path / TRAIN_LABELS / other).write_text('')
        error = load_error(tmp_path)
        assert error.startswith(f'{tmp_path / TRAIN_LABELS}: a folder without the file ')


def test_norb_and_tfd_unpacked_as_folders_of_that_name(tmp_path, solids):
    for name, array in solids.items():
        (tmp_path / name).mkdir()
        write_matrix(tmp_path / name / name, array)
    assert load_norb(tmp_path, mirrors=()).source.startswith(f'files in {tmp_path} in')
    (tmp_path / 'tfd' / TFD_FILE).mkdir(parents=True)
    path = tmp_path / 'tfd' / TFD_FILE / TFD_FILE
    write_synthetic_tfd(path, 0, (3, 2, 1))
    assert str(path) in load_tfd(tmp_path).source


# Places


@pytest.mark.parametrize('place, data_dir', [
    ('MNIST/raw', ''), ('MNIST/raw', 'MNIST'), ('MNIST/raw', 'MNIST/raw'), ('mnist', '')])
def test_what_torchvision_leaves_is_found(tmp_path, place, data_dir):
    arrays = small_arrays()
    write_files(tmp_path / place, arrays)
    for name in NAMES:  # it leaves both
        (tmp_path / place / f'{name}.gz').write_bytes(
            gzip.compress((tmp_path / place / name).read_bytes()))
    assert_found(tmp_path / place, tmp_path / data_dir, arrays)


@pytest.mark.parametrize('other', ['FashionMNIST/raw', 'KMNIST/raw', 'EMNIST/raw', 'QMNIST/raw'])
def test_other_sets_of_torchvision_are_not_found_as_mnist(tmp_path, other):
    write_files(tmp_path / other, small_arrays())
    assert 'not complete' in load_error(tmp_path)
    arrays = small_arrays(n_test=7)
    write_files(tmp_path / 'MNIST/raw', arrays)
    assert_found(tmp_path / 'MNIST/raw', tmp_path, arrays)
    assert_found(tmp_path / other, tmp_path / other.split('/')[0], small_arrays())  # when named


def test_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arrays = small_arrays()
    write_files(tmp_path, arrays)
    assert_found('.', '.', arrays)


def test_a_complete_place_comes_before_one_that_is_not(tmp_path):
    arrays, others = small_arrays(), small_arrays(n_test=7)
    write_files(tmp_path / 'mnist', arrays)
    write_files(tmp_path, {name: others[name] for name in NAMES[1:]})
    assert_found(tmp_path / 'mnist', tmp_path, arrays)
    write_files(tmp_path, others)  # and of two, the folder itself
    assert_found(tmp_path, tmp_path, others)
    for name in ('MNIST', 'raw'):  # what is no folder is no place
        (tmp_path / name).write_text('')
    assert_found(tmp_path, tmp_path, others)


@pytest.mark.parametrize('places', [('', 'mnist'), ('mnist', 'MNIST/raw')])
@pytest.mark.parametrize('there', [NAMES[:1], NAMES[:2], NAMES[1:]])
def test_files_of_two_places_are_not_mixed(
    server, small_mnist, tmp_path, places, there
):
    """The place with more of them is completed, and where nothing can be fetched, said to be."""
    elsewhere = [name for name in NAMES if name not in there]
    for place, names in zip(places, (there, elsewhere)):
        (tmp_path / 'data' / place).mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy(tmp_path / 'server' / name, tmp_path / 'data' / place)
    best = tmp_path / 'data' / (places[0] if len(there) >= len(elsewhere) else places[1])
    with pytest.raises(Unavailable, match='put all files into one folder') as caught:
        load_mnist(tmp_path / 'data', mirrors=())
    assert f'the others are in {best}' in str(caught.value) and '\n' not in str(caught.value)
    before = len(list((tmp_path / 'data').rglob('*ubyte*')))
    dataset = load_mnist(tmp_path / 'data', mirrors=[server.url('good')])
    assert dataset.name == 'MNIST' and dataset.source == f'official MNIST files in {best}'
    missing = elsewhere if best == tmp_path / 'data' / places[0] else there
    assert len(list((tmp_path / 'data').rglob('*ubyte*'))) == before + len(missing)
    assert set(missing) == {path.stem for path in best.glob('*.gz')}


def test_norb_of_two_places_is_not_mixed(tmp_path, solids):
    for i, (name, array) in enumerate(solids.items()):
        place = tmp_path / 'norb' if i % 2 else tmp_path
        place.mkdir(exist_ok=True)
        write_matrix(place / (name + '.gz'), array)
    with pytest.raises(DataError, match='not the official small NORB'):
        load_norb(tmp_path, mirrors=())
    for name in NORB_FILES:
        if (tmp_path / 'norb' / f'{name}.gz').exists():
            os.rename(tmp_path / 'norb' / f'{name}.gz', tmp_path / f'{name}.gz')
    assert load_norb(tmp_path, mirrors=()).name == 'NORB-format images'


def test_official_files_are_known_under_every_name(small_mnist, tmp_path):
    for name in NAMES:
        contents = (tmp_path / 'server' / name).read_bytes()
        assert hashlib.sha256(contents).hexdigest() == small_mnist[name]
        (tmp_path / 'data' / DOTTED[name]).mkdir(parents=True)
        (tmp_path / 'data' / DOTTED[name] / DOTTED[name]).write_bytes(contents)
    dataset = load_mnist(tmp_path / 'data', mirrors=())
    assert (dataset.name, dataset.source) == (
        'MNIST', f'official MNIST files in {tmp_path / "data"}')
