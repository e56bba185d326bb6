"""What train_*.py call: from the command line to an exit code."""
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from console import INTERRUPTED
from nn.backend import gpu_is_there
from training import processes
from training.command import run_command
from training.command_line import CommandLine
from training.configuration import default_folder, new_config, resumed_config
from training.files import made
from training.pictures import tolerated
from training.progress import NonFiniteLoss
from training.run import check_checkpoint, make_experiment
from training.run_folder import RunFolder, check_free, forget, resume_command
from training.run_lock import alone_in, set_aside
from training.several import fit_all, folder_of, single_configs
from training.workers import check_workers


class Trainer:
    """The trainer of a Catalogue's data set, train_DATASET.py.

    description: the head of --help; data_help: what --data and --data-dir mean; load(config, sizes)
    -> Dataset.
    """

    def __init__(self, description, catalogue, data_help, load):
        self.dataset, self.catalogue, self.load = catalogue.dataset, catalogue, load
        self.program = f'train_{self.dataset}.py'
        self.command_line = CommandLine(self.program, description, catalogue, data_help)

    def __call__(self, arguments=None):
        """0 when the run is complete, 130 when stopped, 2 on bad input, 1 on a broken run and on a
        complete one without all of its pictures."""
        return processes.run(self.program, lambda: run_command(self.program, self.main, arguments))

    def main(self, arguments):
        with ExitStack() as held:
            return self.train(*self.prepare(arguments, held))

    def prepare(self, arguments, held):
        """(experiments with their data, folder, configuration, flags) of a command, on every
        process. held: an ExitStack that holds the folder until the end."""
        experiments = []

        def on_the_first():
            experiments[:], *others = self.prepare_alone(arguments, held)
            return [experiment.config for experiment in experiments], *others

        configs, *others = processes.of_the_first(on_the_first)
        return experiments or [self.make_experiment(config) for config in configs], *others

    def make_experiment(self, config):
        """The Experiment of a configuration, with its data; writes nothing."""
        return make_experiment(self.catalogue.choose(config)[0], config, self.load)

    def prepare_alone(self, arguments, held):
        """The same on the one process that writes."""
        experiment_class, flags, given = self.command_line.parse(arguments)
        config = new_config(self.dataset, experiment_class, given)
        out = flags.out or default_folder(config, self.catalogue)
        if flags.resume:
            held.enter_context(alone_in(out))
            config = resumed_config(given, out, self.catalogue)
        else:
            self.catalogue.check_effect(config, given)
            if not flags.overwrite and os.path.isdir(out):      # before data are fetched for it
                with alone_in(out):
                    check_free(out, self.dataset)
        check_workers(flags.workers, config)
        # Everything that can fail comes before anything is written.
        experiments = [self.make_experiment(single) for single in single_configs(
            config, out, self.catalogue if flags.resume else None)]
        for experiment in experiments:
            check_checkpoint(experiment, folder_of(out, experiment.config, config['several']))
        if flags.animate:
            experiments[0].walk(1, np.random.default_rng(0))
        if not flags.resume:
            out = self.make_folder(out, config, flags, experiments[0].data, held)
        elif config['several']:
            RunFolder(out, config).clean()
            RunFolder(out, config).write_config()
        return experiments, out, config, flags

    def make_folder(self, out, config, flags, data, held):
        """Make and hold the folder of a new run; returns its name."""
        if data.name.startswith('synthetic') and not flags.out:
            # The place of real data stays free.
            out = out.replace(f'runs/{self.dataset}', f'runs/synthetic-{self.dataset}')
        if flags.overwrite and (aside := set_aside(out)):
            print(f'the run in {out} is now in {aside}')
        held.enter_context(made(out))
        held.enter_context(alone_in(out))
        if config['several']:
            # Parts that start later are on the same data.
            config |= {'data_name': data.name, 'drawn': data.drawn}
            RunFolder.create(out, config)
        return out

    def train(self, experiments, out, config, flags):
        """Train and draw; the exit code, and how to go on where something is left to do."""
        if config['device'] == 'cpu' and gpu_is_there():
            print('a GPU is here: --device gpu trains on it')
        try:
            with tolerated() as pictures:
                complete = fit_all(experiments, out, config, flags.animate, flags.workers)
        except KeyboardInterrupt:       # outside the training loop, which has its own way
            complete = False
        except NonFiniteLoss as error:
            print(f'{self.program}: {error}', file=sys.stderr)
            return 1
        except MemoryError as error:
            if not flags.resume and forget(out):
                raise           # nothing is written
            print(f'{self.program}: not enough memory ({error}): the run stopped; what is in {out} '
                  'is kept', file=sys.stderr)
            return 1
        again = (f'mpirun -n {processes.count()} ' * (processes.count() > 1)
                 + resume_command(out, self.dataset) + ' --animate' * bool(flags.animate)
                 + f' --workers {flags.workers}' * bool(flags.workers))
        if not complete:
            if (Path(out) / 'config.json').exists():
                # Ctrl-C ends `tee`, too: what stdout goes to may be gone.
                print(f'stopped; continue with: {again}', file=sys.stderr)
            return INTERRUPTED
        if not all(pictures.values()):
            print(f'{self.program}: not all pictures could be drawn; try again with: {again}',
                  file=sys.stderr)
            return 1
        return 0
