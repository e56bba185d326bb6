"""MNIST from its four official IDX files: 50,000 training, 10,000 validation, 10,000 test images.

The split of PixelGAN, appendix B.1: the papers do not say which images validate, and we take the
last 10,000 of the training file, as is usual.
"""

import hashlib
import os
import sys
from pathlib import Path

from datasets.base import DataError, Dataset, Split
from datasets.download import MirrorsFailed, fetch
from datasets.idx import parse_idx, read_bytes
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
        warning on stderr) if files are missing and no mirror has them. Files that are there but
        cannot be used are an error always.
    seed: of the synthetic digits.
    sizes: (train, validation, test), the first so many of each split; None for all.
    Raises DataError, one line that says what to do.
    """
    if data not in ('auto', 'mnist', 'synthetic'):
        raise DataError(f"data {data!r}: choose 'auto', 'mnist' or 'synthetic'")
    if data == 'synthetic':
        return _synthetic(seed, sizes)
    folder = Path(data_dir or os.environ.get('PIXELGAN_DATA_DIR') or 'data')
    try:
        dataset = _read(_find_or_fetch(folder, mirrors))
    except MirrorsFailed as error:
        if data == 'mnist':
            raise MirrorsFailed(
                f'MNIST is not complete in {folder} and cannot be fetched ({error}); put '
                f'{", ".join(MNIST_FILES)} (.gz or not) there, name their folder with --data-dir, '
                'or use --data synthetic'
            ) from error
        print(
            f'\n*** WARNING: NOT MNIST. MNIST is not complete in {folder} and no mirror answers: '
            'going on with SYNTHETIC DIGITS. ***\n',
            file=sys.stderr,
        )
        return _synthetic(seed, sizes)
    return dataset.subset(None, *sizes) if sizes else dataset


def _synthetic(seed, sizes):
    return synthetic_dataset(seed, sizes) if sizes else synthetic_dataset(seed)


def _find_or_fetch(folder, mirrors):
    """Paths of the four files, by name; fetches what is missing."""
    paths = {name: _find(name, folder) for name in MNIST_FILES}
    missing = [name for name in paths if paths[name] is None]
    if missing:
        # A bad file must be reported even where others are missing, and foreign files must
        # not be completed with images or labels of MNIST.
        for name, path in paths.items():
            if path and not _is_official(name, read_bytes(path)):
                raise DataError(
                    f'{path}: not the official MNIST contents, so what is missing '
                    'beside it is not fetched; add those files, or move this one away'
                )
    for name in missing:
        paths[name] = fetch(name + '.gz', MNIST_FILES[name], folder / 'mnist', mirrors)
    return paths


def _find(name, folder):
    """Path of the file `name`, or `name`.gz, in `folder` or folder/mnist; None where missing."""
    for place in (folder, folder / 'mnist'):
        try:
            there = os.listdir(place)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DataError(
                f'{place}: cannot be read as a folder ({error.strerror or error}); '
                'choose another with --data-dir'
            ) from error
        for file_name in (name, name + '.gz'):
            if file_name in there:
                return place / file_name
    return None


def _is_official(name, contents):
    return hashlib.sha256(contents).hexdigest() == MNIST_FILES[name]


def _read(paths):
    """Dataset from the paths of the four files, by name in the order of MNIST_FILES."""
    contents = {name: read_bytes(path) for name, path in paths.items()}
    official = all(_is_official(name, contents[name]) for name in paths)
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
