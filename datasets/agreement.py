"""Whether labels belong to images: where they are of two data sets, they say nothing about them."""

import math

import numpy as np

from datasets.base import DataError

LEAST = 1_000  # images: of fewer it cannot be told
MOST = 10_000  # are enough
DEVIATIONS = 4  # standard deviations above chance that labels must reach; MNIST's reach over 150


def check_agreement(images, labels, images_path, labels_path):
    """Raises DataError where labels are no better than chance at telling images apart.

    images: uint8 (N, H, W, C); labels: (N,). The class means of one half label the other half:
    right for 82% of MNIST, and for about 1 in 10 where the labels are those of other images, or
    drawn at random. Images that were changed keep their labels, and pass.
    """
    if len(labels) < LEAST:
        return
    chosen = np.random.default_rng(0).permutation(len(labels))[:MOST]
    known, asked = np.array_split(chosen, 2)
    classes = np.unique(labels[known])
    means = np.stack([images[known[labels[known] == label]].mean(0).ravel() for label in classes])
    x = images[asked].reshape(len(asked), -1).astype(means.dtype)
    guess = classes[((means**2).sum(1) - 2 * x @ means.T).argmin(1)]  # distance less |x|^2
    right = np.mean(guess == labels[asked])
    chance = sum(np.mean(guess == label) * np.mean(labels[asked] == label) for label in classes)
    needed = chance + DEVIATIONS * math.sqrt(chance * (1 - chance) / len(asked))
    if right <= needed < 1:  # more than 1 where nearly all are of one class
        raise DataError(
            f'{labels_path}: not the labels of {images_path}: by them, the nearest class mean is '
            f'right for {right:.1%} of the images, and chance for {chance:.1%}; take both from one '
            'data set'
        )
