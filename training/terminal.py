"""What the loop shows on the terminal, and how it is asked to stop."""
from tqdm import tqdm

from console import Signals, interrupt


class StopRequest(Signals):
    """Within it a signal only sets `requested`; a second one, later, raises KeyboardInterrupt."""

    def __init__(self):
        super().__init__(self._request, interrupt)
        self.requested = False

    def _request(self):
        self.requested = True


class Bar(tqdm):
    """The progress bar of all epochs, with the mean losses of the one that runs."""

    def __init__(self, epochs, steps, progress):
        super().__init__(total=epochs * steps, initial=progress.epoch * steps + progress.step,
                         unit='step', disable=None)

    def step(self, progress):
        means = progress.means()
        if means is not None:
            self.set_postfix({phase: f'{mean:.3g}' for phase, mean in means.items()})
        self.update()

    def print(self, line):
        """A line above the bar."""
        self.clear()
        print(line)
        self.refresh()


def epoch_line(row, epochs, summary):
    """'epoch 3 of 20  12.5 s  error 0.143  reconstruction 98.31', from a row of metrics: the first
    of the metrics `summary` that it has, and the first of the losses. All are in metrics.jsonl."""
    losses = [name for name in row if name not in ('epoch', 'data', 'seconds')]    # come first
    shown = dict.fromkeys([name for name in summary if name in row][:1] + losses[:1])
    return '  '.join([f'epoch {row["epoch"]} of {epochs}', f'{row["seconds"]} s',
                      *(f'{name} {row[name]:.4g}' for name in shown)])
