"""Ctrl-C, SIGTERM and a closed terminal (SIGHUP): what they do is up to who runs at the time.

Signals that are less than PATIENCE seconds apart are one wish: twenty Ctrl-C in a row ask once, so
that they do not interrupt the saving and cleaning that the first one asked for.
"""
import math
import os
import signal
import threading
import time

NUMBERS = [getattr(signal, name) for name in ('SIGINT', 'SIGTERM', 'SIGHUP')
           if hasattr(signal, name)]        # Windows has no SIGHUP
PATIENCE = 1.0
INTERRUPTED = 130       # the exit code


def exit_at_once():
    os._exit(INTERRUPTED)


def ignore():
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


def interrupt():
    raise KeyboardInterrupt


class Signals:
    """Within it the user's first wish calls the first of `actions`, and so on; the last one stays.

    new: what was asked for before is another matter. Does nothing in a thread, where Python allows
    no handlers, and to a SIGHUP that is ignored, as nohup does.
    """

    last = -math.inf        # when a signal came, to any of them

    def __init__(self, *actions, new=False):
        self.actions, self.new, self._previous = list(actions), new, {}

    def __enter__(self):
        if self.new:
            Signals.last = -math.inf
        if threading.current_thread() is threading.main_thread():
            for number in NUMBERS:
                handler = signal.getsignal(number)
                if number == signal.SIGINT or handler != signal.SIG_IGN:
                    self._previous[number] = handler
                    signal.signal(number, self._handle)
        return self

    def _handle(self, number, frame):
        before, Signals.last = Signals.last, time.monotonic()
        if Signals.last - before > PATIENCE:
            (self.actions.pop(0) if len(self.actions) > 1 else self.actions[0])()

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
