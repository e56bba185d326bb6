"""Members of every MATLAB class: sparse and logical ones, and those that hold no numbers."""

import re

import numpy as np
import pytest
from scipy.io import savemat
from scipy.io.matlab import MatlabObject
from scipy.sparse import csc_matrix

from datasets import DataError, load_tfd
from datasets.svhn_mat import read_svhn_mat
from datasets.synthetic_tfd import synthetic_tfd_members
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
@pytest.mark.parametrize('make', [lambda array: csc_matrix(array.astype(float)),
                                  lambda array: array + 1j], ids=['sparse', 'complex'])
def test_sparse_and_complex_members_are_refused(tmp_path, read, members, name, compressed, make):
    full = members()
    with pytest.raises(DataError, match='.mat: a sparse or complex member at byte [0-9,]+; save '):
        read(tmp_path, {**full, name: make(full[name])}, do_compression=compressed)


def test_logical_labels_are_ones(tmp_path):
    ones = np.ones((N, 1), bool)
    assert read_svhn(tmp_path, {**svhn_members(), 'y': ones})[1].tolist() == [1] * N


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
    }


@pytest.mark.parametrize('read, members, name', EVERY)
@pytest.mark.parametrize('kind', ['cell', 'struct', 'char', 'object'])
def test_what_holds_no_numbers_is_one_line_that_names_the_member(
    tmp_path, read, members, name, kind
):
    with pytest.raises(DataError) as caught:
        read(tmp_path, {**members(), name: others()[kind]})
    message = str(caught.value)
    assert message.startswith(str(tmp_path)) and '\n' not in message
    assert re.search(rf'\b{name}\b', message) and '; ' in message


@pytest.mark.parametrize('read, members, name', EVERY)
def test_whatever_a_header_says(tmp_path, read, members, name):
    """Function handles, opaque objects and classes that nobody knows: none is a traceback. Sparse
    (5) and complex (bit 3) ones, without what they promise, would end the process, and so would
    numbers of a type that nobody knows. Behind the flags are dimensions, name and that type."""
    members = members()
    members = {name: members.pop(name), **members}  # the first in the file
    read(tmp_path, members)
    path = next(tmp_path.glob('*.mat'))
    contents = bytearray(path.read_bytes())
    assert contents[136:140] == b'\x06\0\0\0'  # the flags: class, then whether logical or complex
    right = contents[144]
    anywhere = ((at, (0, 8, 255)) for at in range(152, 210))
    for at, values in ((144, range(24)), (145, (2, 4, 6, 8)), *anywhere):
        for value in values:
            path.write_bytes(contents[:at] + bytes([value]) + contents[at + 1 :])
            try:
                read_again(path)
            except DataError as error:
                assert str(error).startswith(f'{path}: ') and '\n' not in str(error)
            else:
                assert at != 144 or value == right or value <= 15, value  # another kind of number


@pytest.mark.parametrize('members, file, name', [
    (svhn_members, 'train_32x32.mat', 'X'), (svhn_members, 'train_32x32.mat', 'y'),
    (tfd_members, TFD_FILE, 'images'), (tfd_members, TFD_FILE, 'labs_ex')])
def test_what_scipy_would_read_otherwise_than_the_header_says(tmp_path, members, file, name):
    """Of two members with one name it lists the last and reads the first. It gives numbers as they
    are stored, which MATLAB never does in a larger type than their class."""
    path, members = tmp_path / file, members()

    def error(contents):
        path.write_bytes(contents)
        with pytest.raises(DataError, match=f'{file}: corrupt MATLAB file ') as caught:
            read_again(path)
        return str(caught.value)

    savemat(path, {name: members[name][:3]})
    one = path.read_bytes()[128:]
    savemat(path, members)
    whole = path.read_bytes()
    assert 'two members have the same name' in error(whole[:128] + one + whole[128:])
    assert 'two members have the same name' in error(whole + one)
    savemat(path, {name: members[name].astype(float), **{other: array for other, array
                                                         in members.items() if other != name}})
    contents = bytearray(path.read_bytes())
    contents[144] = 9  # class uint8
    assert f'{name} is uint8, but stored as float64' in error(contents)


def read_again(path):
    if path.name == TFD_FILE:
        return load_tfd(path, data='tfd')
    return read_svhn_mat(path)
