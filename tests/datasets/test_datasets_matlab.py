"""Members of every MATLAB class: sparse and logical ones, and those that hold no numbers."""

import re

import numpy as np
import pytest
from scipy.io import savemat
from scipy.io.matlab import MatlabObject
from scipy.sparse import csc_matrix

from datasets import DataError, load_tfd, read_svhn_mat, synthetic_tfd_members
from datasets.tfd import TFD_FILE
from tests.datasets.test_datasets_svhn_mat import arrays

N = 12


def svhn_members(n=N):
    images, labels = arrays(n)
    return {'X': images.transpose(1, 2, 3, 0), 'y': (labels + 1).astype(float)[:, None]}


def tfd_members():
    return synthetic_tfd_members(0, (4, 2, 2))


def read_svhn(folder, members, **options):
    savemat(folder / 'train_32x32.mat', members, **options)
    return read_svhn_mat(folder / 'train_32x32.mat')[:2]


def read_tfd(folder, members, **options):
    savemat(folder / TFD_FILE, members, **options)
    dataset = load_tfd(folder, data='tfd')
    return [array for split in (dataset.train, dataset.validation, dataset.test)
            for array in split]


READERS = [(read_svhn, svhn_members, 'y'), (read_tfd, tfd_members, 'labs_ex'),
           (read_tfd, tfd_members, 'folds')]
EVERY = [*READERS, (read_svhn, svhn_members, 'X'), (read_tfd, tfd_members, 'images')]


@pytest.mark.parametrize('read, members, name', READERS)
@pytest.mark.parametrize('compressed', [False, True])
def test_sparse_labels_and_folds_are_those_that_they_are_when_full(
    tmp_path, read, members, name, compressed
):
    full = members()
    expected = read(tmp_path, full)
    sparse = {**full, name: csc_matrix(full[name].astype(float))}
    for one, other in zip(read(tmp_path, sparse, do_compression=compressed), expected):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


@pytest.mark.parametrize('kind', [lambda y: y, csc_matrix])
def test_logical_labels_are_ones(tmp_path, kind):
    ones = np.ones((N, 1), bool)
    assert read_svhn(tmp_path, {**svhn_members(), 'y': kind(ones)})[1].tolist() == [1] * N


def test_logical_images_are_not_bytes_that_are_nearly_black(tmp_path):
    for read, members, name in EVERY[-2:]:
        images = members()[name] > 127
        with pytest.raises(DataError, match=rf'\b{name}\b.* logical'):
            read(tmp_path, {**members(), name: images})


def others():
    struct = np.zeros((N, 1), [('label', object)])
    return {
        'cell': np.ones((N, 1), object),
        'struct': struct,
        'char': np.array(['7'] * N),
        'object': MatlabObject(struct, 'labels'),
        'complex128': np.full((N, 1), 1 + 2j),
    }


@pytest.mark.parametrize('read, members, name', EVERY)
@pytest.mark.parametrize('kind', ['cell', 'struct', 'char', 'object', 'complex128', 'sparse'])
def test_what_holds_no_numbers_is_one_line_that_names_the_member(
    tmp_path, read, members, name, kind
):
    if kind == 'sparse':  # with two dimensions it cannot be images
        array = csc_matrix(np.ones((N, 7)))
    else:
        array = others()[kind]
    with pytest.raises(DataError) as caught:
        read(tmp_path, {**members(), name: array})
    message = str(caught.value)
    assert message.startswith(str(tmp_path)) and '\n' not in message
    assert re.search(rf'\b{name}\b', message) and '; ' in message


@pytest.mark.parametrize('read, members, name', EVERY)
def test_whatever_class_and_flags_a_header_says(tmp_path, read, members, name):
    """Function handles, opaque objects and classes that nobody knows: none is a traceback.

    But 5 (sparse) and the complex flag, where the indices or the imaginary part that they promise
    are not there: SciPy 1.17 then reads outside its memory.
    """
    members = members()
    members = {name: members.pop(name), **members}  # the first in the file
    read(tmp_path, members)
    path = next(tmp_path.glob('*.mat'))
    contents = bytearray(path.read_bytes())
    assert contents[136:140] == b'\x06\0\0\0'  # the flags: class, then whether logical or complex
    right = contents[144]
    for at, values in ((144, range(24)), (145, (2, 4, 6))):
        for value in values:
            if at == 144 and value == 5:
                continue
            path.write_bytes(contents[:at] + bytes([value]) + contents[at + 1 :])
            try:
                read_again(path)
            except DataError as error:
                assert str(error).startswith(f'{path}: ') and '\n' not in str(error)
            else:
                assert at == 145 or value == right or value <= 15, value  # another kind of number


def read_again(path):
    if path.name == TFD_FILE:
        return load_tfd(path, data='tfd')
    return read_svhn_mat(path)


def test_a_sparse_matrix_with_a_broken_index_or_of_any_size(tmp_path):
    """Made full, an index outside would be written outside the memory of the array."""
    y = csc_matrix(np.ones((N, 1)))
    y.indices[3] = 10**6
    with pytest.raises(DataError, match='train_32x32.mat: corrupt MATLAB file'):
        read_svhn(tmp_path, {**svhn_members(), 'y': y})
    folds = csc_matrix((1 << 24, 5))
    with pytest.raises(DataError, match=f'{TFD_FILE}: folds is a sparse matrix of 16,777,216 x 5'):
        read_tfd(tmp_path, {**tfd_members(), 'folds': folds})
