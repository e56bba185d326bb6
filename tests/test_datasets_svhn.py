"""SVHN: its .mat files, right and wrong ones, splits, names, downloads, memory and scaling."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

import datasets.downsample
import datasets.standardise
import datasets.svhn
import datasets.svhn_mat
from datasets import (
    DataError,
    MirrorsFailed,
    area_downsample,
    load_svhn,
    read_svhn_mat,
    standardisation,
    synthetic_house_numbers,
    write_svhn_mat,
)
from tests import test_datasets_download as downloads

server, dead_mirror = downloads.server, downloads.dead_mirror  # fixtures

EXTRA, TRAIN, TEST = datasets.svhn.SVHN_FILES


def arrays(n, seed=0):
    """images uint8 (n, 32, 32, 3), labels int64 (n,): 0, 1, ..., 9, 0, ..."""
    images = np.random.default_rng(seed).integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)
    return images, np.arange(n) % 10


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


# The format


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
        ({'X': X[..., :9], 'y': Y[:9]}, '9 images are too few'),
    ],
)
@pytest.mark.parametrize('data', ['auto', 'svhn'])
def test_wrong_members_are_errors_never_a_fall_back(tmp_path, members, message, data):
    write(tmp_path, test=5)
    savemat(tmp_path / TRAIN, members)
    error = load_error(tmp_path, data=data)
    assert error.startswith(f'{tmp_path / TRAIN}: ')
    with pytest.raises(DataError, match=message):
        load_svhn(tmp_path, mirrors=())


def test_no_images_to_test_on(tmp_path):
    write(tmp_path, train=20)
    savemat(tmp_path / TEST, {'X': X[..., :0], 'y': Y[:0]})
    assert TEST in load_error(tmp_path)


# Downsampling and standardisation


@pytest.mark.parametrize('factor', [1, 2, 3])
def test_area_downsampling_takes_rounded_means(monkeypatch, factor):
    monkeypatch.setattr(datasets.downsample, 'CHUNK_BYTES', 5000)  # several chunks
    images = np.random.default_rng(0).integers(0, 256, (50, 12, 18, 3), dtype=np.uint8)
    small = area_downsample(images, factor)
    blocks = images.reshape(50, 12 // factor, factor, 18 // factor, factor, 3).astype(float)
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(small, np.floor(blocks.mean((2, 4)) + 0.5))
    np.testing.assert_array_equal(area_downsample(images[:, ::-1], factor), small[:, ::-1])


@pytest.mark.parametrize('level', [0, 1, 128, 255])
def test_area_downsampling_keeps_flat_images(level):
    assert (area_downsample(np.full((2, 96, 96, 1), level, np.uint8), 3) == level).all()


@pytest.mark.parametrize(
    'shape, dtype, factor',
    [
        ((5, 31, 32, 3), np.uint8, 2),
        ((5, 32, 31, 3), np.uint8, 2),
        ((5, 32, 32, 3), np.uint8, 0),
        ((5, 32, 32), np.uint8, 2),
        ((5, 32, 32, 3), np.float32, 2),
    ],
)
def test_area_downsampling_errors(shape, dtype, factor):
    with pytest.raises(DataError):
        area_downsample(np.zeros(shape, dtype), factor)


def test_standardisation(monkeypatch):
    monkeypatch.setattr(datasets.standardise, 'CHUNK_BYTES', 8 * 192 * 7)  # seven images at once
    rng = np.random.default_rng(0)
    images = (rng.integers(0, 99, (100, 8, 8, 3)) + rng.integers(0, 150, (8, 8, 3))).astype('uint8')
    images[:, 2, 3, 1] = 200  # never changes
    scaling = standardisation(images)
    assert scaling.mean.shape == scaling.std.shape == (8, 8, 3)
    assert scaling.mean.dtype == scaling.std.dtype == np.float64
    np.testing.assert_allclose(scaling.mean, images.mean(0), rtol=1e-14)
    expected = images.std(0)
    assert scaling.std[2, 3, 1] == 1
    expected[2, 3, 1] = 1
    np.testing.assert_allclose(scaling.std, expected, rtol=1e-12)

    x = scaling.standardise(images)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-5)
    assert not x[:, 2, 3, 1].any()
    np.testing.assert_allclose(np.delete(x.std(0).ravel(), (2 * 8 + 3) * 3 + 1), 1, rtol=1e-5)
    back = scaling.inverse(x)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(np.rint(back), images)
    np.testing.assert_allclose(back, images, atol=1e-3)
    picture = scaling.to_unit(x * 100)
    assert picture.min() == 0 and picture.max() == 1
    np.testing.assert_allclose(scaling.to_unit(x), images / 255, atol=1e-5)


def test_the_sums_of_standardisation_are_exact():
    images = np.full((3000, 1, 1, 1), 255, np.uint8)  # large sums, a tiny variance
    images[0] = 254
    n = len(images)
    assert standardisation(images).std[0, 0, 0] == pytest.approx(np.sqrt(n - 1) / n, rel=1e-14)


def test_standardisation_errors():
    for images in (np.zeros((3, 4, 4, 1), np.float32), np.zeros((0, 4, 4, 1), np.uint8)):
        with pytest.raises(DataError, match='uint8'):
            standardisation(images)


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


def test_folder_given_then_environment_then_data(tmp_path, monkeypatch):
    for place in ('given', 'environment', 'data'):
        write(tmp_path / place, train=10, test=2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('PIXELGAN_DATA_DIR', 'environment')
    assert ' in given ' in load_svhn('given', mirrors=()).source
    assert ' in environment ' in load_svhn(mirrors=()).source
    monkeypatch.delenv('PIXELGAN_DATA_DIR')
    assert ' in data ' in load_svhn(mirrors=()).source


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
    with pytest.raises(DataError, match='train split'):
        load_svhn(tmp_path, mirrors=(), sizes=(55, 1, 1))


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


def test_data_folder_that_is_a_file(tmp_path):
    (tmp_path / 'file').write_text('')
    assert str(tmp_path / 'file') in load_error(tmp_path / 'file')


@pytest.mark.parametrize('flag', [{'data': 'mnist'}, {'split': 'test'}, {'size': 28}])
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
    assert {name: file.md5 for name, file in datasets.svhn.SVHN_FILES.items()} == {
        TRAIN: 'e26dedcc434d2e4c54c9b2d4a06d8373',
        EXTRA: 'a93ce644f1a588dc4d68dda5feec44a7',
        TEST: 'eb5a983be6a315427106f1b164d9cef3',
    }
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
            len(file), hashlib.md5(file).hexdigest(), hashlib.sha256(file).hexdigest()
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
    assert sorted(os.listdir(place)) == sorted([EXTRA, EXTRA + '.md5', TEST, TEST + '.md5'])
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


@pytest.mark.parametrize('bad', ['unavailable', 'truncated', 'half', 'other', 'page'])
def test_bad_downloads_leave_nothing(server, small_official, tmp_path, capsys, bad):
    options = {'mirrors': [server.url(bad)], 'data': 'svhn'}
    message = load_error(tmp_path / 'data', MirrorsFailed, **options)
    assert str(tmp_path / 'data') in message and '--data synthetic' in message
    assert EXTRA in message and TEST in message
    assert not [path for path in (tmp_path / 'data').rglob('*') if path.is_file()]
    assert 'SYNTHETIC' not in capsys.readouterr().err


def test_auto_falls_back_loudly(dead_mirror, tmp_path, capsys):
    dataset = load_svhn(tmp_path / 'data', mirrors=[dead_mirror], sizes=(20, 10, 10), size=16)
    assert dataset.name == 'synthetic house numbers' and 'SVHN' not in dataset.source
    assert dataset.train.images.shape == (20, 16, 16, 3)
    captured = capsys.readouterr()
    assert 'NOT SVHN' in captured.err and 'SYNTHETIC' in captured.err and not captured.out


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
    # Another file of the same size, written later: no longer official, whatever its .md5 says.
    path = tmp_path / 'svhn' / TRAIN
    contents = bytearray(path.read_bytes())
    contents[20] ^= 1  # within the text of the header
    path.write_bytes(contents)
    later = (tmp_path / 'svhn' / (TRAIN + '.md5')).stat().st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))
    dataset = load_svhn(tmp_path, **options)
    assert len(hashed) == 1 and dataset.name == 'images in the form of SVHN (30 train / 20 test)'
    assert 'not the official' in dataset.source


# Synthetic house numbers


def test_synthetic_house_numbers_have_the_promised_form():
    images, labels = synthetic_house_numbers(503, 0)
    assert images.shape == (503, 32, 32, 3) and images.dtype == np.uint8
    assert labels.shape == (503,) and labels.dtype == np.int64
    assert set(np.bincount(labels, minlength=10)) <= {50, 51}
    assert len(set(labels[:30].tolist())) >= 8
    assert 90 < images.mean() < 150  # SVHN: about 115
    spread = images.astype(float).std((1, 2)).max(-1)
    assert spread.min() > 5 and np.median(spread) > 15  # no image is flat
    colour = np.ptp(images.mean((1, 2)), axis=-1)
    assert np.median(colour) > 20  # not grey
    again, labels_again = synthetic_house_numbers(503, 0)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert not np.array_equal(images, synthetic_house_numbers(503, 1)[0])


def test_the_digit_in_the_middle_can_be_told():
    images, labels = synthetic_house_numbers(2000, 0)
    grey = images.mean(-1)
    x = np.abs(grey - np.median(grey, (1, 2), keepdims=True)).reshape(len(images), -1)
    x /= x.std(1, keepdims=True)
    x -= x.mean(0)
    weights = np.linalg.solve(x[:1500].T @ x[:1500] + 300 * np.eye(1024),
                              x[:1500].T @ np.eye(10)[labels[:1500]])
    assert ((x[1500:] @ weights).argmax(1) == labels[1500:]).mean() > 0.5  # chance: 0.1


def test_there_are_neighbours_on_either_side(monkeypatch):
    alone = {}
    for often in (0, 0.7):
        monkeypatch.setattr('datasets.synthetic_svhn.NEIGHBOUR', often)
        alone[often] = synthetic_house_numbers(400, 0)[0].astype(float)
    differ = np.abs(alone[0] - alone[0.7]).max(-1) > 40
    left, middle, right = differ[:, :, :5], differ[:, :, 15:17], differ[:, :, -5:]
    assert 0.4 < left.any((1, 2)).mean() < 0.9 and 0.4 < right.any((1, 2)).mean() < 0.9
    assert middle.any((1, 2)).mean() < 0.1


def test_synthetic_files_are_never_called_svhn(tmp_path):
    folder = tmp_path / 'svhn-subset'
    folder.mkdir()
    for name, n in ((TRAIN, 300), (TEST, 100)):
        write_svhn_mat(folder / name, *synthetic_house_numbers(n, n), synthetic=True)
    dataset = load_svhn(tmp_path, data='svhn', mirrors=())
    assert dataset.name == 'synthetic house numbers (300 train / 100 test)'
    assert dataset.source.startswith('synthetic house numbers')
    images, labels = synthetic_house_numbers(300, 300)
    np.testing.assert_array_equal(dataset.train.images, images[:270])
    assert dataset.validation.labels.tolist() == labels[270:].tolist()


def test_synthetic_splits(capsys):
    dataset = load_svhn(data='synthetic', seed=5, sizes=(30, 20, 10), size=16)
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [s.images.shape for s in splits] == [(n, 16, 16, 3) for n in (30, 20, 10)]
    assert dataset.name == 'synthetic house numbers' and 'seed 5' in dataset.source
    assert not np.array_equal(dataset.train.images[:20], dataset.validation.images)
    large = load_svhn(data='synthetic', seed=5, sizes=(30, 20, 10))
    np.testing.assert_array_equal(area_downsample(large.test.images, 2), dataset.test.images)
    assert capsys.readouterr().err == ''  # asked for: nothing to warn of
    with pytest.raises(DataError, match='1 or more'):
        load_svhn(data='synthetic', sizes=(30, 0, 10))
