"""SVHN: splits, names and places, wrong members, official files and downloads."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

import datasets.svhn
from datasets import DataError, load_svhn, standardisation
from datasets.downsample import area_downsample
from datasets.svhn_mat import write_svhn_mat
from tests.datasets.test_datasets_svhn_mat import arrays

EXTRA, TRAIN, TEST = datasets.svhn.SVHN_FILES


def write(folder, **counts):
    """train=60, test=20: the files train_32x32.mat and test_32x32.mat; what is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {}
    for seed, (split, n) in enumerate(counts.items()):
        contents[split] = arrays(n, seed)
        write_svhn_mat(folder / f'{split}_32x32.mat', *contents[split])
    return contents


def load_error(folder, error=DataError, **options):
    """The message of load_svhn's error, one line, with no address to hide behind."""
    with pytest.raises(error) as caught:
        load_svhn(folder, **{'data': 'auto', 'mirrors': (), **options})
    assert '\n' not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize('counts, name', [({'train': 9, 'test': 5}, TRAIN),
                                          ({'train': 20, 'test': 0}, TEST)])
@pytest.mark.parametrize('data', ['auto', 'svhn'])
def test_too_few_images_are_an_error_never_a_fall_back(tmp_path, counts, name, data):
    write(tmp_path, **counts)
    error = load_error(tmp_path, data=data)
    assert error.startswith(f'{tmp_path / name}: ') and 'images are too few' in error


# Splits, names and places


@pytest.mark.parametrize('inner', ['', 'svhn', 'svhn-subset'])
@pytest.mark.parametrize('size', [32, 16])
def test_load_from_folder_or_the_folders_in_it(tmp_path, inner, size):
    contents = write(tmp_path / inner, train=60, test=20)
    dataset = load_svhn(tmp_path, mirrors=(), size=size)
    kind = 'SVHN subset' if inner == 'svhn-subset' else 'images in the form of SVHN'
    assert dataset.name == f'{kind} (60 train / 20 test)'
    assert dataset.source == (
        f'{TRAIN} and {TEST} in {tmp_path / inner} (not the official SVHN contents)'
    )
    images, labels = contents['train']
    images = area_downsample(images, 32 // size)
    np.testing.assert_array_equal(dataset.train.images, images[:54])
    np.testing.assert_array_equal(dataset.validation.images, images[54:])
    assert dataset.train.labels.tolist() == labels[:54].tolist()
    assert dataset.validation.labels.tolist() == labels[54:].tolist()
    np.testing.assert_array_equal(
        dataset.test.images, area_downsample(contents['test'][0], 32 // size)
    )
    for split in (dataset.train, dataset.validation, dataset.test):
        assert split.images.dtype == np.uint8 and split.labels.dtype == np.int64


def test_extra_is_for_training_unless_told_otherwise(tmp_path):
    write(tmp_path, extra=40, train=30, test=20)
    assert load_svhn(tmp_path, mirrors=()).name.endswith('(40 train / 20 test)')
    assert EXTRA in load_svhn(tmp_path, mirrors=(), split='extra').source
    dataset = load_svhn(tmp_path, mirrors=(), split='train')
    assert dataset.name.endswith('(30 train / 20 test)') and TRAIN in dataset.source
    (tmp_path / EXTRA).unlink()
    assert len(load_svhn(tmp_path, mirrors=()).train.labels) == 27
    assert EXTRA in load_error(tmp_path, split='extra')


def test_sizes_take_the_first_of_each_split(tmp_path):
    contents = write(tmp_path, train=60, test=20)
    dataset = load_svhn(tmp_path, mirrors=(), sizes=(7, 3, 2))
    np.testing.assert_array_equal(dataset.train.images, contents['train'][0][:7])
    np.testing.assert_array_equal(dataset.validation.images, contents['train'][0][54:57])
    assert [len(s.labels) for s in (dataset.train, dataset.validation, dataset.test)] == [7, 3, 2]
    assert len(load_svhn(tmp_path, mirrors=(), sizes=(55, 1, 1)).train.labels) == 54    # at most


@pytest.mark.parametrize('n, held_out', [(10, 1), (49_999, 4_999), (50_000, 10_000)])
def test_ten_thousand_validate_or_a_tenth(tmp_path, monkeypatch, n, held_out):
    def one_pixel(path, size):  # the images do not matter here
        count = n if path.name == TRAIN else 5
        return np.zeros((count, 1, 1, 3), np.uint8), np.arange(count) % 7, False

    monkeypatch.setattr(datasets.svhn, 'read_svhn_mat', one_pixel)
    write(tmp_path, train=1, test=1)
    dataset = load_svhn(tmp_path, mirrors=())
    assert [len(s.labels) for s in (dataset.train, dataset.validation)] == [n - held_out, held_out]


def test_a_file_that_is_sorted_by_class_is_shuffled(tmp_path):
    images, _ = arrays(200)
    images[:, 0, 0, 0] = np.repeat(np.arange(10), 20)
    write(tmp_path, test=20)
    write_svhn_mat(tmp_path / TRAIN, images, np.repeat(np.arange(10), 20))
    dataset = load_svhn(tmp_path, mirrors=())
    for split in (dataset.train, dataset.validation):
        assert len(np.unique(split.labels)) > 5
        np.testing.assert_array_equal(split.images[:, 0, 0, 0], split.labels)
    assert len(np.unique(dataset.train.labels[:30])) > 5
    again = load_svhn(tmp_path, mirrors=())
    np.testing.assert_array_equal(again.train.images, dataset.train.images)


def test_files_of_two_folders_are_not_mixed(tmp_path):
    write(tmp_path / 'svhn', test=20)
    write(tmp_path / 'svhn-subset', train=30, test=10)
    assert load_svhn(tmp_path, mirrors=()).name == 'SVHN subset (30 train / 10 test)'
    (tmp_path / 'svhn-subset' / TEST).unlink()
    assert str(tmp_path / 'svhn' / TEST) in load_error(tmp_path)


def test_a_bad_file_is_reported_before_what_is_missing(tmp_path):
    write(tmp_path, train=20)
    assert 'not the official SVHN contents' in load_error(tmp_path)
    (tmp_path / TRAIN).write_bytes((tmp_path / TRAIN).read_bytes()[:-50])
    assert f'{tmp_path / TRAIN}: truncated' in load_error(tmp_path)


@pytest.mark.parametrize('flag', [{'split': 'test'}, {'size': 28}])
def test_unknown_choices(tmp_path, flag):
    assert f'{list(flag)[0]} {list(flag.values())[0]!r}: choose' in load_error(tmp_path, **flag)


def test_the_real_subset():
    folder = Path(os.environ.get('PIXELGAN_DATA_DIR') or 'data') / 'svhn-subset'
    if not (folder / TRAIN).exists():
        pytest.skip(f'no SVHN subset in {folder} (set PIXELGAN_DATA_DIR)')
    dataset = load_svhn(folder, data='svhn', mirrors=(), size=16)
    assert dataset.name == 'SVHN subset (5,980 train / 2,024 test)'
    assert [s.images.shape for s in (dataset.train, dataset.validation, dataset.test)] == [
        (5382, 16, 16, 3), (598, 16, 16, 3), (2024, 16, 16, 3)]
    assert dataset.train.labels[:10].tolist() == [6, 1, 1, 1, 8, 3, 1, 6, 1, 3]
    counts = np.bincount(np.concatenate([dataset.train.labels, dataset.validation.labels]))
    assert counts.tolist() == [410, 1200, 976, 668, 568, 541, 469, 434, 362, 352]
    x = standardisation(dataset.train.images).standardise(dataset.train.images)
    np.testing.assert_allclose(x.std(0), 1, atol=1e-4)


# Official files and downloads


def test_the_official_files():
    assert len({file.size for file in datasets.svhn.SVHN_FILES.values()}) == 3
    assert all(len(file.sha256) == 64 for file in datasets.svhn.SVHN_FILES.values())
    assert datasets.svhn.SVHN_MIRRORS == ('http://ufldl.stanford.edu/housenumbers/',)


@pytest.fixture
def small_official(server, tmp_path, monkeypatch):
    """Small files take the place of the official ones, on the server too: what is in them."""
    contents = write(tmp_path / 'server', extra=40, train=30, test=20)
    official = {}
    for name in (EXTRA, TRAIN, TEST):
        file = (tmp_path / 'server' / name).read_bytes()
        server.files[name] = file
        official[name] = datasets.svhn.Official(
            len(file), hashlib.sha256(file).hexdigest()
        )
    monkeypatch.setattr(datasets.svhn, 'SVHN_FILES', official)
    return contents


@pytest.mark.parametrize('data', ['auto', 'svhn'])
def test_load_fetches_what_is_missing_once(server, small_official, tmp_path, data):
    options = {'data': data, 'mirrors': [server.url('unavailable'), server.url('good')]}
    dataset = load_svhn(tmp_path / 'data', **options)
    place = tmp_path / 'data' / 'svhn'
    assert dataset.name == 'SVHN'
    assert dataset.source == f'official SVHN files {EXTRA} and {TEST} in {place}'
    assert sorted(os.listdir(place)) == sorted([EXTRA, EXTRA + '.sha256', TEST, TEST + '.sha256'])
    np.testing.assert_array_equal(dataset.train.images, small_official['extra'][0][:36])
    assert server.asked.count('good') == 2

    load_svhn(tmp_path / 'data', **options)
    assert server.asked.count('good') == 2
    (place / TEST).unlink()
    load_svhn(tmp_path / 'data', **options)
    assert server.asked.count('good') == 3
    train = load_svhn(tmp_path / 'data', split='train', **options)
    assert train.name == 'SVHN (30 train / 20 test)' and TRAIN in train.source
    assert server.asked.count('good') == 4


@pytest.mark.parametrize('name, other', [(TEST, TRAIN), (TRAIN, TEST), (EXTRA, TRAIN)])
def test_a_file_in_the_place_of_another(small_official, tmp_path, name, other):
    folder = tmp_path / 'server'
    (folder / name).write_bytes((folder / other).read_bytes())
    split = 'extra' if name == EXTRA else 'train'
    error = load_error(folder, split=split)
    assert error == f'{folder / name}: it is {other}, under another name; rename it'


def test_official_files_are_hashed_once(server, small_official, tmp_path, monkeypatch):
    options = {'mirrors': [server.url('good')], 'split': 'train'}
    load_svhn(tmp_path, **options)
    hashed = []
    real = datasets.svhn.digest

    def count(*arguments, **names):
        hashed.append(1)
        return real(*arguments, **names)

    monkeypatch.setattr(datasets.svhn, 'digest', count)
    assert load_svhn(tmp_path, **options).source.startswith('official')
    assert not hashed
    # Another file of the same size, written later: no longer official, whatever its .sha256 says.
    path = tmp_path / 'svhn' / TRAIN
    contents = bytearray(path.read_bytes())
    contents[20] ^= 1  # within the text of the header
    path.write_bytes(contents)
    later = (tmp_path / 'svhn' / (TRAIN + '.sha256')).stat().st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))
    dataset = load_svhn(tmp_path, **options)
    assert len(hashed) == 1 and dataset.name == 'images in the form of SVHN (30 train / 20 test)'
    assert 'not the official' in dataset.source
