"""The second domains of the cross-domain experiment (PixelGAN, section 4): what F(x) should be.

A domain says how F's output is shaped and trained, where its independent samples come from, and
what the truth is, which training sees for a few given examples only. x: float32 (N, 28, 28, 1)
in {0, 1}, of the first domain; y: float32 (N, size), of the second.
"""
from dataclasses import replace

import numpy as np

from datasets import Split, binarize
from models.priors import Categorical, Samples
from nn.activations import Sigmoid, Softmax
from nn.losses import half_squared_error, softmax_cross_entropy
from training.run_folder import RunError

CLASSES = 10
CELL = 4                # a number of a thumbnail is the mean of CELL x CELL pixels
QUERIES = 500           # whose distances to all points are computed at once


class Labels:
    """D1: images. D2: labels, as one-hot vectors (figure 9)."""

    size, conditioning = CLASSES, 'location-invariant'
    activation = Softmax
    supervised_cost = staticmethod(softmax_cross_entropy)

    def __init__(self, smoothing):
        self.prior = Categorical(CLASSES, smoothing)

    def divide(self, data, rng):
        """The Dataset of the first domain."""
        return data

    def targets(self, x, labels):
        """What supervised_cost compares F's logits with."""
        return labels

    def truth(self, x, labels):
        return np.eye(CLASSES, dtype=np.float32)[labels]

    def digits(self, y):
        """The digit that each y (N, 10) stands for."""
        return y.argmax(axis=1)

    def controls(self, data, rng):
        """Measures of what does not look at x."""
        return {}


class Thumbnails:
    """D1: digits turned clockwise by 90 degrees. D2: upright 7x7 thumbnails of other digits."""

    size, conditioning = 49, 'location-dependent'
    activation = Sigmoid

    def __init__(self, smoothing):
        self.prior = Samples(self.size)

    def divide(self, data, rng):
        """The Dataset of the first domain: a random half of the training images, and all others,
        turned. The other half becomes the samples of the second domain."""
        order = rng.permutation(len(data.train.labels))
        middle = len(order) // 2
        first, second = np.sort(order[:middle]), np.sort(order[middle:])
        self.prior.array = thumbnails(binarize(data.train.images[second]))
        self.labels = data.train.labels[second]     # for `digits` and `controls`; F sees none
        halves = Split(data.train.images[first], data.train.labels[first])
        return replace(data, **{
            name: Split(np.ascontiguousarray(turn(split.images)), split.labels)
            for name, split in (('train', halves), ('validation', data.validation),
                                ('test', data.test))})

    @staticmethod
    def supervised_cost(logits, targets):
        return sigmoid_squared_error(logits, targets)

    def targets(self, x, labels):
        return self.truth(x, labels)

    def truth(self, x, labels):
        """There is one F that is exact: turn x back, take the means."""
        return thumbnails(turn(x, back=True))

    def digits(self, y):
        """The label of the nearest thumbnail of the second domain, in squared distance."""
        return self.labels[nearest(y, self.prior.array)]

    def controls(self, data, rng):
        """On the test images: the squared error (a mean over the 49 numbers) of the mean
        thumbnail, of a random one, of a random one of the right digit, and the digit errors, in %,
        of `digits` on random and on true thumbnails: the last is the floor for F."""
        x, labels = binarize(data.test.images), data.test.labels
        truth, samples = self.truth(x, labels), self.prior.array

        def error(y):
            return float(np.square(y - truth).mean())

        chance = samples[rng.integers(len(samples), size=len(truth))]
        same = np.empty_like(truth)
        for digit in np.unique(labels):
            rows = labels == digit
            same[rows] = samples[rng.choice(np.flatnonzero(self.labels == digit), rows.sum())]
        return {'squared_error_mean_thumbnail': error(samples.mean(axis=0)),
                'squared_error_random_thumbnail': error(chance),
                'squared_error_random_thumbnail_of_the_digit': error(same),
                'error_random_thumbnail': percentage(self.digits(chance) != labels),
                'error_true_thumbnail': percentage(self.digits(truth) != labels)}


DOMAINS = {'labels': Labels, 'thumbnails': Thumbnails}


def percentage(wrong):
    return 100 * float(np.mean(wrong))


def turn(images, back=False):
    """Images (N, H, W, C) turned by 90 degrees, clockwise or back; a view."""
    return np.rot90(images, 1 if back else -1, axes=(1, 2))


def thumbnails(x):
    """(N, H, W, 1) -> the means of CELL x CELL pixels, (N, H / CELL * W / CELL), row by row.
    Raises RunError where CELL does not divide H and W."""
    n, height, width, channels = x.shape
    if height % CELL or width % CELL or channels != 1:
        raise RunError(f'no thumbnails of {height}x{width}x{channels} images')
    cells = x.reshape(n, height // CELL, CELL, width // CELL, CELL)
    return cells.mean(axis=(2, 4)).reshape(n, -1)


def enlarged(y):
    """Thumbnails (N, 49) as images (N, 28, 28, 1), each number a square of pixels."""
    side = int(len(y[0]) ** 0.5)
    images = y.reshape(-1, side, side, 1)
    return images.repeat(CELL, axis=1).repeat(CELL, axis=2)


def nearest(queries, points):
    """The index of the point (M, size) nearest to each query (N, size)."""
    lengths = np.square(points).sum(axis=1)
    return np.concatenate([
        (lengths - 2 * queries[start:start + QUERIES] @ points.T).argmin(axis=1)
        for start in range(0, len(queries), QUERIES)])


def sigmoid_squared_error(logits, targets):
    """1/2 sum_d (s(l) - t)^2, averaged over the batch, s the sigmoid; logits, targets: (N, size).
    Returns (loss, gradient with respect to the logits)."""
    sigmoid = Sigmoid()
    y, cache = sigmoid.forward(logits)
    loss, dy = half_squared_error(y, targets)
    return loss, sigmoid.backward(dy, cache)
