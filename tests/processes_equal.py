"""Every experiment on two and on three processes and on one: the same losses and parameters.

    mpirun -n 3 python -m tests.processes_equal [part of a name]

A line for each run with its largest differences; exit code 1 where they are too large.
tests/training/test_processes.py starts it.
"""
import importlib
import sys
from functools import partial

import numpy as np

from nn import processes
from nn.backend import to_host
from tests.helpers import model_to_float64
from tests.reference import NAMES
from training.checkpoint import state
from training.configuration import new_config
from training.processes import Processes, run, summed
from training.several import single_configs

STEPS = 20
# Adam divides a gradient by its own size, and of some weights all but rounding cancels (batch norm
# takes away what an input adds to all rows). With the usual 1e-8 that rounding is 1e8 times larger.
EPS = 1e-2
# What defaults leave out. Batches of 7, 19 and 20 images and of 10 and 20 labelled ones divide by
# one of 2 and 3, or by neither.
OTHERS = [f'mnist --model {flags}' for flags in (
    'aae --mode prior --prior mixture --labels 10 --batch-size 19',
    'aae --mode prior --prior swiss-roll --labels 20 --posterior universal',
    'aae --mode prior --posterior gaussian --batch-size 7',
    'aae --mode semisup --labels 10 --batch-size 19 --posterior gaussian',
    'aae --mode clustering --style-match conditional --affine-noise-std 0.1',
    'aae --mode embedding --labels 0 --batch-size 19',
    'aae --mode embedding --labels 10 --dims 10',
    'vae --mode prior --prior mixture --batch-size 19',
    'pixelgan --mode semisup --labels 10 --adversarial off --batch-size 7',
    'pixelgan --mode clustering --conditioning location-dependent --batch-size 19',
)]


def tolerances(name):
    """dtype -> the largest difference. In float32 rounding grows from step to step where there is
    batch norm on few rows: there float64 alone tells."""
    found = {np.float64: 1e-10}
    if not any(part in name for part in ('pixelgan --mode', 'cnn', 'svhn', 'norb', 'tfd')):
        found[np.float32] = 1e-5
    return found


def makers(name):
    """Functions that build the Experiments of a command with their data."""
    dataset, *flags = name.split()
    trainer = importlib.import_module(f'train_{dataset}').main
    experiment_class, _, given = trainer.command_line.parse(
        [*flags, '--preset', 'smoke', '--data', 'synthetic'])
    config = new_config(dataset, experiment_class, given)
    return [partial(trainer.make_experiment, single) for single in single_configs(config, '')]


def trained(make, dtype):
    """(losses (what, STEPS), state) after STEPS steps from the start."""
    experiment, losses = make(), []
    model, config = experiment.model, experiment.config
    for optimizer in model.optimizers.values():
        optimizer.eps = EPS
    if dtype is np.float64:
        model_to_float64(model)
    n, size = len(experiment.data.train.images), config['batch_size']
    for step in range(STEPS):
        epoch, k = divmod(step, n // size)
        order = np.random.default_rng([config['seed'], epoch]).permutation(n)
        batch = [processes.own(array.astype(dtype) if array.dtype.kind == 'f' else array)
                 for array in experiment.batch(np.sort(order[k * size:(k + 1) * size]), epoch, k)]
        with processes.rows_of(batch[0]):
            found = model.step(*batch)
        losses.append(summed([float(loss) for loss in found.values()]))
    return np.array(losses).T, {path: to_host(array) for path, array in state(model).items()}


def difference(one, other):
    """The largest difference of two lists of arrays, relative to the largest number of each array,
    or to 1."""
    return max(float(np.abs(a - b).max() / max(np.abs(a).max(), 1)) for a, b in zip(one, other))


def main():
    all_three, failed = processes.others, False
    first_two = Processes(all_three.MPI, all_three.world.Split(all_three.rank < 2))
    cases = [(name, make, dtype, most) for name in [*NAMES, *OTHERS]
             if sys.argv[1:] == [] or sys.argv[1] in name
             for make in makers(name) for dtype, most in tolerances(name).items()]
    for name, make, dtype, most in cases:
        runs = []
        for group, size in ((None, 1), (all_three, 3), (first_two, 2)):
            processes.others = group
            if all_three.rank < size:
                runs.append(trained(make, dtype))
        processes.others = all_three
        if all_three.rank == 0:
            (losses, arrays), *others = runs
            found = [max(difference(losses, theirs), difference(arrays.values(), values.values()))
                     for theirs, values in others]
            failed |= max(found) > most
            print(f'{name}, {np.dtype(dtype)}: {found[1]:.1e} on two, {found[0]:.1e} on three'
                  + ' TOO MUCH' * (max(found) > most), flush=True)
    return int(all_three.world.bcast(failed))


if __name__ == '__main__':
    sys.exit(run('processes_equal', main))
