"""What a command does to its process: signals, output, Matplotlib's settings. It knows no layer, no
model and no data and imports little, so that every command can start with it."""
import atexit
import os

from console.interrupts import INTERRUPTED, Signals, exit_at_once, ignore, interrupt
from console.output import safe_output

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start():
    """The first thing that a program does, before imports that take a second.

    A signal ends it in silence, as there is nothing to save yet, and again once `run` has returned.
    A standard stream that is closed becomes os.devnull: the next file that is opened would have its
    number, and whatever a C library prints. Matplotlib draws without a screen and without the
    user's settings, and keeps its list of fonts in this repository, not in the home folder.
    """
    Signals(exit_at_once).__enter__()
    atexit.register(ignore)     # while Python ends, its handlers do, too
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)      # the lowest number that is free
    os.environ |= {'MPLBACKEND': 'agg', 'MATPLOTLIBRC': os.devnull}
    if os.access(ROOT, os.W_OK):
        os.environ.setdefault('MPLCONFIGDIR', os.path.join(ROOT, '.matplotlib'))


def run(main, *arguments):
    """main(*arguments), which gives the exit code; INTERRUPTED where a signal ended it. Within it
    the output never fails, and a signal raises KeyboardInterrupt."""
    try:
        with Signals(interrupt, new=True), safe_output():
            return main(*arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
