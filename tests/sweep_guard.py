"""What the sweep (tests/sweep.py) holds an input to: memory and time."""
import contextlib
import os
import signal


@contextlib.contextmanager
def memory():
    """Gives a list whose element is, in the end, by how many MB the process had grown at most."""
    def status(name):
        with open('/proc/self/status') as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024
    result = [0]
    try:
        with open('/proc/self/clear_refs', 'w') as file:
            file.write('5')         # the peak starts anew
        before = status('VmRSS')
    except OSError:                 # another system
        yield result
        return
    try:
        yield result
    finally:
        result[0] = status('VmHWM') - before


@contextlib.contextmanager
def time_limit(seconds):
    """Stops what takes longer as Ctrl-C does."""
    def interrupt(*_):
        os.kill(os.getpid(), signal.SIGINT)
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, 2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
