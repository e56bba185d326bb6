"""The commands on a saved run: new samples, and codes of new images."""
import csv
import gzip
import json
import os
import shutil
import signal
import zipfile
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

import train_mnist
from datasets import DataError, write_idx
from datasets.images import read_images
from experiments import encode, sample
from experiments.saved_run import open_run
from tests.runs import drawn, encoded, refused_by
from training.run_folder import RunError

SMOKE = ['--preset', 'smoke', '--data', 'synthetic', '--eval-images', '40']
MODES = ('clustering', 'semisup', 'gaussian', 'density')


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    """mode -> the folder of a run, and 'several': a folder of two."""
    folder = tmp_path_factory.mktemp('runs')
    for mode in MODES:
        assert train_mnist.main(['--mode', mode, *SMOKE, '--out', str(folder / mode)]) == 0
    assert train_mnist.main(['--mode', 'density', *SMOKE, '--seed', '0,1',
                             '--out', str(folder / 'several')]) == 0
    return folder


@pytest.fixture(scope='module')
def digits(runs):
    """The test images of the clustering run, uint8 (40, 28, 28, 1)."""
    config = json.loads((runs / 'clustering' / 'config.json').read_text())
    return train_mnist.load(config, (60, 40, 40)).test.images


# A saved run


@pytest.mark.parametrize('mode', MODES)
def test_open_run_has_the_parameters_of_the_checkpoint(runs, mode):
    experiment = open_run(runs / mode)
    assert experiment.trained == (1, 0) and experiment.prefix == 'synthetic-'
    with np.load(runs / mode / 'checkpoint.npz') as file:
        for name, network in experiment.model.networks.items():
            for path, array in network.state().items():
                np.testing.assert_array_equal(array, file[f'{name}/{path}'])


def test_open_run_refuses_what_is_not_a_run(runs, tmp_path):
    with pytest.raises(RunError, match='no run in .*/nowhere .no config.json.$'):
        open_run(tmp_path / 'nowhere')
    with pytest.raises(RunError, match='no run in .*: name one of them: .*/clustering, .*, ...$'):
        shutil.copytree(runs / 'density', runs / 'one more')    # more than a message names
        open_run(runs)
    with pytest.raises(RunError, match='several runs.*: name one of them: .*seed-0, .*seed-1$'):
        open_run(runs / 'several')
    assert open_run(runs / 'several' / 'seed-1').config['seed'] == 1
    shutil.copy(runs / 'density' / 'config.json', tmp_path)
    with pytest.raises(RunError, match='no checkpoint yet'):
        open_run(tmp_path)
    (tmp_path / 'checkpoint.npz').write_bytes(b'not a checkpoint')
    with pytest.raises(RunError, match='damaged'):
        open_run(tmp_path)
    shutil.copy(runs / 'several' / 'seed-1' / 'checkpoint.npz', tmp_path)
    with pytest.raises(RunError, match='another configuration'):
        open_run(tmp_path)


def test_a_checkpoint_of_another_shape_is_refused(runs, tmp_path):
    shutil.copy(runs / 'density' / 'config.json', tmp_path)
    with np.load(runs / 'density' / 'checkpoint.npz') as file:
        arrays = {name: file[name] for name in file.files}
    arrays['decoder/layer.0/conv_v/b'] = arrays['decoder/layer.0/conv_v/b'][:1]
    np.savez(tmp_path / 'checkpoint.npz', **arrays)
    with pytest.raises(RunError, match='does not fit the model: decoder/layer.0/conv_v/b'):
        open_run(tmp_path)


# Samples


@pytest.mark.parametrize('mode', MODES)
def test_samples_are_bytes_of_the_models_images(runs, tmp_path, mode):
    images = drawn(runs / mode, tmp_path / 'a.npy', '--n', '5')
    assert images.shape == (5, 28, 28, 1) and images.dtype == np.uint8
    assert set(np.unique(images)) == {0, 255}       # binary pixels
    again = drawn(runs / mode, tmp_path / 'b.npz', '--n', '5')
    np.testing.assert_array_equal(again['images'], images)
    assert ('codes' in again) == (mode != 'density')
    other = drawn(runs / mode, tmp_path / 'c.npy', '--n', '5', '--seed', '1')
    assert not np.array_equal(other, images)


def test_samples_are_the_experiments_own(runs, tmp_path):
    experiment, rng = open_run(runs / 'gaussian'), np.random.default_rng(3)
    codes = experiment.model.prior.sample(4, rng)
    expected = experiment.sample(codes, rng)
    found = drawn(runs / 'gaussian', tmp_path / 'a.npz', '--n', '4', '--seed', '3')
    np.testing.assert_array_equal(found['codes'], codes)
    np.testing.assert_array_equal(found['images'], 255 * expected)


def test_many_samples_are_drawn_in_parts(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(sample, 'PART', 3)
    sizes, draw = [], open_run(runs / 'density').__class__.sample
    monkeypatch.setattr('experiments.common.experiment.Experiment.sample',
                        lambda self, codes, rng, n: sizes.append(n) or draw(self, codes, rng, n))
    assert len(drawn(runs / 'density', tmp_path / 'a.npy', '--n', '7')) == 7
    assert sizes == [3, 3, 1]


def test_codes_that_are_asked_for(runs, tmp_path):
    found = drawn(runs / 'clustering', tmp_path / 'a.npz', '--per-cluster', '2')
    np.testing.assert_array_equal(found['codes'], np.repeat(np.eye(5), 2, axis=0))
    found = drawn(runs / 'semisup', tmp_path / 'b.npz', '--cluster', '7', '--n', '3')
    np.testing.assert_array_equal(found['codes'], np.eye(10)[[7] * 3])
    for i, flags in enumerate((['--z', '-1.5,2e1'], ['--z=-1.5,20'])):
        found = drawn(runs / 'gaussian', tmp_path / f'z{i}.npz', *flags, '--n', '2')
        np.testing.assert_array_equal(found['codes'], [[-1.5, 20]] * 2)
    found = drawn(runs / 'gaussian', tmp_path / 'c.npz', '--grid')
    np.testing.assert_array_equal(found['codes'], open_run(runs / 'gaussian').code.grid(16))


@pytest.mark.parametrize('mode, flags', [
    ('clustering', ['--per-cluster', '2']), ('clustering', ['--cluster', '0', '--n', '3']),
    ('semisup', ['--per-cluster', '1']), ('gaussian', ['--grid']), ('density', ['--n', '11'])])
def test_pictures_say_synthetic_in_name_and_title(runs, monkeypatch, mode, flags):
    titles = []
    for name in ('image_rows', 'image_grid'):
        def keep(*arguments, original=getattr(sample.figures, name)):
            titles.append(arguments[3])
            original(*arguments)
        monkeypatch.setattr(sample.figures, name, keep)
    before = (runs / mode / 'synthetic-samples.png').read_bytes()
    assert sample.main([str(runs / mode), *flags]) == 0
    picture = runs / mode / 'synthetic-samples-new.png'
    assert picture.read_bytes().startswith(b'\x89PNG')
    assert titles[0].startswith('synthetic digits: ')
    assert (runs / mode / 'synthetic-samples.png').read_bytes() == before
    picture.unlink()


def test_rows_are_named(runs):
    labels = open_run(runs / 'clustering').category_labels()
    assert sample.category_names(open_run(runs / 'clustering')) == [
        f"cluster {k} = '{label}'" for k, label in enumerate(labels)]
    assert sample.category_names(open_run(runs / 'semisup'))[3] == 'class 3'


@pytest.mark.parametrize('mode, flags, words', [
    ('density', ['--z', '1'], '--z: the model has no code'),
    ('density', ['--grid'], 'no Gaussian code of two dimensions'),
    ('clustering', ['--grid'], 'no Gaussian code of two dimensions'),
    ('gaussian', ['--cluster', '1'], '--cluster: the run has no categorical code'),
    ('density', ['--per-cluster', '1'], '--per-cluster: the run has no categorical code'),
    ('clustering', ['--cluster', '5'], '--cluster 5: the run has 0 to 4'),
    ('clustering', ['--z', '1,0'], '--z has 2 numbers, and the code of the run has 5'),
    ('gaussian', ['--z', '1,nan'], 'not finite'),
    ('gaussian', ['--z', '1,1e39'], 'not finite'),
    ('gaussian', ['--out', ''], '--out: the name is empty'),
    ('gaussian', ['--z', '1;2'], 'not numbers with commas between'),
    ('gaussian', ['--z', '1,2', '--grid'], 'not allowed with'),
    ('gaussian', ['--grid', '--n', '5'], '--n does not go with --grid'),
    ('clustering', ['--per-cluster', '2', '--n', '5'], '--n does not go with --per-cluster'),
    ('density', ['--n', '0'], '--n: 0 is less than 1'),
    ('density', ['--n', '3001'], 'too many for a picture (at most 3,000)'),
    ('density', ['--sed', '1'], 'did you mean --seed'),
    ('density', ['--device', 'tpu'], 'unknown name'),
])
def test_flags_that_do_not_go_with_the_run(runs, capsys, mode, flags, words):
    before = sorted((runs / mode).iterdir())
    assert words in refused_by(capsys, sample, runs / mode, *flags)
    assert sorted((runs / mode).iterdir()) == before


@pytest.mark.parametrize('command, images', [(sample, []), (encode, ['a.npy'])])
def test_out_is_checked_first(runs, tmp_path, capsys, monkeypatch, command, images):
    monkeypatch.chdir(tmp_path)
    np.save('a.npy', np.zeros((28, 28), np.uint8))
    run = runs / 'gaussian'
    before = {path: path.read_bytes() for path in run.iterdir()}
    for out, words in ((tmp_path / 'a.jpg', 'must end in'),
                       (tmp_path / 'no' / 'a.npz', 'no folder'),
                       (run / 'checkpoint.npz', 'is there already')):
        assert words in refused_by(capsys, command, run, *images, '--out', out)
    for folder, words in ((tmp_path, 'no run in'), ('x' * 300, 'File name too long')):
        assert words in refused_by(capsys, command, folder, *images)
    assert {path: path.read_bytes() for path in run.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ['a.npy']


@pytest.mark.parametrize('command, arguments, name', [
    (sample, ['--n', '1'], 'synthetic-samples-new.png'), (encode, ['IMAGES'], 'codes.csv')])
def test_no_file_is_replaced(runs, tmp_path, capsys, command, arguments, name):
    """A name that is given must be new; a default one is numbered."""
    run = shutil.copytree(runs / 'gaussian', tmp_path / 'run')
    np.save(tmp_path / 'a.npy', np.zeros((28, 28), np.uint8))
    arguments = [str(run), *(str(tmp_path / 'a.npy') if text == 'IMAGES' else text
                             for text in arguments)]
    stem, suffix = os.path.splitext(name)
    (run / f'{stem}-2{suffix}').symlink_to('nowhere')       # is a file, too
    before = {path: path.read_bytes() for path in run.iterdir() if path.exists()}
    for _ in range(2):
        assert command.main(arguments) == 0
    new = {path.name for path in run.iterdir() if path.exists()} - {path.name for path in before}
    assert new == {name, f'{stem}-3{suffix}'}
    assert all(path.read_bytes() == contents for path, contents in before.items())
    contents = (run / name).read_bytes()
    for out in (run / name, run / f'{stem}-2{suffix}'):
        assert 'is there already: remove it, or choose another' in refused_by(
            capsys, command, *arguments, '--out', out)
    assert (run / name).read_bytes() == contents


def test_a_file_that_came_while_the_samples_were_drawn_is_kept(runs, tmp_path, monkeypatch):
    run, draw = shutil.copytree(runs / 'gaussian', tmp_path / 'run'), sample.draw
    first = run / 'synthetic-samples-new.png'
    monkeypatch.setattr(sample, 'draw', lambda *arguments: first.write_text('mine')
                        and draw(*arguments))
    assert sample.main([str(run), '--n', '1']) == 0
    assert first.read_text() == 'mine'
    assert (run / 'synthetic-samples-new-2.png').read_bytes().startswith(b'\x89PNG')


def test_the_runs_own_samples_are_not_overwritten(runs, capsys):
    out = runs / 'gaussian' / 'synthetic-samples.png'
    assert 'is there already' in refused_by(capsys, sample, runs / 'gaussian', '--out', out)


# Codes


def test_codes_are_the_experiments_own(runs, tmp_path, digits):
    np.save(tmp_path / 'digits.npy', digits)
    for mode in ('clustering', 'semisup', 'gaussian'):
        found = encoded(runs / mode, tmp_path / f'{mode}.npz', tmp_path / 'digits.npy')
        expected = open_run(runs / mode).encode(digits)
        np.testing.assert_array_equal(found['codes'], expected)
        np.testing.assert_array_equal(found['index'], np.arange(40))
        if mode == 'gaussian':
            assert set(found) == {'files', 'index', 'codes'}
            continue
        np.testing.assert_array_equal(found['cluster'], expected.argmax(axis=1))
        np.testing.assert_array_equal(found['confidence'], expected.max(axis=1))
        labels = open_run(runs / mode).category_labels()
        np.testing.assert_array_equal(found['label'], np.array(labels)[found['cluster']])
        if mode == 'semisup':
            np.testing.assert_array_equal(found['label'], found['cluster'])


def test_the_error_of_the_run_comes_out_of_the_table(runs, tmp_path, digits):
    config = json.loads((runs / 'clustering' / 'config.json').read_text())
    labels = train_mnist.load(config, (60, 40, 40)).test.labels
    np.save(tmp_path / 'digits.npy', digits)
    found = encoded(runs / 'clustering', tmp_path / 'a.npz', tmp_path / 'digits.npy')
    last = json.loads((runs / 'clustering' / 'metrics.jsonl').read_text().splitlines()[-1])
    assert 100 * (found['label'] != labels).mean() == pytest.approx(last['error'])
    clusters = json.loads((runs / 'clustering' / 'clusters.json').read_text())['clusters']
    assert [row['size'] for row in clusters.values()] == list(
        np.bincount(found['cluster'], minlength=5))


def test_the_table_as_text_is_the_table_as_arrays(runs, tmp_path, digits):
    np.savez(tmp_path / 'digits.npz', images=digits[:7], labels=np.arange(7))
    np.save(tmp_path / 'three.npy', digits[7:10])
    files = [tmp_path / 'digits.npz', tmp_path / 'three.npy']
    arrays = encoded(runs / 'clustering', tmp_path / 'a.npz', *files)
    assert list(arrays['files']) == [str(files[0])] * 7 + [str(files[1])] * 3
    assert list(arrays['index']) == [*range(7), *range(3)]
    assert encode.main([str(runs / 'clustering'), *map(str, files)]) == 0
    out = runs / 'clustering' / 'codes.csv'
    with out.open(newline='') as file:
        rows = list(csv.DictReader(file))
    out.unlink()
    assert list(rows[0]) == ['file', 'index', 'cluster', 'label', 'confidence',
                             'z0', 'z1', 'z2', 'z3', 'z4']
    for name in ('index', 'cluster', 'label'):
        assert [int(row[name]) for row in rows] == list(arrays[name])
    assert [row['file'] for row in rows] == list(arrays['files'])
    codes = [[row[f'z{k}'] for k in range(5)] for row in rows]
    np.testing.assert_array_equal(np.array(codes, np.float32), arrays['codes'])


def test_every_format_gives_the_same_codes(runs, tmp_path, digits):
    digits, flat = digits[:6], digits[:6, ..., 0]
    colour = np.repeat(digits, 3, axis=3)
    seen_through = np.concatenate([np.full_like(colour, 255), digits], axis=3)  # white, alpha
    np.save(tmp_path / 'a.npy', digits)
    np.save(tmp_path / 'floats.npy', digits / np.float32(255))
    np.save(tmp_path / 'integers.npy', flat.astype(np.int64))
    np.save(tmp_path / 'booleans.npy', digits > 127)
    np.save(tmp_path / 'colour.npy', colour)
    np.savez(tmp_path / 'one.npz', flat)
    np.savez_compressed(tmp_path / 'two.npz', labels=np.arange(6), images=digits)
    write_idx(tmp_path / 'idx3-ubyte', flat)
    write_idx(tmp_path / 'idx3-ubyte.gz', flat)
    (tmp_path / 'another name').write_bytes(gzip.compress((tmp_path / 'idx3-ubyte').read_bytes()))
    sets = [[path] for path in sorted(tmp_path.iterdir())]
    for name, images, options in (('grey', flat, {'cmap': 'gray', 'vmin': 0, 'vmax': 255}),
                                  ('rgb', colour, {}), ('rgba', seen_through, {})):
        sets.append([])
        for i, image in enumerate(images):
            sets[-1].append(tmp_path / f'{name}{i}.png')
            matplotlib.image.imsave(sets[-1][-1], image, **options)
    expected = open_run(runs / 'gaussian').encode(digits)
    for i, files in enumerate(sets):
        found = encoded(runs / 'gaussian', tmp_path / f'codes{i}.npz', *files)
        np.testing.assert_array_equal(found['codes'], expected, err_msg=str(files[0]))
    assert len(sets) == 13


def test_black_on_white(runs, tmp_path, capsys, digits):
    np.save(tmp_path / 'white.npy', 255 - digits)
    ink = np.concatenate([np.zeros((*digits.shape[:3], 3), np.uint8), digits], axis=3)
    np.save(tmp_path / 'ink.npy', ink)                          # black, transparent where no ink
    expected = open_run(runs / 'gaussian').encode(digits)
    for name in ('white', 'ink'):
        found = encoded(runs / 'gaussian', tmp_path / f'{name}.npz', tmp_path / f'{name}.npy',
                        '--invert')
        np.testing.assert_array_equal(found['codes'], expected)
    assert '--invert' not in capsys.readouterr().out
    encoded(runs / 'gaussian', tmp_path / 'wrong.npz', tmp_path / 'white.npy')
    assert 'mostly white without --invert' in capsys.readouterr().out


def test_labels_only_where_they_are_the_checkpoints(runs, tmp_path, capsys, digits):
    np.save(tmp_path / 'digits.npy', digits)
    run = tmp_path / 'run'
    shutil.copytree(runs / 'clustering', run)
    clusters = run / 'clusters.json'
    text = clusters.read_text()
    for i, contents in enumerate((None, text.replace('"epoch": 1', '"epoch": 2'))):
        clusters.unlink()
        if contents:
            clusters.write_text(contents)
        assert 'label' not in encoded(run, tmp_path / f'{i}.npz', tmp_path / 'digits.npy')
        assert '--resume writes it' in capsys.readouterr().out
        # As it says: the pictures of a complete run are drawn again, and the labels with them.
        assert train_mnist.main(['--out', str(run), '--resume']) == 0
        assert clusters.read_text() == text
    for contents in ('', '[]', '{"epoch": 1, "clusters": {}}'):
        clusters.write_text(contents)
        words = refused_by(capsys, encode, run, tmp_path / 'digits.npy')
        assert 'clusters.json cannot be read' in words
    assert not (run / 'codes.csv').exists()


def test_images_that_are_refused(runs, tmp_path, capsys):
    shape = (3, 28, 28)
    arrays = {
        'large.npy': (np.zeros((5, 32, 32), np.uint8), '32 x 32 pixels; the run needs images of 28 '
                      'x 28, or a whole number of times as large (56 x 56, 84 x 84, ...); --fit'),
        'first.npy': (np.zeros((3, 1, 28, 28), np.uint8), 'last: array.transpose(0, 2, 3, 1)'),
        'colour.npy': (np.zeros((3, 32, 32), np.uint8), 'one colour image is array.transpose(1, 2, '
                       '0); 3 grey ones are array.reshape(3, 32, 32, 1)'),
        'large3.npy': (np.zeros((3, 56, 56), np.uint8), 'one colour image is array.transpose(1, 2'),
        'flat.npy': (np.zeros((5, 784), np.uint8), 'shape (5, 784): reshape to (5, 28, 28)'),
        'flat1.npy': (np.zeros(784, np.uint8), 'shape (784,): reshape to (28, 28)'),
        'both.npy': (np.zeros((784, 784), np.uint8), 'reshape to (784, 28, 28), or one picture to '
                     '(1, 784, 784)'),
        'line.npy': (np.zeros(28, np.uint8), 'array of shape (28,) is not images: (N, 28, 28)'),
        'five.npy': (np.zeros((1, 2, 28, 28, 1), np.uint8), 'is not images'),
        'empty.npy': (np.zeros((0, 28, 28), np.uint8), 'no images'),
        'thin.npy': (np.zeros((3, 0, 28), np.uint8), 'no images'),
        'bytes.npy': (np.full(shape, 255.0), 'floats from 255 to 255'),
        'nan.npy': (np.full(shape, np.nan), 'floats from nan to nan'),
        'minus.npy': (np.full(shape, -1), 'whole numbers from -1 to -1'),
        'ones.npy': (np.ones(shape, np.uint8), 'whole numbers from 1 to 1'),
        'text.npy': (np.full(shape, 'a'), 'holds <U1'),
        'complex.npy': (np.ones(shape, complex), 'holds complex128'),
        'object.npy': (np.full(shape, None), 'cannot be read (ValueError'),
    }
    for name, (array, _) in arrays.items():
        np.save(tmp_path / name, array, allow_pickle=True)
    words = {name: text for name, (_, text) in arrays.items()}
    np.savez(tmp_path / 'two.npz', a=np.zeros(shape), b=np.zeros(shape))
    np.savez(tmp_path / 'none.npz')
    with zipfile.ZipFile(tmp_path / 'zip.npz', 'w') as file:
        file.writestr('a.png', b'an image')
    matplotlib.image.imsave(tmp_path / 'large.png', np.zeros((30, 40)))
    good = (tmp_path / 'large.png').read_bytes()
    write_idx(tmp_path / 'labels', np.zeros(5, np.uint8))
    for name, contents in (('half.png', good[:60]), ('half.npz', b'PK\x03\x04'), ('a.jpg', b'\xff'),
                           ('nothing', b''), ('half.idx', b'\0\0\x08\x03\0'),
                           ('half.gz', b'\x1f\x8b\x08'), ('half.npy', b'\x93NUMPY\1')):
        (tmp_path / name).write_bytes(contents)
    words |= {'two.npz': 'none of its arrays (a, b) is called images', 'none.npz': 'no array',
              'zip.npz': 'is not an array',
              'large.png': '30 x 40 pixels', 'half.png': 'cannot be read', 'half.npz': 'cannot be',
              'a.jpg': 'neither .npy, .npz, IDX nor a picture that Pillow reads',
              'nothing': 'neither', 'labels': '(5,)',
              'half.idx': 'truncated', 'half.gz': 'gzip', 'half.npy': 'cannot be read',
              'missing.npy': 'No such file', '': 'Is a directory'}
    good = tmp_path / 'good.npy'
    np.save(good, np.zeros(shape, np.uint8))
    for name, text in words.items():
        with pytest.raises(DataError) as error:
            read_images(tmp_path / name, (28, 28, 1))
        assert text in str(error.value) and str(tmp_path / name) in str(error.value)
    for name in ('large.npy', 'half.png', 'missing.npy'):
        assert words[name] in refused_by(capsys, encode, runs / 'gaussian', tmp_path / name)
    assert not (runs / 'gaussian' / 'codes.csv').exists()


def test_a_bad_file_does_not_spoil_the_good_ones(runs, tmp_path, capsys, digits):
    good, bad = tmp_path / 'good.npy', [tmp_path / 'bad.png', tmp_path / 'no such\nfile.npy']
    np.save(good, digits[:3])
    bad[0].write_bytes(b'\x89PNG')
    out = tmp_path / 'a.csv'
    capsys.readouterr()
    assert encode.main([str(name) for name in (runs / 'gaussian', bad[0], good, bad[1], good,
                                               '--out', out)]) == 2
    captured = capsys.readouterr()
    assert [line.split('/')[-1].split(':')[0] for line in captured.err.splitlines()] == [
        'bad.png', 'no such\\nfile.npy']
    assert '6 images by the model' in captured.out and 'without 2 of the 4 files' in captured.out
    with out.open(newline='') as file:
        assert [row['file'] for row in csv.DictReader(file)] == 6 * [str(good)]


def test_shapes_that_are_clear(tmp_path):
    for shape, n in (((3, 28, 28), 3), ((28, 28, 3), 1), ((1, 56, 56), 1), ((5, 56, 84), None),
                     ((2, 84, 84), 2), ((56, 56), 1), ((1, 784, 784), 1), ((3, 56, 56, 1), 3)):
        np.save(tmp_path / 'a.npy', np.zeros(shape, np.uint8))
        if n:
            assert read_images(tmp_path / 'a.npy', (28, 28, 1)).shape == (n, 28, 28, 1)
        else:
            with pytest.raises(DataError, match='56 x 84 pixels'):
                read_images(tmp_path / 'a.npy', (28, 28, 1))
    # A colour run: nobody knows whether this is one image or three. --fit is not for it.
    np.save(tmp_path / 'a.npy', np.zeros((3, 32, 32), np.uint8))
    with pytest.raises(DataError, match='one colour image is'):
        read_images(tmp_path / 'a.npy', (32, 32, 3))
    np.save(tmp_path / 'a.npy', np.zeros((30, 32, 3), np.uint8))
    with pytest.raises(DataError, match=r'32 x 32, or .* \(64 x 64, 96 x 96, ...\)$'):
        read_images(tmp_path / 'a.npy', (32, 32, 3))


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no pipes with names')
def test_a_pipe_is_not_waited_for(runs, tmp_path, capsys):
    os.mkfifo(tmp_path / 'pipe')
    previous = signal.signal(signal.SIGALRM, lambda *_: os.close(
        os.open(tmp_path / 'pipe', os.O_WRONLY | os.O_NONBLOCK)))
    signal.alarm(20)        # lets a reader that waits go on
    try:
        words = refused_by(capsys, encode, runs / 'gaussian', tmp_path / 'pipe')
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
    assert 'pipe: not a file but a pipe or a device' in words


NAMES = ['=1+2.npy', '+1.npy', '@SUM(A1).npy', '\uff1d1.npy', ' =1.npy', 'a,b.npy', 'a;=1.npy',
         'say "hi".npy', "it's.npy", 'été 数.npy', 'a\nb.npy', 'a\r=1.npy', '\t=1.npy',
         os.fsdecode(b'\xff.npy'), 'nbsp\u202f\u2028.npy', '-1.npy']


@pytest.mark.skipif(os.name != 'posix', reason='names that only POSIX allows')
def test_names_of_files_are_right_and_safe_in_a_table(runs, tmp_path, capsys, monkeypatch):
    """In a spreadsheet no cell is a formula, and every image is one row."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        with open(name, 'wb') as file:
            np.save(file, np.zeros((28, 28), np.uint8))
    given = [f'./{name}' if name.startswith('-') else name for name in NAMES]
    for out in ('a.csv', 'a.npz'):
        assert encode.main([str(runs / 'gaussian'), *given, '--out', out]) == 0
    text = Path('a.csv').read_bytes().decode()
    with np.load('a.npz') as file:
        assert list(file['files']) == given             # as they are
    assert len(text.splitlines()) == 1 + len(NAMES)
    for delimiter in ',;\t':       # which of them a spreadsheet takes depends on its language
        for row in csv.reader(text.splitlines()[1:], delimiter=delimiter):
            assert not row[0].lstrip().startswith(tuple('=+-@\uff1d\uff0b\uff0d\uff20'))
            assert not any(cell.startswith('=') for cell in row)
    found = [row[0] for row in csv.reader(text.splitlines()[1:])]
    for name, cell in zip(NAMES, found):
        if name.isprintable():      # the others are escaped
            assert Path(cell) == Path(name) and Path(cell).exists()
    assert found[10:15] == ['a\\nb.npy', 'a\\r=1.npy', '\\t=1.npy', '\\udcff.npy',
                            'nbsp\u202f\\u2028.npy']
    for name in given:                                  # and a message is one line
        Path(name).write_bytes(b'')
        assert 'neither .npy' in refused_by(capsys, encode, runs / 'gaussian', name)
        assert 'no run in' in refused_by(capsys, sample, name)
        assert 'unknown argument' in refused_by(capsys, sample, runs / 'gaussian', f'--{name}')


def test_fit(runs, tmp_path, capsys, digits):
    """A photograph is encoded as the digit prepared like MNIST's; only where there are such."""
    paper = 220 - np.kron(digits[0, ..., 0] * 0.8, np.ones((9, 9)))
    paper = np.pad(paper, ((40, 90), (10, 200)), constant_values=220) - np.linspace(0, 60, 462)
    photograph = Image.fromarray(paper.astype(np.uint8))
    photograph.save(tmp_path / 'a.jpg')
    found = encoded(runs / 'gaussian', tmp_path / 'a.npz', tmp_path / 'a.jpg', '--fit')
    image = read_images(tmp_path / 'a.jpg', (28, 28, 1), fit=True)
    np.testing.assert_array_equal(found['codes'], open_run(runs / 'gaussian').encode(image))
    assert '--invert' not in capsys.readouterr().out
    assert 'not allowed with' in refused_by(capsys, encode, runs / 'gaussian', tmp_path / 'a.jpg',
                                            '--fit', '--invert')
    assert '--fit takes any size' in refused_by(capsys, encode, runs / 'gaussian',
                                                tmp_path / 'a.jpg')
    run = shutil.copytree(runs / 'gaussian', tmp_path / 'run')
    other = open_run(run)
    other.run.config['dataset'] = 'svhn'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encode, 'open_run', lambda *_: other)
        words = refused_by(capsys, encode, run, tmp_path / 'a.jpg', '--fit')
    assert '--fit prepares digits like those of MNIST, and' in words
    assert not (run / 'codes.csv').exists()


def test_an_rgb_model_gets_three_channels(tmp_path):
    grey = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    np.save(tmp_path / 'grey.npy', grey)
    images = read_images(tmp_path / 'grey.npy', (28, 28, 3))
    np.testing.assert_array_equal(images, np.repeat(grey[None, ..., None], 3, axis=3))


def test_a_pixelcnn_has_no_codes(runs, tmp_path, capsys):
    np.save(tmp_path / 'a.npy', np.zeros((28, 28), np.uint8))
    assert 'a pixelcnn has no encoder' in refused_by(capsys, encode, runs / 'density',
                                                     tmp_path / 'a.npy')
    assert 'required: IMAGES' in refused_by(capsys, encode, runs / 'density')
