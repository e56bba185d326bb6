"""Synthetic faces: their form, that expressions show, their file and folds, their name."""

import numpy as np
import pytest
import scipy.io

from datasets import load_tfd
from datasets.synthetic_tfd import synthetic_faces, synthetic_tfd_members, write_synthetic_tfd
from datasets.tfd import TFD_FILE


def splits_of(dataset):
    return dataset.train, dataset.validation, dataset.test


def test_faces_are_neither_dark_nor_flat():
    images, _ = synthetic_faces(703, 0)
    assert 100 < images.mean() < 150
    assert images.std((1, 2, 3)).min() > 10  # no image is flat


def test_each_expression_can_be_told_and_none_at_a_glance():
    images, labels = synthetic_faces(2100, 0)
    x = images.reshape(2100, -1) / 255
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    a, b = x[:1600], x[1600:]
    kernel = a @ a.T + 200 * np.eye(len(a))
    guess = (b @ a.T @ np.linalg.solve(kernel, np.eye(7)[labels[:1600]] - 1 / 7)).argmax(1)
    for expression in range(7):
        told = (guess == expression)[labels[1600:] == expression].mean()
        assert 0.25 < told < 1, expression  # chance: 0.14


@pytest.mark.parametrize('fold', range(5))
@pytest.mark.parametrize('train_on', ['unlabelled', 'labelled', 'both'])
def test_the_real_loader_reads_the_file(tmp_path, fold, train_on):
    write_synthetic_tfd(tmp_path / TFD_FILE, 3, (40, 10, 20))
    read = load_tfd(tmp_path, fold, train_on, data='tfd')
    assert read.name == 'synthetic faces' and read.source.startswith('synthetic faces, ')
    assert str(tmp_path / TFD_FILE) in read.source
    train, validation, test = splits_of(read)
    assert len(train.labels) == {'unlabelled': 40, 'labelled': 40, 'both': 80}[train_on]
    assert len(validation.labels) == 10 and len(test.labels) == 20
    assert ((train.labels == -1).sum() > 0) == (train_on != 'labelled')
    assert test.labels.min() >= 0 and test.labels.max() <= 6

    drawn = load_tfd(None, fold, train_on, sizes=(40, 10, 20), data='synthetic', seed=3)
    assert drawn.name == 'synthetic faces' and 'seed 3' in drawn.source
    for one, other in zip(splits_of(drawn), splits_of(read)):
        np.testing.assert_array_equal(one.images, other.images[: len(one.images)])
        np.testing.assert_array_equal(one.labels, other.labels[: len(one.labels)])
    assert len(drawn.train.labels) == 40


def test_the_file_has_the_members_of_tfd_and_the_faces_as_they_are_drawn(tmp_path):
    write_synthetic_tfd(tmp_path / TFD_FILE, 0, (7, 2, 4))
    members = scipy.io.loadmat(tmp_path / TFD_FILE)
    assert members['images'].shape == (20, 48, 48) and members['images'].dtype == np.uint8
    assert members['folds'].shape == (20, 5)
    assert members['labs_ex'].shape == members['labs_id'].shape == (20, 1)
    faces, labels = synthetic_faces(13, [0, 1])
    np.testing.assert_array_equal(members['images'][7:], faces[..., 0])
    assert members['labs_ex'].ravel().tolist() == [-1] * 7 + (labels + 1).tolist()


def test_the_folds_are_those_of_cross_validation():
    folds = synthetic_tfd_members(0, (3, 1, 1))['folds']
    assert not folds[:3].any() and (folds[3:].min(), folds.shape) == (1, (8, 5))
    folds = synthetic_tfd_members(0, (7, 1, 2))['folds'][7:]
    assert ((folds == 3).sum(1) == 1).all()  # every labelled face is tested once
    assert all(np.bincount(column).tolist() == [0, 7, 1, 2] for column in folds.T)


def test_labelled_faces_to_train_on_are_as_few_as_in_tfd(monkeypatch):
    monkeypatch.setattr('datasets.synthetic_tfd.MOST_TRAINING', 5)
    dataset = load_tfd(train_on='labelled', sizes=(5, 2, 2), data='synthetic')
    assert len(dataset.train.labels) == 5
    more = load_tfd(train_on='labelled', sizes=(6, 2, 2), data='synthetic')
    assert len(more.train.labels) == 5
