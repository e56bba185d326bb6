"""The Toronto Face Database: its MATLAB file, its folds, and every way in which it can be wrong."""


import numpy as np
import pytest
import scipy.io

import datasets.tfd
from datasets import DataError, load_tfd
from datasets.tfd import TFD_FILE


def small_members(n=60):
    """The members of the official file: two in three images have no label."""
    rng = np.random.default_rng(0)
    labelled = np.arange(n) % 3 == 0
    folds = np.where(labelled[:, None], np.arange(n)[:, None] // 3 % 3 + 1, 0)
    folds = np.stack([np.where(labelled, (folds[:, 0] + k - 1) % 3 + 1, 0) for k in range(5)], 1)
    return {
        'images': rng.integers(0, 256, (n, 48, 48), dtype=np.uint8),
        'folds': folds.astype(np.uint8),
        'labs_ex': np.where(labelled, np.arange(n) % 7 + 1, -1).astype(np.int16)[:, None],
        'labs_id': np.where(labelled, np.arange(n), -1).astype(np.int16)[:, None],
    }


def write_tfd(folder, members, compress=False):
    folder.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(folder / TFD_FILE, members, do_compression=compress)
    return folder / TFD_FILE


def load_error(folder, **options):
    with pytest.raises(DataError) as caught:
        load_tfd(folder, **{'data': 'tfd', **options})
    assert '\n' not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize('compress', [False, True])
@pytest.mark.parametrize('fold', range(5))
def test_folds_are_those_of_the_file(tmp_path, fold, compress):
    members = small_members()
    path = write_tfd(tmp_path, members, compress)
    dataset = load_tfd(tmp_path, fold)
    assert dataset.name == 'TFD-format images' and str(path) in dataset.source
    assert f'fold {fold}' in dataset.source and 'unlabelled' in dataset.source
    for split, value in ((dataset.train, 0), (dataset.validation, 2), (dataset.test, 3)):
        chosen = members['folds'][:, fold] == value
        np.testing.assert_array_equal(split.images[..., 0], members['images'][chosen])
        expected = members['labs_ex'][chosen, 0] - 1 if value else -1
        assert (split.labels == expected).all()
        assert split.images.dtype == np.uint8 and split.labels.dtype == np.int64
        assert split.images.shape[1:] == (48, 48, 1)


def test_train_on_labelled_or_both(tmp_path):
    members = small_members()
    write_tfd(tmp_path, members)
    unlabelled, labelled = load_tfd(tmp_path), load_tfd(tmp_path, train_on='labelled')
    both = load_tfd(tmp_path, train_on='both')
    chosen = members['folds'][:, 0] == 1
    np.testing.assert_array_equal(labelled.train.images[..., 0], members['images'][chosen])
    np.testing.assert_array_equal(labelled.train.labels, members['labs_ex'][chosen, 0] - 1)
    np.testing.assert_array_equal(
        both.train.images, np.concatenate([unlabelled.train.images, labelled.train.images]))
    np.testing.assert_array_equal(
        both.train.labels, np.concatenate([unlabelled.train.labels, labelled.train.labels]))
    np.testing.assert_array_equal(both.test.images, unlabelled.test.images)


def test_labels_of_unlabelled_images_are_not_shown(tmp_path):
    members = small_members()
    members['labs_ex'][1] = 3
    members['labs_ex'][0] = -1  # and one in a fold without an expression stays without
    write_tfd(tmp_path, members)
    assert (load_tfd(tmp_path).train.labels == -1).all()
    labels = load_tfd(tmp_path, train_on='labelled').train.labels
    assert labels[0] == -1 and (labels[1:] >= 0).all()


def test_where_the_file_may_be(tmp_path, monkeypatch):
    members = small_members()
    path = write_tfd(tmp_path / 'data' / 'tfd', members)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('PIXELGAN_DATA_DIR', raising=False)
    for place in (None, 'data', 'data/tfd', path):
        assert len(load_tfd(place).train.labels) == 40
    monkeypatch.setenv('PIXELGAN_DATA_DIR', str(tmp_path / 'data'))
    dataset = load_tfd(sizes=(7, 3, 2))
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split.labels) for split in splits] == [7, 3, 2]
    np.testing.assert_array_equal(
        dataset.train.images[..., 0], members['images'][members['folds'][:, 0] == 0][:7])


def test_missing_file_says_where_to_ask(tmp_path):
    message = load_error(tmp_path)
    assert str(tmp_path) in message and TFD_FILE in message
    assert 'Susskind' in message and 'University of Toronto' in message and 'http' in message
    assert '--data-dir' in message and '--data synthetic' in message


@pytest.mark.parametrize('data', ['auto', 'tfd'])
def test_a_wrong_file_is_an_error_never_a_fall_back(tmp_path, data):
    path = write_tfd(tmp_path, {**small_members(), 'labs_ex': np.full((60, 1), 8)})
    assert load_error(tmp_path, data=data).startswith(f'{path}: label 8')


def test_faces_of_32_pixels_are_taken(tmp_path):
    write_tfd(tmp_path, {**small_members(), 'images': np.zeros((60, 32, 32), np.uint8)})
    assert load_tfd(tmp_path).train.images.shape == (40, 32, 32, 1)


@pytest.mark.parametrize(
    'options', [{'fold': 5}, {'fold': -1}, {'fold': None}, {'train_on': 'x'}]
)
def test_bad_arguments(tmp_path, options):
    assert 'choose' in load_error(tmp_path, **options)


@pytest.mark.parametrize('name', ['images', 'folds', 'labs_ex'])
def test_missing_member(tmp_path, name):
    members = small_members()
    del members[name]
    write_tfd(tmp_path, members)
    message = load_error(tmp_path)
    assert message.startswith(f'{tmp_path / TFD_FILE}: ') and f'no member {name} ' in message


def test_the_identities_are_not_needed(tmp_path):
    members = small_members()
    del members['labs_id']
    write_tfd(tmp_path, members)
    assert len(load_tfd(tmp_path).test.labels)


@pytest.mark.parametrize(
    'name, array, message',
    [
        ('labs_ex', np.full((60, 1), 8), 'label 8 in labs_ex'),
        ('labs_ex', np.full((60, 1), 0), 'label 0 in labs_ex'),
        ('labs_ex', np.full((60, 1), 2.5), 'label 2.5 in labs_ex'),
        ('labs_ex', np.full((60, 1), np.nan), 'label nan in labs_ex'),
        ('labs_ex', np.ones((59, 1)), '60 images, but 59 labels'),
        ('labs_ex', np.array(['happy']), 'labs_ex holds no numbers'),
        ('labs_ex', np.array(['x', np.ones(3)], object), 'labs_ex holds no numbers'),
        ('folds', np.ones((60, 4), np.uint8), r'folds \(60, 4\)'),
        ('folds', np.ones((59, 5), np.uint8), r'folds \(59, 5\)'),
        ('folds', np.full((60, 5), 4, np.uint8), r'values \[4\]'),
        ('folds', np.ones((60, 5), np.uint8), 'no unlabelled images in fold 0'),
        ('images', np.zeros((60, 48 * 48), np.uint8), r'images of shape \(60, 2304\)'),
        ('images', np.zeros((60, 96, 96), np.uint8), r'images of shape \(60, 96, 96\)'),
        ('images', np.zeros((60, 48, 48), np.float32), 'images are single, not bytes'),
    ],
)
def test_wrong_members_are_named(tmp_path, name, array, message):
    path = write_tfd(tmp_path, {**small_members(), name: array})
    with pytest.raises(DataError, match=message) as caught:
        load_tfd(tmp_path)
    assert str(caught.value).startswith(f'{path}: ') and '\n' not in str(caught.value)


def test_corrupt_members_are_one_line(tmp_path):
    path = write_tfd(tmp_path, small_members(9), compress=True)
    contents = path.read_bytes()
    for place in range(136, len(contents), 1499):
        path.write_bytes(contents[:place] + bytes([contents[place] ^ 255]) + contents[place + 1 :])
        try:
            load_tfd(tmp_path)
        except DataError as error:  # it may also lie in what is not read
            assert str(error).startswith(f'{path}: ') and '\n' not in str(error)


def test_only_the_whole_of_it_is_called_tfd(tmp_path, monkeypatch):
    write_tfd(tmp_path, small_members())
    assert load_tfd(tmp_path).source.startswith('(not the official number of) images in the')
    monkeypatch.setattr(datasets.tfd, 'OFFICIAL_IMAGES', 60)
    dataset = load_tfd(tmp_path)
    assert dataset.name == 'TFD' and dataset.source.startswith('Toronto Face Database in ')
