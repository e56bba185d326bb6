"""What the host computes anew in each training step: the random numbers, above all.

They are drawn by NumPy on the host and used where the network is, so CPU and GPU runs see the same
numbers in the same order. All of them pass through here, and so do the numbers of an optimiser,
because a step that a GPU replays (nn/fast/capture.py) must be given them each time.
"""
from nn.backend import like
from nn.processes import own_rows

recorder = None     # of the step that is being recorded: a function make -> array on the device


def drawn(make, x):
    """make(n), an array of n rows, for the n rows of x: moved to where x is, and of its dtype.

    make: draws on the host, from a numpy.random.Generator that it holds; which numbers come must
    not depend on values that the network computes.
    """
    n, dtype = len(x), x.dtype
    return from_host(lambda: own_rows(make, n).astype(dtype, copy=False), x)


def from_host(make, x):
    """make(), an array on the host, moved to where x is."""
    return like(make(), x) if recorder is None else recorder(make)
