"""The benchmarks: that contestants do the same work, and the rows that they give. No times."""
import importlib
import importlib.util
import json
from functools import partial

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import conv, machine, parzen, step
from benchmarks.contest import OURS, Contest, measure_memory, measure_time
from benchmarks.models import STEPS, build, phases, torch_peer
from tests.helpers import to_float64

KEYS = {'name', 'peer', 'phase', 'ours_ms', 'peer_ms', 'ratio'}


def needs(module):
    return pytest.mark.skipif(importlib.util.find_spec(module) is None,
                              reason=f'{module} is not installed')


def nothing():
    return {'first': lambda: None, 'second': lambda: None}


def missing():
    raise ImportError('nowhere')


def test_rows_of_a_contest(capsys):
    contest = Contest('name', {OURS: nothing, 'peer': nothing, 'missing': missing}, total=True,
                      scale={'peer': 1e6})
    rows = measure_time(contest, rounds=3)
    assert [(row['peer'], row['phase']) for row in rows] == [
        (peer, phase) for peer in (OURS, 'peer') for phase in ('first', 'second', 'all')]
    assert all(row['name'] == 'name' and KEYS <= row.keys() for row in rows)
    for row in rows:
        assert row['ratio_min'] <= row['ratio'] <= row['ratio_max']
        assert row['ratio'] == 1 if row['peer'] == OURS else row['ratio'] < 1
    assert 'without missing (nowhere)' in capsys.readouterr().err


def take(mib):
    return {'take': lambda: np.ones(mib * 2**17).sum()}


def test_memory_of_a_contest():
    ours, peer = measure_memory(Contest('name', {OURS: partial(take, 100),
                                                 'peer': partial(take, 300)}))
    assert KEYS <= ours.keys() and ours['ours_ms'] is None and ours['ratio'] == 1
    assert 90 < peer['ours_work_mib'] < 150 and 290 < peer['peer_work_mib'] < 350
    assert peer['ratio'] == peer['ours_mib'] / peer['peer_mib'] < 1


@pytest.mark.parametrize('table', ['conv', 'step', 'sample', 'memory'])
def test_tables(table, tmp_path, capsys, monkeypatch):
    """One contest of a table: each contestant is a process that imports PyTorch."""
    names = {'PixelGAN semisup': STEPS['PixelGAN semisup']}
    monkeypatch.setattr(step, 'STEPS', names)
    if table == 'memory':
        monkeypatch.setattr(command, 'TABLES', {'parzen': parzen.contests})
    assert command.main(['--only', table, '--tiny', '--rounds', '1',
                         '--json', str(tmp_path / 'rows.json')]) == 0
    rows = json.loads((tmp_path / 'rows.json').read_text())
    assert all(KEYS <= row.keys() and row['ratio'] > 0 for row in rows)
    assert {row['name'] for row in rows} == {'step': set(names), 'memory': {'memory: parzen'}}.get(
        table, {table})
    printed = capsys.readouterr().out
    assert 'cores of' in printed and printed.count('\n| ') == len(rows) + 1


def test_json_alone(capsys):
    assert command.main(['--only', 'parzen', '--tiny', '--json']) == 0
    assert json.loads(capsys.readouterr().out)[0]['peer'] == OURS


@pytest.mark.parametrize('module, arguments, message', [
    ('__main__', ['--json', 'missing/rows.json'], '--json missing/rows.json: No such file'),
    ('__main__', ['--json', '.'], '--json .: Is a directory'),
    ('__main__', ['--tinyy'], '--tinyy'),
    ('linear', ['--tiny'], '--tiny'),
    ('starts', ['3'], '3'),
    ('processes', ['--rounds', '3'], '--rounds'),
    ('processes', [], 'start it with mpirun'),
    ('gpu_check', ['gpu.md'], 'gpu.md')])
def test_bad_flags_are_refused_before_an_hour_of_work(tmp_path, monkeypatch, capsys, module,
                                                      arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(f'benchmarks.{module}').main(arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and not out and not list(tmp_path.iterdir())
    assert err.count('\n') == 1 and message in err


def image_layout(array):
    """N, C, H, W -> ours."""
    return np.asarray(array).transpose(0, 2, 3, 1)


def kernel_layout(array):
    """(out, in, k_h, k_w) -> ours."""
    return np.asarray(array).transpose(2, 3, 1, 0)


@pytest.mark.parametrize('peer, theirs', [
    pytest.param('torch', partial(conv.pytorch, channels_last=False), marks=needs('torch')),
    pytest.param('torch', partial(conv.pytorch, channels_last=True), marks=needs('torch')),
    pytest.param('dezero', conv.dezero, marks=needs('dezero')),
    pytest.param('numpy_ml', conv.numpy_ml, marks=needs('numpy_ml'))])
def test_convolutions_agree(peer, theirs):
    shape = (3, 8, 6, 4)
    ours, theirs = conv.ours(shape), theirs(shape)
    image, kernel = ((lambda x: x, lambda x: x) if peer == 'numpy_ml' else
                     (image_layout, kernel_layout))
    np.testing.assert_allclose(image(theirs[conv.FORWARD]()), ours[conv.FORWARD](), atol=1e-5)
    for _ in range(2):      # the gradients of a second call are not added to those of the first
        y, dx, dw = theirs[conv.BOTH]()
        for ours_, theirs_ in zip(ours[conv.BOTH](), (image(y), image(dx), kernel(dw))):
            np.testing.assert_allclose(theirs_, ours_, rtol=1e-5, atol=1e-5)


def pair(name):
    """The model of the smoke preset, its peer, and a batch; without input noise."""
    ours, batch = build(name, 'smoke', keep=1.0, noise_std=0.0)
    return ours, torch_peer(ours), batch


def run_both(ours, theirs, batch, phase):
    """Both results of a phase, of which the prior's draws are the same."""
    state = ours.rng.bit_generator.state
    ours_ = phases(ours, *batch)[phase]()
    ours.rng.bit_generator.state = state        # both share one generator
    return ours_, phases(theirs, *theirs.to_batch(*batch))[phase]()


def assert_same_losses(ours, theirs, rel):
    if not isinstance(ours, dict):
        ours, theirs = {'': ours}, {'': theirs}
    assert ours.keys() == theirs.keys()
    for part, loss in ours.items():
        assert float(loss) == pytest.approx(float(theirs[part]), rel=rel), part


@needs('torch')
@pytest.mark.parametrize('name', STEPS)
def test_losses_in_float32(name):
    """Of each phase, from the same weights."""
    model, _, batch = pair(name)
    for phase in phases(model, *batch):
        ours, theirs, batch = pair(name)
        assert_same_losses(*run_both(ours, theirs, batch, phase), rel=1e-5)


@needs('torch')
@pytest.mark.parametrize('name', STEPS)
def test_losses_of_two_steps_in_float64(name):
    """The second step's losses depend on every gradient and update of the first; in float32 Adam
    and the adversarial game turn rounding into differences of up to 1e-3."""
    ours, _, batch = pair(name)
    to_float64(*ours.networks.values())
    batch = [array.astype(np.float64) if array.dtype == np.float32 else array for array in batch]
    theirs = torch_peer(ours)       # takes the type of the weights
    for _ in range(2):
        for phase in phases(ours, *batch):
            assert_same_losses(*run_both(ours, theirs, batch, phase), rel=1e-7)


@needs('sklearn')
def test_parzen_estimates_agree():
    arguments = (50, 784)
    ours, theirs = (build(*arguments)['estimate']() for build in (parzen.ours, parzen.sklearn))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_kernel_advice():
    assert 'OPENBLAS_CORETYPE' in machine.kernel_advice('Haswell', {'avx2', 'avx512f'})[0]
    assert not machine.kernel_advice('SkylakeX', {'avx512f'})
    assert not machine.kernel_advice('Haswell', {'avx2'})
