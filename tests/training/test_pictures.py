"""The pictures of a run: after what counts, never at its cost, and not of the user's settings."""
import os

import pytest

import train_mnist
from experiments.common import figures
from tests.helpers import python
from tests.runs import SMOKE, assert_same_end, checkpoint, run
from tests.smoke_runs import save_roughly


def test_nothing_of_the_users_environment_reaches_a_run(finished, tmp_path):
    """A broken CuPy, the settings of a notebook and of the user's own pictures; nothing is left in
    the home folder."""
    home, packages = tmp_path / 'home', tmp_path / 'packages'
    home.mkdir()
    packages.mkdir()
    (packages / 'cupy.py').write_text('raise SystemError("imported")')
    rc = tmp_path / 'matplotlibrc'
    rc.write_text('text.usetex: True\nimage.origin: lower\nsavefig.dpi: 20\n')
    users = {'HOME': str(home), 'PYTHONPATH': str(packages), 'MATPLOTLIBRC': str(rc),
             'MPLBACKEND': 'module://matplotlib_inline.backend_inline'}
    out = tmp_path / 'run'
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(('MPL', 'XDG'))}
    ended = python('train_mnist.py', *SMOKE, '--out', str(out), '--epochs', '3',
                   env=environment | users)
    assert ended.returncode == 0 and not ended.stderr
    for path in finished.glob('*.png'):
        assert (out / path.name).read_bytes() == path.read_bytes()
    assert not list(home.iterdir())


def test_a_checkpoint_comes_before_its_pictures(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, '_save', lambda figure, path: drawn.append(
        (path.stem, checkpoint(path.parent)[1]['epoch'])))
    assert run(tmp_path / 'run', '--epochs', '2') == 0
    assert drawn == [('synthetic-clusters', 1), ('synthetic-clusters', 2), ('synthetic-curves', 2),
                     ('synthetic-samples', 2)]


@pytest.mark.parametrize('name, epochs', [('clusters', 3), ('curves', 3), ('clusters', 1)])
def test_a_picture_that_fails_costs_nothing_else(finished, tmp_path, monkeypatch, capsys, name,
                                                 epochs):
    """epochs: in how many it fails."""
    failures = []

    def fail(figure, path):
        if name in path.name and len(failures) < epochs:
            failures.append(path)
            raise RuntimeError('latex\nis not there')
        path.write_bytes(b'a picture')
    monkeypatch.setattr(figures, '_save', fail)
    out = tmp_path / 'run'
    missing = epochs == 3
    assert run(out, '--epochs', '3') == (1 if missing else 0)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(failures) + missing
    assert all(f'{name}.png' in line and 'latex is not there' in line
               for line in lines[:len(failures)])
    assert not missing or f'--out {out} --resume' in lines[-1]
    assert_same_end(out, finished)
    there = {path.name for path in finished.iterdir()}
    lacking = {f'synthetic-{name}.png'} if missing else set()
    assert {path.name for path in out.iterdir()} == there - lacking
    epochs = 0
    assert run(out, '--resume') == 0
    assert {path.name for path in out.iterdir()} == there


@pytest.mark.parametrize('failing, named', [('nothing', 'clusters'), ('clusters', 'samples')])
def test_the_last_line_names_the_picture_to_look_at(tmp_path, monkeypatch, capsys, failing, named):
    """The first one that was drawn, and not the curves."""
    def draw(figure, path):
        if failing in path.name:
            raise RuntimeError('no fonts')
    monkeypatch.setattr(figures, '_save', draw)
    out = tmp_path / 'run'
    run(out, '--seed', '0,1')
    lines = capsys.readouterr().out.splitlines()
    for seed in (0, 1):
        picture = out / f'seed-{seed}' / f'synthetic-{named}.png'
        assert any(line.endswith(f'; look at {picture}') for line in lines)
    assert lines[-1].endswith(f'; look at {out / "synthetic-comparison.png"}')


@pytest.mark.parametrize('flags', [['--model', 'vae'],
                                   ['--mode', 'prior', '--posterior', 'gaussian']])
def test_drawn_codes_are_drawn_again_as_they_were(tmp_path, monkeypatch, flags):
    """Where the posterior draws, so does a picture of the codes; training draws from the same
    generator."""
    monkeypatch.setattr(figures, '_save', save_roughly)
    out = tmp_path / 'run'
    assert train_mnist.main(['--preset', 'smoke', '--data', 'synthetic', '--epochs', '2', *flags,
                             '--out', str(out)]) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.suffix == '.png'}
    end = checkpoint(out)[1]['rng']
    assert train_mnist.main(['--out', str(out), '--resume']) == 0
    assert 'synthetic-codes.png' in before
    for name, content in before.items():
        assert (out / name).read_bytes() == content, name
    assert checkpoint(out)[1]['rng'] == end
