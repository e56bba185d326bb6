"""What the trainers share: flags to configurations, one run or several, resuming, messages.

A flag with several values, with commas between, makes a run for each combination, in folders
inside the run's folder, and then a picture and a table that compare them.
"""
import itertools
import json
import platform
import shlex
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

import console
from console import INTERRUPTED
from datasets import DataError
from experiments.common.experiment import check_data
from experiments.common.hyperparameters import GROUP_OF, GROUPS, OTHER_NAMES, check_effect, show
from experiments.registry import by_model, choose, modes_with, names
from nn.backend import DeviceError, check_device
from nn.fast.parallel import available_cores, set_up_process
from training.checkpoint import load
from training.flags import LARGEST_SEED, Parser, file_name, integer, one_line, one_of, several
from training.loop import steps_in_epoch, train
from training.pictures import tolerated
from training.progress import NonFiniteLoss
from training.run_folder import RunError, RunFolder, made, write_atomically
from training.run_lock import alone_in, set_aside


class Trainer:
    """A trainer of one data set.

    dataset: its name, in experiments.registry and in folders; data_help: what --data and --data-dir
    mean; load(config, sizes) -> Dataset.
    """

    def __init__(self, program, description, dataset, data_help, load):
        self.program, self.description, self.dataset = program, description, dataset
        self.command = f'python {program}'
        self.data_help, self.load = data_help, load

    def __call__(self, arguments=None):
        """0 when the run is complete, 130 when stopped, 2 on bad input, 1 on a broken run and on a
        complete one without all of its pictures."""
        return console.run(self.attempt, sys.argv[1:] if arguments is None else arguments)

    def attempt(self, arguments):
        """The exit code of `main`, and one line on stderr for what the user can mend."""
        try:
            with ExitStack() as held:
                return self.main(arguments, held)
        except (DataError, RunError, DeviceError) as error:
            print(one_line(f'{self.program}: error: {error}'), file=sys.stderr)
            return 2
        except MemoryError as error:
            print(f'{self.program}: error: not enough memory for these sizes: {error}',
                  file=sys.stderr)
            return 2
        except NonFiniteLoss as error:
            print(f'{self.program}: {error}', file=sys.stderr)
            return 1

    # Flags

    def parser(self, rows=None, chosen=None, **options):
        """The parser of a mode; without its rows, of the flags that choose the mode. chosen: its
        model, mode and pixels, for --help."""
        parser = Parser(OTHER_NAMES, prog=self.program, description=self.description,
                        **options)
        run, known = parser.add_argument_group('run'), names(self.dataset)
        for flag, meaning in (
                ('model', f'the model: {", ".join(known["model"])} (mlp and cnn: supervised '
                          'baselines)'),
                ('mode', f'the experiment, of each model: {by_model(self.dataset, "mode")}'),
                ('pixels', f'what a pixel is, by model: {by_model(self.dataset, "pixels")}')):
            run.add_argument(f'--{flag}', type=one_of(*known[flag]),
                             help=f'{meaning} [{(chosen or {}).get(flag, known[flag][0])}]')
        run.add_argument('--out', type=file_name, help='folder of the run [runs/'
                         f'{self.dataset}-(MODEL-)MODE-PRESET-...-seedSEED]')
        which = run.add_mutually_exclusive_group()
        which.add_argument('--resume', action='store_true', help='continue the run in --out')
        which.add_argument('--overwrite', action='store_true', help='where --out holds a run: move '
                           'it to FOLDER.old-1, or the next free number, and start another')
        if rows is None:
            return parser
        run.add_argument('--animate', action='store_true', help='at the end also walk.gif, a walk '
                         'through the code space (--model aae and vae)')
        run.add_argument('--preset', type=one_of('quick', 'paper', 'smoke'),
                         help='quick: minutes on two cores; paper: the appendix where it says; '
                              'smoke: seconds [quick]')
        run.add_argument('--seed', type=several(integer(0, LARGEST_SEED)),
                         help='of every random draw [0]')
        run.add_argument('--device', type=one_of('cpu', 'gpu'),
                         help='gpu needs requirements-gpu.txt [cpu]')
        data = parser.add_argument_group('data')
        data.add_argument('--data', type=one_of('auto', self.dataset, 'synthetic'),
                          help=self.data_help[0])
        data.add_argument('--data-dir', type=file_name, help=self.data_help[1])
        for title in GROUPS:
            group = parser.add_argument_group(f'{title} [value in each preset]')
            for row in rows:
                if GROUP_OF[row.name] == title:
                    row.add_to(group)
        return parser

    def parse(self, arguments):
        """(Experiment class, its names, the flags; None where one was not given)."""
        first, _ = self.parser(add_help=False).parse_known_args(arguments)
        given = {flag: getattr(first, flag) for flag in ('model', 'mode', 'pixels')}
        if first.resume and first.out:      # the run knows what it is
            config = RunFolder.resume(first.out, ('dataset', *given)).config
            if config['dataset'] != self.dataset:
                raise RunError(f'the run in {first.out} is of train_{config["dataset"]}.py')
            for flag, value in given.items():
                if value not in (None, config[flag]):
                    raise contradiction(flag, value, first.out, config)
            given = {flag: config[flag] for flag in given}
        experiment_class, chosen = choose(self.dataset, given)
        rows = experiment_class.TABLE
        for argument in arguments:
            name = argument.split('=')[0].removeprefix('--').replace('-', '_')
            if argument.startswith('--') and name in GROUP_OF and name not in {
                    row.name for row in rows}:
                known = modes_with(self.dataset, name, chosen['model'])
                model = f' with --model {chosen["model"]}'
                raise RunError(f'{argument.split("=")[0]} is not a flag of --mode '
                               f'{chosen["mode"]}{model}; '
                               + (f'it is one of --mode {" and ".join(known)}' if known else
                                  f'no mode of {self.program} has it: leave it out'))
        return experiment_class, chosen, self.parser(rows, chosen).parse_args(arguments)

    # Runs

    def main(self, arguments, held):
        """held: an ExitStack that holds the run's folder until the end."""
        experiment_class, chosen, flags = self.parse(arguments)
        config = new_config(self.dataset, experiment_class, chosen, flags)
        if not flags.resume:        # then the run says what is set, not the preset
            check_effect(config, [name for name, value in vars(flags).items() if value is not None])
        out = flags.out or default_folder(config, experiment_class)
        if flags.resume:
            held.enter_context(alone_in(out))
            config = resumed(flags, out, list(config))
        # Everything that can fail comes before anything is written.
        experiments = [self.prepare(experiment_class, single)
                       for single in single_configs(config, out, flags.resume)]
        for experiment in experiments:
            check_epochs(experiment.config,
                         folder_of(out, experiment.config, config['several']))
        if flags.animate:
            experiments[0].walk(1, np.random.default_rng(0))
        synthetic = experiments[0].data.name.startswith('synthetic')
        if not flags.resume:
            if synthetic and not flags.out:
                # The place of real data stays free.
                out = out.replace(f'runs/{self.dataset}', f'runs/synthetic-{self.dataset}')
            if flags.overwrite and (aside := set_aside(out)):
                print(f'the run in {out} is now in {aside}')
            held.enter_context(made(out))
            held.enter_context(alone_in(out))
            if config['several']:
                # Parts that start later are on the same data.
                data = experiments[0].data
                config |= {'data_name': data.name, 'drawn': data.drawn}
                RunFolder.create(out, config, self.command)
        elif config['several']:
            RunFolder(out, config).clean()
            RunFolder(out, config).write_config()
        again = (f'python {self.program} --out {shlex.quote(str(out))} --resume'
                 + ' --animate' * bool(flags.animate))
        try:
            with tolerated() as missing:
                code = self.run_all(experiments, out, config, flags.animate)
        except KeyboardInterrupt:       # outside the training loop, which has its own way
            code = INTERRUPTED
        if code == INTERRUPTED:
            if (Path(out) / 'config.json').exists():
                # Ctrl-C ends `tee`, too: what stdout goes to may be gone.
                print(f'stopped; continue with: {again}', file=sys.stderr)
        elif missing:
            print(f'{self.program}: not all pictures could be drawn; try again with: {again}',
                  file=sys.stderr)
            return 1
        return code

    def run_all(self, experiments, out, config, animate):
        """Train, draw and compare; 0, or INTERRUPTED."""
        done = []
        for experiment in experiments:
            name = label(experiment.config, config['several'])
            if name:
                print(f'--- {name}')
            folder = folder_of(out, experiment.config, config['several'])
            history, stopped = self.fit(experiment, folder)
            if animate and history is not None:
                experiment.animate(experiment.figure('walk').with_suffix('.gif'),
                                   experiment.sampling_rng())
            if stopped and (history is None or experiment is not experiments[-1]):
                return INTERRUPTED
            done.append((name, experiment, history))
        if config['several']:
            summarise(Path(out), config, done)
            experiments[0].compare(Path(out), done)
        return 0

    def prepare(self, experiment_class, config):
        """The Experiment of a configuration, with its data."""
        check_device(config['device'])
        set_up_process()
        data = experiment_class.select(config, lambda sizes: self.load(config, sizes))
        if config['batch_size'] > len(data.train.images):
            raise RunError(f'--batch-size {config["batch_size"]} is larger than the '
                           f'{len(data.train.images)} training images')
        check_data(config.get('data_name', data.name), data)
        experiment = experiment_class(config, data.train.images.shape[1:])
        experiment.use(data)
        return experiment

    def fit(self, experiment, folder):
        """Train in `folder`, from where its run is, and draw.

        Returns (history, None where the run is not complete; whether it was asked to stop).
        """
        config, data = experiment.config, experiment.data
        if 'versions' in config:        # it is there
            run = RunFolder(folder, config)
        else:
            config |= {'data_name': data.name, 'data_source': data.source, 'drawn': data.drawn,
                       'image_shape': list(experiment.image_shape),
                       'versions': {'python': platform.python_version(), 'numpy': np.__version__,
                                    'machine': platform.machine(), 'cores': available_cores()}}
            run = RunFolder.create(folder, config, self.command)
        experiment.run = run
        progress = load(experiment)
        run.clean()
        run.write_config()      # --epochs may have changed
        if progress.history:
            run.write_metrics(progress.history)     # a kill may have come before the last line
        print(f'{data.name}: {data.source}; the run is in {folder}')
        print(f'epochs: {config["epochs"]}, steps in each: {steps_in_epoch(experiment)}')
        if progress.epoch == config['epochs']:
            print('the run is complete: drawing its pictures again')
            experiment.evaluate(progress.epoch)     # which draws some of them
        elif (progress.epoch, progress.step) != (0, 0):
            print(f'continuing at epoch {progress.epoch + 1}, step {progress.step}')
        try:
            # Overflows show in the losses, which are checked at every step.
            with np.errstate(over='ignore', invalid='ignore'):
                stopped = train(experiment, progress)
        except NonFiniteLoss as error:
            left = ('the last good checkpoint is kept' if run.has_checkpoint() else
                    f'there was no checkpoint yet, so remove {folder} to start again')
            raise NonFiniteLoss(f'{error}: the run stopped; {left}. A lower learning rate may '
                                'help.') from error
        if progress.epoch < config['epochs']:
            return None, True
        experiment.draw(progress.history)
        print(f'{data.name}: {experiment.report(progress.history[-1])}; pictures in {folder}')
        return progress.history, stopped


def check_epochs(config, folder):
    """Raise RunError where the run in `folder`, if it has begun, cannot be continued: its
    checkpoint is damaged, or has had more epochs than the configuration says."""
    saved = RunFolder(folder, config).load_checkpoint() if 'versions' in config else None
    if saved and saved[1]['epoch'] > config['epochs']:
        raise RunError(f'--epochs {config["epochs"]} is less than the {saved[1]["epoch"]} epochs '
                       f'that the run in {folder} has had')


def data_choice(config, dataset):
    """'auto', 'synthetic' or the data set's name. A resumed run stays with its data: images of
    files do not turn into drawn ones or back."""
    if 'drawn' not in config:
        return config['data']
    return 'synthetic' if config['drawn'] else dataset


def new_config(dataset, experiment_class, chosen, flags):
    """The configuration of a new run: defaults, the preset, then the flags."""
    config = {'dataset': dataset, **chosen, 'preset': 'quick', 'seed': 0, 'device': 'cpu',
              'data': 'auto', 'data_dir': None}
    config |= {name: getattr(flags, name)
               for name in ('preset', 'seed', 'device', 'data', 'data_dir')
               if getattr(flags, name) is not None}
    for name, value in experiment_class.preset(config['preset']).items():
        given = getattr(flags, name)
        config[name] = value if given is None else given
    config['several'] = [name for name, value in config.items() if isinstance(value, tuple)]
    return config


def default_folder(config, experiment_class):
    """Where a run goes without --out: its name says what differs from the preset."""
    parts = [config[name] for name in ('dataset', 'model', 'mode', 'pixels', 'preset')]
    _, usual = choose(config['dataset'], {name: config[name] for name in ('model', 'mode')})
    usual = ('', 'pixelgan', '', usual['pixels'])
    name = '-'.join(part for i, part in enumerate(parts)
                    if i not in (1, 3) or part != usual[i])
    for row, value in experiment_class.preset(config['preset']).items():
        if config[row] != value and row not in RunFolder.FREE:
            name += f'-{row.replace("_", "-")}-{show(config[row])}'
    return f'runs/{name}-seed{show(config["seed"])}'


def resumed(flags, out, names):
    """The configuration of the run in `out`. Raises RunError where a flag contradicts it, but for
    RunFolder.FREE."""
    config = RunFolder.resume(out, names).config
    for name, value in vars(flags).items():
        if value is None or name not in config:
            continue
        here = list(value) if isinstance(value, tuple) else value
        if name in RunFolder.FREE:
            config[name] = here
        elif here != config[name]:
            raise contradiction(name, value, out, config)
    return config


def contradiction(name, value, out, config):
    there = config[name]
    there = tuple(there) if isinstance(there, list) and name in config['several'] else there
    return RunError(f'--{name.replace("_", "-")} {show(value)} contradicts the run in {out}, which '
                    f'has {show(there)}: leave it out, or start another run')


def single_configs(config, out, resume):
    """The configurations of a run's parts: one for each combination of what has several values."""
    names = config['several']
    for values in itertools.product(*(config[name] for name in names)):
        single = config | dict(zip(names, values)) | {'several': []}
        folder = folder_of(out, single, names)
        if names and resume and (folder / 'config.json').exists():
            free = {name: config[name] for name in RunFolder.FREE if name in config}
            single = RunFolder.resume(folder, list(single)).config | free
        yield single


def label(config, names):
    """'labels 100, seed 1' for the names of what has several values."""
    return ', '.join(f'{name.replace("_", " ")} {show(config[name])}' for name in names)


def folder_of(out, config, names):
    return Path(out, label(config, names).replace(', ', '_').replace(' ', '-'))


def summarise(path, config, done):
    """Write to summary.json, and print, the last epoch's metrics of several runs: mean and standard
    deviation over the seeds."""
    settings, rows = [name for name in config['several'] if name != 'seed'], {}
    for _, experiment, history in done:
        rows.setdefault(label(experiment.config, settings), []).append(history[-1])
    summary, lines = [], []
    for name, last in rows.items():
        row = {'setting': name, 'seeds': len(last), 'epochs': last[0]['epoch']}
        for metric in done[0][1].SUMMARY:
            values = [metrics[metric] for metrics in last]
            row[metric] = statistics.mean(values)
            if len(values) > 1:
                row[f'{metric}_deviation'] = statistics.stdev(values)
        summary.append(row)
        lines.append('  '.join([name or 'all seeds'] + [
            f'{metric} {row[metric]:.4g}'
            + (f' ± {row[metric + "_deviation"]:.2g}' if len(last) > 1 else '')
            for metric in done[0][1].SUMMARY]))
    write_atomically(path / 'summary.json',
                     lambda file: file.write((json.dumps(summary, indent=2) + '\n').encode()))
    print('\n'.join(lines))
    print(f'comparison in {path}: summary.json and pictures')
