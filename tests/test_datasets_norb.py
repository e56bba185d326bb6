"""Small NORB: its binary matrix format, the loader on its six files, and the shaded solids."""

import gzip
import hashlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import datasets.norb
import datasets.norb_format
from datasets import (
    DataError,
    area_downsample,
    load_norb,
    read_matrix,
    synthetic_norb_dataset,
    synthetic_solids,
    write_matrix,
)
from datasets.solids import enter
from datasets.synthetic_norb import (
    KINDS,
    TEST_INSTANCES,
    TRAIN_INSTANCES,
    _direction,
    _origins,
    _solid,
)
from tests.test_datasets_download import dead_mirror, everything_in, server  # noqa: F401

NAMES = list(datasets.norb.NORB_FILES)
DAT, CAT, INFO, TEST_DAT, TEST_CAT, TEST_INFO = NAMES
SHAPES = {'dat': (7, 2, 4, 4), 'cat': (7,), 'info': (7, 4)}


@pytest.fixture(scope='module')
def solids():
    """The six arrays of a small set of solids, by file name; nobody may change them."""
    train, test = synthetic_solids(40, TRAIN_INSTANCES, 0), synthetic_solids(10, TEST_INSTANCES, 1)
    return dict(zip(NAMES, (*train, *test)))


def write_files(folder, arrays, suffix=''):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        write_matrix(folder / (name + suffix), array)


# The format


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


def test_a_flipped_byte_a_missing_file_and_a_folder(tmp_path):
    path = tmp_path / 'a.gz'
    write_matrix(path, np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8))
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)
    with pytest.raises(DataError, match='a.gz: corrupt gzip'):
        read_matrix(path)
    for place in (tmp_path / 'absent', tmp_path):
        with pytest.raises(DataError, match='cannot be read'):
            read_matrix(place)


@pytest.mark.parametrize('array', [np.zeros(3, np.int64), np.zeros(3, bool), np.uint8(3)])
def test_write_matrix_takes_what_the_format_has(tmp_path, array):
    with pytest.raises(ValueError, match='cannot write'):
        write_matrix(tmp_path / 'a', array)


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


def test_sizes_and_folders(tmp_path, solids, monkeypatch):
    for place in ('given', 'environment', 'data'):
        write_files(tmp_path / place, solids)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('PIXELGAN_DATA_DIR', 'environment')
    dataset = load_norb('given', mirrors=(), sizes=(5, 4, 3))
    assert 'in given ' in dataset.source
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split.labels) for split in splits] == [5, 4, 3]
    assert 'in environment ' in load_norb(mirrors=()).source
    monkeypatch.delenv('PIXELGAN_DATA_DIR')
    assert 'in data ' in load_norb(mirrors=()).source
    with pytest.raises(DataError, match='train split: 36 .* from 1 to 35'):
        load_norb(mirrors=(), sizes=(36, 1, 1))
    with pytest.raises(DataError, match="data 'mnist'"):
        load_norb(data='mnist')


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
def small_official(server, solids, tmp_path, monkeypatch):  # noqa: F811
    """The small set takes the place of the official files, on the server too."""
    digests = {}
    for name, array in solids.items():
        path = tmp_path / 'server' / (name + '.gz')
        path.parent.mkdir(exist_ok=True)
        write_matrix(path, array)
        server.files[name + '.gz'] = path.read_bytes()
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(datasets.norb, 'NORB_FILES', digests)


def test_load_fetches_what_is_missing_once(server, small_official, tmp_path, capsys):  # noqa: F811
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


@pytest.mark.parametrize('bad', ['unavailable', 'truncated', 'half', 'other', 'page'])
def test_bad_mirrors_leave_nothing(server, small_official, tmp_path, bad):  # noqa: F811
    with pytest.raises(DataError, match='small NORB is not complete') as caught:
        load_norb(tmp_path / 'data', data='norb', mirrors=[server.url(bad)])
    message = str(caught.value)
    assert '\n' not in message and '--data-dir' in message and '--data synthetic' in message
    assert everything_in(tmp_path / 'data' / 'norb') == []


def test_auto_falls_back_loudly(server, dead_mirror, tmp_path, capsys):  # noqa: F811
    mirrors = [dead_mirror, server.url('unavailable')]
    dataset = load_norb(tmp_path / 'data', mirrors=mirrors, sizes=(5, 5, 5))
    assert dataset.name == 'synthetic solids' and 'NORB' not in dataset.source
    captured = capsys.readouterr()
    assert captured.out == ''
    assert 'NOT NORB' in captured.err and 'SYNTHETIC SOLIDS' in captured.err
    assert dead_mirror in captured.err and '503' in captured.err
    assert not [path for path in tmp_path.rglob('*') if path.is_file()]


def test_foreign_files_are_not_completed(server, small_official, solids, tmp_path):  # noqa: F811
    write_files(tmp_path, {DAT: solids[DAT]})
    with pytest.raises(DataError, match='dat.mat: not the official small NORB .gz') as caught:
        load_norb(tmp_path, mirrors=[server.url('good')])
    assert '\n' not in str(caught.value) and server.asked == []


def test_folder_that_cannot_be_made(server, small_official, tmp_path):  # noqa: F811
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'norb').write_text('')
    with pytest.raises(DataError, match='--data-dir') as caught:
        load_norb(tmp_path / 'data', mirrors=[server.url('good')])
    assert '\n' not in str(caught.value)


def test_the_official_address_and_digests():
    assert datasets.norb.NORB_MIRRORS[0].startswith('https://cs.nyu.edu/')
    assert all(len(bytes.fromhex(digest)) == 32 for digest in datasets.norb.NORB_FILES.values())


# The solids


def test_solids_have_the_form_of_small_norb(solids):
    images, kinds, info = (solids[name] for name in NAMES[:3])
    assert images.shape == (40, 2, 96, 96) and images.dtype == np.uint8
    assert kinds.dtype == info.dtype == np.int32
    assert kinds.tolist() == [0, 1, 2, 3, 4] * 8
    assert set(info[:, 0]) <= set(TRAIN_INSTANCES)
    assert set(info[:, 2]) <= set(range(0, 36, 2))
    assert (info >= 0).all() and (info.max(0) <= [9, 8, 34, 5]).all()
    assert len(np.unique(images.reshape(80, -1), axis=0)) == 80  # the cameras differ, too
    assert not np.array_equal(images, synthetic_solids(40, TRAIN_INSTANCES, 1)[0])
    np.testing.assert_array_equal(images, synthetic_solids(40, TRAIN_INSTANCES, 0)[0])


def test_solids_are_drawn_at_every_view():
    """No view leaves a solid empty, filling the frame, or with values that are not numbers."""
    with np.errstate(invalid='raise'):
        images, kinds, _ = synthetic_solids(300, TRAIN_INSTANCES, 7, cameras=1)
    # The lower corners show table; a solid, or its shadow, differs from it at the centre.
    centre = images[:, 0, 40:56, 40:56].mean((1, 2))
    assert (images[:, 0, -1, 0] > 90).all() and (np.abs(centre - 191) > 5).mean() > 0.95
    assert images.std((1, 2, 3)).min() > 3


@pytest.mark.parametrize('kind', range(5))
@pytest.mark.parametrize('up', [-1, 1])  # lines of sight go down, lines to the lamp up
def test_a_line_meets_a_solid_where_a_walk_along_it_does(kind, up):
    rng = np.random.default_rng(kind)
    sets = np.stack([_solid(kind, instance)[0] for instance in range(4)])
    d = _direction(rng.uniform(0, 2 * np.pi, 4), up * np.deg2rad([30, 45, 70, 80]))
    origins = _origins(rng.normal(0, 0.4, (4, 3, 3)))
    hit, t, entered = (m[:, ::16, ::16] for m in enter(sets, origins, d))

    steps = np.linspace(-6, 6, 6001)
    p = origins[:, :, ::16, ::16, None] + steps * d.T[:, :, None, None, None]
    squares, b, c = (sets.T[k][..., None, None, None] for k in (slice(3), slice(3, 6), 6))
    value = sum(squares[k] * p[k] ** 2 + b[k] * p[k] for k in range(3)) + c  # (S, n, H, W, steps)
    top = 0.8 if kind != 3 else (-b[2, 0] / (2 * squares[2, 0]))  # of the cone: its apex
    inside = (value <= 0).all(0) & (p[2] <= top)
    walked = inside.any(-1)
    assert 10 < walked.sum() < walked.size - 10
    assert (walked != hit).mean() < 0.01  # a touch between two steps
    both = walked & hit
    assert np.abs(steps[inside.argmax(-1)] - t)[both].max() < 0.003
    at = np.take_along_axis(value, inside.argmax(-1)[None, ..., None], -1)[..., 0]
    here = np.take_along_axis(at, entered[None].astype(int), 0)[0]
    assert np.abs(here)[both].max() < 0.1  # on the surface of the set that it enters


def test_kinds_can_be_told_apart_on_other_solids():
    """By the nearest of 400 training images, twice as often as by chance: neither 20% nor 100%."""
    dataset = synthetic_norb_dataset(3, (400, 5, 100))
    x, test = (split.images.reshape(len(split.images), -1) / 255.0
               for split in (dataset.train, dataset.test))
    distance = (x**2).sum(1) - 2 * test @ x.T
    accuracy = (dataset.train.labels[distance.argmin(1)] == dataset.test.labels).mean()
    assert 0.4 < accuracy < 0.95
    assert len(KINDS) == 5


def test_synthetic_norb_is_never_called_norb(capsys):
    dataset = load_norb(data='synthetic', seed=5, sizes=(10, 6, 5))
    assert dataset.name == 'synthetic solids' and 'NORB' not in dataset.source
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split.labels) for split in splits] == [10, 6, 5]
    assert all(s.images.shape[1:] == (32, 32, 1) and s.labels.dtype == np.int64 for s in splits)
    np.testing.assert_array_equal(
        dataset.test.images, synthetic_norb_dataset(5, (10, 6, 5)).test.images)
    assert capsys.readouterr().err == ''
    other = synthetic_norb_dataset(6, (10, 6, 5))
    assert not np.array_equal(dataset.test.images, other.test.images)
    assert not np.array_equal(dataset.train.images, other.train.images)
    with pytest.raises(DataError, match='1 or more'):
        synthetic_norb_dataset(0, (10, 0, 10))
