"""Memory: freed arrays are kept for the next one, and none is promised that is not there.

glibc gives a freed array of more than a few hundred KB back to the system, and each page of the
next one is then faulted in and cleared anew: a fifth of a PixelCNN's training step. NumPy has no
pool of its own, so we ask the allocator to keep what is freed. The most that the process holds at
once stays as it is; between peaks it holds more.
"""
import contextlib
import ctypes
import functools
from pathlib import Path

try:
    import resource
except ImportError:     # Windows
    resource = None

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


def machine_memory(*names):
    """Bytes of memory, swap included: of /proc/meminfo the sum of `names`; no more than a container
    has. On another system than Linux, more than there are."""
    with contextlib.suppress(OSError, KeyError, ValueError):
        sizes = dict(line.split(':') for line in Path('/proc/meminfo').read_text().splitlines())
        total = 1024 * sum(int(sizes[name].split()[0])
                           for name in names or ('MemTotal', 'SwapTotal'))
        with contextlib.suppress(OSError, ValueError):      # 'max' is none
            total = min(total, int(Path('/sys/fs/cgroup/memory.max').read_text()))
        return total
    return 2**63 - 1


@functools.cache
def limit_memory():
    """Once a process, on Linux: no more memory than is available now. Linux promises more, and ends
    a process when it is used; with this NumPy raises a MemoryError before it is."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if soft == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_DATA,
                               (machine_memory('MemAvailable', 'SwapFree'), hard))


def check_room(parameters):
    """Raise MemoryError where so many float32 parameters, each with its gradient and an optimiser's
    two numbers, are more than the machine holds."""
    needed = 16 * parameters
    if needed > 2**30 and needed > machine_memory():
        raise MemoryError(f'{parameters:,} parameters need about {gigabytes(needed)}, and the '
                          f'machine has {gigabytes(machine_memory())}')


def bytes_in(nested):
    """Bytes of all arrays in lists and tuples of them; what is there twice counts once."""
    arrays, todo = {}, [nested]
    while todo:
        item = todo.pop()
        if isinstance(item, (list, tuple)):
            todo += item
        elif hasattr(item, 'nbytes'):
            arrays[id(item)] = item.nbytes
    return sum(arrays.values())


def gigabytes(size):
    return f'{size / 2**40:,.1f} TB' if size > 2**40 else f'{size / 2**30:.1f} GB'
