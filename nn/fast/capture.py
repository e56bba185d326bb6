"""A GPU's training step, recorded once and then replayed: one launch in the place of thousands.

To launch a kernel takes Python longer than it takes the device to run most of them. CUDA can record
all launches of a step (a 'graph') and launch them as one. What a reader of the models sees stays as
it is; what it takes is here. How much it gains has not been measured yet.

- Recording runs nothing on the device, and replaying runs no Python. So what the host computes anew
  in each step, draws and learning rates, comes through nn/draws.py: recording collects how it is
  made, and before each replay it is made in the same order. A recording that fails has drawn
  nothing and counted no step: the run goes on launch by launch as if there had been none.
- A graph reads and writes the memory that it was recorded with. The batch and what the host makes
  are copied to the same place each time (staging.py); the step's own arrays lie in a pool of memory
  that nobody else is given any of; losses are copied out, as the next replay writes over them.
- The kernels of the first steps are launched one by one: that compiles them and fills the pool, and
  the last of these steps lists what the host computes. No array of the pool may outlive the run:
  CuPy gives a pool's memory back when it is asked to and nothing of it is in use, or never.
- A replay only waits in the stream, so the host is already at the next step's images and draws
  while the device works. It draws nothing before its turn: a checkpoint is as it is without this.
- A product is cuBLAS's (cublas.py says why), and the stream is not the default one, which cannot be
  recorded. It is the current one of the whole training, so all else keeps its place in the order.
"""
import contextlib
import functools
import itertools

import numpy as np

from nn import backend, draws
from nn.fast.cublas import cublas
from nn.fast.staging import Staging

WARM_UPS = 3


@contextlib.contextmanager
def captured(model, plain, say):
    """Within it: the function to call in the place of plain(*batch), a step on arrays of the host.

    model: has `step`, for arrays on the device; say: a function of the line that tells why steps
    are not recorded.
    """
    xp = backend.cupy()
    xp.cuda.Device().synchronize()      # what other streams have been given comes first
    stream = stream_of(xp)
    with stream:
        step = CapturedStep(model, plain, xp, stream, say)
        try:
            yield step
        finally:
            stream.synchronize()
            step.close()


@functools.cache
def stream_of(xp):
    """The one stream on which a process trains. It is never destroyed: a handle of cuBLAS whose
    stream is gone, ours or CuPy's own, refuses everything (status 13)."""
    return xp.cuda.Stream(non_blocking=True)


class CapturedStep:
    """Losses as model.step returns them: a dict of 0-d arrays on the device.

    A batch of other shapes than the first one's is trained on launch by launch. After `close` it is
    not to be called again.
    """

    def __init__(self, model, plain, xp, stream, say):
        self.model, self.plain, self.xp, self.stream, self.say = model, plain, xp, stream, say
        self.pool, self.graph, self.kinds, self.warm, self.failed = (
            xp.cuda.MemoryPool(), None, None, 0, False)
        with self._or_without():
            self.blas = cublas(xp)

    def __call__(self, *batch):
        kinds = [(array.shape, array.dtype) for array in batch]
        self.kinds = self.kinds or kinds
        if not self.failed and kinds == self.kinds:
            if self.warm < WARM_UPS:
                return self._warm_up(batch)
            if self.graph is None:
                with self._or_without():
                    self._record(len(batch))
            if not self.failed:
                return self._replay(batch)
            self.close()        # only now: the exception kept arrays of the pool
        return self.plain(*batch)

    def close(self):
        """Give back the memory of the graph. A pool that is dropped with memory in it loses it, for
        the rest of the process (CuPy 14)."""
        self.graph = self.losses = self.makes = self.staging = None
        self.pool.free_all_blocks()

    @contextlib.contextmanager
    def _or_without(self):
        try:
            yield
        except Exception as error:      # of any kind: the run does not depend on it
            self.failed = True
            self.say(f'each kernel is launched by itself: a step cannot be recorded '
                     f'({backend.in_a_line(error)})')

    @contextlib.contextmanager
    def _as_recorded(self, recorder):
        """Memory, products and what comes from the host as a recording needs them."""
        with self.xp.cuda.using_allocator(self.pool.malloc), self.blas.for_cupys():
            draws.recorder = recorder
            try:
                yield
            finally:
                draws.recorder = None

    def _warm_up(self, batch):
        """A step launch by launch, which lists what the host gives it."""
        given = list(batch)

        def list_it(make):
            given.append(make())
            return self.xp.asarray(given[-1])

        with self._as_recorded(list_it):
            losses = self._in_one_array(self.plain(*batch))
        self.given, self.warm = given, self.warm + 1
        return dict(zip(self.phases, losses.copy()))

    def _in_one_array(self, losses):
        self.phases = tuple(losses)
        array = self.xp.empty(len(losses), np.result_type(
            *(loss.dtype for loss in losses.values())))
        for k, loss in enumerate(losses.values()):
            array[k] = loss
        return array

    def _record(self, n_batch):
        self.staging, self.makes = Staging(self.xp, self.given), []
        arrays, held = self.staging.arrays, self.pool.total_bytes()

        def next_place(make):
            self.makes.append(make)
            return arrays[n_batch + len(self.makes) - 1]

        with self._as_recorded(next_place), self._no_uploads():
            self.stream.begin_capture()
            try:
                self.losses = self._in_one_array(self.model.step(*arrays[:n_batch]))
            except BaseException:
                with contextlib.suppress(Exception):
                    self.stream.end_capture()
                raise
            graph = self.stream.end_capture()
        if self.pool.total_bytes() < held:      # CuPy freed what the graph uses, for want of other
            raise RuntimeError('the memory of the device is too small')
        if n_batch + len(self.makes) != len(arrays):
            raise RuntimeError('one step asks the host for more than another')
        self.graph = graph

    @contextlib.contextmanager
    def _no_uploads(self):
        """CuPy refuses a copy from the host, but for one number, which it would record as it is."""
        def of_device(array, *arguments, **options):
            if not isinstance(array, self.xp.ndarray):
                raise TypeError('a step takes an array from the host: use nn.draws.from_host')
            return kept(array, *arguments, **options)

        kept, self.xp.asarray = self.xp.asarray, of_device
        try:
            yield
        finally:
            self.xp.asarray = kept

    def _replay(self, batch):
        self.staging.send(itertools.chain(batch, (make() for make in self.makes)), self.stream)
        self.graph.launch(self.stream)
        return dict(zip(self.phases, self.losses.copy()))
