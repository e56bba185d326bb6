"""What a checkpoint holds, and how a run goes on from it.

Its arrays: the parameters and buffers of all networks and the state of all optimisers. Beside them:
the optimisers' steps, the state of the model's random generator, the Progress, and the run's
configuration. RunFolder writes and reads the file.
"""
import numpy as np

from nn.backend import array_module, to_host
from training.configuration import earlier, may_differ
from training.progress import NonFiniteLoss, Progress
from training.run_folder import RunError

MOST_STEPS = 2**63


def network_state(model):
    """path -> array of the parameters and buffers of a model's networks; the arrays themselves."""
    return {f'{name}/{path}': array for name, network in model.networks.items()
            for path, array in network.state().items()}


def state(model):
    """path -> array of all that is trained or remembered; the arrays themselves."""
    return network_state(model) | {
        f'optimizer/{name}/{path}': array for name, optimizer in model.optimizers.items()
        for path, array in optimizer.state().items()}


def load_state(state, arrays, path):
    """Copy `arrays`, of the checkpoint in the folder `path`, into the arrays of `state`.

    Raises RunError where a name, a shape or a type differs, or a number is not finite.
    """
    differing = state.keys() ^ arrays.keys() or {
        name for name, array in state.items() if array.shape != arrays[name].shape
        or array.dtype != arrays[name].dtype or not np.isfinite(arrays[name]).all()}
    if differing:
        raise RunError(f'{path}/checkpoint.npz does not fit the model: {min(differing)}')
    for name, array in state.items():
        array[...] = array_module(array).asarray(arrays[name])


def check_finite(model, progress):
    """Raise NonFiniteLoss where an array of the model is not finite."""
    for path, array in state(model).items():
        if not array_module(array).isfinite(array).all():
            raise NonFiniteLoss(f'{path} is not finite in epoch {progress.epoch + 1}, after step '
                                f'{progress.step}')


def save(experiment, progress):
    """Write the checkpoint and the metrics of a run. Raises NonFiniteLoss before a broken model
    replaces a good one."""
    model = experiment.model
    progress.stop_clock()
    check_finite(model, progress)
    experiment.run.save_checkpoint(
        {path: to_host(array) for path, array in state(model).items()},
        {'config': fixed_config(experiment)} | progress.state() | {
            'rng': model.rng.bit_generator.state,
            'optimizer_steps': {name: o.steps for name, o in model.optimizers.items()}})
    progress.start_clock()


def fixed_config(experiment):
    """What of a run's configuration its checkpoint goes with: all that --resume cannot change."""
    return {name: value for name, value in experiment.run.config.items()
            if name not in may_differ(experiment.TABLE)}


def read(experiment):
    """(arrays, what is beside them) of the checkpoint of an experiment's run, or None where there
    is none yet. Raises RunError."""
    run, config = experiment.run, fixed_config(experiment)
    size = sum(array.nbytes for array in state(experiment.model).values())
    loaded = run.load_checkpoint(2 * size)      # with the arrays' headers
    if loaded is not None:
        with run.reading():
            saved = dict(loaded[1].pop('config'))
        missing = {name: value for name, value in earlier(experiment.TABLE).items()
                   if name in config}
        if missing | saved != config:
            raise RunError(f'{run.path}/checkpoint.npz was written with another configuration than '
                           f'{run.path}/config.json')
    return loaded


def load(experiment, loaded):
    """The Progress of an experiment's run, and the experiment's model gets what the checkpoint
    holds. loaded: what `read` gives; where that is None, the Progress of a new run. Raises
    RunError."""
    model, run, device = experiment.model, experiment.run, experiment.config['device']
    if loaded is None:
        return Progress(device)
    arrays, saved = loaded
    load_state(state(model), arrays, run.path)
    with run.reading():
        progress = Progress(device, saved)
        steps = saved['optimizer_steps']
        if steps.keys() != model.optimizers.keys() or not all(
                isinstance(n, int) and 0 <= n < MOST_STEPS for n in steps.values()):
            raise ValueError("the optimisers' steps")
        for name, optimizer in model.optimizers.items():
            optimizer.steps = steps[name]
        for rng in (progress.measured_from or saved['rng'], saved['rng']):
            model.rng.bit_generator.state = rng
            if model.rng.bit_generator.state != rng:
                raise ValueError('the state of the random generator')
    return progress
