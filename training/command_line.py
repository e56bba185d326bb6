"""A trainer's command line: its flags, which depend on the experiment, and what was given."""
from training.configuration import contradiction
from training.flags import (
    LARGEST_SEED,
    OTHER_NAMES,
    Parser,
    file_name,
    integer,
    one_of,
    several,
)
from training.run_folder import RunError, RunFolder


class CommandLine:
    """Of `program`, on a data set. description: the head of --help; data_help: what --data and
    --data-dir mean."""

    def __init__(self, program, description, dataset, catalogue, data_help):
        self.program, self.description, self.dataset = program, description, dataset
        self.catalogue, self.data_help = catalogue, data_help

    def parse(self, arguments):
        """(Experiment class, its model, mode and pixels, the flags; None where one was not given).

        Raises RunError, and SystemExit as argparse does.
        """
        first, _ = self.parser(add_help=False).parse_known_args(arguments)
        given = {flag: getattr(first, flag) for flag in ('model', 'mode', 'pixels')}
        if first.resume and first.out:
            given = self._of_the_run(first.out, given)
        experiment_class, chosen = self.catalogue.choose(given)
        self._check_names(arguments, experiment_class, chosen)
        return experiment_class, chosen, self.parser(
            experiment_class.TABLE, chosen).parse_args(arguments)

    def _of_the_run(self, out, given):
        """The model, mode and pixels of the run in `out`; `given` must not contradict them."""
        config = RunFolder.resume(out, ('dataset', *given)).config
        if config['dataset'] != self.dataset:
            raise RunError(f'the run in {out} is of train_{config["dataset"]}.py')
        for flag, value in given.items():
            if value not in (None, config[flag]):
                raise contradiction(flag, value, out, config)
        return {flag: config[flag] for flag in given}

    def _check_names(self, arguments, experiment_class, chosen):
        """Raise RunError for a hyperparameter that the experiment has not."""
        rows = {row.name for row in experiment_class.TABLE}
        for argument in arguments:
            flag = argument.split('=')[0]
            name = flag.removeprefix('--').replace('-', '_')
            if flag.startswith('--') and name not in rows and (
                    self.catalogue.is_hyperparameter(name)):
                known = self.catalogue.modes_with(name, chosen['model'])
                raise RunError(f'{flag} is not a flag of --mode {chosen["mode"]} with --model '
                               f'{chosen["model"]}; '
                               + (f'it is one of --mode {" and ".join(known)}' if known else
                                  f'no mode of {self.program} has it: leave it out'))

    def parser(self, rows=None, chosen=None, **options):
        """The parser of an experiment's rows; without them, of the flags that choose one. chosen:
        its model, mode and pixels, for --help."""
        parser = Parser(OTHER_NAMES | self.catalogue.other_names, prog=self.program,
                        description=self.description, **options)
        run, known = parser.add_argument_group('run'), self.catalogue.names()
        for flag, meaning in (
                ('model', f'the model: {", ".join(known["model"])}'),
                ('mode', f'the experiment, of each model: {self.catalogue.by_model("mode")}'),
                ('pixels', f'what a pixel is, by model: {self.catalogue.by_model("pixels")}')):
            run.add_argument(f'--{flag}', type=one_of(*known[flag]),
                             help=f'{meaning} [{(chosen or {}).get(flag, known[flag][0])}]')
        run.add_argument('--out', type=file_name, help='folder of the run [runs/'
                         f'{self.dataset}-(MODEL-)MODE-PRESET-...-seedSEED]')
        which = run.add_mutually_exclusive_group()
        which.add_argument('--resume', action='store_true', help='continue the run in --out')
        which.add_argument('--overwrite', action='store_true', help='where --out holds a run: move '
                           'it to FOLDER.old-1, or the next free number, and start another')
        if rows is not None:
            self._add_settings(parser, run, rows)
        return parser

    def _add_settings(self, parser, run, rows):
        run.add_argument('--animate', action='store_true', help='at the end also walk.gif, a walk '
                         'through the code space, where there is one')
        run.add_argument('--preset', type=one_of('quick', 'paper', 'smoke'),
                         help='quick: minutes on two cores; paper: the appendix where it says; '
                              'smoke: seconds [quick]')
        run.add_argument('--seed', type=several(integer(0, LARGEST_SEED)),
                         help='of every random draw [0]')
        run.add_argument('--workers', type=integer(1, 10**4), help='of several runs: so many at '
                         'a time, each in a process of its own [1]')
        run.add_argument('--device', type=one_of('cpu', 'gpu'),
                         help='gpu needs requirements-gpu.txt [cpu]')
        run.add_argument('--capture', type=one_of('auto', 'off'),
                         help='with --device gpu: off launches each kernel of a step by itself, '
                              'in the place of a recording of all [auto]')
        data = parser.add_argument_group('data')
        data.add_argument('--data', type=one_of('auto', self.dataset, 'synthetic'),
                          help=self.data_help[0])
        data.add_argument('--data-dir', type=file_name, help=self.data_help[1])
        for title, names in self.catalogue.groups.items():
            group = parser.add_argument_group(f'{title} [value in each preset]')
            for row in rows:
                if row.name in names:
                    row.add_to(group)
