"""House numbers drawn by a program: a stand-in where SVHN cannot be had. They are not SVHN.

The digit in the middle is one of synthetic.py, in colour on a wall of another colour, lit from one
side, a little blurred and noisy; a digit on either side, cut by the border, is often there. The
label is that of the digit in the middle.
"""

import numpy as np

from datasets.base import Dataset, Split
from datasets.downsample import area_downsample
from datasets.synthetic import synthetic_digits

CHUNK = 512  # images coloured at once: 6 MB of float32
NEIGHBOUR = 0.7  # how often there is a digit on the left, and on the right
CONTRAST = 60  # least difference of wall and digit, in levels, averaged over the channels


def synthetic_svhn_dataset(seed, sizes=(20_000, 5_000, 5_000), size=32):
    """Dataset named 'synthetic house numbers'; sizes: images for train, validation, test.

    size: 32 or 16 pixels. The splits are drawn from independent streams.
    """
    splits = []
    for index, n in enumerate(sizes):
        images, labels = synthetic_house_numbers(n, [seed, index])
        splits.append(Split(images if size == 32 else area_downsample(images, 32 // size), labels))
    source = f'synthetic house numbers, coloured digits drawn by strokes, seed {seed}'
    return Dataset('synthetic house numbers', source, *splits)


def synthetic_house_numbers(n, seed):
    """n house numbers: images uint8 (n, 32, 32, 3), and labels int64 (n,) of the middle digit.

    The classes are as equal in number as n allows, in random order. seed: integer, or a sequence
    of integers; equal n and seed give equal images.
    """
    seed = list(np.atleast_1d(seed))
    digits, labels = synthetic_digits(n, [*seed, 0])
    neighbours = synthetic_digits(2 * n, [*seed, 1])[0].reshape(n, 2, 28, 28)
    rng = np.random.default_rng([*seed, 2])
    images = np.empty((n, 32, 32, 3), np.uint8)
    for start in range(0, n, CHUNK):
        chunk = slice(start, start + CHUNK)
        ink = _ink(digits[chunk, :, :, 0], neighbours[chunk], rng)
        images[chunk] = _coloured(ink, rng)
    return images, labels


def _ink(middle, neighbours, rng):
    """float32 (n, 32, 32), 0 wall to 1 digit, of digits (n, 28, 28) and (n, 2, 28, 28)."""
    n = len(middle)
    board = np.zeros((n, 32, 28 + 2 * 32), np.uint8)  # what is left and right of the picture, too
    board[:, 2:30, 32:60] = middle
    gap, there = rng.integers(13, 19, (n, 2)), rng.random((n, 2)) < NEIGHBOUR
    drop = rng.integers(0, 5, (n, 2))
    for i in range(n):  # every neighbour at its own distance
        for side, sign in enumerate((-1, 1)):
            if there[i, side]:
                left, top = 32 + sign * gap[i, side], drop[i, side]
                place = board[i, top : top + 28, left : left + 28]
                np.maximum(place, neighbours[i, side], out=place)
    return board[:, :, 30:62].astype(np.float32) / 255


def _coloured(ink, rng):
    """uint8 (n, 32, 32, 3) of `ink` (n, 32, 32): two colours, light, blur and noise."""
    n = len(ink)
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)), mode='edge')
    near = padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]
    blur = rng.uniform(0, 0.15, (n, 1, 1)).astype(np.float32)
    ink = (ink + blur * near) / (1 + 4 * blur)

    wall = rng.uniform(40, 215, (n, 1, 1, 1)) + rng.normal(0, 25, (n, 1, 1, 3))
    change = rng.uniform(CONTRAST, 150, (n, 1, 1, 1)) + rng.normal(0, 20, (n, 1, 1, 3))
    lighter = rng.random((n, 1, 1, 1)) < (255 - wall.mean(-1, keepdims=True)) / 255
    change *= np.where(lighter, 1, -1)
    grid = np.linspace(-1, 1, 32, dtype=np.float32)
    slope = rng.normal(0, 12, (n, 2, 1, 1)).astype(np.float32)
    light = slope[:, 0] * grid[:, None] + slope[:, 1] * grid

    images = wall.astype(np.float32) + change.astype(np.float32) * ink[..., None]
    images += light[..., None]
    noise = rng.uniform(0, 8, (n, 1, 1, 1)).astype(np.float32)
    images += noise * rng.standard_normal(images.shape, np.float32)
    return np.clip(images + 0.5, 0, 255).astype(np.uint8)
