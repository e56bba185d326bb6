"""Digits drawn by strokes: a stand-in where MNIST cannot be had. They are not MNIST.

A digit is a few curves through control points. Each image moves the control points a little,
slants, stretches and turns the whole, and draws it with a round pen of its own width.
"""

import numpy as np

from datasets.base import Dataset, Split

# One or more ways to write each digit. A stroke is a smooth curve through its points (x right, y
# down, the digit 1 high), closed where it ends at its start; a corner is where two strokes
# share an end.
GLYPHS = {
    0: [[[(0.3, 0), (0.56, 0.25), (0.56, 0.75), (0.3, 1), (0.04, 0.75), (0.04, 0.25), (0.3, 0)]]],
    1: [[[(0.3, 0), (0.3, 1)]],
        [[(0.1, 0.22), (0.3, 0)], [(0.3, 0), (0.3, 1)]]],
    2: [[[(0.03, 0.26), (0.14, 0.06), (0.36, 0.0), (0.54, 0.17), (0.48, 0.46), (0.02, 1)],
         [(0.02, 1), (0.6, 0.97)]]],
    3: [[[(0.05, 0.13), (0.26, 0), (0.5, 0.1), (0.48, 0.34), (0.22, 0.46)],
         [(0.22, 0.46), (0.5, 0.54), (0.56, 0.8), (0.3, 1), (0.02, 0.88)]]],
    4: [[[(0.12, 0.05), (0.02, 0.58)], [(0.02, 0.58), (0.6, 0.58)], [(0.46, 0.08), (0.42, 1)]],
        [[(0.42, 0), (0, 0.64)], [(0, 0.64), (0.6, 0.64)], [(0.42, 0), (0.42, 1)]]],
    5: [[[(0.54, 0), (0.12, 0)],
         [(0.12, 0), (0.07, 0.45)],
         [(0.07, 0.45), (0.34, 0.37), (0.57, 0.67), (0.32, 1), (0.02, 0.9)]]],
    6: [[[(0.46, 0), (0.14, 0.32), (0.05, 0.7), (0.3, 1), (0.54, 0.74), (0.32, 0.5),
          (0.06, 0.72)]]],
    7: [[[(0.02, 0.03), (0.56, 0)], [(0.56, 0), (0.36, 0.45), (0.22, 1)]],
        [[(0.02, 0.03), (0.56, 0)], [(0.56, 0), (0.36, 0.45), (0.22, 1)],
         [(0.2, 0.52), (0.52, 0.48)]]],
    8: [[[(0.3, 0.47), (0.53, 0.2), (0.3, 0), (0.07, 0.2), (0.3, 0.47), (0.57, 0.77), (0.3, 1),
          (0.03, 0.77), (0.3, 0.47)]]],
    9: [[[(0.54, 0.25), (0.3, 0), (0.05, 0.28), (0.28, 0.53), (0.54, 0.25)],
         [(0.54, 0.25), (0.52, 0.6), (0.4, 1)]]],
}

SEGMENTS_PER_SPAN = 3  # straight pieces between two control points of a curve
LARGEST = 20.5  # pixels from end to end of the pen's path: the rest of the 28 is pen and margin
CHUNK = 256  # images drawn at once: their distances, 256 x 28 x 28 float32, stay in cache


def synthetic_dataset(seed, sizes=(50_000, 10_000, 10_000)):
    """Dataset named 'synthetic digits'; sizes: images to draw for train, validation, test.

    The splits are drawn from independent streams.
    """
    splits = [Split(*synthetic_digits(n, [seed, index])) for index, n in enumerate(sizes)]
    return Dataset('synthetic digits', f'synthetic digits drawn by strokes, seed {seed}', *splits)


def synthetic_digits(n, seed):
    """n digits, the ten classes as equal in number as n allows, in random order.

    seed: integer, or a sequence of integers; equal n and seed give equal digits.
    Returns images uint8 (n, 28, 28, 1), 0 paper to 255 ink, and labels int64 (n,).
    """
    images = np.empty((n, 28, 28, 1), np.uint8)  # first, as it is what a machine may not hold
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n, dtype=np.int64) % 10)
    hands = rng.random(n)
    for digit, glyphs in GLYPHS.items():
        for way, strokes in enumerate(glyphs):
            chosen = np.flatnonzero((labels == digit) & ((hands * len(glyphs)).astype(int) == way))
            for start in range(0, len(chosen), CHUNK):
                chunk = chosen[start : start + CHUNK]
                images[chunk, :, :, 0] = _draw(strokes, len(chunk), rng)
    return images, labels


def _draw(strokes, n, rng):
    """n drawings of one glyph: uint8 (n, 28, 28)."""
    points, starts, ends = _segment_maps(strokes)
    points = points + rng.normal(0, 0.02, (n, *points.shape))  # (n, control points, 2)

    width, height = rng.uniform(0.75, 1.1, n), rng.uniform(0.85, 1.0, n)
    slant, turn = rng.normal(0.12, 0.14, n), rng.normal(0, 0.08, n)
    cos, sin = np.cos(turn), np.sin(turn)
    # x = width * x - slant * y, y = height * y (up is -y, so this leans right), then turned.
    affine = np.stack(
        [
            np.stack([cos * width, sin * width], -1),
            np.stack([-cos * slant - sin * height, cos * height - sin * slant], -1),
        ],
        1,
    )
    points = points @ affine * 20

    path = np.concatenate([starts @ points, ends @ points], axis=1)
    low, high = path.min(1, keepdims=True), path.max(1, keepdims=True)
    shrink = np.minimum(1, LARGEST / (high - low).max(2, keepdims=True))
    centre = 13.5 + rng.uniform(-1, 1, (n, 1, 2))
    path = ((path - (low + high) / 2) * shrink + centre).astype(np.float32)
    distance = _distance(*np.split(path, 2, axis=1))

    radius = rng.uniform(0.9, 1.7, (n, 1, 1)).astype(np.float32)
    return (255 * np.clip(radius + 0.5 - distance, 0, 1)).astype(np.uint8)


def _segment_maps(strokes):
    """Control points (P, 2), and the matrices (S, P) that turn them into segment starts and ends.

    Equal points are one control point, so strokes stay joined however the points move.
    """
    points = list(dict.fromkeys(point for stroke in strokes for point in stroke))
    each = np.eye(len(points))
    starts, ends = [], []
    for stroke in strokes:
        knots = [each[points.index(point)] for point in stroke]
        if stroke[0] == stroke[-1]:
            knots = [knots[-2], *knots, knots[1]]
        else:
            knots = [knots[0], *knots, knots[-1]]
        pieces = SEGMENTS_PER_SPAN if len(stroke) > 2 else 1
        t = np.arange(pieces + 1)[:, None] / pieces
        for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:]):
            # Catmull-Rom: from b to c, with tangents (c - a) / 2 and (d - b) / 2.
            curve = (
                b
                + t * (c - a) / 2
                + t**2 * (a - 2.5 * b + 2 * c - d / 2)
                + t**3 * (1.5 * (b - c) + (d - a) / 2)
            )
            starts.append(curve[:-1])
            ends.append(curve[1:])
    return np.array(points), np.concatenate(starts), np.concatenate(ends)


def _distance(starts, ends):
    """Distance in pixels from each pixel of 28 x 28 to the nearest of S segments.

    starts, ends: float32 (n, S, 2), x then y -> float32 (n, 28, 28).
    """
    grid = np.arange(28, dtype=np.float32)
    squared = np.full((len(starts), 28, 28), np.inf, np.float32)
    for start, end in zip(starts.swapaxes(0, 1), ends.swapaxes(0, 1)):
        along = end - start
        length2 = np.maximum((along**2).sum(-1), 1e-6)[:, None]
        x, y = grid - start[:, :1], grid - start[:, 1:]  # (n, 28) each
        along_x, along_y = along[:, :1], along[:, 1:]
        # The foot of the perpendicular, as a fraction of the segment: (n, 28, 28).
        t = (y * along_y / length2)[:, :, None] + (x * along_x / length2)[:, None, :]
        np.clip(t, 0, 1, out=t)
        away_x = x[:, None, :] - t * along_x[:, :, None]
        away_y = y[:, :, None] - t * along_y[:, :, None]
        np.minimum(squared, away_x**2 + away_y**2, out=squared)
    return np.sqrt(squared)
