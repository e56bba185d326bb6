"""The Toronto Face Database (TFD) from its official MATLAB file, which its users have been given.

102,236 grey faces of 48 x 48 pixels: 98,058 without a label and 4,178 labelled with one of seven
expressions, divided into training, validation and test images in five ways, the folds.

The AAE (section 3) is scored on TFD by the procedure of Goodfellow et al. (2014), whose published
settings train on the unlabelled images, choose sigma on the validation images of a fold and score
its test images: that is our default.

TFD_48x48.mat holds `images` (N, 48, 48); `folds` (N, 5), 0 unlabelled, 1 training, 2 validation,
3 test; `labs_ex` (N, 1), the expression 1..7, or -1; and `labs_id`, the person, which we do not
need. The authors' own description is not on the web any more: this is what public code that reads
the file agrees on (pylearn2 datasets/tfd.py, fuel pull request 96), not checked against the file.

Reference: Susskind, Anderson and Hinton, 'The Toronto face dataset', technical report UTML TR
2010-001, University of Toronto, 2010.
"""

import numpy as np

from datasets.base import DataError, Dataset, Split, Unavailable
from datasets.matlab import read_members
from datasets.source import check_choice, find, load
from datasets.synthetic_tfd import synthetic_tfd_members

TFD_FILE = 'TFD_48x48.mat'
MEMBERS = ('images', 'folds', 'labs_ex')
OFFICIAL_IMAGES = 102_236
EXPRESSIONS = 7
UNLABELLED = -1
FOLD_VALUES = {'unlabelled': 0, 'training': 1, 'validation': 2, 'test': 3}
TRAINS = {
    'unlabelled': ['unlabelled'], 'labelled': ['training'], 'both': ['unlabelled', 'training']
}
WHERE_TO_ASK = (
    'ask Josh Susskind, who collected it at the University of Toronto '
    '(http://aclab.ca/users/josh/TFD.html; report UTML TR 2010-001)'
)


def load_tfd(data_dir=None, fold=0, train_on='unlabelled', sizes=None, data='auto', seed=0):
    """TFD as a Dataset of images uint8 (N, 48, 48, 1) and labels int64 (N,), 0..6, -1 for none.

    data_dir: folder with TFD_48x48.mat, in it or in its tfd/ folder, or that file.
    fold: 0 to 4, the column of `folds` that says what trains, validates and tests.
    train_on: 'unlabelled' images, all labelled -1; the 'labelled' training images of the fold;
        or 'both', the unlabelled ones first.
    data ('tfd', 'synthetic' or 'auto'), sizes, data_dir None: see datasets.source.load.
    seed: of the synthetic faces. They take 0.5 ms an image: say how many with `sizes`.
    Raises DataError, one line that says what to do.
    """
    check_choice('fold', fold, range(5))
    check_choice('train_on', train_on, TRAINS)

    def read(place):
        path = place if place.is_file() else find([TFD_FILE], (place, place / 'tfd'))
        if path is None:
            raise Unavailable(WHERE_TO_ASK)
        members = read_members(path, MEMBERS, _check_present)
        return _dataset(members, path, fold, train_on)

    def draw(**limits):
        return _dataset(synthetic_tfd_members(seed, **limits), f'seed {seed}', fold, train_on)

    return load(
        'tfd',
        'TFD',
        data,
        data_dir,
        sizes,
        read=read,
        draw=draw,
        needed=TFD_FILE,
        stand_in='synthetic faces',
    )


def _dataset(members, place, fold, train_on):
    """Dataset of a fold; `place`, a path or a seed, is for the source and the messages."""
    images, folds, labels = _checked(members, place)
    indices = {name: np.flatnonzero(folds[:, fold] == v) for name, v in FOLD_VALUES.items()}
    for name, chosen in indices.items():
        if not len(chosen):
            raise DataError(f'{place}: no {name} images in fold {fold}; use the official file')
    labels[indices['unlabelled']] = UNLABELLED
    train = np.concatenate([indices[name] for name in TRAINS[train_on]])
    if 'synthetic' in members:
        name, source = 'synthetic faces', f'synthetic faces, {place}'
    elif len(images) == OFFICIAL_IMAGES:  # all that can be told: no digest is published
        name, source = 'TFD', f'Toronto Face Database in {place}'
    else:
        name, source = 'TFD-format images', (
            '(not the official number of) images in the format of the Toronto Face Database in '
            f'{place}'
        )
    return Dataset(
        name,
        f'{source}, fold {fold}, trained on {train_on} images',
        *(Split(images[chosen], labels[chosen])
          for chosen in (train, indices['validation'], indices['test'])),
    )


def _check_present(path, members):
    """members: {name: (shape, MATLAB class)}, known before anything large is read."""
    for name in MEMBERS:
        if name not in members:
            raise DataError(f'{path}: no member {name} in it; use the official {TFD_FILE}')
    kind = members['images'][1]
    if kind != 'uint8':
        raise DataError(f'{path}: images are {kind}, not bytes; use the official {TFD_FILE}')


def _checked(members, path):
    """images uint8 (N, 48, 48, 1), folds (N, 5), labels int64 (N,) in -1..6."""
    images, folds, labels = (members[name] for name in MEMBERS)
    if images.ndim != 3 or images.shape[1:] not in ((48, 48), (32, 32)):
        raise DataError(
            f'{path}: images of shape {images.shape}, not (N, 48, 48); use the official {TFD_FILE}'
        )
    n = len(images)
    if folds.shape != (n, 5) or not np.isin(folds, [0, 1, 2, 3]).all():
        raise DataError(
            f'{path}: folds {folds.shape} with values {np.unique(folds)[:5]}, not {(n, 5)} with '
            f'0..3; use the official {TFD_FILE}'
        )
    if labels.size != n:
        raise DataError(
            f'{path}: {n:,} images, but {labels.size:,} labels in labs_ex; use the official '
            f'{TFD_FILE}'
        )
    labels = labels.ravel()
    bad = labels[~np.isin(labels, [UNLABELLED, *range(1, EXPRESSIONS + 1)])]
    if len(bad):
        raise DataError(
            f'{path}: label {bad[0]} in labs_ex is neither an expression 1..7 nor -1; use the '
            f'official {TFD_FILE}'
        )
    labels = labels.astype(np.int64)
    return images[..., None], folds, np.where(labels == UNLABELLED, UNLABELLED, labels - 1)
