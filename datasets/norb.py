"""Small NORB from its six official files: 20,300 training, 4,000 validation, 24,300 test images.

50 toys of five categories, on a turntable, by two cameras; the 25 toys of the training files are
not those of the test files. We take the first camera and reduce 96 x 96 to 32 x 32 pixels by area.
'We use 4K points for the validation set' (PixelGAN, appendix B.3) does not say which: we take 800
training images of each category at random, always the same ones. They show toys that training
images show from other sides (a toy of each category is 4,860 images, and a fifth of the variety),
so the validation error is far below the test error.

Reference: LeCun, Huang and Bottou, 'Learning methods for generic object recognition with
invariance to pose and lighting', CVPR 2004. For research; it cannot be sold.
"""

from functools import partial

import numpy as np

from datasets.base import DataError, Dataset, Split
from datasets.contents import digest
from datasets.download import fetch
from datasets.downsample import area_downsample
from datasets.labelled import balanced_indices
from datasets.norb_format import read_matrix
from datasets.source import find_or_fetch, folder_of, load
from datasets.synthetic_norb import synthetic_norb_dataset

CATEGORIES = ('animal', 'human', 'airplane', 'truck', 'car')

# SHA-256 of the official .gz files, as sent (the checksums of TensorFlow Datasets).
_TRAINING = 'smallnorb-5x46789x9x18x6x2x96x96-training-'
_TESTING = 'smallnorb-5x01235x9x18x6x2x96x96-testing-'
NORB_FILES = {
    _TRAINING + 'dat.mat': '5ffd6272a07d32695ee1082a26a41a93a37aab8c28da047f8c34ed348d214873',
    _TRAINING + 'cat.mat': '2784e542c1922060691090952b6cd6278879a216c90f81476f0f00256d42cdaa',
    _TRAINING + 'info.mat': 'de7eb932ebe7a4ee16217fead60660d0eb3d23632c2f4d1c51f88c501c17bf32',
    _TESTING + 'dat.mat': 'cf7104eed3e51174d2f65b66d1e5878b9da233b886f161b0d88f4510ba2c7474',
    _TESTING + 'cat.mat': 'ecaf6d5bb8c3bc5eab9cf0258f6d2198dd474e016e374836fc097f2e5ff509ff',
    _TESTING + 'info.mat': '16adf314226327ee006d1a44db8cfef52773c06c829951d5653a9f6f310248a2',
}
NORB_MIRRORS = ('https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/',)


def load_norb(data_dir=None, data='auto', seed=0, mirrors=NORB_MIRRORS, sizes=None):
    """Small NORB as a Dataset of images uint8 (N, 32, 32, 1) and labels int64 (N,), 0..4.

    data_dir: folder with the six files, in it or in its norb/ folder, all in the same, gzipped or
        not. Missing files are fetched (263 MB).
    data ('norb', 'synthetic' or 'auto'), sizes, data_dir None: see datasets.source.load.
    seed: of the shaded solids. They take about 1 ms an image: say how many with `sizes`.
    Raises DataError, one line that says what to do.
    """
    return load(
        'norb',
        'small NORB',
        data,
        data_dir,
        sizes,
        read=lambda folder: _read(_find_or_fetch(folder, mirrors)),
        draw=partial(synthetic_norb_dataset, seed),
        needed=f'{", ".join(NORB_FILES)} (.gz or not)',
        stand_in='synthetic solids',
    )


def _find_or_fetch(folder, mirrors):
    """Paths of the six files, in the order of NORB_FILES."""
    return find_or_fetch(
        {name: [f'{name}.gz', name] for name in NORB_FILES},
        'small NORB .gz file', folder, ['norb'],
        is_official=lambda name, path: digest(path, packed=True) == NORB_FILES[name],
        fetch=lambda name, place: fetch(f'{name}.gz', NORB_FILES[name], place, mirrors,
                                        packed=True),
    )


def _read(paths):
    """Dataset from the paths of the six files, in the order of NORB_FILES."""
    names = {sha256: name for name, sha256 in NORB_FILES.items()}
    found = [names.get(digest(path, packed=True)) for path in paths]  # None: also unpacked copies
    for path, name, other in zip(paths, NORB_FILES, found):
        if other not in (None, name):
            raise DataError(f'{path}: it is {other}.gz, under another name; rename it')
    official = None not in found
    (images, labels, toys), (test_images, test_labels, test_toys) = (
        _checked(*paths[:3]), _checked(*paths[3:])
    )
    shared = toys & test_toys
    if shared:
        category, instance = min(shared)
        raise DataError(
            f'{paths[5]}: {len(shared)} objects are in {paths[2]}, too (instance {instance} of '
            f'category {category}); the splits must share none: take each file from its own place'
        )
    held_out = _held_out(labels, paths[1])
    folder = folder_of(paths)
    return Dataset(
        'small NORB' if official else 'NORB-format images',
        f'official small NORB files in {folder}, first camera, 32 x 32 by area'
        if official
        else f'files in {folder} in the format of small NORB (not known to be the official .gz '
        'files), first camera, 32 x 32 by area',
        train=Split(images[~held_out], labels[~held_out]),
        validation=Split(images[held_out], labels[held_out]),
        test=Split(test_images, test_labels),
    )


def _held_out(labels, path):
    """Which images validate, (N,) of bool: 4,000 of the official 24,300, as many of each class."""
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        raise DataError(
            f'{path}: category {classes[counts.argmin()]} has one image, too few for the splits; '
            'at least 2 are needed'
        )
    each = np.clip(4_000 * len(labels) // (24_300 * len(CATEGORIES)), 1, counts.min() - 1)
    chosen = balanced_indices(labels, int(each) * len(classes), np.random.default_rng(0))
    return np.isin(np.arange(len(labels)), chosen)


def _checked(images_path, labels_path, info_path):
    """images uint8 (N, 32, 32, 1), labels int64 (N,), set of (category, instance)."""

    def check_images(dtype, shape):
        if dtype != np.uint8 or shape[1:] != (2, 96, 96):
            raise DataError(
                f'{images_path}: {dtype} (N, {", ".join(map(str, shape[1:]))}), not bytes '
                '(N, 2, 96, 96); use the -dat file of small NORB'
            )

    def first_camera(pairs):
        return area_downsample(pairs[:, 0, :, :, None], 3)

    def integers(path, columns, what):
        """Integers (N, *columns), as many as there are images."""

        def check(dtype, shape):
            if dtype.kind != 'i' or shape[1:] != columns:
                raise DataError(f'{path}: {dtype} {shape}, not {what} file')
            if shape[0] != len(images):
                raise DataError(
                    f'{images_path}: {len(images):,} image pairs, but {shape[0]:,} rows in '
                    f'{path}; take both from the same place'
                )

        return read_matrix(path, check=check)

    images = read_matrix(images_path, first_camera, check_images)
    labels = integers(labels_path, (), 'integer labels (N,); use the -cat')
    info = integers(info_path, (4,), 'integers (N, 4); use the -info')
    if not len(images):
        raise DataError(f'{images_path}: no images in it')
    bad = labels[(labels < 0) | (labels >= len(CATEGORIES))]
    if len(bad):
        raise DataError(
            f'{labels_path}: label {bad[0]} is not a category 0..4; use the small NORB files'
        )
    return images, labels.astype(np.int64), set(zip(labels.tolist(), info[:, 0].tolist()))
