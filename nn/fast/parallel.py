"""Work on parts of a batch in threads.

The cores are used by giving each thread some images and one BLAS thread, rather than by giving
BLAS all the threads for one product: the products of a PixelCNN are small, its element-wise
operations run on one core only in NumPy, and BLAS threads that wait for each other stall
whenever the machine is shared.
"""
import functools
import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context

import numpy as np
import threadpoolctl

from nn.backend import array_module
from nn.fast.flat import Joined, pack
from nn.fast.memory import keep_freed_memory

_inside = threading.local()
_pools = {}
_cores = _threads = None    # what use_cores says

PART_BYTES = 256 << 10       # of one array in by_rows: four of them fill a cache of 1 MiB


def use_cores(cores, threads=None):
    """For the rest of the process: divide work as for so many cores, which decides the last bits of
    a sum, and do it on so many threads (None: as many), which does not."""
    global _cores, _threads
    _cores, _threads = cores, threads


def available_cores():
    """How many cores this process may use."""
    return _cores or len(usable_cores())


def usable_cores():
    """The numbers of the cores that the system lets this process run on."""
    if hasattr(os, 'sched_getaffinity'):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def free_cores():
    """How many cores this thread may use: one in a worker, as work is divided once, at the
    outermost level."""
    return 1 if getattr(_inside, 'worker', False) else available_cores()


def parallel_map(function, items, threads=None):
    """[function(item) for item in items], on `threads` threads (default: one a core).

    A call from inside a worker runs in that worker.
    """
    set_up_process()
    threads = min(threads or available_cores(), len(items))
    if threads <= 1 or getattr(_inside, 'worker', False):
        return [function(item) for item in items]
    threads = min(threads, _threads or threads)
    if threads not in _pools:
        _pools[threads] = ThreadPoolExecutor(max(1, threads - 1))
    results, todo = [None] * len(items), deque(range(len(items)))

    def work():
        _inside.worker = True
        try:
            while True:
                try:
                    number = todo.popleft()
                except IndexError:
                    return
                results[number] = function(items[number])
        finally:
            _inside.worker = False

    # This thread works too: waking another one for nothing costs more than small work.
    # What np.errstate says here holds in the workers, too.
    others = [_pools[threads].submit(copy_context().run, work) for _ in range(threads - 1)]
    try:
        work()
    finally:
        todo.clear()
        wait([other for other in others if not other.cancel()])
    for other in others:
        if not other.cancelled():
            other.result()      # raises what it raised
    return results


def blas():
    """NumPy's library of products and the processor that its kernels are for: the last bits of a
    product depend on them. 'openblas 0.3.31, SkylakeX kernels'."""
    for library in threadpoolctl.threadpool_info():
        if library['user_api'] == 'blas' and 'numpy' in library['filepath']:
            return (f'{library["internal_api"]} {library["version"]}, '
                    f'{library.get("architecture", "unknown")} kernels')
    return 'unknown'


@functools.cache
def set_up_process():
    """For the rest of the process: one BLAS thread, and freed memory kept.

    A thread of BLAS goes on spinning for 25 ms after each product, which takes the core away from
    the threads that we start next. A run calls this before its first product: with more BLAS
    threads a product's last bits may be others.
    """
    threadpoolctl.threadpool_limits(1, 'blas')
    keep_freed_memory()


def by_rows(function, *arrays, part_bytes=PART_BYTES):
    """function(*parts) on parts of `arrays` along their first axis that fit the processor's cache,
    in threads: for several element-wise operations one after the other. The size of a part is that
    of the first array. On a GPU all at once."""
    if array_module(*arrays) is not np or not arrays[0].ndim:
        function(*arrays)
        return
    rows = max(1, part_bytes * len(arrays[0]) // max(1, arrays[0].nbytes))
    starts, threads = range(0, len(arrays[0]), rows), free_cores()

    def work(worker):
        for start in starts[worker::threads]:
            function(*(array[start:start + rows] for array in arrays))

    parallel_map(work, range(min(threads, len(starts))))


class Shards:
    """Runs forward, loss and backward on small parts of a batch, so that a part's activations
    stay in the processor's cache, and sums the gradients.

    Right only where images do not meet inside the layer and nothing is drawn in it: ValueError if
    it has batch statistics or a generator.
    Part k of the batch always goes to worker k mod `threads` and the workers' gradients are added
    in order, so a run does not depend on which thread is faster.
    """

    def __init__(self, layer, images=5, threads=None):
        if any(inner.buffers for _, inner in layer.layers()):
            raise ValueError('a layer with batch statistics cannot be split over its batch')
        if any(hasattr(inner, 'rng') for _, inner in layer.layers()):
            raise ValueError('a layer with noise cannot be split: its copies draw the same numbers')
        self.layer, self.images, self.threads = layer, images, threads or available_cores()
        self.replicas = []      # made when first needed: a GPU needs none
        self.joined = [Joined() for _ in range(self.threads)]

    def run(self, function, *arrays):
        """The list of function(layer, *part) over the parts of `arrays` along their first axis.

        Gradients that `function` adds to the layer it is given are added to the layer's own.
        On a GPU the batch is one part.
        """
        if array_module(*arrays) is not np:
            return [function(self.layer, *arrays)]
        if not self.replicas:
            self.replicas = [self.layer.replica() for _ in range(self.threads)]
            for replica in self.replicas:
                pack(replica, 'grads')
        parts = [tuple(array[start:start + self.images] for array in arrays)
                 for start in range(0, len(arrays[0]), self.images)]

        def work(worker):
            replica = self.replicas[worker]
            for _, grad in self._gradients(worker):
                grad.fill(0)
            return [function(replica, *part) for part in parts[worker::len(self.replicas)]]

        per_worker = parallel_map(work, range(len(self.replicas)))
        for worker in range(len(self.replicas)):
            for own, grad in self._gradients(worker):
                own += grad
        results = [None] * len(parts)
        for worker, done in enumerate(per_worker):
            results[worker::len(self.replicas)] = done
        return results

    def _gradients(self, worker):
        """Pairs of the layer's gradients and those of a worker's replica, in few pieces."""
        return self.joined[worker](zip(self.layer.gradients().values(),
                                       self.replicas[worker].gradients().values(), strict=True))
