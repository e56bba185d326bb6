"""The step that a GPU records and replays, on the stand-in for CuPy, whose graphs are lists of
functions: what each replay is given, and what becomes of a run in which recording fails."""
import gc
import itertools
import json
import os
import signal
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest

from experiments.common.experiment import Experiment
from experiments.registry import MODES
from nn import backend, draws
from nn.fast import capture, cublas
from nn.noise import GaussianNoise
from tests import stand_in
from tests.benchmarks.test_gpu import EVERY, LOAD
from tests.helpers import model_to_float64
from tests.runs import assert_same_end, refused
from tests.smoke_runs import run
from tests.stand_in_cuda import CuBLAS, Graph, Stream, tape
from tests.stand_in_memory import MemoryPool
from training.checkpoint import state
from training.loop import steps_of
from training.progress import NonFiniteLoss
from training.run import fit

LAUNCHES = []
ASARRAY = stand_in.module.asarray
every = pytest.mark.parametrize('names', EVERY, ids=' '.join)


@pytest.fixture(autouse=True)
def device(request, monkeypatch):
    if request.node.get_closest_marker('gpu'):
        try:
            backend.check_device('gpu')
        except backend.DeviceError as error:
            pytest.skip(str(error))
        return
    stand_in.install(monkeypatch)
    LAUNCHES.clear()
    MemoryPool.lost = 0
    launch = Graph.launch

    def counting(graph, stream=None):
        LAUNCHES.append(len(graph.calls))
        launch(graph, stream)
    monkeypatch.setattr(Graph, 'launch', counting)


def experiment(names, device='gpu', **changes):
    dataset, model, mode, pixels = names
    kind = MODES[dataset][model][mode][pixels]
    config = kind.preset('smoke', dataset=dataset, model=model, mode=mode, pixels=pixels,
                         preset='smoke', seed=0, device=device, data='synthetic', data_dir=None,
                         batch_size=8) | changes
    data = kind.select(config, partial(LOAD[dataset], config))
    found = kind(config, data.train.images.shape[1:])
    found.use(data)
    return found


def batch(found, k, dtype, size=None):
    size = size or found.config['batch_size']
    arrays = found.batch(np.arange(k * size, (k + 1) * size) % len(found.data.train.images), 0, k)
    return tuple(array.astype(dtype) if array.dtype.kind == 'f' else array for array in arrays)


def train(found, steps, say=None, change=lambda k, found: None, sizes=(), dtype='float64'):
    """The losses of some steps, the learning rates falling in the middle."""
    losses = []
    if dtype == 'float64':
        model_to_float64(found.model)
    with steps_of(found.model, found.config, say or pytest.fail) as step:
        for k in range(steps):
            change(k, found)
            for name, rate in found.first_rates.items():
                found.model.optimizers[name].learning_rate = rate / (10 if k > steps // 2 else 1)
            losses.append(step(*batch(found, k, dtype, dict(enumerate(sizes)).get(k))))
    # Read at the end, as the trainer does: no replay may write over those of another.
    return [{phase: float(loss) for phase, loss in each.items()} for each in losses]


def on_the_host(model):
    return {path: backend.to_host(array) for path, array in state(model).items()}


def moved(model):
    """What steps move on the host."""
    return model.rng.bit_generator.state, {name: o.steps for name, o in model.optimizers.items()}


def assert_nothing_is_lost():
    """Of the memory in which steps were recorded."""
    gc.collect()
    assert not MemoryPool.lost


def assert_alike(one, other, **tolerances):
    ours, theirs = on_the_host(one.model), on_the_host(other.model)
    assert ours.keys() == theirs.keys() and moved(one.model) == moved(other.model)
    for path, array in ours.items():
        np.testing.assert_allclose(theirs[path], array, **tolerances, err_msg=path)


@every
def test_a_step_whose_draws_are_made_beforehand_is_the_same_bit_for_bit(names):
    """On the CPU: the first step lists what it asks the host for, the others are given it."""
    drawing, given = (experiment(names, 'cpu') for _ in range(2))
    makes = []

    def list_it(make):
        makes.append(make)
        return make()

    for k in range(4):
        arrays = drawing.batch(np.arange(drawing.config['batch_size']), 0, k)
        ready = iter([make() for make in makes])
        draws.recorder = (lambda make: next(ready)) if k else list_it
        try:
            losses = given.model.step(*arrays)
        finally:
            draws.recorder = None
        assert next(ready, None) is None
        assert losses == drawing.model.step(*arrays)
    assert len(makes) >= len(drawing.model.optimizers)
    assert_alike(drawing, given, rtol=0)


@every
def test_a_replayed_step_is_the_step(names):
    """Values, draws, rates that change, Adam's corrections, and losses that are read at the end."""
    steps = capture.WARM_UPS + 3
    plain, replayed = experiment(names, capture='off'), experiment(names)
    expected = train(plain, steps)
    assert not LAUNCHES
    assert [pytest.approx(each, rel=1e-9) for each in expected] == train(replayed, steps)
    assert len(LAUNCHES) == 3 and len(set(LAUNCHES)) == 1
    assert_alike(plain, replayed, rtol=1e-7, atol=1e-7)
    assert_nothing_is_lost()


def compare(names, steps, dtype, rel):
    """Losses to `rel`, the step and its phase named where they are not."""
    expected, found = (train(experiment(names, capture=how), steps, dtype=dtype)
                       for how in ('off', 'auto'))
    for k, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
        assert theirs == pytest.approx(ours, rel=rel), f'step {k + 1} of {steps}'


@pytest.mark.gpu
@every
def test_fifty_steps_on_a_gpu(names):
    compare(names, 50, 'float64', 1e-4)


@pytest.mark.parametrize('names', [('mnist', 'pixelgan', 'clustering', 'binary'),
                                   ('svhn', 'pixelgan', 'semisup', 'real'),
                                   ('mnist', 'aae', 'semisup', 'unit')], ids=' '.join)
@pytest.mark.parametrize('on', ['stand-in', pytest.param('gpu', marks=pytest.mark.gpu)])
def test_steps_in_float32(names, on):
    """Their arrays lie in blocks. What is rounded grows from step to step, to some percent by the
    tenth."""
    compare(names, capture.WARM_UPS + 2, 'float32', 1e-2)


NAMES = ('mnist', 'pixelgan', 'clustering', 'binary')


def test_losses_that_are_kept_keep_no_memory_of_the_graph():
    found = experiment(NAMES)
    with steps_of(found.model, found.config, pytest.fail) as step:
        kept = [step(*batch(found, k, 'float32')) for k in range(capture.WARM_UPS + 2)]
    del step
    assert_nothing_is_lost()
    assert all(np.isfinite(float(loss)) for losses in kept for loss in losses.values())


def test_a_batch_of_another_shape_is_trained_on_launch_by_launch():
    plain, replayed = experiment(NAMES, capture='off'), experiment(NAMES)
    sizes = (8, 8, 8, 8, 7, 8, 8)
    expected = train(plain, 7, sizes=sizes)
    assert [pytest.approx(each, rel=1e-9) for each in expected] == train(replayed, 7, sizes=sizes)
    assert len(LAUNCHES) == 3
    assert_alike(plain, replayed, rtol=1e-7, atol=1e-7)


# Recording that fails


class Uploads(GaussianNoise):
    """A layer that copies an array of the host to the device by itself."""

    def forward(self, x, train=False):
        return x + backend.like(np.zeros(1, x.dtype), x), None


class Reads(GaussianNoise):
    def forward(self, x, train=False):
        return x * (1 if float(x.sum()) > 0 else 2), None


def draw_at_first(patch, found):
    """The first steps end with a draw that the others have not."""
    model, step = found.model, found.model.step

    def scheduled(*batch):
        early = model.optimizers['generator'].steps < capture.WARM_UPS
        losses = step(*batch)
        if early:
            draws.drawn(lambda n: model.rng.random(n), losses['generator'][None])
        return losses
    patch.setattr(model, 'step', scheduled)


def no_library():
    raise OSError('no libcublas.so is loaded')


def no_graph(stream):
    tape.calls = None
    raise RuntimeError('cudaErrorStreamCaptureInvalidated:\n operation failed')


def fall(pool, sizes=itertools.count(2**30, -1)):
    """What CuPy does where the device has no memory left: it frees what the pool has free."""
    return next(sizes)


@pytest.mark.parametrize('break_it, words', [
    (lambda patch, found: patch.setattr(cublas, 'library', no_library),
     'OSError: no libcublas.so is loaded'),
    (lambda patch, found: patch.setattr(CuBLAS, 'cublasDgemm_v2', lambda *_: 14),
     'RuntimeError: cublasDgemm_v2 returned status 14'),
    (lambda patch, found: patch.setattr(Stream, 'end_capture', no_graph),
     'cudaErrorStreamCaptureInvalidated: operation failed'),
    (lambda patch, found: add(found, Uploads), 'nn.draws.from_host'),
    (lambda patch, found: add(found, Reads), 'a number is read'),
    (draw_at_first, 'one step asks the host for more than another'),
    (lambda patch, found: patch.setattr(MemoryPool, 'total_bytes', fall),
     'the memory of the device is too small'),
], ids=['no library', 'cuBLAS refuses', 'CUDA refuses', 'an upload', 'a number is read', 'draws',
        'memory'])
def test_where_recording_fails_one_line_says_why_and_nothing_is_lost(monkeypatch, break_it, words):
    said, steps = [], capture.WARM_UPS + 3
    plain, failing = experiment(NAMES, capture='off'), experiment(NAMES)
    for each in (plain, failing):
        break_it(monkeypatch, each)
    expected = train(plain, steps)
    assert [pytest.approx(each, rel=1e-9) for each in expected] == train(failing, steps,
                                                                         said.append)
    assert not LAUNCHES and len(said) == 1 and words in said[0] and '\n' not in said[0]
    assert_alike(plain, failing, rtol=1e-7, atol=1e-7)
    assert draws.recorder is None and stand_in.module.asarray is ASARRAY
    assert_nothing_is_lost()


def add(found, kind):
    layers = found.model.encoder.logits.layer
    assert isinstance(layers[1], GaussianNoise)
    layers[1] = kind(0.1, found.model.rng)


def test_what_is_patched_while_recording_is_as_it_was(monkeypatch):
    before = stand_in.DeviceArray.__matmul__, stand_in.module.matmul, stand_in.module.asarray
    train(experiment(NAMES), capture.WARM_UPS + 2)
    with pytest.raises(KeyboardInterrupt):
        train(interrupted := experiment(NAMES), capture.WARM_UPS + 2, change=raise_in_recording)
    assert before == (stand_in.DeviceArray.__matmul__, stand_in.module.matmul,
                      stand_in.module.asarray)
    assert draws.recorder is None and not Stream.current
    assert moved(interrupted.model)[1] == dict.fromkeys(interrupted.model.optimizers,
                                                        capture.WARM_UPS)


def test_after_it_cupys_own_products_go_on():
    """Its handle keeps the stream that it was last given, in a measurement between the epochs."""
    found, ones = experiment(NAMES), stand_in.module.ones((2, 2))
    with steps_of(found.model, found.config, pytest.fail) as step:
        step(*batch(found, 0, 'float32'))
        inside = ones @ ones
    del found, step
    gc.collect()
    assert (ones @ ones == inside).all()


def raise_in_recording(k, found):
    if k == capture.WARM_UPS:
        def interrupt(*batch):
            raise KeyboardInterrupt
        found.model.adversarial_phase = interrupt


# Whole runs


def stop_in_batch(monkeypatch, number):
    """Send ourselves a signal while the host makes a batch: replays call no model."""
    count, original = itertools.count(1), Experiment.batch

    def batch(self, indices, epoch, step):
        if len(indices) > 1 and next(count) == number:
            os.kill(os.getpid(), signal.SIGINT)
        return original(self, indices, epoch, step)
    monkeypatch.setattr(Experiment, 'batch', batch)


AAE = ['--model', 'aae', '--mode', 'semisup', '--device', 'gpu']


@pytest.mark.parametrize('at', [2, capture.WARM_UPS + 1, 15])
def test_interrupted_in_the_middle_of_an_epoch_it_ends_the_same(tmp_path, monkeypatch,
                                                                no_pictures, at):
    """Epochs have ten steps: in a warm-up, at the recording, among replays."""
    whole, out = tmp_path / 'whole', tmp_path / 'run'
    assert run(whole, *AAE, '--epochs', '2') == 0
    assert len(LAUNCHES) == 20 - capture.WARM_UPS
    with monkeypatch.context() as patch:
        stop_in_batch(patch, at)
        assert run(out, *AAE, '--epochs', '2') == 130
    assert run(out, '--resume') == 0
    assert len(LAUNCHES) == 2 * (20 - capture.WARM_UPS) - min(at, capture.WARM_UPS)
    assert_same_end(whole, out)


def test_a_run_that_is_captured_goes_on_launch_by_launch(tmp_path, capsys, no_pictures):
    out = tmp_path / 'run'
    assert run(out, *AAE) == 0
    captured = len(LAUNCHES)
    assert run(out, '--resume', '--epochs', '2', '--capture', 'off') == 0
    assert captured == len(LAUNCHES) == 10 - capture.WARM_UPS
    assert json.loads((out / 'config.json').read_text())['capture'] == 'off'
    assert 'recorded' not in capsys.readouterr().out


def test_a_loss_that_is_not_finite_is_named_by_its_phase_and_step(tmp_path, no_pictures):
    found = experiment(NAMES, epochs=2, several=[])
    original = found.batch

    def batch(indices, epoch, step):
        arrays = original(indices, epoch, step)
        return (arrays[0] * np.float32('nan'), *arrays[1:]) if (epoch, step) == (1, 1) else arrays
    found.batch = batch
    with pytest.raises(NonFiniteLoss, match='the reconstruction loss is nan in epoch 2, step 2'):
        fit(found, tmp_path / 'run')
    assert len(LAUNCHES) > 1


def test_recording_that_fails_in_a_run_is_one_line(tmp_path, monkeypatch, capsys, no_pictures):
    monkeypatch.setattr(cublas, 'library', no_library)
    assert run(tmp_path / 'run', *AAE) == 0
    assert capsys.readouterr().out.count('cannot be recorded (OSError: no libcublas.so') == 1


def test_the_flag_is_for_a_gpu_and_the_cpu_asks_for_nothing(tmp_path, capsys):
    words = refused(capsys, ['--mode', 'clustering', '--capture', 'off', '--out',
                             str(tmp_path / 'run')])
    assert '--capture changes nothing with --device cpu' in words
    found = experiment(NAMES, 'cpu')
    assert isinstance(steps_of(found.model, found.config, None), nullcontext)
