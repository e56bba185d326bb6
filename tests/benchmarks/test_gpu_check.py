"""The command for whoever has a GPU for a few minutes, and the step that it measures, without one:
on the CPU and on the stand-in for CuPy."""
import importlib.util
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks import __main__ as command
from benchmarks import device_step, gpu_check, kernels
from benchmarks.contest import OURS
from benchmarks.device_step import UNCAPTURED
from tests import stand_in

SLOW = 'import subprocess, time; subprocess.Popen(["sleep", "60"]); print("on", flush=True); '
PARTS = {'good': (30, ['-c', 'print("| a | 1 |\\n|--|\\nb")']),
         'bad': (30, ['-c', 'raise ValueError(3)']),
         'slow': (1, ['-c', SLOW + 'time.sleep(60)']), 'last': (30, ['-c', 'print("| a | 2 |")'])}
# Of PyTorch's profiler, in microseconds: two kernels of which the second starts before the first
# ends, a pause, a copy; what is on the host, and what only labels work, does not count.
TRACE = [{'ph': 'M', 'name': 'process_name'},
         {'cat': 'kernel', 'ts': 1000.5, 'dur': 200}, {'cat': 'kernel', 'ts': 1100.5, 'dur': 200},
         {'cat': 'gpu_memcpy', 'ts': 2000.5, 'dur': 50},
         {'cat': 'cuda_runtime', 'ts': 0, 'dur': 9000},
         {'cat': 'gpu_user_annotation', 'ts': 900, 'dur': 5000}]


@pytest.fixture
def with_device(monkeypatch):
    stand_in.install(monkeypatch)


def refused(main, arguments, capsys):
    """The one line on stderr of a call that must end with exit code 2."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and err.count('\n') == 1 and not out
    return err


def test_a_part_that_fails_or_hangs_does_not_stop_the_next(tmp_path, capsys, monkeypatch,
                                                           with_device):
    monkeypatch.setattr(gpu_check, 'PARTS', PARTS)
    start, path = time.monotonic(), tmp_path / 'gpu.md'
    assert gpu_check.main(['--out', str(path)]) == 1
    assert time.monotonic() - start < 20
    printed = capsys.readouterr().out
    assert path.read_text() == printed
    for words in ('| good | passed | 0 |', '| bad | failed, exit code 1 | 0 |', 'ValueError: 3',
                  '| slow | stopped after 1 s | 1 |', '\non\n', '| last | passed | 0 |'):
        assert words in printed
    assert printed.endswith('## tables\n\n| a | 1 |\n|--|\n| a | 2 |\n')
    monkeypatch.setattr(gpu_check, 'PARTS', {'good': PARTS['good']})
    assert gpu_check.main([]) == 0


def test_a_test_is_named_when_it_begins_and_why_it_failed_at_the_end(tmp_path):
    path, said = tmp_path / 'test_some.py', []
    path.write_text('import pytest\n\n\n@pytest.mark.gpu\ndef test_bad():\n'
                    '    raise RuntimeError("status 13")\n')
    assert gpu_check.run([*gpu_check.TESTS, str(path)], 60, said.append) == 'failed, exit code 1'
    assert sum('::test_bad FAILED' in line for line in said) == 1, said
    assert sum(line.endswith('::test_bad - RuntimeError: status 13') for line in said) == 1, said


def test_all_parts_together_have_a_limit(capsys, monkeypatch):
    monkeypatch.setattr(gpu_check, 'PARTS', {'slow': (60, PARTS['slow'][1])} | PARTS)
    monkeypatch.setattr(gpu_check, 'SECONDS', 1)
    assert gpu_check.check() == 1
    assert '| slow | stopped after 1 s |' in capsys.readouterr().out


@pytest.mark.parametrize('cupy', [None, stand_in.without_device])
def test_without_a_gpu_there_is_one_line(tmp_path, capsys, monkeypatch, cupy):
    stand_in.install(monkeypatch, cupy)
    path = tmp_path / 'gpu.md'
    for main, arguments in ((gpu_check.main, ['--out', str(path)]),
                            (command.main, ['--device', 'gpu'])):
        assert 'CuPy' in refused(main, arguments, capsys)
    assert not path.exists()


def test_nothing_is_written_over(tmp_path, capsys, with_device):
    path = tmp_path / 'gpu.md'
    path.write_text('kept')
    assert 'choose another name' in refused(gpu_check.main, ['--out', str(path)], capsys)
    assert 'no' in refused(gpu_check.main, ['--out', str(tmp_path / 'no' / 'gpu.md')], capsys)
    assert path.read_text() == 'kept'


def test_other_tables_are_not_there_on_a_gpu(capsys, with_device):
    assert '--only conv' in refused(command.main, ['--device', 'gpu', '--only', 'conv'], capsys)


def test_work_of_a_device():
    kernels_, busy = kernels.device_work(TRACE)
    assert kernels_ == 2 and busy == pytest.approx(0.35)


def test_a_profiler_that_does_not_work_says_why(capsys, monkeypatch, with_device):
    monkeypatch.setattr(kernels, 'trace', lambda step, device: TRACE[:1])
    assert kernels.count(None, 'gpu', 'a step') == (None, None)
    assert 'a step: kernels are not counted (the profiler saw no kernel)' in capsys.readouterr().err
    monkeypatch.setattr(kernels, 'trace', lambda step, device: {}['nothing'])
    assert kernels.count(None, 'gpu', 'a step') == (None, None)
    assert 'KeyError' in capsys.readouterr().err


@pytest.fixture
def here(monkeypatch, with_device):
    """Steps are measured in this process, on the stand-in, and the profiler is made up."""
    monkeypatch.setattr(device_step, 'ProcessPoolExecutor', lambda *_: ThreadPoolExecutor(1))
    monkeypatch.setattr(kernels, 'trace', lambda step, device: TRACE)


def test_table_of_steps_on_a_device(tmp_path, capsys, monkeypatch, here):
    """What gpu_check calls; the channels-last peer is the faster one."""
    def peer(name, preset, device, tf32, channels_last):
        return lambda: time.sleep(0.01 if channels_last else 0.05)

    def count(step, device, label):
        counted.append(label)
        return kernels.count(step, device, label)

    counted = []
    monkeypatch.setattr(device_step, 'count', count)
    monkeypatch.setattr(device_step, 'pytorch', peer)
    monkeypatch.setattr(device_step, 'STEPS', ['PixelGAN clustering', 'AAE semisup'])
    module, *arguments = gpu_check.PARTS['training steps'][1][1:]
    assert module == 'benchmarks'
    path = tmp_path / 'rows.json'
    assert command.main([*arguments, '--tiny', '--rounds', '1', '--json', str(path)]) == 0
    rows, printed = json.loads(path.read_text()), capsys.readouterr().out
    assert 'stand-in, 1 GiB; CUDA 13.2, driver for 13.0' in printed
    assert [row['peer'] for row in rows if row['name'] == 'PixelGAN clustering, smoke'] == [
        OURS, UNCAPTURED, 'PyTorch, float32, channels last', 'PyTorch, TF32, channels last']
    assert [row['peer'] for row in rows if row['name'] == 'AAE semisup, smoke'] == [
        OURS, UNCAPTURED, 'PyTorch, float32', 'PyTorch, TF32']
    # To profile a recorded step may break the device for what follows.
    assert len(counted) == 8 and counted[3::4] == [f'{name}, smoke, {OURS}'
                                                   for name in device_step.STEPS]
    for row in rows:
        assert 0 < row['enqueue_ms'] <= row['peer_ms'] and row['kernels'] == 2
        assert row['ratio'] == pytest.approx(row['ours_ms'] / row['peer_ms'])
    lines = [line for line in printed.splitlines() if line.startswith('| ')]
    assert len(lines) == 1 + len(rows) and all(line.count('|') == 8 for line in lines)
    assert '| 2 | 0.35 | 1 (1 to 1) |' in lines[1]


def test_a_step_that_fails_is_named_and_the_others_are_measured(capsys, monkeypatch, here):
    """The first model cannot be made, the second fails in its first step; PyTorch is not there."""
    def captured(name, preset, device):
        if name == 'PixelGAN clustering':
            raise ValueError('no | such\nthing')
        return (lambda: 1 / 0) if name == 'PixelGAN semisup' else (lambda: None)

    monkeypatch.setattr(device_step, 'captured', captured)
    monkeypatch.setattr(device_step, 'ours', lambda *_: lambda: None)
    monkeypatch.setattr(device_step, 'pytorch', lambda *_, **__: __import__('no_such_module'))
    assert command.main(['--device', 'gpu', '--tiny', '--rounds', '1']) == 1
    out, err = capsys.readouterr()
    assert '| PixelGAN clustering, smoke | ours | failed: ValueError: no / such thing | ' in out
    assert '| PixelGAN semisup, smoke | ours | failed: ZeroDivisionError' in out
    ours = [line for line in out.splitlines() if '| ours |' in line]
    assert out.count('failed') == 2 and sum('| 1 (1 to 1) |' in line for line in ours) == 3
    assert out.count(UNCAPTURED) == 5
    assert err.count('Traceback') == 2 and 'without PyTorch, TF32 (No module named' in err


def die(*arguments):
    os._exit(9)


def test_a_step_whose_process_dies_is_named(capsys, monkeypatch, with_device):
    monkeypatch.setattr(device_step, 'STEPS', ['AAE semisup'])
    monkeypatch.setattr(device_step, 'measure', die)
    assert command.main(['--device', 'gpu', '--tiny']) == 1
    assert '| AAE semisup, smoke | ours | failed: BrokenProcessPool' in capsys.readouterr().out


@pytest.mark.skipif(importlib.util.find_spec('torch') is None, reason='torch is not installed')
@pytest.mark.parametrize('name, layouts', [('PixelGAN semisup, real-valued', 2),
                                           ('AAE clustering', 1)])
def test_a_step_beside_pytorch(name, layouts):
    """The same path on the CPU."""
    (group,) = device_step.peers(name, 'cpu')
    assert len(group) == layouts
    ours, theirs = device_step.measure(name, 'smoke', 'cpu', 1)
    assert ours['peer'] == OURS and theirs['peer'] in group
    assert ours['ours_ms'] == ours['peer_ms'] == theirs['ours_ms'] and ours['kernels'] is None
    assert device_step.line(theirs).count('|') == 8


def test_what_it_runs_needs_no_downloader():
    """Trainers, benchmarks and tests, where pooch is not installed."""
    said = []
    code = ('import sys; sys.modules["pooch"] = None; '
            'import benchmarks.__main__, tests.conftest, tests.benchmarks.test_gpu')
    assert gpu_check.run(['-c', code], 60, said.append) == 'passed', said
