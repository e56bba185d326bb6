"""Run folders that something else than this program has written: one line, exit code 2, and nothing
changed; nothing outside the folder is touched."""
import json
import os
import shutil
import zipfile

import numpy as np
import pytest

from datasets import write_idx
from experiments import encode, sample
from experiments.common.hyperparameters import filter_size
from experiments.pixelgan.clustering import Clustering
from tests.runs import checkpoint, contents, refused, run
from training.configuration import RECORDED, earlier, general_flags, may_differ
from training.files import LARGEST_JSON
from training.flags import LARGEST_SEED, file_name, integer, is_value, number, several

SEVERAL = 'mnist --model pixelgan --mode crossdomain --pixels binary'
pytestmark = pytest.mark.usefixtures('no_pictures')


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / 'in' / 'run')


@pytest.fixture
def tampered(copy, tmp_path, capsys):
    """change(config) -> the line that refuses a run with the configuration so changed, whether it
    is resumed or used."""
    def attempt(change):
        config = json.loads((copy / 'config.json').read_text())
        changed = change(config)
        text = json.dumps(config) if changed is None else changed
        (copy / 'config.json').write_text(text)
        before = contents(tmp_path)
        words = refused_by_all(copy, tmp_path, capsys)
        assert contents(tmp_path) == before
        return words
    return attempt


def refused_by_all(copy, tmp_path, capsys):
    out = str(tmp_path / 'new.npz')
    refused(capsys, [str(copy), str(tmp_path / 'no images'), '--out', out], encode.main,
            encode.PROGRAM)
    words = refused(capsys, [str(copy), '--n', '1', '--out', out], sample.main,
                    sample.PROGRAM)
    return refused(capsys, ['--out', str(copy), '--resume']), words


@pytest.mark.parametrize('name, value', [
    ('seed', 'x'), ('seed', -1), ('seed', 1.5), ('seed', LARGEST_SEED + 1), ('seed', True),
    ('blocks', None), ('blocks', 10**9), ('blocks', [1]), ('blocks', {}), ('blocks', '1'),
    ('decoder_rate', float('nan')), ('decoder_rate', float('inf')), ('decoder_rate', [0.1]),
    ('filter_size', [3]), ('filter_size', [3, 4]), ('filter_size', '3x5'), ('filter_size', 3),
    ('activation', 'sine'), ('activation', ['relu']), ('epochs', [1, 2]), ('preset', 'none'),
    ('data', '/etc'), ('data_dir', ''), ('data_dir', 5), ('data_dir', 'a\0b'),
    ('data_dir', '\ud800'), ('device', 'tpu'), ('image_shape', [28, 28]),
    ('image_shape', [28, 28, 10**6]), ('drawn', 'yes'), ('data_name', 7), ('versions', []),
    ('several', {}), ('several', ['../evil']), ('several', ['blocks']), ('several', [['blocks']]),
    ('several', ['image_shape']), ('dataset', 'elsewhere'), ('model', ''), ('mode', []),
    ('pixels', 'real'), ('labels', 'x'),        # of another mode
])
def test_a_value_that_its_flag_does_not_take(tampered, name, value):
    words = tampered(lambda config: config.update({name: value}))
    if name not in ('dataset', 'mode', 'pixels', 'several'):
        assert all(f'"{name}": ' in each for each in words), words


def test_every_name_in_a_configuration_has_a_type(copy):
    config = json.loads((copy / 'config.json').read_text())
    rows = {row.name for row in Clustering.TABLE}
    assert config.keys() == {'dataset', 'model', 'mode', 'pixels', 'several', *rows, *RECORDED,
                             *general_flags('mnist')}


@pytest.mark.parametrize('name', ['dataset', 'model', 'seed', 'several', 'blocks', 'features'])
def test_a_name_that_is_missing(tampered, name):
    def remove(config):
        del config[name]
    words = tampered(remove)
    assert all(f'has no {name!r}' in each for each in words), words


@pytest.mark.parametrize('text', [
    '[' * 10**5 + ']' * 10**5, '{"a": ' * 900 + '1' + '}' * 900, '', '{}', 'null', '[1]',
    'not json', '\ufeff{}',
    '{"seed": ' + '9' * 5000 + '}', ' ' * (LARGEST_JSON + 1) + '{}'])
def test_what_is_no_configuration(tampered, text):
    assert all('config.json' in words for words in tampered(lambda config: text))


def test_a_configuration_that_is_a_pipe_or_of_many_gigabytes(copy, capsys):
    config = copy / 'config.json'
    os.truncate(config, 2**33)
    assert 'too many' in refused(capsys, ['--out', str(copy), '--resume'])
    config.unlink()
    if hasattr(os, 'mkfifo'):
        os.mkfifo(config)
        assert 'not a file' in refused(capsys, ['--out', str(copy), '--resume'])


@pytest.mark.parametrize('several, values', [
    (['activation'], ['/evil', 'relu']), (['activation'], ['../../evil', 'relu']),
    (['seed'], ['../evil', 1]), (['blocks', '../evil'], [1, 2]), (['blocks', 'blocks'], [1, 2]),
    (['blocks'], [1, 1]), (['blocks'], [1]), (['blocks'], 1), (['epochs'], [1, 2])])
def test_folders_of_several_runs_have_names_of_flags_and_values(
        tmp_path, capsys, smoke, several, values):
    path = shutil.copytree(smoke(SEVERAL), tmp_path / 'in' / 'run') / 'config.json'
    config = json.loads(path.read_text())
    config |= {'method': 'odm', 'several': several, several[0]: values}
    path.write_text(json.dumps(config))
    before = contents(tmp_path)
    refused(capsys, ['--out', str(path.parent), '--resume'])
    assert contents(tmp_path) == before


def test_a_part_that_lacks_what_the_whole_says(tmp_path, capsys, smoke):
    path = shutil.copytree(smoke(SEVERAL), tmp_path / 'run') / 'config.json'
    path.write_text(json.dumps(json.loads(path.read_text()) | {'more': 1}))
    assert 'it is another run' in refused(capsys, ['--out', str(tmp_path / 'run'), '--resume'])


def test_a_run_of_an_earlier_version_with_a_row_that_its_mode_has_no_more(copy):
    """Nothing else looks at it, and it is in the checkpoint's configuration, too."""
    config = json.loads((copy / 'config.json').read_text()) | {'task': 'labels', 'labels': 20}
    arrays, progress = checkpoint(copy)
    progress['config'] = {name: value for name, value in config.items()
                          if name not in may_differ(Clustering.TABLE)}
    (copy / 'config.json').write_text(json.dumps(config))
    save(copy, arrays, progress)
    assert run(copy, '--resume', '--epochs', '4') == 0


def test_a_run_from_before_there_were_some_of_the_flags(copy):
    """They have the values that it was trained with; its checkpoint does not name them either."""
    since = earlier(Clustering.TABLE)
    assert {'capture', 'code_channels', 'residual_start'} <= since.keys()
    (arrays, progress), path = checkpoint(copy), copy / 'config.json'
    for config in (progress['config'], whole := json.loads(path.read_text())):
        for name in since.keys() & config.keys():
            del config[name]
    path.write_text(json.dumps(whole))
    save(copy, arrays, progress)
    assert run(copy, '--resume', '--epochs', '4') == 0
    assert json.loads(path.read_text()).items() >= since.items()


def test_values_are_those_of_the_flags():
    assert is_value(3, integer(1)) and is_value(3, number()) and is_value(1e-5, number())
    assert is_value((1, 2), several(integer(1))) and is_value([3, 5], filter_size)
    assert is_value(([3, 5], [5, 5]), several(filter_size)) and is_value(None, file_name)
    assert is_value('all', lambda text: text) and not is_value(None, integer(0))
    assert not is_value(1.0, integer(1)) and not is_value([1, 2], several(integer(1)))


# Checkpoints

def save(folder, arrays, progress):
    np.savez(folder / 'checkpoint.npz', **arrays,
             progress=np.frombuffer(json.dumps(progress).encode(), np.uint8))


def other_array(change):
    def tamper(arrays, progress):
        arrays['encoder/logits/layer.6/W'] = change(arrays['encoder/logits/layer.6/W'])
    return tamper


def other_progress(**values):
    return lambda arrays, progress: progress.update(values)


@pytest.mark.parametrize('tamper', [
    other_array(lambda W: W.astype(str)), other_array(lambda W: W.astype(np.float64)),
    other_array(lambda W: W.astype(complex)), other_array(lambda W: W.reshape(-1)),
    other_array(lambda W: W.astype(object)), other_array(lambda W: W * np.nan),
    lambda arrays, progress: arrays.pop('encoder/logits/layer.6/W'),
    lambda arrays, progress: arrays.update(more=np.zeros(3)),
    lambda arrays, progress: progress.pop('rng'), lambda arrays, progress: progress.pop('config'),
    lambda arrays, progress: progress['rng']['state'].update(state=1.5),
    lambda arrays, progress: progress['rng'].update(has_uint32='x'),
    lambda arrays, progress: progress['optimizer_steps'].pop('encoder'),
    lambda arrays, progress: progress['optimizer_steps'].update(encoder=-1),
    lambda arrays, progress: progress['optimizer_steps'].update(encoder=10**400),
    lambda arrays, progress: progress['history'][0].update(epoch=2),
    lambda arrays, progress: progress['history'][0].update(error='low'),
    other_progress(epoch='3'), other_progress(epoch=-1), other_progress(epoch=10**30),
    other_progress(epoch=3.0), other_progress(epoch=2), other_progress(step=1),
    other_progress(step=2**70, sums={'reconstruction': 1.0}), other_progress(sums=[]),
    other_progress(step=1, sums={'reconstruction': 'x'}), other_progress(seconds=None),
    other_progress(seconds=float('nan')), other_progress(history={}), other_progress(rng=[]),
    other_progress(config=[]), other_progress(measured_from={'bit_generator': 'MT19937'}),
])
def test_a_checkpoint_that_this_program_did_not_write(copy, tmp_path, capsys, tamper):
    arrays, progress = checkpoint(copy)
    tamper(arrays, progress)
    save(copy, arrays, progress)
    before = contents(tmp_path)
    words = refused(capsys, ['--out', str(copy), '--resume', '--epochs', '3'])
    assert f'{copy}/checkpoint.npz' in words and contents(tmp_path) == before


@pytest.mark.parametrize('epochs', ['3', '4'])
def test_one_of_an_earlier_version_that_lacks_a_metric_is_taken(copy, capsys, epochs):
    arrays, progress = checkpoint(copy)
    for row in progress['history']:
        del row['error']
    save(copy, arrays, progress)
    assert run(copy, '--resume', '--epochs', epochs) == 0
    assert 'test error ' in capsys.readouterr().out


@pytest.mark.parametrize('kind', ['truncated', 'flipped', 'empty', 'text', 'bomb', 'overlapping',
                                  'large', 'npy', 'pickle'])
def test_files_that_no_checkpoint_is(copy, capsys, kind):
    path = copy / 'checkpoint.npz'
    saved = path.read_bytes()
    if kind in ('truncated', 'empty'):
        path.write_bytes(saved[:-1000] if kind == 'truncated' else b'')
    elif kind == 'flipped':
        path.write_bytes(saved[:5000] + bytes([saved[5000] ^ 255]) + saved[5001:])
    elif kind == 'text':
        with zipfile.ZipFile(path, 'a') as file:
            file.writestr('notes.txt', 'mine')
    elif kind == 'bomb':
        with zipfile.ZipFile(path, 'a', zipfile.ZIP_DEFLATED) as file:
            file.writestr('zeros.npy', bytes(1 << 24))
    elif kind == 'overlapping':
        with zipfile.ZipFile(path, 'a') as file:
            file.filelist += file.filelist[:1] * 50
            file.writestr('end', 'x')
    elif kind == 'large':
        os.truncate(path, 2**34)
    elif kind == 'npy':
        with open(path, 'wb') as file:
            np.save(file, np.zeros(3))
    else:
        path.write_bytes(b'\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93.')
    before = path.stat()
    words = refused(capsys, ['--out', str(copy), '--resume', '--epochs', '9'])
    assert f'{path} is damaged' in words and path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize('change', [
    lambda saved: saved['clusters']['0'].update(label=[1]),
    lambda saved: saved['clusters']['0'].update(label=99),
    lambda saved: saved['clusters'].pop('0'), lambda saved: saved.update(clusters=[])])
def test_what_clusters_stand_for(copy, tmp_path, capsys, change):
    path = copy / 'clusters.json'
    saved = json.loads(path.read_text())
    change(saved)
    path.write_text(json.dumps(saved))
    write_idx(tmp_path / 'one', np.zeros((1, 28, 28), np.uint8))
    words = refused(capsys, [str(copy), str(tmp_path / 'one')], encode.main, encode.PROGRAM)
    assert 'clusters.json cannot be read' in words
    assert not (copy / 'codes.csv').exists()
