"""Which training images are labelled: as many of each class, drawn at random."""

import numpy as np

from datasets.base import DataError


def balanced_indices(labels, n, rng, flag='--labels'):
    """Indices (n,) of examples, n / classes of each class, sorted; `rng` decides which.

    labels: (N,) integers; the classes are those that occur. 'The labeled examples were chosen at
    random but evenly distributed across the classes' (PixelGAN, B.1.3). Raises DataError, naming
    `flag`, when n is not a multiple of the number of classes or a class has too few examples.
    """
    classes, counts = np.unique(labels, return_counts=True)
    each, left = divmod(n, len(classes))
    if left or not each:
        raise DataError(f'{flag} {n} is not a multiple of the {len(classes)} classes')
    if counts.min() < each:
        raise DataError(
            f'{flag} {n} needs {each} images of each class, but class '
            f'{classes[counts.argmin()]} has {counts.min()} of the {len(labels)} '
            'training images; choose fewer, or take more --train-images'
        )
    return np.sort(np.concatenate(
        [rng.choice(np.flatnonzero(labels == c), each, replace=False) for c in classes]))
