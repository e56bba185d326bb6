"""A model from a run's folder, and where a command that uses one writes."""
import itertools
import os
from pathlib import Path

from experiments.common.experiment import file_prefix
from experiments.registry import MODES, catalogue
from nn.backend import check_device
from nn.fast.memory import limit_memory
from nn.fast.parallel import set_up_process
from training.catalogue import CHOICE
from training.checkpoint import load_state, network_state, read
from training.configuration import read_config
from training.flags import file_name
from training.progress import Progress
from training.run_folder import RunError, RunFolder, stored_config

NAMED = 4       # folders that a message names


def open_run(path, device='cpu'):
    """The Experiment of the run in the folder `path`, with its checkpoint's parameters.

    It has a RunFolder, `run`, and `trained`, (epochs, steps of the next one), but no data. Raises
    RunError where there is no such run or no checkpoint, DeviceError.
    """
    path = Path(path)
    try:
        (path / 'config.json').stat()       # exists() says no to a name that is too long, or raises
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(f'no run in {path} (no config.json)' + _inside(path)) from None
    config = stored_config(path, {'several': list, **dict.fromkeys(('dataset', *CHOICE), str)})
    if config['several']:
        raise RunError(f'{path} holds several runs, each in a folder of its own' + _inside(path))
    if config['dataset'] not in MODES:
        raise RunError(f'{path}/config.json: unknown data set {config["dataset"]!r}')
    experiments = catalogue(config['dataset'])
    experiment_class, _ = experiments.choose(config)
    run = RunFolder(path, read_config(path, experiments, needed=('image_shape', 'data_name')))
    check_device(device)
    set_up_process()
    if device == 'cpu':
        limit_memory()
    experiment = experiment_class(run.config | {'device': device}, run.config['image_shape'])
    experiment.run, experiment.prefix = run, file_prefix(run.config['data_name'])
    loaded = read(experiment)
    if loaded is None:
        raise RunError(f'{path} has no checkpoint yet: the first one comes with the end of an '
                       'epoch, with Ctrl-C, or after five minutes')
    arrays, saved = loaded
    load_state(network_state(experiment.model),
               {name: array for name, array in arrays.items()
                if not name.startswith('optimizer/')}, path)
    with run.reading():
        progress = Progress(saved=saved)
    experiment.trained = progress.epoch, progress.step
    return experiment


def _inside(path):
    """What to name in place of a folder that is not a run: the runs in it."""
    names = sorted(str(config.parent) for config in path.glob('*/config.json'))
    more = ', ...' if len(names) > NAMED else ''
    return f': name one of them: {", ".join(names[:NAMED])}{more}' if names else ''


def add_out(parser, what, default):
    """The flag --out of a command, as `output_path` takes it."""
    stem, suffix = os.path.splitext(default)
    parser.add_argument('--out', type=file_name, help=(
        f'{what}; a file that is there is never replaced: give a new name, or none for the first '
        f'free one [{default}, {stem}-2{suffix}, ...]'))


def output_path(given, default, suffixes):
    """Where a command writes: never over a file that is there. `given`, the user's name, or the
    first that is free of default, default-2, default-3, ...

    Raises RunError, before the work is done, where it cannot be written.
    """
    path = Path(given or default)
    if path.suffix not in suffixes:
        raise RunError(f'--out {path}: the name must end in {" or ".join(suffixes)}')
    if not path.parent.is_dir():
        raise RunError(f'--out {path}: there is no folder {path.parent}')
    if not os.access(path.parent, os.W_OK):
        raise RunError(f'{path} cannot be written (Permission denied): name another with --out')
    if given and os.path.lexists(path):
        raise RunError(f'--out {path} is there already: remove it, or choose another name')
    numbers = itertools.count(2)
    while os.path.lexists(path):
        path = default.with_stem(f'{default.stem}-{next(numbers)}')
    return path


def after(experiment):
    """'after 2 epochs and 17 steps': of the model."""
    epochs, steps = experiment.trained
    return (f'after {epochs} epoch{"s" * (epochs != 1)}'
            + f' and {steps} step{"s" * (steps != 1)}' * (steps > 0))
