"""Copies that the device makes late carry what the host had put there for them."""
from types import SimpleNamespace

import numpy as np

from nn.fast.staging import Staging

QUEUE, ARRIVED = [], []


class Block(np.ndarray):
    """On a device that copies only when somebody waits for it."""

    def set(self, block, stream):
        QUEUE.append(block)


class Event:
    def record(self, stream):
        QUEUE.append(self)

    def synchronize(self):
        while self in [each for each in QUEUE if isinstance(each, Event)]:
            work = QUEUE.pop(0)
            if not isinstance(work, Event):
                ARRIVED.append(work.copy())


def test_what_is_on_its_way_is_not_written_over():
    late = SimpleNamespace(
        empty=lambda size, dtype: np.zeros(size, dtype).view(Block),
        cuda=SimpleNamespace(alloc_pinned_memory=bytearray, Event=Event))
    like = [np.zeros((3, 5), 'f4'), np.zeros(2, 'f8'), np.zeros((), 'i8'), np.zeros((0, 4), 'f4')]
    staging = Staging(late, like)
    assert [(array.shape, array.dtype) for array in staging.arrays] == [
        (array.shape, array.dtype) for array in like]
    for k in range(1, 8):
        staging.send([np.full(array.shape, k) for array in like], None)
        assert len(ARRIVED) == max(0, k - 2)        # the host is two copies ahead
    Event.synchronize(QUEUE[-1])
    for k, block in enumerate(ARRIVED, start=1):
        staging.block[...] = block
        assert all((array == k).all() for array in staging.arrays)
    assert len(ARRIVED) == 7
