"""The runs of one command: a flag of several values makes one for each combination, in folders
inside the command's, and then a picture and a table that compare them."""
import itertools
import json
import statistics
from pathlib import Path

from training.configuration import may_differ, read_config
from training.flags import show
from training.pictures import first_in
from training.run import fit
from training.run_folder import RunError, RunFolder
from training.workers import fit_side_by_side


def single_configs(config, out, catalogue=None):
    """The configuration of each run. catalogue: where they are resumed; those that have begun say
    what they are."""
    names = config['several']
    for values in itertools.product(*(config[name] for name in names)):
        single = config | dict(zip(names, values)) | {'several': []}
        folder = folder_of(out, single, names)
        if names and catalogue and (folder / 'config.json').exists():
            rows = catalogue.choose(config)[0].TABLE
            found = read_config(folder, catalogue)
            for name, value in single.items():
                if name in may_differ(rows):
                    found[name] = value
                elif found.get(name) != value:
                    raise RunError(f'{folder} has {name} {show(found.get(name))}, and {out} has '
                                   f'{show(value)}: it is another run; move it away')
            single = found
        yield single


def label(config, names):
    """'labels 100, seed 1' for the names of what has several values."""
    return ', '.join(f'{name.replace("_", " ")} {show(config[name])}' for name in names)


def folder_of(out, config, names):
    return Path(out, label(config, names).replace(', ', '_').replace(' ', '-'))


def fit_all(experiments, out, config, animate, workers=None):
    """Train, draw and compare the experiments of a command's configuration, on `workers` processes
    where they are given; False where a signal asked to stop before the end."""
    names = [label(experiment.config, config['several']) for experiment in experiments]
    folders = [folder_of(out, experiment.config, config['several']) for experiment in experiments]
    if workers and workers > 1:
        histories = fit_side_by_side(experiments, folders, names, out, animate, workers)
        if None in histories:
            return False
    else:
        histories = []
        for experiment, folder, name in zip(experiments, folders, names):
            if name:
                print(f'--- {name}')
            history, stopped = fit(experiment, folder, animate)
            if stopped and (history is None or experiment is not experiments[-1]):
                return False
            histories.append(history)
    if config['several']:
        done = list(zip(names, experiments, histories))
        summarise(RunFolder(out, config), done)
        experiments[0].compare(Path(out), done)
        print(f'comparison in {Path(out, "summary.json")}; look at {first_in(out) or out}')
    return True


def summarise(run, done):
    """Write to summary.json, and print, the last epoch's metrics of several runs: mean and standard
    deviation over the seeds. run: the RunFolder of them all."""
    settings, rows = [name for name in run.config['several'] if name != 'seed'], {}
    for _, experiment, history in done:
        rows.setdefault(label(experiment.config, settings), []).append(history[-1])
    summary, lines = [], []
    for name, last in rows.items():
        row = {'setting': name, 'seeds': len(last), 'epochs': last[0]['epoch']}
        line = [name or 'all seeds']
        for metric in done[0][1].SUMMARY:
            values = [metrics[metric] for metrics in last]
            row[metric] = statistics.mean(values)
            line.append(f'{metric} {row[metric]:.4g}')
            if len(values) > 1:
                row[f'{metric}_deviation'] = statistics.stdev(values)
                deviation = row[f'{metric}_deviation']
                line[-1] += f' ± {deviation:{".0f" if deviation >= 99.5 else ".2g"}}'
        summary.append(row)
        lines.append('  '.join(line))
    run.write_text('summary.json', json.dumps(summary, indent=2) + '\n')
    print('\n'.join(lines))
