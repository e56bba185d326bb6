"""The benchmarks: that contestants do the same work, and the rows that they give. No times."""
import importlib.util
import json
from functools import partial

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import conv, machine, parzen
from benchmarks.contest import OURS, Contest, measure_memory, measure_time
from benchmarks.models import STEPS, build, torch_peer

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


@pytest.mark.parametrize('table', ['conv', 'parzen', 'step', 'sample'])
def test_tables(table, tmp_path, capsys):
    assert command.main(['--only', table, '--tiny', '--rounds', '1',
                         '--json', str(tmp_path / 'rows.json')]) == 0
    rows = json.loads((tmp_path / 'rows.json').read_text())
    assert all(KEYS <= row.keys() and row['ratio'] > 0 for row in rows)
    assert {row['name'] for row in rows} == (set(STEPS) if table == 'step' else {table})
    printed = capsys.readouterr().out
    assert 'cores of' in printed and printed.count('\n| ') == len(rows) + 1


def test_json_alone(capsys):
    assert command.main(['--only', 'parzen', '--tiny', '--json']) == 0
    assert json.loads(capsys.readouterr().out)[0]['peer'] == OURS


def test_memory_table(monkeypatch, capsys):
    monkeypatch.setattr(command, 'TABLES', {'conv': conv.contests})
    assert command.main(['--only', 'memory', '--tiny']) == 0
    assert 'memory: conv' in capsys.readouterr().out


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


@needs('torch')
@pytest.mark.parametrize('name', STEPS)
def test_losses_of_two_steps(name):
    """In float32, from the same weights, without input noise; the second step's losses depend on
    every gradient and update of the first."""
    ours, batch = build(name, 'smoke', keep=1.0, noise_std=0.0)
    theirs = torch_peer(ours)
    for _ in range(2):
        state = ours.rng.bit_generator.state
        our_losses = ours.step(*batch)
        ours.rng.bit_generator.state = state      # both share one generator: the same prior draws
        x, *labelled = theirs.to_batch(*batch)
        their_losses = {'reconstruction': theirs.reconstruction_phase(x)}
        their_losses |= theirs.adversarial_phase(x)
        if labelled:
            their_losses['semi_supervised'] = theirs.semi_supervised_phase(*labelled)
        assert our_losses.keys() == their_losses.keys()
        for phase, loss in our_losses.items():
            assert float(loss) == pytest.approx(float(their_losses[phase]), rel=1e-4), phase


@needs('sklearn')
def test_parzen_estimates_agree():
    arguments = (50, 784)
    ours, theirs = (build(*arguments)['estimate']() for build in (parzen.ours, parzen.sklearn))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_kernel_advice():
    assert 'OPENBLAS_CORETYPE' in machine.kernel_advice('Haswell', {'avx2', 'avx512f'})[0]
    assert not machine.kernel_advice('SkylakeX', {'avx512f'})
    assert not machine.kernel_advice('Haswell', {'avx2'})
