"""What a trainer offers: the experiments of its data set, and the flags of hyperparameters."""
from training.flags import flag_of, show
from training.run_folder import RunError

CHOICE = ('model', 'mode', 'pixels')        # the flags that choose an experiment


class Catalogue:
    """The experiments of a data set.

    experiments: model -> mode -> pixels -> Experiment class; the first of each is the default. Its
    TABLE has a row for each hyperparameter: name, type, add_to(group), free: whether it may differ
    on --resume, earlier: what runs had before there was a flag for it, None where there always was.
    groups: title in --help -> the hyperparameters of all experiments that there are. needs: (flags,
    another flag, its values): with any other value of that one, these change nothing. other_names:
    as flags.OTHER_NAMES.
    """

    def __init__(self, dataset, experiments, groups, needs, other_names):
        self.dataset, self.experiments, self.groups = dataset, experiments, groups
        self.needs = (*needs, (('capture',), 'device', ('gpu',)),
                      (('data_dir',), 'data', ('auto', dataset)))
        self.other_names = other_names

    def names(self):
        """flag -> every value that some experiment has."""
        modes = [mode for model in self.experiments.values() for mode in model.items()]
        return {'model': list(self.experiments),
                'mode': list(dict.fromkeys(name for name, _ in modes)),
                'pixels': list(dict.fromkeys(name for _, mode in modes for name in mode))}

    def by_model(self, flag):
        """'pixelgan: clustering, simplex; vae: prior': the modes, or pixels, of each model."""
        def values(modes):
            return modes if flag == 'mode' else dict.fromkeys(
                name for variants in modes.values() for name in variants)
        return '; '.join(f'{model}: {", ".join(values(modes))}'
                         for model, modes in self.experiments.items())

    def choose(self, given):
        """(Experiment class, {'model', 'mode', 'pixels'}) for what is `given`, a dict with None
        where a flag was not. Raises RunError for a combination that there is not."""
        table, chosen = self.experiments, {}
        if given.get('model') is None and given.get('mode') is not None:
            given = given | {'model': next(name for name, modes in table.items()
                                           if given['mode'] in modes)}
        for flag in CHOICE:
            name = given.get(flag) or next(iter(table))
            if name not in table:
                context = ' '.join(f'--{other} {value}' for other, value in chosen.items())
                raise RunError(f'--{flag} {name} is not there with {context}; '
                               f'choose from {", ".join(table)}')
            chosen[flag], table = name, table[name]
        return table, chosen

    def is_hyperparameter(self, name):
        """Whether some experiment, of any data set, has it."""
        return any(name in names for names in self.groups.values())

    def modes_with(self, row, model):
        """The modes of a model whose table has a hyperparameter; where it has none, those of the
        other models, as 'clustering (--model aae)'."""
        found = {name: [mode for mode, variants in modes.items() if any(
                        row == each.name for each in next(iter(variants.values())).TABLE)]
                 for name, modes in self.experiments.items()}
        return found[model] or [f'{mode} (--model {name})' for name, modes in found.items()
                                for mode in modes]

    def check_effect(self, config, given):
        """Raise RunError for a flag, of those `given`, that changes nothing in any of the runs of a
        configuration: a run that is not what its command says."""
        for names, other, values in self.needs:
            here = config.get(other)
            if here is None or set(values) & set(here if isinstance(here, tuple) else (here,)):
                continue
            for name in names:
                if name in given:
                    raise RunError(f'{flag_of(name)} changes nothing with {flag_of(other)} '
                                   f'{show(here)}: leave it out, or choose '
                                   f'{" or ".join(map(show, values))}')
