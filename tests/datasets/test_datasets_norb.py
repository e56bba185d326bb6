"""Small NORB: the loader on its six files, what can be wrong with them, and downloads."""

import hashlib

import numpy as np
import pytest

import datasets.norb
from datasets import DataError, load_norb
from datasets.downsample import area_downsample
from datasets.norb_format import write_matrix
from tests.datasets.test_datasets_download import everything_in

NAMES = list(datasets.norb.NORB_FILES)
DAT, CAT, INFO, TEST_DAT, TEST_CAT, TEST_INFO = NAMES


def write_files(folder, arrays, suffix=''):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        write_matrix(folder / (name + suffix), array)


# The loader


@pytest.mark.parametrize('suffix, inner', [('', ''), ('.gz', 'norb')])
def test_load_gives_the_first_camera_by_area(tmp_path, solids, suffix, inner):
    write_files(tmp_path / inner, solids, suffix)
    dataset = load_norb(tmp_path, mirrors=())
    assert dataset.name == 'NORB-format images' and 'not known to be' in dataset.source
    assert str(tmp_path / inner) in dataset.source
    for images, labels in (dataset.train, dataset.validation, dataset.test):
        assert images.shape == (len(labels), 32, 32, 1)
        assert images.dtype == np.uint8 and labels.dtype == np.int64
    blocks = solids[TEST_DAT][:, 0].reshape(10, 32, 3, 32, 3).mean((2, 4))
    assert abs(dataset.test.images[..., 0] - blocks).max() <= 0.5 + 1e-9
    np.testing.assert_array_equal(dataset.test.labels, solids[TEST_CAT])


def test_validation_is_balanced_and_parts_the_training_file(tmp_path, solids):
    write_files(tmp_path, solids)
    dataset = load_norb(tmp_path, mirrors=())
    assert np.bincount(dataset.validation.labels).tolist() == [1] * 5
    assert np.bincount(dataset.train.labels).tolist() == [7] * 5
    both = np.concatenate([dataset.train.images, dataset.validation.images])
    file = area_downsample(solids[DAT][:, 0, :, :, None], 3)
    assert {i.tobytes() for i in both} == {i.tobytes() for i in file}
    again = load_norb(tmp_path, mirrors=())
    np.testing.assert_array_equal(again.validation.images, dataset.validation.images)


def test_4000_of_24300_validate():
    labels = np.arange(24_300) % 5
    held_out = datasets.norb._held_out(labels, 'cat')
    assert held_out.sum() == 4_000 and np.bincount(labels[held_out]).tolist() == [800] * 5


def test_sizes(tmp_path, solids):
    write_files(tmp_path, solids)
    dataset = load_norb(tmp_path, mirrors=(), sizes=(5, 4, 3))
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split.labels) for split in splits] == [5, 4, 3]
    assert len(load_norb(tmp_path, mirrors=(), sizes=(36, 1, 1)).train.labels) == 35    # at most


def zeros(*shape, dtype=np.int32):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    'name, array, named, message',
    [
        (DAT, zeros(39, 2, 96, 96, dtype=np.uint8), DAT, '39 image pairs, but 40 rows in .*cat'),
        (TEST_INFO, zeros(11, 4), TEST_DAT, '10 image pairs, but 11 rows in .*info'),
        (TEST_CAT, zeros(9), TEST_DAT, '10 image pairs, but 9 rows in .*testing-cat'),
        (CAT, zeros(41), DAT, '40 image pairs, but 41 rows in .*training-cat'),
        (DAT, zeros(40, 2, 108, 108, dtype=np.uint8), DAT, '108, 108.*not bytes .N, 2, 96, 96'),
        (DAT, zeros(40, 2, 96, 96), DAT, 'int32'),
        (DAT, zeros(40), DAT, 'not bytes'),
        (TEST_CAT, np.full(10, 5, np.int32), TEST_CAT, 'label 5 is not a category 0..4'),
        (CAT, np.full(40, -1, np.int32), CAT, 'label -1'),
        (CAT, zeros(40, 4), CAT, 'not integer labels'),
        (CAT, zeros(40, dtype=np.uint8), CAT, 'uint8'),
        (CAT, np.array([0, 1, 2, 3, 4] * 7 + [0] * 4 + [1], np.int32), None, None),
        (CAT, np.array([4] + [0] * 39, np.int32), CAT, 'category 4 has one image'),
        (INFO, zeros(40), INFO, 'not integers .N, 4'),
    ],
)
@pytest.mark.parametrize('data', ['auto', 'norb'])
def test_wrong_files_are_errors_never_a_fall_back(
    tmp_path, solids, name, array, named, message, data
):
    write_files(tmp_path, {**solids, name: array})
    if named is None:  # unequal classes are no error
        load_norb(tmp_path, data=data, mirrors=())
        return
    with pytest.raises(DataError, match=message) as caught:
        load_norb(tmp_path, data=data, mirrors=())
    assert str(caught.value).startswith(f'{tmp_path / named}: ')
    assert '\n' not in str(caught.value)


def test_splits_that_share_an_object_are_an_error(tmp_path, solids):
    info = solids[TEST_INFO].copy()
    info[3, 0] = solids[INFO][3, 0]
    write_files(tmp_path, {**solids, TEST_INFO: info})
    with pytest.raises(DataError, match=f'instance {info[3, 0]} of category 3'):
        load_norb(tmp_path, mirrors=())


def test_empty_files(tmp_path, solids):
    empty = {name: array[:0] for name, array in solids.items()}
    write_files(tmp_path, {**solids, **{name: empty[name] for name in NAMES[3:]}})
    with pytest.raises(DataError, match='testing-dat.mat: no images'):
        load_norb(tmp_path, mirrors=())


# Downloads


@pytest.fixture
def small_official(server, solids, tmp_path, monkeypatch):
    """The small set takes the place of the official files, on the server too."""
    digests = {}
    for name, array in solids.items():
        path = tmp_path / 'server' / (name + '.gz')
        path.parent.mkdir(exist_ok=True)
        write_matrix(path, array)
        server.files[name + '.gz'] = path.read_bytes()
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(datasets.norb, 'NORB_FILES', digests)


def test_load_fetches_what_is_missing_once(server, small_official, tmp_path, capsys):
    mirrors = [server.url(kind) for kind in ('unavailable', 'half', 'other', 'good')]
    dataset = load_norb(tmp_path / 'data', data='norb', mirrors=mirrors)
    assert dataset.name == 'small NORB'
    assert dataset.source.startswith(f'official small NORB files in {tmp_path / "data" / "norb"}')
    assert everything_in(tmp_path / 'data' / 'norb') == sorted(name + '.gz' for name in NAMES)
    assert server.asked.count('good') == 6
    error = capsys.readouterr().err
    assert 'HTTP 503' in error and 'SHA-256 differs' in error

    load_norb(tmp_path / 'data', mirrors=mirrors)
    assert server.asked.count('good') == 6
    (tmp_path / 'data' / 'norb' / (CAT + '.gz')).unlink()
    load_norb(tmp_path / 'data', mirrors=mirrors)
    assert server.asked.count('good') == 7


def test_foreign_files_are_not_completed(server, small_official, solids, tmp_path):
    write_files(tmp_path, {DAT: solids[DAT]})
    with pytest.raises(DataError, match='dat.mat: not the official small NORB .gz') as caught:
        load_norb(tmp_path, mirrors=[server.url('good')])
    assert '\n' not in str(caught.value) and server.asked == []


@pytest.mark.parametrize('name, other', [(TEST_DAT, DAT), (CAT, TEST_CAT), (INFO, TEST_INFO)])
def test_a_file_in_the_place_of_another(small_official, solids, tmp_path, name, other):
    write_files(tmp_path, solids, '.gz')
    write_files(tmp_path, {name: solids[other]}, '.gz')
    with pytest.raises(DataError, match=f'{name}.gz: it is {other}.gz, under another name'):
        load_norb(tmp_path, mirrors=())


def test_the_official_address_and_digests():
    assert datasets.norb.NORB_MIRRORS[0].startswith('https://cs.nyu.edu/')
    assert all(len(bytes.fromhex(digest)) == 32 for digest in datasets.norb.NORB_FILES.values())
