"""One run on several processes, which `mpirun -n 4 python train_mnist.py ...` starts.

All of them run the same program. Each computes its rows of every batch (nn/processes.py) and the
codes of some of the images that an epoch's measures need; the first one alone reads and writes the
run's folder, draws and prints. Without such a start nothing of MPI is imported.
"""
import math
import os
import signal
import socket
import sys
import time
import traceback
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from io import StringIO

import numpy as np

from console import interrupts
from nn import backend, processes
from nn.fast import parallel
from training.run_folder import RunError

# What starts a process says how many there are, and which one it is: Open MPI; MPICH and Intel's;
# MVAPICH; Slurm.
SIZES = ('OMPI_COMM_WORLD_SIZE', 'PMI_SIZE', 'MV2_COMM_WORLD_SIZE', 'SLURM_STEP_NUM_TASKS')
RANKS = ('OMPI_COMM_WORLD_RANK', 'PMI_RANK', 'MV2_COMM_WORLD_RANK', 'SLURM_PROCID')
# The user's words that an MPI library may be handed an array of the GPU: Open MPI, Cray, MVAPICH
ON_GPU = ('OMPI_MCA_opal_cuda_support', 'MPICH_GPU_SUPPORT_ENABLED', 'MV2_USE_CUDA')
PATIENCE = 3.0      # seconds in which processes that end for the same reason arrive


class Processes:
    """The others, by an mpi4py communicator: what nn/processes.py asks of them."""

    def __init__(self, MPI, world):
        self.MPI, self.world, self.ends = MPI, world, world.Dup()
        self.rank, self.size = self.world.rank, self.world.size
        self.gpu_arrays = any(os.environ.get(name, '').lower() in ('1', 'true') for name in ON_GPU)

    def gather(self, numbers):
        """Whole numbers of each process: (processes, how many)."""
        found = np.empty((self.size, len(numbers)), np.int64)
        self.world.Allgather(np.array(numbers, np.int64), found)
        return found

    def gather_objects(self, value):
        """A list of every process's value."""
        return self.world.allgather(value)

    def add(self, array):
        """Sum an array over the processes, in place; one on a GPU by way of the host, where the MPI
        library cannot read it there."""
        on_host = type(array) is np.ndarray
        if on_host or self.gpu_arrays:
            if not on_host:
                backend.array_module(array).cuda.get_current_stream().synchronize()
            self.world.Allreduce(self.MPI.IN_PLACE, array)
        else:
            host = np.ascontiguousarray(backend.to_host(array))
            self.world.Allreduce(self.MPI.IN_PLACE, host)
            array[...] = backend.like(host, array)

    def all_arrive(self, seconds):
        """Whether all processes come here within so many seconds."""
        request, since = self.ends.Ibarrier(), time.monotonic()
        while not request.Test():
            if time.monotonic() - since > seconds:
                return False
            time.sleep(0.01)
        return True


def count():
    return 1 if processes.others is None else processes.others.size


def agreed(*wishes):
    """Each of `wishes`, booleans, that any process has."""
    if processes.others is None:
        return wishes
    return processes.others.gather(wishes).any(axis=0).tolist()


def of_the_first(make):
    """What make() gives on the first process, on all. Where it ends with an exception the others
    end too, in silence and with the same code."""
    if processes.others is None:
        return make()
    world = processes.others.world
    if not processes.is_first():
        result, code = world.bcast(None)
        if code is not None:
            raise SystemExit(code)
        return result
    try:
        result = make()
    except BaseException as error:
        world.bcast((None, getattr(error, 'code', 2)))
        raise
    world.bcast((result, None))
    return result


def summed(values):
    """A list of numbers, each summed over the processes."""
    if processes.others is None or not values:
        return values
    block = np.array(values, np.float64)
    processes.others.add(block)
    return block.tolist()


def check_rows(experiment):
    """Raise RunError where a process would have no row of a batch."""
    size = experiment.config['batch_size']
    if size < count():
        raise RunError(f'--batch-size {size} is less than the {count()} processes: each needs an '
                       'image of every batch')
    fewest = min(map(len, experiment.batch(np.arange(size), 0, 0))) if count() > 1 else size
    if fewest < count():
        raise RunError(f'--labels {experiment.config["labels"]}: a labelled batch of {fewest} is '
                       f'less than the {count()} processes: each needs an image of every batch')


def run(program, main):
    """The exit code of main(), on however many processes there are. One that fails alone says in a
    line why, and ends the others."""
    if not any(_said(name) > 1 for name in SIZES):
        return main()
    try:
        found = _start()
    except RunError as error:
        if not any(_said(name) for name in RANKS):
            print(f'{program}: error: {error}', file=sys.stderr)
        return 2
    held = StringIO()       # what the others have to say is mostly what the first one says
    with ExitStack() as stack:
        if found.rank:
            stack.enter_context(redirect_stdout(StringIO()))
            stack.enter_context(redirect_stderr(held))
        try:
            code = main()
        except SystemExit as error:
            code = error.code
        except Exception:
            traceback.print_exc()
            code = 1
    if not found.all_arrive(PATIENCE if code else math.inf):
        if found.rank:
            print(f'process {found.rank} of {found.size}, on {socket.gethostname()}: '
                  f'{held.getvalue().strip() or "interrupted"}', file=sys.stderr, flush=True)
        found.world.Abort(code)
    return code


def _said(name):
    """A number in the environment; 0 where there is none."""
    text = os.environ.get(name, '')
    return int(text) if text.isdecimal() else 0


def _start():
    """The Processes of this run, which from here on knows of them. Raises RunError."""
    if processes.others is not None:
        return processes.others
    try:
        from mpi4py import MPI
    except Exception as error:      # ModuleNotFoundError; RuntimeError where there is no libmpi
        words = ' '.join(str(error).split())
        raise RunError('several processes were started and mpi4py cannot be used '
                       f'({words}): pip install -r requirements-mpi.txt') from error
    if MPI.COMM_WORLD.size == 1:
        raise RunError('several processes were started, and mpi4py sees one: its MPI is not that '
                       'of the mpirun which started them; use the other mpirun, or install mpi4py '
                       'for this one')
    found = Processes(MPI, MPI.COMM_WORLD)
    here = found.gather_objects((socket.gethostname(), parallel.usable_cores()))
    mates = [rank for rank, (host, _) in enumerate(here) if host == here[found.rank][0]]
    sharing = sum(place == here[found.rank] for place in here)
    parallel.use_cores(max(1, parallel.available_cores() // sharing))
    backend.gpu = mates.index(found.rank)
    # mpirun kills what does not end at once after Ctrl-C; this one it passes on.
    if hasattr(signal, 'SIGUSR1'):
        interrupts.NUMBERS.append(signal.SIGUSR1)
    processes.others = found
    return found
