"""The memory of the stand-in for CuPy: which pool an array's is of, and what of a pool is lost."""
import contextlib
import weakref

import numpy as np


class MemoryPool:
    """CuPy 14's: what is freed stays in it until `free_all_blocks`, and what is in it when it ends
    is lost."""

    lost, current, known = 0, [], weakref.WeakValueDictionary()

    def __init__(self):
        self.blocks = []

    def malloc(self, array):
        self.blocks.append(weakref.ref(array))

    def free_all_blocks(self):
        self.blocks = [block for block in self.blocks if block() is not None]

    def total_bytes(self):
        return len(self.blocks)

    def __del__(self):
        MemoryPool.lost += len(self.blocks)

    @classmethod
    def allocate(cls, array):
        """Note the memory of an array, unless it is a view."""
        while getattr(array, 'base', None) is not None:
            array = array.base
        if cls.known.get(id(array)) is not array and isinstance(array, np.ndarray):
            cls.known[id(array)] = array
            if cls.current:
                cls.current[-1](array)


@contextlib.contextmanager
def using_allocator(malloc):
    MemoryPool.current.append(malloc)
    try:
        yield
    finally:
        MemoryPool.current.pop()
