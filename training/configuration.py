"""A run's configuration: all that shapes it, name -> value; config.json holds it."""
from training.catalogue import CHOICE
from training.flags import (
    LARGEST_SEED,
    file_name,
    flag_of,
    image_shape,
    integer,
    one_of,
    several,
    short,
    show,
)
from training.run_folder import RunError, stored_config

PRESETS = ('paper', 'quick', 'smoke')       # in the order of a table's columns
# What no flag sets, name -> type: the start of a run adds it.
RECORDED = {'data_name': str, 'data_source': str, 'drawn': bool, 'image_shape': image_shape,
            'versions': dict}


def general_flags(dataset, data_help=(None, None)):
    """name -> (type, default, help) of the flags that every run on a data set has."""
    return {
        'preset': (one_of(*PRESETS), 'quick', 'quick: minutes on two cores; '
                   'paper: the appendix where it says; smoke: seconds [quick]'),
        'seed': (several(integer(0, LARGEST_SEED)), 0, 'of every random draw [0]'),
        'device': (one_of('cpu', 'gpu'), 'cpu', 'gpu needs requirements-gpu.txt [cpu]'),
        'capture': (one_of('auto', 'off'), 'auto', 'with --device gpu: off launches each kernel of '
                    'a step by itself, in the place of a recording of all [auto]'),
        'data': (one_of('auto', dataset, 'synthetic'), 'auto', data_help[0]),
        'data_dir': (file_name, None, data_help[1])}


def may_differ(rows):
    """The names of what may differ on --resume; rows: of the experiment's table."""
    return {'device', 'capture', 'data_dir', *(row.name for row in rows if row.free)}


def earlier(rows):
    """name -> value of what some of the runs that are there had no flag for."""
    return {'capture': 'auto'} | {row.name: row.earlier for row in rows if row.earlier is not None}


def new_config(dataset, experiment_class, given):
    """That of a new run: defaults, the preset, then what is `given`, as CommandLine.parse gives it.
    A flag of several values is a tuple, and its name is in config['several']."""
    general = {name: default for name, (_, default, _) in general_flags(dataset).items()}
    config = {'dataset': dataset, **dict.fromkeys(CHOICE), **general,
              **experiment_class.preset(given.get('preset', general['preset']))}
    config |= {name: value for name, value in given.items() if name in config}
    config['several'] = [name for name, value in config.items() if isinstance(value, tuple)]
    return config


def read_config(path, catalogue, needed=()):
    """That of the run in `path`: every value is one that its flag takes. needed: of RECORDED, what
    it must have. Raises RunError."""
    rows = catalogue.choose(stored_config(path, dict.fromkeys(CHOICE, str)))[0].TABLE
    types = {'dataset': one_of(catalogue.dataset), 'several': list,
             **{name: parse for name, (parse, *_) in general_flags(catalogue.dataset).items()},
             **{flag: one_of(*catalogue.names(flag)) for flag in CHOICE},
             **{row.name: row.type for row in rows},
             **{name: RECORDED[name] for name in needed}}
    # Earlier, some experiments had rows that they have no more.
    others = {name: several(parse) for group in catalogue.groups.values()
              for name, (parse, _) in group.items() if name not in types}
    config = stored_config(path, types, RECORDED | others, earlier(rows))
    for name in config['several']:
        if not (isinstance(name, str) and config['several'].count(name) == 1
                and name in types | others and isinstance(config.get(name), tuple)):
            raise RunError(f'{path}/config.json: {short(str(name))!r} cannot have several values')
    return config


def resumed_config(given, out, catalogue):
    """That of the run in `out`. Raises RunError where a flag that is given contradicts it, unless
    it may differ."""
    config = read_config(out, catalogue)
    rows = catalogue.choose(config)[0].TABLE
    for name, value in given.items():
        if name in may_differ(rows):
            config[name] = value
        elif name in config and value != config[name]:
            raise contradiction(name, value, out, config)
    return config


def contradiction(name, value, out, config):
    return RunError(f'{flag_of(name)} {show(value)} contradicts the run in {out}, which has '
                    f'{show(config[name])}: leave it out, or start another run')


def default_folder(config, catalogue):
    """Where a run goes without --out: its name says what differs from the preset."""
    experiment_class, chosen = catalogue.choose(config)
    _, usual = catalogue.choose({name: config[name] for name in ('model', 'mode')})
    usual |= {'model': 'pixelgan'}
    name = '-'.join([config['dataset'], *(value for flag, value in chosen.items()
                                          if flag == 'mode' or value != usual[flag]),
                     config['preset']])
    for row, value in experiment_class.preset(config['preset']).items():
        if config[row] != value and row not in may_differ(experiment_class.TABLE):
            name += f'-{row.replace("_", "-")}-{show(config[row])}'
    return f'runs/{name}-seed{show(config["seed"])}'
