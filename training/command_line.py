"""A trainer's command line: its flags, which depend on the experiment, and what was given."""
from training.catalogue import CHOICE
from training.configuration import contradiction, general_flags
from training.flags import OTHER_NAMES, Parser, file_name, flag_of, integer, one_of
from training.run_folder import RunError, stored_config


class CommandLine:
    """Of `program`, which trains the experiments of a Catalogue. description: the head of --help;
    data_help: what --data and --data-dir mean."""

    def __init__(self, program, description, catalogue, data_help):
        self.program, self.description = program, description
        self.catalogue, self.data_help = catalogue, data_help

    def parse(self, arguments):
        """(Experiment class, flags, what is given: name -> value of the experiment's model, mode
        and pixels, and of each flag that was there).

        Raises RunError, and SystemExit as argparse does.
        """
        first, _ = self.parser(add_help=False).parse_known_args(arguments)
        given = {flag: getattr(first, flag) for flag in CHOICE}
        if first.resume and first.out:
            given = self._of_the_run(first.out, given)
        experiment_class, chosen = self.catalogue.choose(given)
        parser = self.parser(experiment_class.TABLE, chosen)
        self._check_unknown(parser.parse_known_args(arguments)[1], chosen)
        flags = parser.parse_args(arguments)
        return experiment_class, flags, chosen | {
            name: value for name, value in vars(flags).items() if value is not None}

    def _of_the_run(self, out, given):
        """The model, mode and pixels of the run in `out`; `given` must not contradict them."""
        config = stored_config(out, dict.fromkeys(('dataset', *CHOICE), str))
        if config['dataset'] != self.catalogue.dataset:
            raise RunError(f'the run in {out} is of train_{config["dataset"]}.py')
        for flag, value in given.items():
            if value not in (None, config[flag]):
                raise contradiction(flag, value, out, config)
        return {flag: config[flag] for flag in CHOICE}

    def _check_unknown(self, arguments, chosen):
        """Raise RunError for a hyperparameter that other experiments have."""
        for argument in arguments:
            flag = argument.split('=')[0]
            name = flag.removeprefix('--').replace('-', '_')
            known = self.catalogue.modes_with(name, chosen['model'])
            if (flag.startswith('--') and self.catalogue.is_hyperparameter(name)
                    and chosen['mode'] not in known):
                raise RunError(f'{flag} is not a flag of --mode {chosen["mode"]} with --model '
                               f'{chosen["model"]}; '
                               + (f'it is one of --mode {" and ".join(known)}' if known else
                                  f'no mode of {self.program} has it: leave it out'))

    def parser(self, rows=None, chosen=None, **options):
        """The parser of an experiment's rows; without them, of the flags that choose one. chosen:
        its model, mode and pixels, for --help."""
        parser = Parser(OTHER_NAMES | self.catalogue.other_names, prog=self.program,
                        description=self.description, **options)
        run, names = parser.add_argument_group('run'), self.catalogue.names
        for flag, meaning in (
                ('model', f'the model: {", ".join(names("model"))}'),
                ('mode', f'the experiment, of each model: {self.catalogue.by_model("mode")}'),
                ('pixels', f'what a pixel is, by model: {self.catalogue.by_model("pixels")}')):
            run.add_argument(f'--{flag}', type=one_of(*names(flag)),
                             help=f'{meaning} [{(chosen or {}).get(flag, names(flag)[0])}]')
        run.add_argument('--out', type=file_name, help='folder of the run [runs/'
                         f'{self.catalogue.dataset}-(MODEL-)MODE-PRESET-...-seedSEED]')
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
        run.add_argument('--workers', type=integer(1, 10**4), help='of several runs: so many at '
                         'a time, each in a process of its own [1]')
        data = parser.add_argument_group('data')
        general = general_flags(self.catalogue.dataset, self.data_help)
        for name, (parse, _, meaning) in general.items():
            group = data if name in ('data', 'data_dir') else run
            group.add_argument(flag_of(name), type=parse, help=meaning)
        for title, names in self.catalogue.groups.items():
            group = parser.add_argument_group(f'{title} [value in each preset]')
            for row in rows:
                if row.name in names:
                    row.add_to(group)
