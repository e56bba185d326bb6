"""The code spaces of saved runs in one picture (AAE, figure 2; PixelGAN, figure 3).

    python -m experiments.codes RUN_DIR RUN_DIR ... --out codes.png

A panel for each run with a code of two dimensions: the codes of the test images, coloured by digit.
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a second
import sys
from functools import partial
from pathlib import Path

import numpy as np

from datasets import load_mnist
from experiments.common import figures
from experiments.saved_run import add_out, open_run, output_path
from training.command import run_command
from training.flags import Parser, file_name, one_line
from training.run import check_data
from training.run_folder import RunError

PROGRAM = 'python -m experiments.codes'
SHOWN = ('model', 'mode', 'prior', 'labels', 'posterior', 'blocks', 'conditioning', 'seed')


def parser():
    result = Parser(prog=PROGRAM, description=__doc__)
    result.add_argument('runs', type=file_name, metavar='RUN_DIR', nargs='+',
                        help='the folder of a run')
    result.add_argument('--data-dir', type=file_name, help='folder of the four IDX files of MNIST '
                        '[$PIXELGAN_DATA_DIR, else ./data]')
    add_out(result, '.png', 'codes.png')
    return result


def title(config, configs):
    """What of SHOWN differs between the runs."""
    return ', '.join(str(config[name]) if name in ('model', 'mode', 'prior') else
                     f'{name} {config[name]}' for name in SHOWN if name in config
                     and any(other.get(name, config[name]) != config[name]
                             for other in configs)) or 'codes'


def code_size(experiment):
    """Dimensions of the representation of an image; 0: there is no encoder."""
    if not hasattr(experiment.model, 'encoder'):
        return 0
    nothing = np.zeros((1, *experiment.image_shape), np.uint8)
    return experiment.representation(experiment.encode(nothing)).shape[1]


def draw(arguments):
    flags = parser().parse_args(arguments)
    find_out = partial(output_path, flags.out, Path('codes.png'), ('.png',))
    find_out()
    experiments = [open_run(path) for path in flags.runs]
    for path, experiment in zip(flags.runs, experiments):
        if experiment.run.config['dataset'] != 'mnist' or code_size(experiment) != 2:
            raise RunError(f'{path}: its code is not of two dimensions')
    kinds = {experiment.run.config['data_name'] for experiment in experiments}
    if len(kinds) > 1:
        raise RunError(f'the runs are on different data: {", ".join(sorted(kinds))}')
    kind = kinds.pop()
    choice = 'synthetic' if 'synthetic' in kind else 'mnist'
    configs = [experiment.run.config for experiment in experiments]
    panels = []
    for experiment, config in zip(experiments, configs):
        n = config['eval_images']
        data = load_mnist(flags.data_dir, choice, sizes=(1, 1, n))
        check_data(kind, data)
        test = data.test
        panels.append((title(config, configs), experiment.shown_codes(test.images),
                       np.asarray(test.labels)))
    out = find_out()    # a file may have come in the meantime
    figures.code_spaces(out, panels, f'{kind}: codes of test images', one_scale=False)
    print(one_line(f'the codes of {len(panels)} run{"s" * (len(panels) > 1)} in {out}'))


def main(arguments=None):
    """0, or 2 on bad input, 130 when interrupted."""
    return run_command(PROGRAM, draw, arguments)


if __name__ == '__main__':
    sys.exit(main())
