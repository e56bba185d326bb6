"""No more of a file is read than its header can mean: a small gzip file can unpack to many GB."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from datasets import DataError, load_mnist, load_norb, write_idx
from datasets.idx import read_idx
from datasets.mnist import MNIST_FILES
from datasets.norb import NORB_FILES
from datasets.norb_format import read_matrix, write_matrix
from tests.datasets.test_datasets import small_arrays, write_files

ZEROS = 1 << 26
MOST = 1 << 25  # bytes of memory: half of the zeros
TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = MNIST_FILES
DAT, CAT, INFO, *_ = NORB_FILES


@pytest.fixture(scope='module')
def zeros():
    return gzip.compress(bytes(ZEROS), 1)


def idx_header(*shape):
    return struct.pack(f'>HBB{len(shape)}I', 0, 8, len(shape), *shape)


def norb_header(magic, *shape):
    stored = [*shape, 1, 1][: max(3, len(shape))]
    return struct.pack(f'<Ii{len(stored)}i', magic, len(shape), *stored)


def error_of(read):
    """The message of read()'s DataError, and that it took little memory."""
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST and '\n' not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize('shape', [(9,), (60, 28, 28), (0, 28, 28), ()])
def test_what_follows_the_array_of_an_idx_file_is_not_read(tmp_path, zeros, shape):
    (tmp_path / 'file').write_bytes(gzip.compress(idx_header(*shape)) + zeros)
    assert 'file: too long' in error_of(lambda: read_idx(tmp_path / 'file'))


def test_a_header_that_claims_more_than_there_is(tmp_path):
    (tmp_path / 'file').write_bytes(idx_header(2**32 - 1, 2**32 - 1) + bytes(9))
    assert 'file: truncated' in error_of(lambda: read_idx(tmp_path / 'file'))
    for shape in ((2**31 - 1,), (2, 2**31 - 1, 2**31 - 1)):
        (tmp_path / 'file').write_bytes(norb_header(0x1E3D4C55, *shape) + bytes(9))
        assert 'file: truncated' in error_of(lambda: read_matrix(tmp_path / 'file'))


@pytest.mark.parametrize('name, shape, message', [
    (TRAIN_IMAGES, (1, 8192, 8192), '8192 x 8192 pixels, not 28 x 28'),
    (TRAIN_IMAGES, (ZEROS,), 'not an IDX file of images'),
    (TRAIN_LABELS, (ZEROS,), '60 images, but 67,108,864 labels'),
    (TEST_LABELS, (ZEROS,), '10 images, but 67,108,864 labels'),
    (TRAIN_LABELS, (60, 1024, 1024), 'not an IDX file of labels'),
])
def test_arrays_that_are_not_mnists_are_not_read(tmp_path, zeros, name, shape, message):
    write_files(tmp_path, small_arrays())
    (tmp_path / name).write_bytes(gzip.compress(idx_header(*shape)) + zeros)
    assert message in error_of(lambda: load_mnist(tmp_path, mirrors=()))


@pytest.mark.parametrize('name, magic, shape, message', [
    (DAT, 0x1E3D4C55, (1, 2, 8192, 4096), 'not bytes .N, 2, 96, 96'),
    (DAT, 0x1E3D4C55, (1, 2, 65536, 65536), 'not bytes .N, 2, 96, 96'),  # rows of 8 GB
    (CAT, 0x1E3D4C54, (ZEROS // 4,), '40 image pairs, but 16,777,216 rows in .*cat'),
    (INFO, 0x1E3D4C54, (ZEROS // 16, 4), '40 image pairs, but 4,194,304 rows in .*info'),
    (INFO, 0x1E3D4C54, (40, ZEROS // 160), 'not integers .N, 4'),
])
def test_arrays_that_are_not_norbs_are_not_read(
    tmp_path, solids, zeros, name, magic, shape, message
):
    for other, array in solids.items():
        write_matrix(tmp_path / other, array)
    (tmp_path / name).write_bytes(gzip.compress(norb_header(magic, *shape)) + zeros)
    with pytest.raises(DataError, match=message):
        raise DataError(error_of(lambda: load_norb(tmp_path, mirrors=())))


@pytest.mark.parametrize('suffix', ['', '.gz'])
def test_an_idx_file_takes_its_size_once(tmp_path, suffix):
    array = np.arange(1 << 23, dtype=np.uint8).reshape(1 << 13, -1)
    write_idx(tmp_path / f'file{suffix}', array)
    tracemalloc.start()
    read = read_idx(tmp_path / f'file{suffix}')
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(read, array)
    assert read.flags.writeable and peak < 1.5 * array.size


def test_a_file_that_does_not_fit_into_memory_is_named(tmp_path):
    def fail(shape):
        raise MemoryError

    write_idx(tmp_path / 'file', np.zeros(3, np.uint8))
    with pytest.raises(DataError, match='file: its contents do not fit into memory'):
        read_idx(tmp_path / 'file', fail)
