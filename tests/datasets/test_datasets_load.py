"""What every loader does: where it looks, when it draws in the place of files, and what it says."""

import numpy as np
import pytest

from datasets import DataError, load_mnist, load_norb, load_svhn, load_tfd

# loader -> (its name in `data`, the data set, what is drawn in its place)
LOADERS = {
    load_mnist: ('mnist', 'MNIST', 'synthetic digits'),
    load_svhn: ('svhn', 'SVHN', 'synthetic house numbers'),
    load_norb: ('norb', 'NORB', 'synthetic solids'),
    load_tfd: ('tfd', 'TFD', 'synthetic faces'),
}
every_loader = pytest.mark.parametrize('load', LOADERS)


def from_mirrors(load, *mirrors):
    """The option that names them; nobody hands out TFD."""
    return {} if load is load_tfd else {'mirrors': mirrors}


def splits_of(dataset):
    return dataset.train, dataset.validation, dataset.test


def load_error(load, *arguments, **options):
    """The message of a DataError, one line."""
    with pytest.raises(DataError) as caught:
        load(*arguments, **options)
    assert '\n' not in str(caught.value)
    return str(caught.value)


@every_loader
def test_auto_falls_back_loudly(load, server, dead_mirror, tmp_path, capsys, monkeypatch):
    kind, title, stand_in = LOADERS[load]
    monkeypatch.setenv('PIXELGAN_DATA_DIR', str(tmp_path / 'data'))
    mirrors = from_mirrors(load, dead_mirror, server.url('unavailable'))
    dataset = load(sizes=(20, 10, 5), **mirrors)
    assert dataset.name == stand_in and title not in dataset.source and dataset.drawn
    assert [len(split.labels) for split in splits_of(dataset)] == [20, 10, 5]
    out, err = capsys.readouterr()
    assert not out and f'NOT {kind.upper()}' in err and stand_in.upper() in err
    assert str(tmp_path / 'data') in err
    # Which failed, and why; or where to ask.
    assert dead_mirror in err and '503' in err if mirrors else 'ask Josh Susskind' in err
    assert not [path for path in tmp_path.rglob('*') if path.is_file()]


@every_loader
@pytest.mark.parametrize('named', [True, False])
def test_what_was_asked_for_is_not_drawn(load, dead_mirror, tmp_path, capsys, named, monkeypatch):
    """By its folder, or by the name of the data set."""
    kind, title, _ = LOADERS[load]
    monkeypatch.setenv('PIXELGAN_DATA_DIR', str(tmp_path / 'data'))
    arguments = {'data_dir': tmp_path / 'data'} if named else {'data': kind}
    error = load_error(load, **arguments, **from_mirrors(load, dead_mirror))
    assert 'there is no such folder' in error and str(tmp_path / 'data') in error
    assert f'{title} is not complete in ' in error
    assert '--data-dir' in error and '--data synthetic' in error
    assert 'SYNTHETIC' not in capsys.readouterr().err


@every_loader
def test_drawn_images(load, capsys):
    """The splits differ, a seed settles them, and they are never called by the data set's name."""
    _, title, stand_in = LOADERS[load]
    dataset, again, other = (load(data='synthetic', seed=seed, sizes=(30, 20, 10))
                             for seed in (5, 5, 6))
    assert dataset.name == stand_in and dataset.drawn
    assert title not in dataset.source and 'seed 5' in dataset.source
    for split, same, another, n in zip(*map(splits_of, (dataset, again, other)), (30, 20, 10)):
        assert split.images.shape[0] == len(split.labels) == n
        assert split.images.dtype == np.uint8 and split.labels.dtype == np.int64
        np.testing.assert_array_equal(split.images, same.images)
        assert not np.array_equal(split.images, another.images)
    train, validation, test = (split.images[:10] for split in splits_of(dataset))
    assert not np.array_equal(train, validation) and not np.array_equal(validation, test)
    assert capsys.readouterr().err == ''  # asked for: nothing to warn of


@every_loader
def test_sizes_below_one(load):
    for sizes in ((10, 0, 10), (-1, 10, 10)):
        assert 'choose 1 or more' in load_error(load, data='synthetic', sizes=sizes)


@every_loader
def test_unknown_kind_of_data(load):
    kind = LOADERS[load][0]
    assert f"data 'cifar': choose 'auto', '{kind}' or 'synthetic'" == load_error(load, data='cifar')


@every_loader
def test_data_folder_that_is_a_file(load, tmp_path):
    (tmp_path / 'file').write_text('')
    assert str(tmp_path / 'file') in load_error(load, tmp_path / 'file', **from_mirrors(load))
