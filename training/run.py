"""One run, from its configuration to its pictures."""
import platform

import numpy as np

from nn.backend import check_device
from nn.fast.memory import limit_memory
from nn.fast.parallel import available_cores, blas, set_up_process
from training.checkpoint import load, read
from training.loop import steps_in_epoch, train
from training.pictures import first_in
from training.processes import check_rows, count, of_the_first
from training.progress import NonFiniteLoss
from training.run_folder import RunError, RunFolder
from training.terminal import Bar, StopRequest


def make_experiment(experiment_class, config, load_data):
    """The Experiment of a configuration, with its data; writes nothing. load_data(config, sizes) ->
    Dataset. Raises DataError, DeviceError, RunError."""
    check_device(config['device'])
    set_up_process()
    if config['device'] == 'cpu':       # a GPU's driver maps more than there is
        limit_memory()
    choice = config | {'data': data_choice(config)}
    data = experiment_class.select(config, lambda sizes: load_data(choice, sizes))
    if config['batch_size'] > len(data.train.images):
        raise RunError(f'--batch-size {config["batch_size"]} is larger than the '
                       f'{len(data.train.images)} training images')
    check_data(config.get('data_name', data.name), data)
    experiment = experiment_class(config, data.train.images.shape[1:])
    experiment.use(data)
    check_rows(experiment)
    if 'versions' not in config:        # the run has not begun
        config |= {'data_name': data.name, 'data_source': data.source, 'drawn': data.drawn,
                   'image_shape': list(experiment.image_shape)}
    return experiment


def data_choice(config):
    """'auto', 'synthetic' or the data set's name: when a run goes on, images of files do not turn
    into drawn ones, or back."""
    if 'drawn' not in config:       # a new run
        return config['data']
    return 'synthetic' if config['drawn'] else config['dataset']


def check_data(name, data):
    """Raise RunError where a Dataset is not the one called `name`, which a run was on."""
    if name not in (data.name, data.formerly):
        raise RunError(f'the run was on {name}, but {data.source} are {data.name}: '
                       'name the folder with --data-dir')


def check_checkpoint(experiment, folder):
    """Raise RunError where the run in `folder`, if it has begun, cannot be continued: its
    checkpoint is damaged, or has had more epochs or steps than the configuration says."""
    config = experiment.config
    if 'versions' not in config:
        return
    experiment.run = RunFolder(folder, config)
    progress = load(experiment, read(experiment))
    if progress.epoch > config['epochs']:
        raise RunError(f'--epochs {config["epochs"]} is less than the {progress.epoch} epochs '
                       f'that the run in {folder} has had')
    if progress.step and progress.step >= steps_in_epoch(experiment):
        raise RunError(f'{folder}/checkpoint.npz is at step {progress.step} of an epoch of '
                       f'{steps_in_epoch(experiment)}: it is of more training images')


def fit(experiment, folder, animate=False, stop_request=StopRequest, progress_bar=Bar):
    """Train an experiment in `folder`, from where its run is, and draw. animate: walk.gif, too.

    Returns (history, None where the run is not complete; whether it was asked to stop). Raises
    RunError, NonFiniteLoss.
    """
    config, data = experiment.config, experiment.data
    experiment.run = of_the_first(lambda: _open(experiment, folder))
    progress = load(experiment, of_the_first(lambda: read(experiment)))
    experiment.run.clean()
    experiment.run.write_config()       # --epochs may have changed
    if progress.history:
        experiment.run.write_metrics(progress.history)      # a kill may have come before them
    print(f'{data.name}: {data.source}; the run is in {folder}')
    print(f'epochs: {config["epochs"]}, steps in each: {steps_in_epoch(experiment)}')
    if progress.epoch == config['epochs']:
        print('the run is complete: drawing its pictures again')
        if progress.measured_from:      # the codes that a picture shows may be drawn
            experiment.model.rng.bit_generator.state = progress.measured_from
        # Which draws some of them. A run of an earlier version may lack some of the metrics.
        progress.history[-1] = experiment.evaluate(progress.epoch) | progress.history[-1]
    elif (progress.epoch, progress.step) != (0, 0):
        print(f'continuing at epoch {progress.epoch + 1}, step {progress.step}')
    try:
        # Overflows show in the losses, which are checked at every step.
        with np.errstate(over='ignore', invalid='ignore'):
            stopped = train(experiment, progress, stop_request, progress_bar)
    except NonFiniteLoss as error:
        left = ('the last good checkpoint is kept' if experiment.run.has_checkpoint() else
                f'there was no checkpoint yet, so remove {folder} to start again')
        raise NonFiniteLoss(f'{error}: the run stopped; {left}. A lower learning rate may '
                            'help.') from error
    if progress.epoch < config['epochs']:
        return None, True
    experiment.draw(progress.history)
    print(f'{data.name}: {experiment.report(progress.history[-1])}; look at '
          f'{first_in(folder) or folder}')
    if animate:
        experiment.animate(experiment.figure('walk').with_suffix('.gif'),
                           experiment.sampling_rng())
    return progress.history, stopped


def versions():
    """What the last bits of a run depend on, JSON-able."""
    return {'python': platform.python_version(), 'numpy': np.__version__,
            'machine': platform.machine(), 'cores': available_cores(), 'processes': count(),
            'blas': blas()}


def _open(experiment, folder):
    """The RunFolder of an experiment; the configuration of a new one gets what it is on."""
    config = experiment.config
    if 'versions' in config:        # it is there
        here = versions()
        differing = [f'{name} {there}, here {here[name]}' for name, there
                     in config['versions'].items() if there != here.get(name, there)]
        if differing:
            print(f'it was begun with {"; ".join(differing)}: the last bits of its numbers may '
                  'differ from those of a run that was not stopped')
        return RunFolder(folder, config)
    config['versions'] = versions()
    return RunFolder.create(folder, config)
