"""Write the codes of your own images by the model of a run: a row for each image.

    python -m experiments.encode runs/mnist-clustering-quick-seed0 digits.npz
    python -m experiments.encode RUN_DIR scan-*.png --invert --out scans.csv
    python -m experiments.encode RUN_DIR IMG_0001.JPG --fit

IMAGES: .npy, .npz (one array, or the one called images), IDX (also gzipped), or any picture that
Pillow reads, of at most 50 million pixels. They have the run's size (MNIST: 28 x 28) or a whole
number of times that, which is reduced by area. Numbers are bytes, or floats in [0, 1]. Colours
become grey where the run is grey. MNIST is white on black: give --invert for black on white.

--fit takes pictures of any size, one digit in each, dark on light or light on dark: a photograph
of a digit on paper, with nothing else in sight. It prepares them as MNIST was made: grey, the light
evened out, scaled to fit 20 x 20 pixels, the centre of mass in the middle of 28 x 28.

A file that cannot be used is left out and named at the end, and the exit code is 2.

The table has file, index (within the file), then, where the code is categorical, cluster (the
most probable), label (what the cluster stands for by the paper's rule, where the run knows) and
confidence (its probability), then the code, z0, z1, ... (of an embedding the cluster head plus the
style). In .npz they are arrays of these names, but for `files`, and `codes` (N, size). In .csv a
file's name that a spreadsheet would take for a formula has ./ before it, and characters that no
line can hold are written as Python writes them.
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a second
import sys

import numpy as np

from datasets import DataError, fit
from datasets.images import read_images
from experiments.saved_run import add_out, after, open_run, output_path
from training.command import run_command
from training.files import RunError, write_atomically
from training.flags import Parser, file_name, one_line, one_of

PROGRAM = 'python -m experiments.encode'
FORMULA = tuple('=+-@\uff1d\uff0b\uff0d\uff20')     # the wide ones count in Japanese spreadsheets


def parser():
    result = Parser(prog=PROGRAM, description=__doc__)
    result.add_argument('run', type=file_name, metavar='RUN_DIR', help='the folder of the run')
    result.add_argument('images', type=file_name, metavar='IMAGES', nargs='+',
                        help='a file of images')
    how = result.add_mutually_exclusive_group()
    how.add_argument('--invert', action='store_true', help='the images are black on white')
    how.add_argument('--fit', action='store_true',
                     help='prepare pictures of digits, photographs too, as MNIST was made')
    add_out(result, '.csv or .npz', 'RUN_DIR/codes.csv')
    result.add_argument('--device', type=one_of('cpu', 'gpu'), default='cpu', help='[cpu]')
    return result


def table(experiment, files):
    """name -> array over all images of `files`, a list of (name, uint8 images (N, H, W, C))."""
    codes = experiment.encode(np.concatenate([images for _, images in files]))
    columns = {'files': np.concatenate([[name] * len(images) for name, images in files]),
               'index': np.concatenate([np.arange(len(images)) for _, images in files])}
    if experiment.encoded_categories:
        q = codes[:, :experiment.encoded_categories]
        columns['cluster'] = q.argmax(axis=1)
        labels = experiment.category_labels()
        if labels is not None:
            columns['label'] = np.array(labels)[columns['cluster']]
        columns['confidence'] = q.max(axis=1)
    return columns | {'codes': experiment.representation(codes)}


def cell(value):
    """A value of a CSV table: what is text in quotes, on one line, and no formula."""
    if not isinstance(value, str):
        return str(value)       # as few digits as give it back
    text = one_line(value)
    if text.lstrip().startswith(FORMULA):
        text = './' + text      # which names the same file
    return '"' + text.replace('"', '""') + '"'


def write_csv(file, columns):
    _, *names, codes = columns
    header = ['file', *names] + [f'z{k}' for k in range(columns[codes].shape[1])]
    rows = ([*map(cell, row), *map(cell, z)] for *row, z in zip(*columns.values()))
    file.write(''.join(','.join(row) + '\n' for row in (header, *rows)).encode())


def read_all(names, image_shape, invert, fitted):
    """([(name, images)] of the files that can be used, [the error of each of the others])."""
    good, bad = [], []
    for name in names:
        try:
            good.append((name, read_images(name, image_shape, invert, fitted)))
        except DataError as error:
            bad.append(error)
    return good, bad


def encode_in(arguments):
    flags = parser().parse_args(arguments)
    experiment = open_run(flags.run, flags.device)
    config = experiment.run.config
    if not hasattr(experiment.model, 'encoder'):
        raise RunError(f'{flags.run}: a {config["model"]} has no encoder, so there are no codes')
    if flags.fit and (config['dataset'], experiment.image_shape) != ('mnist', fit.SHAPE):
        raise RunError(f'--fit prepares digits like those of MNIST, and {flags.run} is a run on '
                       f'{config["data_name"]}')
    out = output_path(flags.out, experiment.run.path / 'codes.csv', ('.csv', '.npz'))
    files, bad = read_all(flags.images, experiment.image_shape, flags.invert, flags.fit)
    if files:
        columns = table(experiment, files)
        if out.suffix == '.npz':
            write_atomically(out, lambda file: np.savez_compressed(file, **columns))
        else:
            write_atomically(out, lambda file: write_csv(file, columns))
        report(experiment, flags, files, columns, out)
    for error in bad:
        print(one_line(f'{PROGRAM}: error: {error}'), file=sys.stderr)
    return 2 if bad else 0


def report(experiment, flags, files, columns, out):
    """Say what was written, and what about the images looks wrong."""
    n, left_out = len(columns['index']), len(flags.images) - len(files)
    lines = [f'{n:,} image{"s" * (n != 1)} by the model {after(experiment)} in {out}'
             + f', without {left_out} of the {len(flags.images)} files' * (left_out > 0)]
    if experiment.encoded_categories and 'label' not in columns:
        lines.append(f'no labels: {flags.run}/clusters.json, of the end of an epoch, is missing or '
                     f'not of the checkpoint; python train_{experiment.run.config["dataset"]}.py '
                     f'--out {flags.run} --resume writes it')
    blank = [name for name, images in files
             if (images.min(axis=(1, 2, 3)) == images.max(axis=(1, 2, 3))).any()]
    if blank:
        lines.append(f'{blank[0]}: an image of one colour (black ink on transparent paper needs '
                     '--invert)')
    if experiment.run.config['dataset'] == 'mnist':
        white = [name for name, images in files if np.median(images) > 127]
        if white:
            lines.append(f'{white[0]}: mostly white {"after" if flags.invert else "without"} '
                         '--invert, and MNIST is white on black')
    for line in lines:
        print(one_line(line))


def main(arguments=None):
    """0, or 2 on bad input, 130 when interrupted."""
    return run_command(PROGRAM, encode_in, arguments)


if __name__ == '__main__':
    sys.exit(main())
