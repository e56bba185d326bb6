"""Train on MNIST: flags and wiring. The model is in models/, the experiment in experiments/.

    python train_mnist.py --mode clustering
"""
import platform
import shlex
import signal
import sys

import numpy as np

from datasets import DataError, binarize, load_mnist
from experiments import clustering
from experiments.flags import Parser, integer, one_of
from experiments.run_folder import RunError, RunFolder
from experiments.training import NonFiniteLoss, Training
from nn.backend import DeviceError, check_device
from nn.parallel import available_cores

MODES = {'clustering': clustering}
PRESETS = ('quick', 'paper', 'smoke')


def parse(arguments):
    """The flags; None where one was not given, so that --resume can tell."""
    parser = Parser(prog='train_mnist.py', description=__doc__)
    run = parser.add_argument_group('run')
    run.add_argument('--mode', type=one_of(*MODES),
                     help=f'the experiment: {", ".join(MODES)} [clustering]')
    run.add_argument('--preset', type=one_of(*PRESETS),
                     help='quick: ten minutes on two cores; paper: the appendix to the letter; '
                          'smoke: seconds [quick]')
    run.add_argument('--seed', type=integer(0), help='of every random draw [0]')
    run.add_argument('--device', type=one_of('cpu', 'gpu'),
                     help='gpu needs requirements-gpu.txt [cpu]')
    run.add_argument('--out', help='folder of the run [runs/mnist-MODE-PRESET-seedSEED]')
    run.add_argument('--resume', action='store_true', help='continue the run in --out')
    data = parser.add_argument_group('data')
    data.add_argument('--data', type=one_of('auto', 'mnist', 'synthetic'),
                      help='auto: MNIST, fetched if missing, else synthetic digits; mnist: that or '
                           'an error; synthetic: digits drawn by the program [auto]')
    data.add_argument('--data-dir', help='folder of the four IDX files '
                                         '[$PIXELGAN_DATA_DIR, else ./data]')
    for title, rows in clustering.TABLE.items():
        group = parser.add_argument_group(f'{title} [value in each preset]')
        for row in rows:
            row.add_to(group)
    return parser.parse_args(arguments)


def new_config(flags):
    """The configuration of a new run: defaults, the preset, then the flags."""
    config = {'mode': 'clustering', 'preset': 'quick', 'seed': 0, 'device': 'cpu', 'data': 'auto',
              'data_dir': None}
    config |= {name: getattr(flags, name) for name in config if getattr(flags, name) is not None}
    for name, value in clustering.preset_config(config['preset']).items():
        given = getattr(flags, name)
        config[name] = value if given is None else given
    return config


def resumed(flags, out):
    """The run in `out`. Raises RunError where a flag contradicts it; --epochs may be changed."""
    run = RunFolder.resume(out, [*new_config(flags), 'data_name'])
    for name, value in vars(flags).items():
        if value is None or name not in run.config:
            continue
        if name in RunFolder.FREE:
            run.config[name] = value
        elif value != run.config[name]:
            raise RunError(f'--{name.replace("_", "-")} {value} contradicts the run in {out}, '
                           f'which has {run.config[name]}: leave it out, or start another run')
    return run


def train(flags):
    """Prepare everything that can fail before anything is written; then train and draw."""
    config = new_config(flags)
    out = flags.out or 'runs/mnist-{mode}-{preset}-seed{seed}'.format(**config)
    run = resumed(flags, out) if flags.resume else None
    config = run.config if run else config
    check_device(config['device'])
    if config['batch_size'] > config['train_images']:
        raise RunError(f'--batch-size {config["batch_size"]} is larger than the '
                       f'{config["train_images"]} training images')
    sizes = (config['train_images'], config['eval_images'], config['eval_images'])
    # A resumed run stays with its data: MNIST does not turn into synthetic digits or back.
    choice = config['data']
    if run:
        choice = 'synthetic' if config['data_name'] == 'synthetic digits' else 'mnist'
    data = load_mnist(config['data_dir'], choice, config['seed'], sizes=sizes)
    if run and data.name != config['data_name']:
        raise RunError(f'the run in {out} was on {config["data_name"]}, '
                       f'but {data.source} are {data.name}: name the folder with --data-dir')
    if run is None:
        if not flags.out and data.name == 'synthetic digits':
            out = out.replace('mnist', 'synthetic')     # MNIST's place stays free for MNIST
        config |= {'data_name': data.name, 'data_source': data.source,
                   'versions': {'python': platform.python_version(), 'numpy': np.__version__,
                                'machine': platform.machine(), 'cores': available_cores()}}
        run = RunFolder.create(out, config)
    model = clustering.build(config, data.train.images.shape[1:])
    experiment = clustering.Clustering(run, model, data)
    training = Training(run, model, data.train.images, binarize, experiment.evaluate,
                        clustering.rates(config), epochs=config['epochs'],
                        batch_size=config['batch_size'], seed=config['seed'],
                        device=config['device'], data_name=data.name)
    training.load()
    if config['epochs'] < training.epoch:
        raise RunError(f'--epochs {config["epochs"]} is less than the {training.epoch} epochs that '
                       f'the run in {out} has had')
    run.clean()
    run.write_config()      # --epochs may have changed
    print(f'{data.name}: {data.source}; the run is in {out}')
    if (training.epoch, training.step) != (0, 0):
        print('the run is complete: drawing its pictures again'
              if training.epoch == config['epochs'] else
              f'continuing at epoch {training.epoch + 1}, step {training.step}')
    if not training.fit():
        print(f'stopped; continue with: python train_mnist.py --out {shlex.quote(out)} --resume')
        return 130
    experiment.draw_curves(training.history)
    experiment.draw_samples()
    print(f'{data.name}: test error {training.history[-1]["error"]:.2f}% by the paper\'s rule; '
          f'pictures in {out}')
    return 0


def main(arguments=None):
    """0 when the run is complete, 130 when it was stopped, 2 on bad input, 1 on a broken run."""
    flags = parse(arguments)
    try:
        return train(flags)
    except (DataError, RunError, DeviceError) as error:
        print(f'train_mnist.py: error: {error}', file=sys.stderr)
        return 2
    except NonFiniteLoss as error:
        print(f'train_mnist.py: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:       # before or after the training loop, which has its own way
        return 130


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, signal.default_int_handler)      # SIGTERM is like Ctrl-C
    sys.exit(main())
