"""Write the codes of your own images by the model of a run: a row for each image.

    python -m experiments.encode runs/mnist-clustering-quick-seed0 digits.npz
    python -m experiments.encode RUN_DIR scan-*.png --invert --out scans.csv

IMAGES: .npy, .npz (one array, or the one called images), IDX (also gzipped) or PNG; bytes, or
floats in [0, 1], of the run's size (MNIST: 28 x 28) or a whole number of times larger, which is
reduced by area. Colours become grey where the run is grey.
MNIST is white on black: give --invert for black on white.

The table has file, index (within the file), then, where the code is categorical, cluster (the
most probable), label (what the cluster stands for by the paper's rule, where the run knows) and
confidence (its probability), then the code, z0, z1, ... (of an embedding the cluster head plus the
style). In .npz they are arrays of these names, but
for `files`, and `codes` (N, size).
"""
import csv
import io
import sys

import numpy as np

from datasets.images import read_images
from experiments.flags import Parser, file_name, one_of
from experiments.run_folder import RunError, write_atomically
from experiments.saved_run import after, open_run, output_path, run_command

PROGRAM = 'python -m experiments.encode'


def parser():
    result = Parser(prog=PROGRAM, description=__doc__)
    result.add_argument('run', type=file_name, metavar='RUN_DIR', help='the folder of the run')
    result.add_argument('images', type=file_name, metavar='IMAGES', nargs='+',
                        help='a file of images')
    result.add_argument('--invert', action='store_true', help='the images are black on white')
    result.add_argument('--out', type=file_name, help='.csv or .npz [RUN_DIR/codes.csv]')
    result.add_argument('--device', type=one_of('cpu', 'gpu'), default='cpu', help='[cpu]')
    return result


def table(experiment, files):
    """name -> array over all images of `files`, a list of (name, uint8 images (N, H, W, C))."""
    codes = experiment.encode(np.concatenate([images for _, images in files]))
    columns = {'files': np.concatenate([[name] * len(images) for name, images in files]),
               'index': np.concatenate([np.arange(len(images)) for _, images in files])}
    if experiment.encoded_categories():
        q = codes[:, :experiment.encoded_categories()]
        columns['cluster'] = q.argmax(axis=1)
        labels = experiment.category_labels()
        if labels is not None:
            columns['label'] = np.array(labels)[columns['cluster']]
        columns['confidence'] = q.max(axis=1)
    return columns | {'codes': experiment.representation(codes)}


def write_csv(file, columns):
    _, *names, codes = columns
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['file', *names] + [f'z{k}' for k in range(columns[codes].shape[1])])
    for *row, z in zip(*columns.values()):
        writer.writerow([*map(str, row), *map(str, z)])     # str: as few digits as give it back
    file.write(text.getvalue().encode())


def encode_in(arguments):
    flags = parser().parse_args(arguments)
    experiment = open_run(flags.run, flags.device)
    config = experiment.run.config
    if not hasattr(experiment.model, 'encoder'):
        raise RunError(f'{flags.run}: a {config["model"]} has no encoder, so there are no codes')
    out = output_path(flags.out, experiment.run.path / 'codes.csv', ('.csv', '.npz'))
    files = [(name, read_images(name, experiment.image_shape, flags.invert))
             for name in flags.images]
    columns = table(experiment, files)
    if out.suffix == '.npz':
        write_atomically(out, lambda file: np.savez_compressed(file, **columns))
    else:
        write_atomically(out, lambda file: write_csv(file, columns))
    n = len(columns['index'])
    print(f'{n:,} image{"s" * (n != 1)} by the model {after(experiment)} in {out}')
    if experiment.encoded_categories() and 'label' not in columns:
        print(f'no labels: {flags.run}/clusters.json is missing or not of the checkpoint; '
              f'python train_{config["dataset"]}.py --out {flags.run} --resume writes it')
    blank = [name for name, images in files
             if (images.min(axis=(1, 2, 3)) == images.max(axis=(1, 2, 3))).any()]
    if blank:
        print(f'{blank[0]}: an image of one colour (black ink on transparent paper needs --invert)')
    if config['dataset'] == 'mnist':
        white = [name for name, images in files if np.median(images) > 127]
        if white:
            print(f'{white[0]}: mostly white {"after" if flags.invert else "without"} --invert, '
                  'and MNIST is white on black')


def main(arguments=None):
    """0, or 2 on bad input, 130 when interrupted."""
    return run_command(PROGRAM, encode_in, arguments)


if __name__ == '__main__':
    sys.exit(main())
