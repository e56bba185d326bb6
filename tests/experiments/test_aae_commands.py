"""The commands on saved runs of the adversarial autoencoder, and its animations."""
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from experiments import codes, encode, sample
from experiments.aae.clustering import Clustering
from experiments.aae.likelihood import Likelihood
from experiments.aae.prior import Prior
from experiments.common import figures
from experiments.common.code import gaussian_loop
from experiments.common.experiment import FRAMES
from experiments.saved_run import open_run
from models.priors import Gaussian, GaussianMixture, SwissRoll
from tests.runs import drawn, encoded, refused_by
from tests.smoke_runs import FEW, rows, small

# Walks


WALKS = ['prior/prior-gaussian', 'prior/prior-mixture', 'prior/prior-swiss-roll', 'supervised',
         'semisup/labels-20', 'semisup/labels-all', 'embedding/labels-20', 'embedding/labels-0',
         'vae/prior-gaussian', 'vae/prior-mixture']


@pytest.mark.parametrize('name', WALKS)
def test_the_animation_of_a_run(made, name):
    """Six frames, again and again; a category, a petal in a row."""
    with Image.open(made(name) / 'synthetic-walk.gif') as picture:
        assert picture.n_frames == FEW and picture.info['loop'] == 0
        columns, height = (1, 1) if 'roll' in name else (
            10, 5 if name.endswith(('labels-0', 'prior-gaussian')) else 10)
        assert picture.size == (60 * columns, 60 * height)


def test_a_gaussian_walk_is_a_loop_under_the_prior():
    prior = Gaussian(3, std=2.0)
    loop = gaussian_loop(prior, 8, 4000, np.random.default_rng(0))
    finer = gaussian_loop(prior, 16, 4000, np.random.default_rng(0))
    np.testing.assert_allclose(loop, finer[::2], atol=1e-5)
    assert loop.shape == (8, 4000, 3) and loop.dtype == np.float32
    for frame in loop:
        np.testing.assert_allclose(frame.std(axis=0), 2, rtol=0.05)
    steps = np.linalg.norm(loop - np.roll(loop, 1, axis=0), axis=2).mean(axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.05)      # the last one leads back


def test_the_walks_of_the_priors():
    rng = np.random.default_rng(0)
    walk, columns = small(Prior, prior='swiss-roll').walk(20, rng)
    assert walk.shape == (20, 1, 2) and columns == 1
    np.testing.assert_array_equal(walk[1:], walk[:0:-1])        # back as it went forth
    np.testing.assert_allclose(walk[:11, 0], SwissRoll().axis(11))
    walk, columns = small(Prior, prior='mixture').walk(20, rng)
    assert walk.shape == (20, 100, 2) and columns == 10
    part = GaussianMixture().part(walk.reshape(-1, 2)).reshape(20, 10, 10)
    assert (part == np.arange(10)[:, None]).mean() > 0.9
    walk, columns = small(Clustering, clusters=4).walk(20, rng)
    assert walk.shape == (20, 40, 7) and columns == 10
    np.testing.assert_array_equal(walk[:, :, :4], np.broadcast_to(
        np.repeat(np.eye(4), 10, axis=0), (20, 40, 4)))
    np.testing.assert_array_equal(walk[:, :10, 4:], walk[:, 30:, 4:])   # a style in a column
    assert small(Likelihood).walk(20, rng)[0].shape == (20, 50, 3)


# The commands on a saved run


@pytest.mark.parametrize('name', ['prior/prior-mixture', 'likelihood', 'supervised', 'wide',
                                  'clustering/clusters-4', 'vae/prior-gaussian'])
def test_samples_are_the_decoders_images_of_codes_from_the_prior(made, tmp_path, name):
    experiment = open_run(made(name))
    found = drawn(made(name), tmp_path / 'a.npz', '--n', '30', '--seed', '5')
    expected = experiment.code.sample(30, np.random.default_rng(5))
    np.testing.assert_array_equal(found['codes'], expected)
    # Drawn in other parts than these, a last bit can differ.
    assert np.abs(found['images'] - 255 * experiment.decode(expected)).max() < 0.51
    assert found['images'].shape == (30, 28, 28, 1) and expected.shape[1] == experiment.code.size
    categories = experiment.code.categories
    if categories:
        assert set(expected[:, :categories].sum(axis=1)) == {1}
        assert set(expected[:, :categories].ravel()) == {0, 1}
        assert len(set(expected[:, :categories].argmax(axis=1))) > 2


def test_codes_that_are_asked_for(made, tmp_path):
    for name, categories in (('supervised', 10), ('embedding/labels-0', 5), ('wide', 10),
                             ('clustering/clusters-6', 6)):
        found = drawn(made(name), tmp_path / 'a.npz', '--per-cluster', '2')['codes']
        np.testing.assert_array_equal(found[:, :categories],
                                      np.repeat(np.eye(categories), 2, axis=0))
        styles = {tuple(style) for style in found[:, categories:]}
        assert len(styles) == 2 * categories
        found = drawn(made(name), tmp_path / 'b.npz', '--cluster', '3', '--n', '4')['codes']
        np.testing.assert_array_equal(found[:, :categories], np.eye(categories)[[3] * 4])
    for name in ('prior/prior-gaussian', 'vae/prior-gaussian'):
        found = drawn(made(name), tmp_path / 'c.npz', '--grid')['codes']
        np.testing.assert_array_equal(found, Gaussian(2, std=5.0).percentile_grid(20))
    z = np.arange(15) / 8
    for flags in ([], ['--n', '1']):    # the decoder draws nothing: all images would be the same
        found = drawn(made('supervised'), tmp_path / 'd.npz', '--z', ','.join(map(str, z)), *flags)
        np.testing.assert_array_equal(found['codes'], [z])
        assert found['images'].shape == (1, 28, 28, 1)


@pytest.mark.parametrize('name, flags, words', [
    ('supervised', ['--z', '1,2,3,4,5'], '--z has 5 numbers, and the code of the run has 15'),
    ('embedding/labels-20', ['--z', '1,2'], '--z has 2 numbers, and the code of the run has 12'),
    ('prior/prior-mixture', ['--grid'], 'no Gaussian code of two dimensions'),
    ('prior/prior-gaussian', ['--per-cluster', '2'], 'no categorical code'),
    ('vae/prior-gaussian', ['--z', '1,2', '--n', '2'],
     '--n 2: the decoder of the run draws nothing'),
    ('prior/prior-gaussian', ['--animate', '--n', '2'], '--n does not go with --animate'),
    ('prior/prior-gaussian', ['--animate', '--out', 'a.png'], 'must end in .gif'),
    ('mlp/labels-20', ['--animate'], '--model mlp has no decoder'),
    ('mlp/labels-20', ['--z', '1,0,0,0,0,0,0,0,0,0'], 'has no decoder'),
    ('mlp/labels-20', [], 'has no decoder'),
])
def test_flags_that_do_not_go_with_the_run(made, capsys, name, flags, words):
    before = sorted(made(name).iterdir())
    assert words in refused_by(capsys, sample, made(name), *flags)
    assert sorted(made(name).iterdir()) == before


def test_an_animation_of_a_saved_run(made, tmp_path):
    """All its frames, each for 80 ms; the run's own stays as it is."""
    run_folder = made('prior/prior-swiss-roll')
    before = (run_folder / 'synthetic-walk.gif').read_bytes()
    assert sample.main([str(run_folder), '--animate', '--out', str(tmp_path / 'a.gif')]) == 0
    with Image.open(tmp_path / 'a.gif') as picture:
        length = 0
        for frame in range(picture.n_frames):
            picture.seek(frame)
            length += picture.info['duration']
        assert picture.n_frames == FRAMES == 60 and picture.info['loop'] == 0
        assert length == 60 * 80
    assert (run_folder / 'synthetic-walk.gif').read_bytes() == before


def test_an_animation_beside_the_runs_own(made, tmp_path, monkeypatch):
    """Without --out: walk-new.gif."""
    monkeypatch.setattr('experiments.common.experiment.FRAMES', FEW)
    out = shutil.copytree(made('prior/prior-swiss-roll'), tmp_path / 'run')
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert sample.main([str(out), '--animate']) == 0
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert after.pop('synthetic-walk-new.gif').startswith(b'GIF8') and after == before


def test_codes_of_images(made, tmp_path, data):
    images = tmp_path / 'digits.npy'
    np.save(images, data.test.images)
    found = encoded(made('supervised'), tmp_path / 'a.npz', images)
    assert set(found) == {'files', 'index', 'codes'}        # the code is style alone
    np.testing.assert_array_equal(found['codes'],
                                  open_run(made('supervised')).encode(data.test.images))
    assert found['codes'].shape == (100, 5)

    for name, categories, dims in (('embedding/labels-20', 10, 2), ('embedding/labels-0', 5, 2),
                                   ('wide', 10, 10)):
        experiment = open_run(made(name))
        code = experiment.encode(data.test.images)
        q, style = code[:, :categories], code[:, categories:]
        found = encoded(made(name), tmp_path / 'b.npz', images)
        assert found['codes'].shape == (100, dims)
        np.testing.assert_allclose(found['codes'], q @ experiment.heads.W + style, rtol=1e-5,
                                   atol=1e-6)
        np.testing.assert_array_equal(found['cluster'], q.argmax(axis=1))
        np.testing.assert_array_equal(found['confidence'], q.max(axis=1))
        assert encode.main([str(made(name)), '--out', str(tmp_path / f'{dims}-{categories}.csv'),
                            str(images)]) == 0
        header = (tmp_path / f'{dims}-{categories}.csv').read_text().splitlines()[0].split(',')
        assert header == ['file', 'index', 'cluster', 'label', 'confidence',
                          *(f'z{k}' for k in range(dims))]
        error = 100 * (found['label'] != data.test.labels).mean()
        assert rows(made(name))[-1]['error'] == pytest.approx(error)

    for name in ('semisup/labels-20', 'mlp/labels-all'):
        code = open_run(made(name)).encode(data.test.images)
        found = encoded(made(name), tmp_path / 'c.npz', images)
        np.testing.assert_array_equal(found['cluster'], code[:, :10].argmax(axis=1))
        np.testing.assert_array_equal(found['label'], found['cluster'])
        np.testing.assert_array_equal(found['codes'], code)


def test_code_spaces_side_by_side(made, tmp_path, capsys, monkeypatch, data):
    names = ['prior/prior-mixture', 'vae/prior-mixture', 'embedding/labels-20']
    folders, seen = [str(made(name)) for name in names], []
    monkeypatch.setattr(figures, 'DPI', 30)
    write = figures.code_spaces
    monkeypatch.setattr(figures, 'code_spaces', lambda path, panels, *rest, **options:
                        seen.extend(panels) or write(path, panels, *rest, **options))
    out = tmp_path / 'codes.png'
    assert codes.main([*folders, '--out', str(out)]) == 0
    assert out.read_bytes().startswith(b'\x89PNG')
    assert 'is there already' in refused_by(capsys, codes, *folders, '--out', out)
    monkeypatch.chdir(tmp_path)     # without --out, the first free name
    assert codes.main(folders[:1]) == 0 and (tmp_path / 'codes-2.png').exists()
    del seen[3:]
    for (title, points, labels), name, words in zip(seen, names, (
            ['aae', 'prior'], ['vae', 'prior'], ['aae', 'embedding']),
            strict=True):
        experiment = open_run(made(name))
        assert all(word in title for word in words), title
        if 'vae' in name:       # draws, not means
            np.testing.assert_array_equal(points, open_run(made(name)).encode(
                data.test.images, train=True))
        else:
            np.testing.assert_array_equal(
                points, experiment.representation(experiment.encode(data.test.images)))
        np.testing.assert_array_equal(labels, data.test.labels)
    assert len({title for title, _, _ in seen}) == 3


def test_code_spaces_on_the_data_of_the_runs_alone(made, tmp_path, capsys, monkeypatch, data):
    """Not on whatever the folder holds."""
    monkeypatch.setattr(codes, 'load_mnist', lambda *_, **__: replace(data, name='IDX images'))
    out = tmp_path / 'codes.png'
    words = refused_by(capsys, codes, made('prior/prior-mixture'), '--out', out)
    assert 'the run was on synthetic digits, but' in words and not out.exists()


@pytest.mark.parametrize('name', ['semisup/labels-20', 'wide', 'mlp/labels-20'])
def test_code_spaces_of_more_dimensions_are_refused(made, tmp_path, capsys, name):
    out = tmp_path / 'codes.png'
    words = refused_by(capsys, codes, made('prior/prior-gaussian'), made(name), '--out', out)
    assert f'{made(name)}: its code is not of two dimensions' in words and not out.exists()


def test_code_spaces_of_what_is_not_a_run(made, tmp_path, capsys):
    assert 'no run in' in refused_by(capsys, codes, tmp_path, '--out', tmp_path / 'a.png')
    assert 'several runs' in refused_by(capsys, codes, made('prior'), '--out', tmp_path / 'a.png')
    assert 'must end in .png' in refused_by(capsys, codes, made('prior/prior-mixture'), '--out',
                                            tmp_path / 'a.gif')
    assert not list(tmp_path.iterdir())



