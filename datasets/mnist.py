"""MNIST from its four official IDX files: 50,000 training, 10,000 validation, 10,000 test images.

The split of PixelGAN, appendix B.1: the papers do not say which images validate, and we take the
last 10,000 of the training file, as is usual.
"""

from functools import partial

import numpy as np

from datasets.agreement import check_agreement
from datasets.base import DataError, Dataset, Split
from datasets.contents import digest
from datasets.download import fetch
from datasets.idx import idx_digest, read_idx
from datasets.known import known_set
from datasets.source import find_or_fetch, folder_of, load
from datasets.synthetic import synthetic_dataset

# SHA-256 of the decompressed contents.
MNIST_FILES = {
    'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
}

MIRRORS = (
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
    'https://raw.githubusercontent.com/fgnt/mnist/master/',
)

LARGEST = 50_000_000  # bytes: the contents of the training images are 47,040,016
UNKNOWN = 'IDX images'  # the name of all but MNIST, before others were recognised
PLACES = ('mnist', 'MNIST/raw', 'raw')  # torchvision leaves them in MNIST/raw


def load_mnist(data_dir=None, data='auto', seed=0, mirrors=MIRRORS, sizes=None):
    """MNIST as a Dataset of images uint8 (N, 28, 28, 1) and labels int64 (N,).

    Other data sets in the form of MNIST's files are read, too, and called by their names where
    they are known (datasets/known.py).

    data_dir: folder with the four files, in it or in its mnist/, MNIST/raw/ or raw/ folder, all in
        the same, gzipped or not. Missing files are fetched.
    data ('mnist', 'synthetic' or 'auto'), sizes, data_dir None: see datasets.source.load.
    seed: of the synthetic digits.
    Raises DataError, one line that says what to do.
    """
    return load(
        'mnist',
        'MNIST',
        data,
        data_dir,
        sizes,
        read=lambda folder: _read(_find_or_fetch(folder, mirrors)),
        draw=partial(synthetic_dataset, seed),
        needed=f'{", ".join(MNIST_FILES)} (.gz or not)',
        stand_in='synthetic digits',
    )


def _find_or_fetch(folder, mirrors):
    """Paths of the four files, in the order of MNIST_FILES."""
    # The second as the authors' .gz files name what is in them: train-images.idx3-ubyte.
    return find_or_fetch(
        {name: [spelt + suffix for spelt in (name, name.replace('-idx', '.idx'))
                for suffix in ('', '.gz')] for name in MNIST_FILES},
        'MNIST contents', folder, PLACES,
        is_official=lambda name, path: digest(path) == MNIST_FILES[name],
        fetch=lambda name, place: fetch(f'{name}.gz', MNIST_FILES[name], place, mirrors,
                                        largest=LARGEST),
    )


def _read(paths):
    """Dataset from the paths of the four files, in the order of MNIST_FILES."""
    arrays = [*_read_pair(*paths[:2], least=6), *_read_pair(*paths[2:], least=1)]
    images, labels, test_images, test_labels = arrays
    official = [idx_digest(array, 'sha256') for array in arrays] == list(MNIST_FILES.values())
    known = 'MNIST' if official else known_set(paths, arrays)
    if not known:
        check_agreement(images, labels, *paths[:2])
        check_agreement(test_images, test_labels, *paths[2:])
    images, test_images = images[..., None], test_images[..., None]
    labels, test_labels = labels.astype(np.int64), test_labels.astype(np.int64)
    held_out = len(labels) // 6  # 10,000 of the official 60,000
    folder = folder_of(paths)
    return Dataset(
        known or UNKNOWN,
        f'official {known} files in {folder}'
        if known
        else f'IDX files in {folder} (not the official MNIST contents)',
        train=Split(images[:-held_out], labels[:-held_out]),
        validation=Split(images[-held_out:], labels[-held_out:]),
        test=Split(test_images, test_labels),
        formerly=None if official else UNKNOWN,
    )


def _read_pair(images_path, labels_path, least):
    """uint8 images (N, 28, 28) and labels (N,) from two IDX files."""

    def check_images(shape):
        if len(shape) != 3:
            raise DataError(
                f'{images_path}: {len(shape)} dimensions (magic number {2048 + len(shape)}), not '
                'an IDX file of images (2051)'
            )
        if shape[1:] != (28, 28):
            raise DataError(
                f'{images_path}: images of {shape[1]} x {shape[2]} pixels, not 28 x 28; use the '
                'MNIST files'
            )

    def check_labels(shape):
        if len(shape) != 1:
            raise DataError(
                f'{labels_path}: {len(shape)} dimensions (magic number {2048 + len(shape)}), not '
                'an IDX file of labels (2049)'
            )
        if shape[0] != len(images):
            raise DataError(
                f'{images_path}: {len(images):,} images, but {shape[0]:,} labels in '
                f'{labels_path}; take both from the same place'
            )

    images = read_idx(images_path, check_images)
    labels = read_idx(labels_path, check_labels)
    if len(images) < least:
        raise DataError(
            f'{images_path}: {len(images)} images are too few for the splits; '
            f'at least {least} are needed'
        )
    if labels.max() > 9:
        raise DataError(
            f'{labels_path}: label {labels.max()} is not a digit 0..9; use the MNIST files'
        )
    return images, labels
