"""Freed memory kept for the next array.

glibc gives a freed array of more than a few hundred KB back to the system, and each page of the
next one is then faulted in and cleared anew: a fifth of a PixelCNN's training step. NumPy has no
pool of its own, so we ask the allocator to keep what is freed. The most that the process holds at
once stays as it is; between peaks it holds more.
"""
import ctypes
import functools

# glibc's malloc.h
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
NEVER, MOST_IN_OLD_VERSIONS = 2**31 - 1, 32 << 20


@functools.cache
def keep_freed_memory():
    """Once a process; where the C library is another one, nothing. A setting of the user's, in the
    environment (MALLOC_ARENA_MAX and its like), is overridden for this process only."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    # Older versions allow no more than 32 MiB; where neither is accepted, glibc's own adaptive
    # threshold, which any setting would end, is better.
    if mallopt(MMAP_THRESHOLD, NEVER) or mallopt(MMAP_THRESHOLD, MOST_IN_OLD_VERSIONS):
        mallopt(TRIM_THRESHOLD, NEVER)
        mallopt(ARENA_MAX, 1)       # else each thread keeps what it freed from the others
