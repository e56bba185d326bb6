"""Standardisation: every input dimension has mean 0 and standard deviation 1 in training."""

from dataclasses import dataclass

import numpy as np

from datasets.base import DataError

CHUNK_BYTES = 1 << 24  # images summed at once, as int64


@dataclass(frozen=True, eq=False)  # comparing arrays with == has no single truth value
class Standardisation:
    """mean, std: float64 (H, W, C), 0..255, of every row, column and channel by itself.

    'Data points are subtracted by the mean and divided by the standard deviation along each input
    dimension across the whole training set' (AAE, A.2.2). A dimension that never changes has std 1.
    """

    mean: np.ndarray
    std: np.ndarray

    def standardise(self, images):
        """uint8 (N, H, W, C) -> float32 (N, H, W, C): (v - mean) / std."""
        x = images.astype(np.float32)
        x -= self.mean.astype(np.float32)
        x /= self.std.astype(np.float32)
        return x

    def inverse(self, x):
        """float (N, H, W, C) -> float32, in 0..255 where `x` is of images: x std + mean."""
        return x.astype(np.float32) * self.std.astype(np.float32) + self.mean.astype(np.float32)

    def to_unit(self, x):
        """The inverse as a picture in [0, 1]: what a network puts outside is clipped."""
        return np.clip(self.inverse(x) / 255, 0, 1)


def standardisation(images):
    """The Standardisation of training images uint8 (N, H, W, C).

    The sums of v and v^2 are whole numbers, so they are exact, and so is n sum v^2 - (sum v)^2 up
    to 10^7 images; the divisions and the root are in float64. Needs about CHUNK_BYTES.
    Raises DataError for another dtype or no images.
    """
    if images.dtype != np.uint8 or not len(images):
        raise DataError(f'standardisation takes uint8 images, not {len(images)} {images.dtype}')
    n, shape = len(images), images.shape[1:]
    total, squares = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    chunk = max(1, CHUNK_BYTES // (8 * total.size))
    for start in range(0, n, chunk):
        part = images[start : start + chunk].astype(np.int64)
        total += part.sum(0)
        part *= part
        squares += part.sum(0)
    std = np.sqrt((n * squares - total * total).astype(np.float64)) / n
    return Standardisation(total / n, np.where(std == 0, 1.0, std))
