"""The binary matrix format of the NORB files."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import datasets.norb_format
from datasets import DataError
from datasets.norb_format import read_matrix, write_matrix

SHAPES = {'dat': (7, 2, 4, 4), 'cat': (7,), 'info': (7, 4)}


@given(
    hnp.arrays(
        st.sampled_from(['u1', '<i2', '<i4', '>i4', '<f4', '<f8']),
        hnp.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=4),
        elements={'min_value': 0, 'max_value': 100},
    ),
    st.sampled_from(['', '.gz']),
    st.integers(1, 40),
)
def test_matrix_round_trip_whatever_the_blocks(tmp_path_factory, array, suffix, block):
    path = tmp_path_factory.mktemp('norb') / f'a{suffix}'
    write_matrix(path, array.T)
    assert path.read_bytes().startswith(b'\x1f\x8b') == (suffix == '.gz')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.norb_format, 'BLOCK_BYTES', block)
        back = read_matrix(path)
        doubled = read_matrix(path, lambda rows: 2 * rows)
    assert back.dtype == array.dtype.newbyteorder('<') and back.flags.writeable
    np.testing.assert_array_equal(back, array.T)
    np.testing.assert_array_equal(doubled, 2 * array.T)


def test_headers_are_the_documented_ones(tmp_path):
    """Bytes as described for the official files: three dimensions are stored even for one."""
    write_matrix(tmp_path / 'cat', np.array([3, -1], np.int32))
    assert (tmp_path / 'cat').read_bytes() == bytes.fromhex(
        '544c3d1e 01000000 02000000 01000000 01000000 03000000 ffffffff')
    write_matrix(tmp_path / 'info', np.array([[8, 4, 34, 5]], np.int32))
    assert (tmp_path / 'info').read_bytes() == bytes.fromhex(
        '544c3d1e 02000000 01000000 04000000 01000000 08000000 04000000 22000000 05000000')
    write_matrix(tmp_path / 'dat', np.zeros((1, 2, 3, 4), np.uint8))
    assert (tmp_path / 'dat').read_bytes() == bytes.fromhex(
        '554c3d1e 04000000 01000000 02000000 03000000 04000000') + bytes(24)


def test_dimensions_that_are_not_there_are_ignored(tmp_path):
    (tmp_path / 'cat').write_bytes(struct.pack('<Iiiiii', 0x1E3D4C54, 1, 1, 77, -5, 9))
    np.testing.assert_array_equal(read_matrix(tmp_path / 'cat'), [9])


@pytest.mark.parametrize('kind', SHAPES)
@pytest.mark.parametrize('packed', [False, True])
def test_every_truncation_is_an_error(tmp_path, kind, packed):
    path = tmp_path / 'file.mat'
    write_matrix(path, np.ones(SHAPES[kind], np.uint8 if kind == 'dat' else np.int32))
    contents = path.read_bytes()
    for length in range(0, len(contents), 1 if kind == 'cat' else 7):
        cut = contents[:length]
        path.write_bytes(gzip.compress(cut, 1) if packed else cut)
        with pytest.raises(DataError, match='file.mat: truncated'):
            read_matrix(path)
    for length in range(3, len(gzip.compress(contents)), 5):
        path.write_bytes(gzip.compress(contents)[:length])
        with pytest.raises(DataError, match='file.mat: truncated gzip'):
            read_matrix(path)


@pytest.mark.parametrize(
    'contents, message',
    [
        (struct.pack('<Iiiiii', 0x1E3D4C54, 1, 1, 1, 1, 9) + b'x', 'too long'),
        (struct.pack('<Iiiii', 0x1E3D4C52, 1, 0, 1, 1), 'not a binary matrix.*0x1e3d4c52'),
        (struct.pack('>Iiiii', 0x1E3D4C55, 1, 0, 1, 1), 'not a binary matrix'),
        (b'MATLAB 5.0 MAT-file, Platform: GLNXA64', 'not a binary matrix'),
        (b'<html>not found</html>', 'not a binary matrix'),
        (struct.pack('<Iiiii', 0x1E3D4C55, 0, 1, 1, 1), '0 dimensions'),
        (struct.pack('<Iiiii', 0x1E3D4C55, -1, 1, 1, 1), '-1 dimensions'),
        (struct.pack('<Iiiii', 0x1E3D4C55, 1 << 30, 1, 1, 1), 'dimensions'),
        (struct.pack('<Iiiii', 0x1E3D4C55, 3, 2, -1, 1), 'negative dimension'),
        (struct.pack('<Iiiii', 0x1E3D4C55, 3, 1 << 30, 1 << 30, 1 << 30), 'truncated'),
        (struct.pack('<Iiiiii', 0x1E3D4C55, 4, 0, *[2**31 - 1] * 3), 'no array has the shape'),
        (b'\x1f\x8b this is not gzip', 'corrupt gzip'),
        (b'\x1f\x8b\x08' + bytes(7) + b'\xff' * 20, 'corrupt gzip'),
    ],
)
def test_bad_matrix_files_are_named(tmp_path, contents, message):
    path = tmp_path / 'bad.mat'
    path.write_bytes(contents)
    with pytest.raises(DataError, match=f'bad.mat: .*{message}') as caught:
        read_matrix(path)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('array', [np.zeros(3, np.int64), np.zeros(3, bool), np.uint8(3)])
def test_write_matrix_takes_what_the_format_has(tmp_path, array):
    with pytest.raises(ValueError, match='cannot write'):
        write_matrix(tmp_path / 'a', array)
