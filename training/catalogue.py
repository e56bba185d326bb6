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
        self.dataset, self.groups, self.other_names = dataset, groups, other_names
        self.experiments = {(model, mode, pixels): experiment_class
                            for model, modes in experiments.items()
                            for mode, variants in modes.items()
                            for pixels, experiment_class in variants.items()}
        self.needs = (*needs, (('capture',), 'device', ('gpu',)),
                      (('data_dir',), 'data', ('auto', dataset)))

    def names(self, flag, **chosen):
        """The values of a flag of CHOICE that experiments have: all, or those with the `chosen`
        values of others."""
        found = [dict(zip(CHOICE, names)) for names in self.experiments]
        return list(dict.fromkeys(each[flag] for each in found if chosen.items() <= each.items()))

    def by_model(self, flag):
        """'pixelgan: clustering, simplex; vae: prior': the modes, or pixels, of each model."""
        return '; '.join(f'{model}: {", ".join(self.names(flag, model=model))}'
                         for model in self.names('model'))

    def choose(self, given):
        """(Experiment class, {'model', 'mode', 'pixels'}) for what is `given`, a dict with None
        where a flag was not. Raises RunError for a combination that there is not."""
        chosen = {}
        if given.get('model') is None and given.get('mode') is not None:
            given = given | {'model': self.names('model', mode=given['mode'])[0]}
        for flag in CHOICE:
            names = self.names(flag, **chosen)
            name = given.get(flag) or names[0]
            if name not in names:
                context = ' '.join(f'--{other} {value}' for other, value in chosen.items())
                raise RunError(f'--{flag} {name} is not there with {context}; '
                               f'choose from {", ".join(names)}')
            chosen[flag] = name
        return self.experiments[tuple(chosen.values())], chosen

    def is_hyperparameter(self, name):
        """Whether some experiment, of any data set, has it."""
        return any(name in names for names in self.groups.values())

    def modes_with(self, name, model):
        """The modes of a model whose table has a hyperparameter; where it has none, those of the
        other models, as 'clustering (--model aae)'."""
        found = dict.fromkeys(names[:2] for names, experiment_class in self.experiments.items()
                              if name in [row.name for row in experiment_class.TABLE])
        return [mode for other, mode in found if other == model] or [
            f'{mode} (--model {other})' for other, mode in found]

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
