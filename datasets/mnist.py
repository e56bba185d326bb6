"""MNIST from its four official IDX files: 50,000 training, 10,000 validation, 10,000 test images.

The split of PixelGAN, appendix B.1: the papers do not say which images validate, and we take the
last 10,000 of the training file, as is usual.
"""

from functools import partial
from hashlib import sha256

from datasets.base import DataError, Dataset, Split
from datasets.contents import read_bytes
from datasets.idx import parse_idx
from datasets.source import find_or_fetch, load
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


def load_mnist(data_dir=None, data='auto', seed=0, mirrors=MIRRORS, sizes=None):
    """MNIST as a Dataset of images uint8 (N, 28, 28, 1) and labels int64 (N,).

    data_dir: folder with the four files, in it or in its mnist/ folder, gzipped or not; None for
        $PIXELGAN_DATA_DIR, else ./data. Missing files are fetched into its mnist/ folder.
    data: 'mnist', or 'synthetic' for synthetic digits, or 'auto' for synthetic digits (and a
        warning on stderr) if files are missing, no mirror has them and no data_dir is given. Files
        that are there but cannot be used are an error always.
    seed: of the synthetic digits.
    sizes: (train, validation, test), at most so many of each split, the first; None for all.
    Raises DataError, one line that says what to do.
    """
    return load(
        'mnist',
        'MNIST',
        data,
        data_dir,
        sizes,
        read=lambda folder: _read(find_or_fetch(MNIST_FILES, 'MNIST', folder, 'mnist', mirrors)),
        draw=partial(synthetic_dataset, seed),
        needed=f'{", ".join(MNIST_FILES)} (.gz or not)',
        stand_in='synthetic digits',
    )


def _read(paths):
    """Dataset from the paths of the four files, by name in the order of MNIST_FILES."""
    contents = {name: read_bytes(path) for name, path in paths.items()}
    official = all(sha256(contents[name]).hexdigest() == MNIST_FILES[name] for name in paths)
    train_images, train_labels, test_images, test_labels = (
        (parse_idx(contents[name], path), path) for name, path in paths.items()
    )
    images, labels = _checked_split(*train_images, *train_labels, least=6)
    test = _checked_split(*test_images, *test_labels, least=1)
    held_out = len(labels) // 6  # 10,000 of the official 60,000

    folders = ' and '.join(sorted({str(path.parent) for path in paths.values()}))
    source = (
        f'official MNIST files in {folders}'
        if official
        else f'IDX files in {folders} (not the official MNIST contents)'
    )
    return Dataset(
        'MNIST' if official else 'IDX images',  # other data sets come under the same file names
        source,
        train=Split(images[:-held_out], labels[:-held_out]),
        validation=Split(images[-held_out:], labels[-held_out:]),
        test=test,
    )


def _checked_split(images, images_path, labels, labels_path, least):
    """Split of images (N, 28, 28, 1) and labels (N,) from the arrays in two IDX files."""
    if images.ndim != 3:
        raise DataError(
            f'{images_path}: {images.ndim} dimensions (magic number '
            f'{2048 + images.ndim}), not an IDX file of images (2051)'
        )
    if labels.ndim != 1:
        raise DataError(
            f'{labels_path}: {labels.ndim} dimensions (magic number '
            f'{2048 + labels.ndim}), not an IDX file of labels (2049)'
        )
    if images.shape[1:] != (28, 28):
        raise DataError(
            f'{images_path}: images of {images.shape[1]} x {images.shape[2]} pixels, '
            'not 28 x 28; use the MNIST files'
        )
    if len(images) != len(labels):
        raise DataError(
            f'{images_path}: {len(images):,} images, but {len(labels):,} labels in '
            f'{labels_path}; take both from the same place'
        )
    if len(images) < least:
        raise DataError(
            f'{images_path}: {len(images)} images are too few for the splits; '
            f'at least {least} are needed'
        )
    if labels.max() > 9:
        raise DataError(
            f'{labels_path}: label {labels.max()} is not a digit 0..9; use the MNIST files'
        )
    return Split(images[..., None], labels.astype('int64'))
