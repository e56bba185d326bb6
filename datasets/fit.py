"""Any picture of one digit, prepared as the images of MNIST were made.

'The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20
pixel box while preserving their aspect ratio. The resulting images contain grey levels as a result
of the anti-aliasing technique used by the normalization algorithm. The images were centered in a
28x28 image by computing the center of mass of the pixels, and translating the image so as to
position this point at the center' (LeCun, Cortes and Burges, 'The MNIST database').

A photograph is not bilevel: before that, its light is taken away and its ink is told from paper.
The constants below were chosen on photographs made of MNIST's training images.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from datasets.base import DataError

SHAPE = (28, 28, 1)  # of the result
BOX = 20  # the longer side of the digit in it
SIDE = 280  # the longer side of a picture while its ink is looked for
FAINT = 0.1  # less than this part of the light is not ink
NOTHING, FULL = 0.3, 0.8  # of the ink's darkness: black in the result, and white
EDGE = 0.3  # the digit goes as far as the ink is this white
SPECK = 0.03  # what has less of the largest stroke's area is dirt
INSIDE = 0.05  # with so much of the largest's area, what does not touch the border is the digit


def fit_digit(grey):
    """grey: uint8 (H, W), dark ink on light or light on dark -> uint8 (28, 28, 1), white on black.

    Raises DataError, without the name of the file, where nothing stands out.
    """
    # Twice: near the digit light is more even, and the digit has more pixels.
    _, box = _ink(grey)
    scale = max(grey.shape) / SIDE
    top, bottom, left, right = (round(scale * edge) for edge in box)
    margin = max(bottom - top, right - left) // 2 + 1
    grey = grey[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin]
    ink, (top, bottom, left, right) = _ink(grey)
    return _centred(_resized(ink[top:bottom, left:right], BOX, Image.Resampling.BOX))


def _ink(grey):
    """(ink (h, w) from 0, paper, to 1, with max(h, w) = SIDE; its (top, bottom, left, right))."""
    grey = _resized(grey.astype(np.float32), SIDE, Image.Resampling.BICUBIC)
    light = _light(grey)
    difference = grey - light
    # Ink is the minority, so it decides on which side of the light the far values are.
    dark = np.power(difference, 3).sum() < 0
    ink = np.maximum(0, -difference / np.maximum(1, light) if dark else difference / 255)
    darkness = (ink**6).sum() / max(1e-9, (ink**5).sum())  # a mean in which lines are nothing
    if darkness < FAINT:
        raise DataError('no digit found: nothing stands out from the background')
    ink = np.clip((ink / darkness - NOTHING) / (FULL - NOTHING), 0, 1)
    strokes, _ = ndimage.label(ink > EDGE, np.ones((3, 3)))
    area = np.bincount(strokes.ravel())
    area[0] = 0  # paper
    border = np.zeros(area.shape, bool)
    for line in (strokes[0], strokes[-1], strokes[:, 0], strokes[:, -1]):
        border[line] = True
    if area[~border].max(initial=0) >= INSIDE * area.max():
        area[border] = 0  # shadows, lines, the table; not a digit that fills the picture
    digit = (area >= SPECK * area.max())[strokes] & (strokes > 0)
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    # With the soft edges of what is kept.
    ink = ink * ndimage.binary_dilation(digit, iterations=3)
    return ink, (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1)


def _light(grey, rounds=10):
    """What the picture (h, w) would be without ink: a quadratic surface, fitted again and again to
    the pixels that are near it. Ink may cover half of the picture, but less of its border."""
    y, x = (np.linspace(-1, 1, n) for n in grey.shape)
    y, x = np.meshgrid(y, x, indexing='ij')
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)
    some = terms[::4, ::4].reshape(-1, 6), grey[::4, ::4].ravel()  # as good as all, and faster
    surface = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    for _ in range(rounds):
        distance = np.abs(some[1] - surface)
        near = distance <= 6 * np.quantile(distance, 0.3) + 1
        weights = np.linalg.lstsq(some[0][near], some[1][near], rcond=None)[0]
        surface = some[0] @ weights
    return terms @ weights


def _resized(array, longest, how):
    """float (h, w) -> float32 whose longer side is `longest`, of the same aspect ratio."""
    size = [max(1, round(side * longest / max(array.shape))) for side in array.shape[::-1]]
    return np.asarray(Image.fromarray(array.astype(np.float32)).resize(size, how))


def _centred(digit):
    """(h, w) in [0, 1], at most 28 -> uint8 (28, 28, 1), centre of mass in the middle."""
    canvas = np.zeros(SHAPE[:2])
    corner = [
        int(np.clip(round(side / 2 - centre), 0, side - length))
        for side, centre, length in zip(SHAPE, ndimage.center_of_mass(digit), digit.shape)
    ]
    place = tuple(slice(start, start + length) for start, length in zip(corner, digit.shape))
    canvas[place] = digit / digit.max()  # MNIST's whitest pixel is 255
    return np.rint(255 * canvas).astype(np.uint8)[..., None]
