"""The IDX format: round trips, and every way in which a file can be broken."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from datasets import DataError, write_idx
from datasets.idx import read_idx


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)),
    st.sampled_from(['', '.gz']),
    st.booleans(),
)
def test_idx_round_trip(tmp_path_factory, array, suffix, transposed):
    if transposed:  # not C-contiguous
        array = array.T
    path = tmp_path_factory.mktemp('idx') / f'a{suffix}'
    write_idx(path, array)
    assert path.read_bytes().startswith(b'\x1f\x8b') == (suffix == '.gz')
    back = read_idx(path)
    assert back.dtype == np.uint8 and back.shape == array.shape
    np.testing.assert_array_equal(back, array)


def test_idx_header_is_the_documented_one(tmp_path):
    write_idx(tmp_path / 'a', np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
    assert (tmp_path / 'a').read_bytes() == struct.pack('>IIII', 2051, 1, 2, 3) + bytes(range(6))


def test_gzip_is_recognised_by_content_not_by_name(tmp_path):
    array = np.arange(6, dtype=np.uint8)
    write_idx(tmp_path / 'plain', array)
    write_idx(tmp_path / 'packed.gz', array)
    (tmp_path / 'plain').rename(tmp_path / 'a.gz')
    (tmp_path / 'packed.gz').rename(tmp_path / 'b')
    np.testing.assert_array_equal(read_idx(tmp_path / 'a.gz'), array)
    np.testing.assert_array_equal(read_idx(tmp_path / 'b'), array)


@given(st.integers(0, 4 + 8 + 5), st.booleans())
def test_any_truncation_of_an_idx_file_is_an_error(tmp_path_factory, length, packed):
    path = tmp_path_factory.mktemp('idx') / 'a'
    contents = struct.pack('>HBBII', 0, 8, 2, 2, 3) + bytes(6)
    path.write_bytes(gzip.compress(contents[:length]) if packed else contents[:length])
    with pytest.raises(DataError, match='truncated|too short') as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


@given(st.data())
def test_any_truncation_of_a_gzip_file_is_an_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp('idx') / 'a.gz'
    write_idx(path, np.arange(100, dtype=np.uint8))
    contents = path.read_bytes()
    path.write_bytes(contents[: data.draw(st.integers(0, len(contents) - 1))])
    with pytest.raises(DataError):
        read_idx(path)


@pytest.mark.parametrize(
    'contents, message',
    [
        (struct.pack('>HBBI', 0, 8, 1, 2) + bytes(3), 'too long'),
        (struct.pack('>HBB', 0, 8, 100) + bytes(400), 'no array has the shape'),
        (struct.pack('>HBB3I', 0, 8, 3, 0, 2**32 - 1, 2**32 - 1), 'no array has the shape'),
        (struct.pack('>HBBI', 0, 13, 1, 1) + bytes(4), 'not an IDX file'),  # 13: float
        (struct.pack('>HBBII', 0, 12, 2, 1, 8) + bytes(32), 'labels of QMNIST'),  # 12: int
        (b'<html>not found</html>', 'not an IDX file'),
        (b'\x1f\x8b this is not gzip', 'corrupt gzip'),  # its header is wrong
        (b'\x1f\x8b\x08' + bytes(7) + b'\xff' * 20, 'corrupt gzip'),  # its deflate stream is
    ],
)
def test_bad_idx_files_are_named(tmp_path, contents, message):
    path = tmp_path / 'bad-file'
    path.write_bytes(contents)
    with pytest.raises(DataError, match=f'bad-file: .*{message}'):
        read_idx(path)


def test_a_flipped_byte_in_a_gzip_file_is_an_error(tmp_path):
    path = tmp_path / 'a.gz'
    write_idx(path, np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8))
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)
    with pytest.raises(DataError, match='a.gz: corrupt gzip'):
        read_idx(path)


def test_idx_missing_file_and_folder_in_its_place(tmp_path):
    for path in (tmp_path / 'absent', tmp_path):
        with pytest.raises(DataError, match='cannot be read'):
            read_idx(path)


def test_write_idx_takes_bytes_only(tmp_path):
    with pytest.raises(ValueError, match='float64'):
        write_idx(tmp_path / 'a', np.zeros(3))
