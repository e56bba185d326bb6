"""Arrays of the host that go to a GPU again and again, into the same place, by one copy.

A copy to a GPU from ordinary memory makes the host wait; from pinned memory, which the system does
not move, the host goes on at once. So it must not write there until the copy is done: there are two
blocks of pinned memory that take turns, and the host is never more than two copies ahead.
"""
import itertools

import numpy as np

APART = 256         # bytes between the beginnings of arrays in a block, as CUDA aligns its own


class Staging:
    """Like the given arrays of the host: `arrays`, on the device, which `send` fills. xp: cupy."""

    def __init__(self, xp, given):
        size = sum(map(_room, given))
        self.block = xp.empty(size, 'uint8')
        self.arrays = _views(self.block, given)
        pinned = [np.frombuffer(xp.cuda.alloc_pinned_memory(size), np.uint8, size)
                  for _ in range(2)]
        self.slots = itertools.cycle([(block, _views(block, given), xp.cuda.Event())
                                      for block in pinned])

    def send(self, values, stream):
        """Fill `arrays` with `values` (an iterable of as many), in the order of the stream."""
        block, places, copied = next(self.slots)
        copied.synchronize()
        for place, value in zip(places, values):
            place[...] = value
        self.block.set(block, stream)
        copied.record(stream)


def _room(array):
    """Bytes of an array in a block."""
    return -(-array.nbytes // APART) * APART


def _views(block, arrays):
    """Views of a block of bytes, each of the shape and type of one of `arrays`."""
    starts = itertools.accumulate(map(_room, arrays), initial=0)
    return [block[start:start + array.nbytes].view(array.dtype).reshape(array.shape)
            for start, array in zip(starts, arrays)]
