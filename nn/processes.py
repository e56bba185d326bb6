"""Several processes, each with some rows of every batch: what layers, costs and optimisers know of
the others.

    what                    on each process                                    here
    a random draw           made for the whole batch, then cut                 own_rows
    a cost                  its rows' share of the mean over all rows          share
    its gradient            the same; so all that follows from it is a sum     share
    a sum over the rows     added up over the processes: a layer's gradient    total
                            before an optimiser's step, batch statistics

So the numbers are those of one process, but for rounding. A run on one process knows nothing of
this file: without `others`, and outside `rows_of`, everything in it is the identity.
training/processes.py says who the others are.
"""
from contextlib import contextmanager

import numpy as np

others = None       # training.processes.Processes; None: there are none
_rows = None        # the numbers of this process's rows in the whole batch; None: all are here
_whole = 0          # how many rows the whole batch has


def is_first():
    """Whether this process is the one that writes, draws and prints."""
    return others is None or others.rank == 0


def own(array):
    """The rows of a whole array that are this process's; the first processes have one more where
    the rows do not divide."""
    if others is None:
        return array
    each, more = divmod(len(array), others.size)
    start = others.rank * each + min(others.rank, more)
    return array[start:start + each + (others.rank < more)]


@contextmanager
def rows_of(*arrays):
    """Within it a batch is `arrays`, cut by `own`, one after the other."""
    global _rows, _whole
    if others is None:
        yield
        return
    counts = others.gather([len(array) for array in arrays])        # (processes, arrays)
    lengths = counts.sum(axis=0)
    starts = np.cumsum(lengths) - lengths + counts[:others.rank].sum(axis=0)
    before = _rows, _whole
    _rows = np.concatenate([start + np.arange(count)
                            for start, count in zip(starts, counts[others.rank])])
    _whole = int(lengths.sum())
    try:
        yield
    finally:
        _rows, _whole = before


def whole(n):
    """n values of this process's rows are so many of all rows."""
    return n if _rows is None else n * _whole // len(_rows)


def own_rows(make, n):
    """This process's rows of make(rows), which is called for the whole batch; n: how many."""
    if _rows is None:
        return make(n)
    if n != len(_rows):
        raise ValueError(f'a draw for {n} rows in a batch of {len(_rows)}')
    return make(_whole)[_rows]


def share(loss, *gradients):
    """A mean over this process's rows, and its gradients, as a share in that of the whole batch.
    All shares together are 1: so it serves for what every process computes whole, too."""
    if _rows is None:
        return loss, *gradients
    return tuple(value * (len(_rows) / _whole) for value in (loss, *gradients))


def total(array):
    """The sum of an array over the processes, in its place; all ask for it, in one order."""
    if _rows is not None:
        others.add(array)
    return array


def shared_out(function, items):
    """[function(item) for item in items], each on one of the processes; every one gets all. For
    what draws nothing, outside of a training step."""
    if others is None:
        return [function(item) for item in items]
    done = others.gather_objects([function(item) for item in items[others.rank::others.size]])
    return [done[k % others.size][k // others.size] for k in range(len(items))]
