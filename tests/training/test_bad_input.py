"""Bad input to the trainer: one line, exit code 2, nothing written, nothing lost."""
import json

import numpy as np
import pytest

import train_mnist
from datasets import write_idx
from tests.runs import SMOKE, contents, refused


@pytest.mark.parametrize('flags, words', [
    (['--mode', 'clusterin'], 'did you mean clustering'),
    (['--preset', 'papier'], 'did you mean paper'),
    (['--conditioning', 'location-invarant'], 'did you mean location-invariant'),
    (['--block', '3'], 'did you mean --blocks'),
    (['--generator-rate', '-0.1'], '--generator-rate: -0.1 must be at least 0'),
    (['--decoder-rate', 'nan'], 'nan must be'),
    (['--decoder-rate', 'fast'], "'fast' is not a number"),
    (['--epochs', '0'], '--epochs: 0 is less than 1'),
    (['--epochs', '1.5'], 'not a whole number'),
    (['--filter-size', '3by5'], 'of the form 3x5'),
    (['--filter-size', '3x4'], 'odd width'),
    (['--keep', '0'], '--keep'),
    (['--batch-size', '61'], '--batch-size 61 is larger than the 60 training images'),
    (['--batch-size', '1'], '--batch-size: 1 is less than 2'),
    (['--device', 'tpu'], 'unknown name'),
    (['--adversarial', 'off', '--generator-rate', '0.1'],
     '--generator-rate changes nothing with --adversarial off: leave it out, or choose on'),
    (['--fold', '0'], 'no mode of train_mnist.py has it'),
    (['--data-dir', ''], '--data-dir: the name is empty'),
    (['--mode', 'semisup', '--labels', 'All'], "'All' is neither a whole number nor 'all'"),
    (['--mode', 'semisup', '--labels', '-1'], '-1 is less than 0'),
    (['--mode', 'semisup', '--labels', '--5'], "'--5' is neither a whole number nor 'all'"),
    (['--decoder-rate', 'inf'], '--decoder-rate: inf must be a finite number'),
    (['--decoder-rate', '-inf'], '--decoder-rate: -inf must be a finite number'),
    (['--blocks', '-inf'], "--blocks: '-inf' is not a whole number"),
    (['--blocks', '--epochs', '3'], '--blocks: expected one argument'),
    (['--data-dir', '--epohcs', '3'], '--data-dir: expected one argument'),
    (['--device', 'cuda'], "unknown name 'cuda'; choose from cpu, gpu"),
    (['--mode', 'unsupervised'], "unknown name 'unsupervised'; choose from clustering, "),
    (['--filter-size', '999999999999x9'], '999999999999x9 is larger than any image'),
    (['--seed', '9' * 5000], '--seed: 999999999999999999999999999999... is more than'),
    (['--seed', '0,9' + '0' * 99], '--seed: '),
    (['--data-dir', 'x'], '--data-dir changes nothing with --data synthetic'),
    (['--encoder-filter', '29'], '--encoder-filter 29 is larger than the images, of 28 x 28'),
    (['--model', 'cnn', '--mode', 'semisup', '--encoder-filter', '100'],
     '--encoder-filter 100 is larger than'),
    (['--mode', 'crossdomain', '--encoder-filter', '100'], '--encoder-filter 100 is larger than'),
    (['--filter-size', '29x5'], '--filter-size 29x5 is larger than the images: at most 28x55'),
])
def test_bad_flags(tmp_path, capsys, flags, words):
    out = tmp_path / 'run'
    assert words in refused(capsys, [*SMOKE, '--out', str(out), *flags])
    assert not out.exists()


def test_a_flag_that_changes_one_of_several_runs(tmp_path):
    assert train_mnist.main([*SMOKE, '--out', str(tmp_path / 'run'), '--keep', '0.9',
                             '--posterior', 'deterministic,universal']) == 0


def test_an_empty_out(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert '--out: the name is empty' in refused(capsys, [*SMOKE, '--out', ''])
    assert not list(tmp_path.iterdir())


def test_out_that_holds_a_run(finished, capsys):
    before = contents(finished)
    assert '--resume' in refused(capsys, [*SMOKE, '--out', str(finished)])
    assert contents(finished) == before


def test_out_that_holds_other_files(tmp_path, capsys):
    """Hidden ones do not count: file managers leave them everywhere. The message is one line."""
    tmp_path /= 'two\nlines'
    tmp_path.mkdir()
    (tmp_path / '.DS_Store').touch()
    (tmp_path / 'samples.png').write_text('mine')
    words = refused(capsys, [*SMOKE, '--out', str(tmp_path)])
    assert str(tmp_path.parent / 'two\\nlines') in words and 'other files' in words
    assert (tmp_path / 'samples.png').read_text() == 'mine'
    (tmp_path / 'samples.png').unlink()
    assert train_mnist.main([*SMOKE, '--out', str(tmp_path)]) == 0


def test_out_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / 'file').write_text('in the way')
    for out in (tmp_path / 'file', tmp_path / 'file' / 'run', tmp_path / ('x' * 300)):
        assert 'cannot be written' in refused(capsys, [*SMOKE, '--out', str(out)])
    assert (tmp_path / 'file').read_text() == 'in the way'


def test_resume_where_nothing_is(tmp_path, capsys):
    assert 'no run in' in refused(capsys, [*SMOKE, '--out', str(tmp_path), '--resume'])
    assert not list(tmp_path.iterdir())


def test_epochs_cannot_be_taken_back(finished, capsys):
    before = (finished / 'config.json').read_bytes()
    words = refused(capsys, [*SMOKE, '--out', str(finished), '--resume', '--epochs', '2'])
    assert '--epochs 2 is less than the 3 epochs' in words
    assert (finished / 'config.json').read_bytes() == before


def test_a_comparison_that_cannot_go_on_stays_as_it_is(tmp_path, capsys):
    flags = [*SMOKE, '--out', str(tmp_path / 'run')]
    assert train_mnist.main([*flags, '--seed', '0,1', '--epochs', '2']) == 0
    before = contents(tmp_path)
    assert '--epochs 1 is less than the 2' in refused(capsys, [*flags, '--resume', '--epochs', '1'])
    assert contents(tmp_path) == before
    (tmp_path / 'run' / 'seed-1' / 'checkpoint.npz').write_bytes(b'PK')
    before = contents(tmp_path)
    assert 'damaged' in refused(capsys, [*flags, '--resume', '--epochs', '3'])
    assert contents(tmp_path) == before     # of the first part, too


def test_synthetic_digits_do_not_take_the_default_folder_of_mnist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert train_mnist.main(SMOKE) == 0
    assert [path.name for path in (tmp_path / 'runs').iterdir()] == [
        'synthetic-mnist-clustering-smoke-seed0']


def test_resume_with_another_configuration(finished, capsys):
    words = refused(capsys, [*SMOKE, '--out', str(finished), '--resume', '--blocks', '2'])
    assert '--blocks 2 contradicts' in words
    words = refused(capsys, ['--preset', 'paper', '--out', str(finished), '--resume'])
    assert '--preset paper contradicts' in words


def test_checkpoint_of_another_configuration(finished, tmp_path, capsys):
    config = json.loads((finished / 'config.json').read_text())
    config['seed'] = 5
    (tmp_path / 'config.json').write_text(json.dumps(config))
    (tmp_path / 'checkpoint.npz').write_bytes((finished / 'checkpoint.npz').read_bytes())
    words = refused(capsys, [*SMOKE[:-2], '--out', str(tmp_path), '--resume'])
    assert 'another configuration' in words


def test_broken_data_is_refused_before_anything_is_written(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for name, n in (('train', 60), ('t10k', 10)):
        write_idx(tmp_path / f'{name}-images-idx3-ubyte',
                  rng.integers(0, 255, (n, 28, 28), dtype=np.uint8))
        write_idx(tmp_path / f'{name}-labels-idx1-ubyte', rng.integers(0, 9, n, dtype=np.uint8))
    broken = tmp_path / 'train-images-idx3-ubyte'
    broken.write_bytes(broken.read_bytes()[:-1])
    out = tmp_path / 'run'
    words = refused(capsys, ['--preset', 'smoke', '--data-dir', str(tmp_path), '--out', str(out)])
    assert 'train-images-idx3-ubyte' in words and not out.exists()
