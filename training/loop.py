"""The training loop: epochs of mini-batches, metrics, checkpoints, and how a run stops.

What the papers leave open: each epoch has a new order of the images; those left over at its end,
fewer than a batch, are not used in it.

Exact resume: the order of an epoch's images depends on (seed, epoch) alone, and a checkpoint holds
parameters, buffers, optimiser states, the generator's state and the sums of the epoch so far. On
a CPU, an interrupted and resumed run therefore ends bit for bit like one that was not (on the same
number of cores: they decide in which parts a batch's gradient is summed).
"""
import math
import time

import numpy as np
from tqdm import tqdm

from console import Signals, interrupt
from nn.backend import array_module, to_device, to_host
from training import pictures
from training.run_folder import RunError

CHECKPOINT_SECONDS = 300
GPU_STEPS_BETWEEN_READS = 50    # reading a loss waits for the GPU


class NonFiniteLoss(RuntimeError):
    """A loss was not finite; the message names the phase, the epoch and the step."""


def network_state(model):
    """path -> array of the parameters and buffers of a model's networks; the arrays themselves."""
    return {f'{name}/{path}': array for name, network in model.networks.items()
            for path, array in network.state().items()}


def load_state(state, arrays, path):
    """Copy `arrays`, of the checkpoint in the folder `path`, into the arrays of `state`.

    Raises RunError where a name or a shape differs.
    """
    differing = state.keys() ^ arrays.keys() or {
        name for name, array in state.items() if array.shape != arrays[name].shape}
    if differing:
        raise RunError(f'{path}/checkpoint.npz does not fit the model: {min(differing)}')
    for name, array in state.items():
        array[...] = array_module(array).asarray(arrays[name])


class StopRequest(Signals):
    """Within it a signal only sets `requested`; a second one, later, raises KeyboardInterrupt."""

    def __init__(self):
        super().__init__(self._request, interrupt)
        self.requested = False

    def _request(self):
        self.requested = True


class Training:
    """Trains an experiment's model in its RunFolder.

    experiment: has run, data, config, model (networks, optimizers, rng, step(*batch) -> losses),
    batch(indices, epoch, step) -> the host arrays of a step, evaluate(epoch) -> metrics, called
    after each epoch, and rates(epoch) -> optimizer name -> learning rate.
    """

    def __init__(self, experiment):
        config = experiment.config
        self.experiment, self.run, self.model = experiment, experiment.run, experiment.model
        self.device = config['device']
        self.epochs, self.batch_size, self.seed = (
            config[name] for name in ('epochs', 'batch_size', 'seed'))
        self.n_images = len(experiment.data.train.images)
        self.steps_per_epoch = self.n_images // self.batch_size
        self.epoch, self.step, self.sums, self.history, self.seconds = 0, 0, {}, [], 0.0

    def fit(self):
        """Train to the last epoch. True when it got there, False when it was asked to stop before;
        `asked_to_stop` also says so where the request came in the last step."""
        # Overflows show in the losses, which are checked at every step.
        with StopRequest() as stop, np.errstate(over='ignore', invalid='ignore'), tqdm(
                total=self.epochs * self.steps_per_epoch, unit='step', disable=None,
                initial=self.epoch * self.steps_per_epoch + self.step) as bar:
            while self.epoch < self.epochs:
                if not self._run_epoch(stop, bar):
                    self._save()
                    return False
                with pictures.deferred():
                    line = self._end_epoch()
                    self._save()
                    bar.clear()
                    print(line)
                    bar.refresh()
                if stop.requested and self.epoch < self.epochs:
                    return False
            self.asked_to_stop = stop.requested
        return True

    def _run_epoch(self, stop, bar):
        """The rest of the current epoch; False when stopped before its end."""
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.n_images)
        for name, rate in self.experiment.rates(self.epoch).items():
            self.model.optimizers[name].learning_rate = rate
        unread, started, saved = [], time.monotonic(), time.monotonic()
        while self.step < self.steps_per_epoch:
            batch = order[self.step * self.batch_size:(self.step + 1) * self.batch_size]
            arrays = self.experiment.batch(np.sort(batch), self.epoch, self.step)
            unread.append(self.model.step(*(to_device(array, self.device) for array in arrays)))
            self.step += 1
            at_end = self.step == self.steps_per_epoch
            due = time.monotonic() - saved > CHECKPOINT_SECONDS
            if (self.device == 'cpu' or len(unread) >= GPU_STEPS_BETWEEN_READS or at_end
                    or stop.requested or due):
                self._read_losses(unread, bar)
            bar.update()
            if stop.requested or due:
                self._check_parameters()
            if at_end or stop.requested or due:
                self.seconds += time.monotonic() - started
                started = saved = time.monotonic()
            if stop.requested and not at_end:
                return False
            if due and not at_end:
                self._save()
        return True

    def _read_losses(self, unread, bar):
        """Add the losses of the last steps to the epoch's sums. Raises NonFiniteLoss."""
        first = self.step - len(unread)
        for k, losses in enumerate(unread):
            for phase, loss in losses.items():
                value = float(loss)
                if not math.isfinite(value):
                    raise NonFiniteLoss(
                        f'the {phase} loss is {value} in epoch {self.epoch + 1}, step '
                        f'{first + k + 1}{self._what_is_left()}. '
                        'A lower learning rate may help.')
                self.sums[phase] = self.sums.get(phase, 0.0) + value
        bar.set_postfix({phase: f'{total / self.step:.3g}' for phase, total in self.sums.items()})
        unread.clear()

    def _end_epoch(self):
        """Measure; the line that says so."""
        self._check_parameters()
        metrics = {'epoch': self.epoch + 1, 'data': self.experiment.data.name,
                   'seconds': round(self.seconds, 1)}
        metrics |= {phase: total / self.steps_per_epoch for phase, total in self.sums.items()}
        try:
            metrics |= self.experiment.evaluate(self.epoch + 1)
        except FloatingPointError as error:
            raise NonFiniteLoss(f'{error} after epoch {self.epoch + 1}'
                                f'{self._what_is_left()}') from error
        self.history.append(metrics)
        self.epoch, self.step, self.sums, self.seconds = self.epoch + 1, 0, {}, 0.0
        return '  '.join(f'{name} {value:.4g}' if isinstance(value, float) else f'{name} {value}'
                         for name, value in metrics.items())

    def _check_parameters(self):
        """Raise NonFiniteLoss before a checkpoint of broken parameters replaces a good one."""
        for path, array in self._state().items():
            if not array_module(array).isfinite(array).all():
                raise NonFiniteLoss(
                    f'{path} is not finite in epoch {self.epoch + 1}, after step {self.step}'
                    f'{self._what_is_left()}')

    def _what_is_left(self):
        return ': the run stopped; ' + (
            'the last good checkpoint is kept' if self.run.has_checkpoint() else
            f'there was no checkpoint yet, so remove {self.run.path} to start again')

    def _state(self):
        """path -> array of everything that is trained or remembered; the arrays themselves."""
        arrays = network_state(self.model)
        for name, optimizer in self.model.optimizers.items():
            arrays |= {f'optimizer/{name}/{path}': array
                       for path, array in optimizer.state().items()}
        return arrays

    def _save(self):
        arrays = {path: to_host(array) for path, array in self._state().items()}
        self.run.save_checkpoint(arrays, {
            'epoch': self.epoch, 'step': self.step, 'sums': self.sums, 'history': self.history,
            'seconds': self.seconds, 'rng': self.model.rng.bit_generator.state,
            'optimizer_steps': {name: o.steps for name, o in self.model.optimizers.items()}})

    def load(self):
        """Continue from the run's checkpoint, where there is one. Raises RunError."""
        loaded = self.run.load_checkpoint()
        if loaded is None:
            return
        arrays, progress = loaded
        load_state(self._state(), arrays, self.run.path)
        for name, steps in progress['optimizer_steps'].items():
            self.model.optimizers[name].steps = steps
        self.model.rng.bit_generator.state = progress['rng']
        for name in ('epoch', 'step', 'sums', 'history', 'seconds'):
            setattr(self, name, progress[name])
