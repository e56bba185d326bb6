"""What a checkpoint holds, and how a run goes on from it.

Its arrays: the parameters and buffers of all networks and the state of all optimisers. Beside them:
the optimisers' steps, the state of the model's random generator, and the Progress. RunFolder writes
and reads the file.
"""
from nn.backend import array_module, to_host
from training.processes import of_the_first
from training.progress import NonFiniteLoss, Progress
from training.run_folder import RunError


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

    Raises RunError where a name or a shape differs.
    """
    differing = state.keys() ^ arrays.keys() or {
        name for name, array in state.items() if array.shape != arrays[name].shape}
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
        progress.state() | {
            'rng': model.rng.bit_generator.state,
            'optimizer_steps': {name: o.steps for name, o in model.optimizers.items()}})
    progress.start_clock()


def load(experiment):
    """The Progress of an experiment's run, whose model gets what its checkpoint holds; that of a
    new run where there is none yet. Raises RunError."""
    model, device = experiment.model, experiment.config['device']
    loaded = of_the_first(experiment.run.load_checkpoint)
    if loaded is None:
        return Progress(device)
    arrays, saved = loaded
    load_state(state(model), arrays, experiment.run.path)
    for name, steps in saved['optimizer_steps'].items():
        model.optimizers[name].steps = steps
    model.rng.bit_generator.state = saved['rng']
    return Progress(device, saved)
