"""The .mat files of SVHN, format 2: cropped digits, 32 x 32 pixels, three channels.

A MATLAB 5 file with two members: X, uint8 (32, 32, 3, N), row, column, RGB, image; and y, (N, 1),
the digit in the middle, 1..9, or 10 for the digit 0.

Reference: Netzer et al., 'Reading digits in natural images with unsupervised feature learning',
2011; http://ufldl.stanford.edu/housenumbers/.
"""


import numpy as np
from scipy.io import savemat

from datasets.base import DataError
from datasets.downsample import area_downsample
from datasets.matlab import NUMBERS, read_members

CHUNK = 1024  # images transposed at once: 3 MB


def read_svhn_mat(path, size=32):
    """images uint8 (N, size, size, 3), labels int64 (N,) in 0..9, and whether they are synthetic.

    size: 32, or 16 for the means of 2 x 2 pixels. The images of a file are 3,072 N bytes; size 16
    needs another 768 N while it reads, size 32 no second copy. Raises DataError, one line.
    """
    contents = read_members(path, ('X', 'y'), _check_members)
    labels = _labels(path, contents.pop('y'))
    return _images(contents.pop('X').T, size), labels, 'synthetic' in contents


def _check_members(path, members):
    """members: {name: (shape, MATLAB class)}, known before anything large is read."""
    for name in 'Xy':
        if name not in members:
            raise DataError(
                f'{path}: no member {name} in it (only {", ".join(sorted(members)) or "none"}); '
                'use the format 2 files of SVHN'
            )
    (shape, kind), (label_shape, label_kind) = members['X'], members['y']
    if kind != 'uint8' or len(shape) != 4 or shape[:3] != (32, 32, 3):
        raise DataError(
            f'{path}: X is {kind} {" x ".join(map(str, shape))}, not uint8 32 x 32 x 3 x N; '
            'use the format 2 files of SVHN'
        )
    if sorted(label_shape) != sorted((shape[3], 1)) or label_kind not in NUMBERS:
        raise DataError(
            f'{path}: {shape[3]:,} images, but y is {label_kind} '
            f'{" x ".join(map(str, label_shape))}, not one label each; take both from one place'
        )


def _labels(path, y):
    """y, any shape, 1..10 -> int64 (N,), 0..9."""
    y = y.ravel()
    wrong = y[~np.isin(y, np.arange(1, 11))]
    if len(wrong):
        raise DataError(
            f'{path}: label {wrong[0]} is not in 1..10 (10 is the digit 0); '
            'use the format 2 files of SVHN'
        )
    return y.astype('int64') % 10


def _images(stored, size):
    """uint8 (N, 3, 32, 32), channel, column, row -> (N, size, size, 3), row, column, channel.

    With size 32 the result takes the memory of `stored`, a chunk at a time: the 531,131 extra
    images are 1.6 GB, and a second copy would be another 1.6.
    """
    if size == 32:
        stored = np.require(stored, requirements=['C', 'W'])
        images = stored.reshape(len(stored), 32, 32, 3)
    else:
        images = np.empty((len(stored), size, size, 3), np.uint8)
    for start in range(0, len(stored), CHUNK):
        chunk = stored[start : start + CHUNK].transpose(0, 3, 2, 1)
        images[start : start + CHUNK] = area_downsample(chunk, 32 // size)
    return images


def write_svhn_mat(path, images, labels, synthetic=False):
    """Write uint8 (N, 32, 32, 3) and labels (N,) in 0..9 as SVHN's files are.

    synthetic: add a member of that name, by which the loader knows never to call them SVHN.
    """
    labels = np.asarray(labels)
    members = {
        'X': np.asarray(images).transpose(1, 2, 3, 0),
        'y': np.where(labels == 0, 10, labels).astype(np.uint8)[:, None],
    }
    if synthetic:
        members['synthetic'] = 'drawn by a program: not SVHN'
    savemat(path, members, appendmat=False, do_compression=True)
