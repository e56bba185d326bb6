"""Draw new images from the model of a finished or stopped run.

    python -m experiments.sample runs/mnist-clustering-quick-seed0
    python -m experiments.sample RUN_DIR --per-cluster 12
    python -m experiments.sample RUN_DIR --z -3.0,1.5 --n 20 --out twenty.npz

A picture (.png), or the images as bytes, uint8 (N, height, width, channels): .npy, or .npz with the
codes beside them. Without --per-cluster, --cluster, --z or --grid, the codes come from the prior;
a category's code is the one-hot vector, and what else the code has comes from the prior. Of one
code, --z, a PixelCNN draws many images; the decoder of --model aae and vae has one.
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a second
import argparse
import math
import sys
from functools import partial

import numpy as np
from tqdm import tqdm

from experiments.common import figures
from experiments.saved_run import add_out, after, open_run, output_path
from nn.fast.memory import gigabytes, machine_memory
from training.command import run_command
from training.files import RunError, write_atomically
from training.flags import LARGEST_SEED, Parser, file_name, integer, one_line, one_of

PROGRAM = 'python -m experiments.sample'
N = 100
COLUMNS = 10
PART = 200          # images drawn at once: the sampler keeps every layer of each
IN_TITLE = 5        # numbers of a code
IN_PICTURE = 3000   # images; a picture's sides are at most 65,535 pixels long


def numbers(text):
    """A flag's type: numbers with commas between -> float32 (1, size)."""
    try:
        values = np.array([[float(part) for part in text.split(',')]])
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not numbers with commas between') from None
    if not (np.abs(values) <= np.finfo(np.float32).max).all():
        raise argparse.ArgumentTypeError(f'{text!r} has a number that is not finite')
    return values.astype(np.float32)


def parser():
    result = Parser(prog=PROGRAM, description=__doc__)
    result.add_argument('run', type=file_name, metavar='RUN_DIR', help='the folder of the run')
    result.add_argument('--n', type=integer(1), help=f'images, {COLUMNS} in a row [{N}; 1 '
                        'where all would be the same]')
    which = result.add_mutually_exclusive_group()
    which.add_argument('--per-cluster', type=integer(1), metavar='N',
                       help='N images of each category, a category in a row')
    which.add_argument('--cluster', type=integer(0), metavar='K', help='images of this category')
    which.add_argument('--z', type=numbers, metavar='Z1,Z2,...', help='images of this code')
    which.add_argument('--grid', action='store_true',
                       help="a Gaussian code of two dimensions at the prior's percentiles")
    which.add_argument('--animate', action='store_true',
                       help='an animated GIF of a walk through the code space '
                            '[RUN_DIR/walk-new.gif, ...]')
    result.add_argument('--seed', type=integer(0, LARGEST_SEED), default=0,
                        help='of the draws [0]')
    add_out(result, '.png, .npy or .npz, of --animate .gif', 'RUN_DIR/samples-new.png')
    result.add_argument('--device', type=one_of('cpu', 'gpu'), default='cpu', help='[cpu]')
    return result


def choose_codes(experiment, flags, rng):
    """(codes (N, size), images in a row of the picture, names of the rows, what is drawn).

    No codes where the decoder has none; no names where rows have no meaning. Raises RunError for
    flags that do not go with the run.
    """
    code = experiment.code
    for flag in ('per_cluster', 'cluster'):
        if getattr(flags, flag) is not None and not (code and code.categories):
            raise RunError(f'--{flag.replace("_", "-")}: the run has no categorical code')
    if flags.n and (flags.per_cluster or flags.grid):
        raise RunError('--n does not go with ' + ('--grid' if flags.grid else '--per-cluster'))
    check_number(experiment, flags)
    n = flags.n or N
    if flags.grid:
        if code is None:
            raise RunError('--grid: the run has no Gaussian code of two dimensions')
        codes = code.grid(experiment.GRID)
        return codes, math.isqrt(len(codes)), None, 'samples, z at the percentiles of the prior'
    if flags.per_cluster:
        names = category_names(experiment)
        categories = np.repeat(np.arange(len(names)), flags.per_cluster)
        return (code.of_categories(categories, rng), flags.per_cluster, names,
                f'samples of p(x|z), a {code.category} in a row')
    if flags.cluster is not None:
        names = category_names(experiment)
        if flags.cluster >= len(names):
            raise RunError(f'--cluster {flags.cluster}: the run has 0 to {len(names) - 1}')
        return (code.of_categories(np.full(n, flags.cluster), rng), COLUMNS, None,
                f'samples of p(x|z), {names[flags.cluster]}')
    if flags.z is not None:
        size = code.size if code else 0
        if flags.z.shape[1] != size:
            raise RunError(f'--z has {flags.z.shape[1]} numbers, and the code of the run has {size}'
                           if size else '--z: the model has no code')
        if not experiment.decoder_draws():
            if flags.n and flags.n > 1:
                raise RunError(f'--n {flags.n}: the decoder of the run draws nothing, so that --z '
                               'has one image; leave out --n')
            n = 1
        text = ', '.join(f'{value:g}' for value in flags.z[0][:IN_TITLE])
        more = ', ...' * (size > IN_TITLE)
        return (np.repeat(flags.z, n, axis=0), COLUMNS, None,
                f'samples of p(x|z), z = ({text}{more})')
    codes = code and code.sample(n, rng)
    return codes, COLUMNS, None, ('samples of p(x)' if codes is None else
                                  'samples, z from the prior')


def check_number(experiment, flags):
    """Raise RunError where the images that the flags ask for are more than the machine holds."""
    code, flag = experiment.code, '--per-cluster' if flags.per_cluster else '--n'
    n = flags.per_cluster * code.categories if flags.per_cluster else flags.n or N
    needed = n * (math.prod(experiment.image_shape) + 24 * (code.size if code else 0))
    if needed > machine_memory():
        raise RunError(f'{flag} {flags.per_cluster or flags.n}: {n:,} images need about '
                       f'{gigabytes(needed)}, and the machine has {gigabytes(machine_memory())}')


def category_names(experiment):
    """'cluster 3', or "cluster 3 = '7'" where the label is known, for every category."""
    labels = experiment.category_labels()
    names = [f'{experiment.code.category} {k}' for k in range(experiment.code.categories)]
    if labels is None or labels == list(range(len(names))):
        return names
    return [f"{name} = '{label}'" for name, label in zip(names, labels)]


def draw(experiment, codes, n, rng):
    """uint8 images (N, H, W, C) of codes (N, size), or n where there are none."""
    drawn = np.empty((n, *experiment.image_shape), np.uint8)
    for start in tqdm(range(0, n, PART), unit='part', disable=None):
        part = None if codes is None else codes[start:start + PART]
        images = experiment.sample(part, rng, min(PART, n - start))
        drawn[start:start + PART] = np.rint(255 * np.clip(images, 0, 1))
    return drawn


def draw_in(arguments):
    flags = parser().parse_args(arguments)
    experiment = open_run(flags.run, flags.device)
    if getattr(experiment.model, 'decoder', None) is None:
        raise RunError(f'{flags.run}: a run of --mode {experiment.run.config["mode"]} with '
                       f'--model {experiment.run.config["model"]} has no decoder, so there is '
                       'nothing to draw images with')
    rng = np.random.default_rng(flags.seed)
    if flags.animate:
        if flags.n:
            raise RunError('--n does not go with --animate')
        default = experiment.figure('walk-new').with_suffix('.gif')
        walk = output_path(flags.out, default, ('.gif',))
        experiment.animate(walk, rng)
        print(one_line(f'{experiment.run.config["data_name"]}: a walk through the code space of '
                       f'the model {after(experiment)} in {walk}'))
        return
    find_out = partial(output_path, flags.out, experiment.figure('samples-new'),
                       ('.png', '.npy', '.npz'))
    suffix = find_out().suffix
    codes, columns, names, what = choose_codes(experiment, flags, rng)
    n = flags.n or N if codes is None else len(codes)
    if suffix == '.png' and n > IN_PICTURE:
        raise RunError(f'{n:,} images are too many for a picture (at most {IN_PICTURE:,}): '
                       'name an --out that ends in .npz or .npy')
    images = draw(experiment, codes, n, rng)
    arrays = {'images': images} | ({} if codes is None else {'codes': codes})
    title = f'{experiment.run.config["data_name"]}: {what}'
    out = find_out()    # drawing takes minutes: a file may have come in the meantime
    if suffix == '.npz':
        write_atomically(out, lambda file: np.savez_compressed(file, **arrays))
    elif suffix == '.npy':
        write_atomically(out, lambda file: np.save(file, images))
    elif names:
        figures.image_rows(out, np.split(images, len(names)), names, title, experiment.CMAP)
    else:
        figures.image_grid(out, images, columns, title, experiment.CMAP)
    print(one_line(f'{title}; {n:,} image{"s" * (n != 1)} of the model {after(experiment)} '
                   f'in {out}'))


def main(arguments=None):
    """0, or 2 on bad input, 130 when interrupted."""
    return run_command(PROGRAM, draw_in, arguments)


if __name__ == '__main__':
    sys.exit(main())
