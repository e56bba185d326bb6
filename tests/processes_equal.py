"""Every experiment on several processes and on one: the same losses and parameters.

    mpirun -n 3 python -m tests.processes_equal

A line for each run that differs, and exit code 1; tests/training/test_processes.py starts it.
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
from training.processes import run, summed
from training.run import make_experiment
from training.several import single_configs

STEPS = 20
# In float32 rounding grows from step to step, of some models by a factor of ten in twenty steps.
TOLERANCES = {np.float64: 1e-10, np.float32: 1e-5}
# What the experiments' defaults leave out. Batches of 19 and 20, of 10 and 11 labelled images: they
# divide by neither 2 nor 3, or by one of them.
OTHERS = [f'mnist --model {model} --mode {mode}' for model, mode in (
    ('aae', 'prior --prior mixture --labels 10 --batch-size 19'),
    ('aae', 'prior --prior swiss-roll --labels 20 --posterior universal'),
    ('aae', 'prior --posterior gaussian --batch-size 7'),
    ('aae', 'semisup --labels 10 --batch-size 19 --posterior gaussian'),
    ('aae', 'clustering --style-match conditional --affine-noise-std 0.1'),
    ('aae', 'embedding --labels 0 --batch-size 19'),
    ('aae', 'embedding --labels 10 --dims 10'),
    ('vae', 'prior --prior mixture --batch-size 19'),
    ('pixelgan', 'semisup --labels 10 --adversarial off --batch-size 7'),
    ('pixelgan', 'clustering --batch-size 19 --conditioning location-dependent'),
    ('pixelgan', 'crossdomain --method odm --labels 10'),
    ('pixelgan', 'crossdomain --method aae'),
    ('pixelgan', 'crossdomain --method pixelgan --batch-size 19'),
)]


def configurations(name):
    """(trainer, the configurations of a command's runs)."""
    dataset, *flags = name.split()
    trainer = importlib.import_module(f'train_{dataset}').main
    experiment_class, chosen, flags = trainer.command_line.parse(
        [*flags, '--preset', 'smoke', '--data', 'synthetic'])
    config = new_config(dataset, experiment_class, chosen, flags)
    return trainer, list(single_configs(config, '', False))


def trained(experiment, dtype):
    """(losses of each step, state) after STEPS steps from the start."""
    model, config, losses = experiment.model, experiment.config, []
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
    return np.array(losses), {path: to_host(array) for path, array in state(model).items()}


def difference(one, other):
    """The largest, relative to the largest number of each loss or array."""
    return max(float(np.abs(a - b).max() / max(np.abs(a).max(), 1)) for a, b in zip(one, other))


def compare():
    """Lines for the runs that differ."""
    found, lines = processes.others, []
    for name in [*NAMES, *OTHERS]:
        trainer, configs = configurations(name)
        for config in configs:
            make = partial(make_experiment, trainer.catalogue.choose(config)[0], config,
                           trainer.load)
            for dtype, tolerance in TOLERANCES.items():
                together = trained(make(), dtype)
                processes.others = None
                alone = trained(make(), dtype)
                processes.others = found
                losses = difference(alone[0].T, together[0].T)
                arrays = difference(alone[1].values(), together[1].values())
                if '-v' in sys.argv or max(losses, arrays) > tolerance:
                    lines.append(f'{name} {np.dtype(dtype)}: losses {losses:.1e}, arrays '
                                 f'{arrays:.1e}')
    return lines


def main():
    lines = compare()
    print('\n'.join(lines))
    return int(bool(lines) and '-v' not in sys.argv)


if __name__ == '__main__':
    sys.exit(run('processes_equal', main))
