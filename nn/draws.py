"""The random numbers of a training step: drawn by NumPy on the host, used where the network is.

So CPU and GPU runs see the same numbers, in the same order.
"""
from nn.backend import like


def drawn(make, x):
    """make(n), an array of n rows, for the n rows of x: moved to where x is, and of its dtype.

    make: draws on the host, from a numpy.random.Generator that it holds; which numbers come must
    not depend on values that the network computes.
    """
    return like(make(len(x)).astype(x.dtype, copy=False), x)
