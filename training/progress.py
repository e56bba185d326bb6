"""How far a run is: its epochs, steps, losses, metrics and seconds."""
import math
import time

from nn.backend import floats
from training.processes import summed

CHECKPOINT_SECONDS = 300        # between checkpoints, where an epoch takes longer
GPU_STEPS_BETWEEN_READS = 50    # reading a loss waits for the GPU


class NonFiniteLoss(RuntimeError):
    """A loss, a parameter or a measure is not finite; the message says which and where."""


class Progress:
    """What a checkpoint says beside its arrays.

    epoch: how many are complete; step: the same of the next epoch's; sums: phase -> sum of its
    losses in these steps; seconds: spent on them, without measuring and saving; history: the
    metrics of each complete epoch. saved: a `state` to go on from.
    """

    def __init__(self, device='cpu', saved=None):
        self.epoch, self.step, self.sums, self.seconds, self.history = 0, 0, {}, 0.0, []
        self._names = tuple(vars(self))
        vars(self).update({name: saved[name] for name in self._names} if saved else {})
        self._at_once = 1 if device == 'cpu' else GPU_STEPS_BETWEEN_READS
        self._unread, self._since = [], None

    def state(self):
        """What a checkpoint holds, JSON-able."""
        return {name: getattr(self, name) for name in self._names}

    def add(self, losses):
        """Count a step with its losses, phase -> scalar, on any device. Raises NonFiniteLoss."""
        self.step += 1
        self._unread.append(losses)
        if len(self._unread) >= self._at_once:
            self._read()

    def _read(self):
        first = self.step - len(self._unread)
        values = iter(summed(floats([loss for losses in self._unread
                                     for loss in losses.values()])))
        for k, losses in enumerate(self._unread):
            for phase, value in zip(losses, values):
                if not math.isfinite(value):
                    raise NonFiniteLoss(f'the {phase} loss is {value} in epoch {self.epoch + 1}, '
                                        f'step {first + k + 1}')
                self.sums[phase] = self.sums.get(phase, 0.0) + value
        self._unread.clear()

    def means(self):
        """phase -> mean loss of the epoch's steps; None while a GPU is still at some of them."""
        return None if self._unread else {phase: total / self.step
                                          for phase, total in self.sums.items()}

    def end_epoch(self, data, measured):
        """The epoch's line of metrics.jsonl goes into the history. data: the name of the data."""
        self.history.append({'epoch': self.epoch + 1, 'data': data,
                             'seconds': round(self.seconds, 1), **self.means(), **measured})
        self.epoch, self.step, self.sums, self.seconds = self.epoch + 1, 0, {}, 0.0

    # The clock

    def start_clock(self):
        self._since = time.monotonic()

    def stop_clock(self):
        """Wait for the GPU, and count the seconds. Raises NonFiniteLoss."""
        self._read()
        if self._since is not None:
            self.seconds += time.monotonic() - self._since
            self._since = None

    def save_is_due(self):
        return time.monotonic() - self._since > CHECKPOINT_SECONDS
