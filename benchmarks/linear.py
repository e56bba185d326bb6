"""That the cost of a training step grows in proportion to batch, blocks and pixels: one picture.

    python -m benchmarks.linear        writes benchmarks/linear.png

The reconstruction phase of PixelGAN clustering, paper preset, with one number changed at a time;
beside each curve the straight line through its first and its last point.
"""
import statistics
import sys
import time
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from benchmarks.models import build
from experiments.common.figures import DEFAULTS
from training.flags import Parser

ROUNDS = 5
# label -> (values, what a value changes)
CURVES = {
    'images in a batch': ((25, 50, 100, 150, 200), lambda n: {'batch_size': n}),
    'residual blocks': ((0, 5, 10, 15, 20), lambda n: {'blocks': n}),
    'pixels of an image': ((12, 20, 28, 36, 40), lambda side: {'image_shape': (side, side, 1)}),
}


def curve(values, change):
    """Milliseconds at each value: the medians of rounds that visit them in turn."""
    made = [build('PixelGAN clustering', **change(value)) for value in values]
    times = [[] for _ in made]
    for round_number in range(ROUNDS + 1):
        for (model, (x, *_)), seconds in zip(made, times):
            start = time.perf_counter()
            model.reconstruction_phase(x)
            if round_number:        # the first is a warm-up
                seconds.append(time.perf_counter() - start)
    return [1e3 * statistics.median(seconds) for seconds in times]


@matplotlib.rc_context(DEFAULTS)
def main(arguments=None):
    Parser(prog='python -m benchmarks.linear', description=__doc__).parse_args(arguments)
    figure = Figure(figsize=(9, 2.7))
    axes = figure.subplots(1, len(CURVES), sharey=True)
    for axis, (label, (values, change)) in zip(axes, CURVES.items()):
        times = curve(values, change)
        if label.startswith('pixels'):
            values = [side * side for side in values]
        print(label, dict(zip(values, (round(time_) for time_ in times))), flush=True)
        axis.plot([values[0], values[-1]], [times[0], times[-1]], color='0.7', linewidth=1)
        axis.plot(values, times, 'o', color='C0', markersize=4)
        axis.set(xlabel=label, xlim=(0, None), ylim=(0, None))
    axes[0].set_ylabel('reconstruction phase, ms')
    figure.tight_layout()
    figure.savefig(Path(__file__).with_name('linear.png'), dpi=100)
    return 0


if __name__ == '__main__':
    sys.exit(main())
