"""What an epoch of training is: the order of its images, its rates, the mean of its losses; and
that no two parts of a run draw the same numbers."""
import math
import time
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.aae.semisup import SemiSupervised
from nn.optim import SGD
from tests import stand_in
from tests.smoke_runs import small
from training.loop import train
from training.progress import GPU_STEPS_BETWEEN_READS, NonFiniteLoss, Progress
from training.terminal import epoch_line

IMAGES, BATCH, STEPS = 13, 4, 3     # an image is left over


class Recorder:
    """An experiment without networks, and the (epoch, step, indices, rates) of what it trained on;
    the loss is the number of the step."""

    SUMMARY = TABLE = ()

    def __init__(self, epochs, seed=0, rates=()):
        self.config = {'device': 'cpu', 'epochs': epochs, 'batch_size': BATCH, 'seed': seed}
        self.data = SimpleNamespace(name='nothing', train=SimpleNamespace(images=range(IMAGES)))
        self.model = SimpleNamespace(
            networks={}, optimizers={name: SGD({}, 9) for name in rates}, step=self.step,
            rng=np.random.Generator(np.random.PCG64(0)))
        self.run = SimpleNamespace(config=self.config, write_metrics=lambda history: None,
                                   save_checkpoint=lambda arrays, progress: None)
        self.functions, self.steps, self.evaluated = dict(rates), [], []

    def rates(self, epoch):
        return {name: rate(epoch) for name, rate in self.functions.items()}

    def batch(self, indices, epoch, step):
        self.steps.append((epoch, step, indices, {
            name: optimizer.learning_rate for name, optimizer in self.model.optimizers.items()}))
        return ()

    def step(self):
        return {'loss': np.float32(len(self.steps))}

    def evaluate(self, epoch):
        self.evaluated.append(epoch)
        return {}


def trained(epochs, **options):
    recorder = Recorder(epochs, **options)
    progress = Progress()
    assert not train(recorder, progress)
    assert [step[:2] for step in recorder.steps] == [(epoch, step) for epoch in range(epochs)
                                                     for step in range(STEPS)]
    return recorder, progress


def orders(recorder):
    """The batches of each epoch, as tuples."""
    batches = [tuple(indices) for _, _, indices, _ in recorder.steps]
    return [batches[start:start + STEPS] for start in range(0, len(batches), STEPS)]


def test_a_rate_holds_for_as_many_epochs_as_its_schedule_says():
    """'epochs after which rates are divided by 10': two epochs at 1, one at 0.1, two at 0.01."""
    recorder, _ = trained(5, rates={'falls': lambda epoch: (1, 1, 0.1, 0.01, 0.01)[epoch],
                                    'stays': lambda epoch: 7})
    assert [rates for *_, rates in recorder.steps] == [
        {'falls': rate, 'stays': 7} for rate in (1, 1, 0.1, 0.01, 0.01) for _ in range(STEPS)]


def test_every_epoch_has_an_order_of_its_own():
    found = orders(trained(40)[0])
    for batches in found:
        images = np.concatenate(batches)
        assert len(set(images)) == len(images) == BATCH * STEPS     # none twice in an epoch
        assert set(images) < set(range(IMAGES))
    assert len({str(batches) for batches in found}) == 40
    # What is left over differs, so every image is trained on.
    left_over = {(set(range(IMAGES)) - set(np.concatenate(batches))).pop() for batches in found}
    assert len(left_over) > IMAGES // 2


def test_the_order_is_that_of_the_seed_and_the_epoch():
    assert orders(trained(3)[0]) == orders(trained(4)[0])[:3]
    assert not set(map(str, orders(trained(9)[0]))) & set(map(str, orders(trained(9, seed=1)[0])))
    recorder, whole = Recorder(4), trained(4)[0]
    progress = Progress()
    progress.epoch, progress.step = 2, 1            # as from a checkpoint
    assert not train(recorder, progress)
    assert [step[:2] for step in recorder.steps] == [step[:2] for step in whole.steps[7:]]
    assert all((one[2] == other[2]).all() for one, other in zip(recorder.steps, whole.steps[7:]))


def test_a_metric_is_the_mean_over_the_steps_of_its_epoch():
    recorder, progress = trained(2)
    assert [row['loss'] for row in progress.history] == [(1 + 2 + 3) / 3, (4 + 5 + 6) / 3]
    assert [row['epoch'] for row in progress.history] == recorder.evaluated == [1, 2]


class Unread:
    """A loss on a GPU: reading it waits."""

    def __init__(self, value, read):
        self.value, self.read = value, read

    def __float__(self):
        self.read.append(self.value)
        return self.value


def test_losses_on_a_gpu_are_read_rarely_and_a_broken_one_is_named_by_its_own_step():
    progress, read = Progress('gpu'), []
    for k in range(GPU_STEPS_BETWEEN_READS + 2):
        assert len(read) == (k >= GPU_STEPS_BETWEEN_READS) * GPU_STEPS_BETWEEN_READS
        progress.add({'loss': Unread(float(k), read)})
    assert progress.means() is None and progress.step == len(read) + 2
    progress.stop_clock()
    assert progress.means() == {'loss': sum(range(len(read))) / len(read)}
    for value in (1.0, math.nan, 1.0):
        progress.add({'loss': Unread(value, read)})
    with pytest.raises(NonFiniteLoss, match=f'loss is nan in epoch 1, step {progress.step - 1}$'):
        progress.stop_clock()


def test_losses_on_a_gpu_are_copied_together(monkeypatch):
    stand_in.install(monkeypatch)
    copies, copy = [], stand_in.module.asnumpy
    monkeypatch.setattr(stand_in.module, 'asnumpy', lambda array: copies.append(1) or copy(array),
                        raising=False)
    progress = Progress('gpu')
    for k in range(GPU_STEPS_BETWEEN_READS):
        progress.add({name: stand_in.module.asarray(np.float32(k)) for name in ('one', 'other')})
    assert len(copies) == 1
    assert progress.means() == dict.fromkeys(('one', 'other'), (GPU_STEPS_BETWEEN_READS - 1) / 2)


def test_the_seconds_are_those_of_training(monkeypatch):
    """A step takes 1, an evaluation 10, a checkpoint 100; saving in the middle counts as little."""
    now = [0]
    monkeypatch.setattr(time, 'monotonic', lambda: now[0])
    monkeypatch.setattr('training.progress.CHECKPOINT_SECONDS', 1)
    recorder, saved = Recorder(2), []

    def takes(seconds, result):
        now[0] += seconds
        return result
    recorder.step = recorder.model.step = lambda: takes(1, {'loss': 1.0})
    recorder.evaluate = lambda epoch: takes(10, {})
    recorder.run.save_checkpoint = lambda arrays, progress: takes(100, saved.append(
        (progress['epoch'], progress['step'], progress['seconds'])))
    progress = Progress()
    assert not train(recorder, progress)
    assert [row['seconds'] for row in progress.history] == [STEPS, STEPS]
    assert saved == [(0, 2, 2), (1, 0, 0), (1, 2, 2), (2, 0, 0)]


@pytest.mark.parametrize('summary, words', [
    (('parzen', 'error', 'validation_error'), 'error 0.25  reconstruction 98.77'),
    (('parzen',), 'reconstruction 98.77'), (('reconstruction',), 'reconstruction 98.77')])
def test_the_line_of_an_epoch_has_the_main_metric_and_the_cost(summary, words):
    row = {'epoch': 3, 'data': 'MNIST', 'seconds': 12.5, 'reconstruction': 98.7654, 'generator': 1,
           'validation_error': 0.5, 'error': 0.25}
    assert epoch_line(row, 20, summary) == f'epoch 3 of 20  12.5 s  {words}'


def test_no_two_parts_of_a_run_draw_the_same_numbers(monkeypatch, data):
    """Neither the weights as the order of an epoch, nor the labelled images as the pictures."""
    made, default_rng = [], np.random.default_rng

    def recording(*seed):
        generator = default_rng(*seed)
        made.append(tuple(generator.bit_generator.state['state'].values()))
        return generator

    def starts(action):
        made.clear()
        result = action()
        assert made
        return result, set(made)

    for seed in (0, 1, 2**32 + 1):
        with monkeypatch.context() as patch:
            patch.setattr(np.random, 'default_rng', recording)
            experiment, model = starts(lambda: small(SemiSupervised, seed=seed, labels='all'))
            _, labels = starts(lambda: [experiment.use(data)] + [
                experiment.labelled.batch(epoch, step)
                for epoch in range(20) for step in range(20)])
            _, pictures = starts(experiment.sampling_rng)
            _, epochs = starts(lambda: trained(20, seed=seed))
        assert len(model) == len(pictures) == 1
        assert len(labels) == 1 + 400 and len(epochs) == 20     # 1: which images are labelled
        parts = {'model': model, 'labels': labels, 'pictures': pictures, 'epochs': epochs}
        assert len(set.union(*parts.values())) == sum(map(len, parts.values())), parts
