"""A run's configuration: all that shapes it, name -> value; config.json holds it."""
from training.flags import show
from training.run_folder import RunError, RunFolder


def new_config(dataset, experiment_class, chosen, flags):
    """That of a new run: defaults, the preset, then the flags. A flag of several values is a tuple,
    and its name is in config['several']."""
    config = {'dataset': dataset, **chosen, 'preset': 'quick', 'seed': 0, 'device': 'cpu',
              'capture': 'auto', 'data': 'auto', 'data_dir': None}
    config |= {name: getattr(flags, name)
               for name in ('preset', 'seed', 'device', 'capture', 'data', 'data_dir')
               if getattr(flags, name) is not None}
    for name, value in experiment_class.preset(config['preset']).items():
        given = getattr(flags, name)
        config[name] = value if given is None else given
    config['several'] = [name for name, value in config.items() if isinstance(value, tuple)]
    return config


def resumed_config(flags, out, names):
    """That of the run in `out`, which has at least `names`. Raises RunError where a flag
    contradicts it, but for RunFolder.FREE."""
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


def default_folder(config, catalogue):
    """Where a run goes without --out: its name says what differs from the preset."""
    experiment_class, chosen = catalogue.choose(config)
    _, usual = catalogue.choose({name: config[name] for name in ('model', 'mode')})
    usual |= {'model': 'pixelgan'}
    name = '-'.join([config['dataset'], *(value for flag, value in chosen.items()
                                          if flag == 'mode' or value != usual[flag]),
                     config['preset']])
    for row, value in experiment_class.preset(config['preset']).items():
        if config[row] != value and row not in RunFolder.FREE:
            name += f'-{row.replace("_", "-")}-{show(config[row])}'
    return f'runs/{name}-seed{show(config["seed"])}'
