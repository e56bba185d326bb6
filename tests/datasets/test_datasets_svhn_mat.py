"""The .mat files of SVHN, right and wrong ones, and the memory that reading one takes."""

import tracemalloc

import numpy as np
import pytest
from scipy.io import loadmat, savemat

import datasets.svhn_mat
from datasets import DataError
from datasets.downsample import area_downsample
from datasets.svhn_mat import read_svhn_mat, write_svhn_mat

TRAIN = 'train_32x32.mat'


def arrays(n, seed=0):
    """images uint8 (n, 32, 32, 3), labels int64 (n,): 0, 1, ..., 9, 0, ..."""
    images = np.random.default_rng(seed).integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)
    return images, np.arange(n) % 10


@pytest.mark.parametrize('compressed', [True, False])
@pytest.mark.parametrize('y_type', [np.uint8, np.float64])
def test_the_official_form_is_read(tmp_path, monkeypatch, compressed, y_type):
    monkeypatch.setattr(datasets.svhn_mat, 'CHUNK', 100)  # two chunks and a half
    x = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 250), dtype=np.uint8)
    x[3, 5, 1, 7] = 77  # row, column, channel, image
    y = (1 + np.arange(250) % 10).astype(y_type)[:, None]
    savemat(tmp_path / TRAIN, {'X': x, 'y': y, 'other': 'not read'}, do_compression=compressed)
    images, labels, synthetic = read_svhn_mat(tmp_path / TRAIN)
    assert images.shape == (250, 32, 32, 3) and images.dtype == np.uint8 and not synthetic
    np.testing.assert_array_equal(images, x.transpose(3, 0, 1, 2))
    assert images[7, 3, 5, 1] == 77 and images.flags.c_contiguous
    assert labels.dtype == np.int64
    assert labels[:11].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    small = read_svhn_mat(tmp_path / TRAIN, size=16)[0]
    np.testing.assert_array_equal(small, area_downsample(images, 2))


def test_written_files_are_in_the_official_form(tmp_path):
    images, labels = arrays(20)
    write_svhn_mat(tmp_path / TRAIN, images, labels)
    members = loadmat(tmp_path / TRAIN)
    assert members['X'].shape == (32, 32, 3, 20) and members['X'].dtype == np.uint8
    assert members['y'].ravel().tolist() == [10, 1, 2, 3, 4, 5, 6, 7, 8, 9] * 2
    assert members['y'].shape == (20, 1)
    np.testing.assert_array_equal(members['X'][:, :, :, 4], images[4])


X, Y = np.zeros((32, 32, 3, 12), np.uint8), np.ones((12, 1), np.uint8)


@pytest.mark.parametrize(
    'members, message',
    [
        ({'X': X}, 'no member y in it .only X'),
        ({'y': Y}, 'no member X in it .only y'),
        ({'X': X.astype(float), 'y': Y}, 'X is double 32 x 32 x 3 x 12, not uint8'),
        ({'X': X[:28], 'y': Y}, 'X is uint8 28 x 32 x 3 x 12'),
        ({'X': X.transpose(3, 0, 1, 2), 'y': Y}, 'X is uint8 12 x 32 x 32 x 3'),
        ({'X': X, 'y': Y[:11]}, '12 images, but y is uint8 11 x 1'),
        ({'X': X, 'y': 'twelve chars'}, '12 images, but y is char'),
        ({'X': X, 'y': np.zeros((12, 1), object)}, '12 images, but y is cell'),
        ({'X': X, 'y': Y + 10}, r'label 11 is not in 1\.\.10'),
        ({'X': X, 'y': Y - 1}, r'label 0 is not in 1\.\.10'),
        ({'X': X, 'y': Y * 1.5}, 'label 1.5 is not in'),
        ({'X': X, 'y': Y * np.nan}, 'label nan is not in'),
    ],
)
def test_wrong_members(tmp_path, members, message):
    savemat(tmp_path / TRAIN, members)
    with pytest.raises(DataError, match=message) as caught:
        read_svhn_mat(tmp_path / TRAIN)
    assert str(caught.value).startswith(f'{tmp_path / TRAIN}: ') and '\n' not in str(caught.value)


def test_a_file_cut_anywhere_is_truncated(tmp_path):
    whole = tmp_path / 'whole.mat'
    write_svhn_mat(whole, *arrays(3))
    contents, cut = whole.read_bytes(), tmp_path / TRAIN
    for length in [*range(0, 300, 9), *range(300, len(contents), 397), len(contents) - 1]:
        cut.write_bytes(contents[:length])
        with pytest.raises(DataError) as caught:
            read_svhn_mat(cut)
        message = str(caught.value)
        assert message.startswith(f'{cut}: ') and '\n' not in message
        if length > 128:
            assert 'truncated' in message or 'no member y' in message, (length, message)
        elif length < 128:
            assert 'too short' in message


def test_damaged_contents(tmp_path):
    path = tmp_path / TRAIN
    write_svhn_mat(path, *arrays(3))
    contents = bytearray(path.read_bytes())
    contents[5000:5100] = bytes(100)  # within compressed data
    path.write_bytes(contents)
    with pytest.raises(DataError, match=f'{TRAIN}: corrupt MATLAB file'):
        read_svhn_mat(path)
    contents[128] = 99  # not a kind of member
    path.write_bytes(contents)
    with pytest.raises(DataError, match='no member at byte 128'):
        read_svhn_mat(path)


@pytest.mark.parametrize(
    'contents, message',
    [
        (b'', 'too short'),
        (b'<html>' + bytes(300), 'not a MATLAB 5 file .starts with 3c 68 74 6d'),
        (b'\x1f\x8b' + bytes(300), 'not a MATLAB 5 file'),
        (b'MATLAB 7.3 MAT-file'.ljust(124) + b'\x00\x02IM' + bytes(384) + b'\x89HDF', '7.3.*-v7'),
        (b'\x89HDF\r\n\x1a\n' + bytes(300), '7.3 .HDF5. file'),
        (b'MATLAB 5.0 MAT-file'.ljust(124) + b'\x00\x01IM', 'no member X in it .only none'),
    ],
)
def test_other_files(tmp_path, contents, message):
    (tmp_path / TRAIN).write_bytes(contents)
    with pytest.raises(DataError, match=f'{TRAIN}: .*{message}') as caught:
        read_svhn_mat(tmp_path / TRAIN)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('size, most', [(32, 3_200), (16, 4_000)])
def test_reading_stays_below_three_gigabytes_at_531131_images(tmp_path, size, most):
    peaks, counts = [], (1_000, 5_000)
    for n in counts:
        # Noise: SciPy's memory for a block of the file is that of the block decompressed.
        write_svhn_mat(tmp_path / TRAIN, *arrays(n))
        tracemalloc.start()
        images = read_svhn_mat(tmp_path / TRAIN, size)[0]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert images.shape == (n, size, size, 3)
    per_image = (peaks[1] - peaks[0]) / (counts[1] - counts[0])
    assert per_image < most  # a file has 3,072 bytes an image; a copy of it would make 6,144
    assert peaks[0] + per_image * (531_131 - counts[0]) < 2.3e9
