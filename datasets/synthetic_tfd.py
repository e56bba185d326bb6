"""Faces drawn by a program: a stand-in where the Toronto Face Database cannot be had. Not TFD.

An oval with hair, brows, eyes, nose and mouth, turned and lit from a side. Brows, eyes and mouth
show one of seven expressions, more or less strongly; all else is drawn without regard to it.
"""

import numpy as np
from scipy.io import savemat

SIZE = 48  # pixels
TINY = 1e-6
CHUNK = 32  # faces drawn at once: their float32 maps stay in cache
MOST_TRAINING = 2_926  # labelled faces to train on, 7 of 10, as in TFD

# In pixels, of a face 30 wide: brows, how high, how much lower inside, how arched; eyes, how far
# open; mouth, how far its corners are up, half its width, how far it is open, whether teeth show.
NEUTRAL = (0, 0, 0.6, 1.5, 0, 5.2, 0.2, 0)
EXPRESSIONS = {
    'anger': (-1.8, 2.2, 0.2, 1.2, -1.0, 4.4, 0.2, 0),
    'disgust': (-1.6, 0.6, 0.2, 0.7, -2.4, 5.2, 1.7, 1),
    'fear': (1.4, -1.8, 0.2, 2.2, -0.9, 6.2, 2.0, 0),
    'happiness': (0.5, 0, 1.2, 1.2, 3.2, 7.2, 1.7, 1),
    'sadness': (0, -2.2, 0, 1.0, -2.6, 4.6, 0.1, 0),
    'surprise': (2.8, 0, 2, 2.4, 0, 3.2, 3.4, 0),
    'neutral': NEUTRAL,
}

# What differs from face to face, from least to most: lengths in pixels, greys from 0 to 1.
VARIED = {
    'x': (-1.5, 1.5),
    'y': (-1.5, 1.5),
    'scale': (0.92, 1.12),
    'turn': (-0.12, 0.12),
    'yaw': (-2.2, 2.2),  # nose, eyes and mouth to one side of the oval
    'width': (13, 16),
    'height': (18, 21),
    'apart': (5.6, 6.8),  # of an eye from the middle
    'skin': (0.5, 0.88),
    'hair': (0.04, 0.5),
    'hairline': (-16, -10),
    'length': (-6, 22),  # of the hair
    'brow': (0.7, 1.3),  # half its thickness
    'nose': (2.5, 4.5),
    'wall': (0.15, 0.85),
    'light_x': (-0.35, 0.35),
    'light_y': (-0.25, 0.1),
    'noise': (0, 0.02),
    'strength': (0.7, 1.15),  # of the expression
}


def synthetic_faces(n, seed):
    """n faces: images uint8 (n, 48, 48, 1), and labels int64 (n,), 0..6 as in EXPRESSIONS.

    The classes are as equal in number as n allows, in random order. seed: integer, or a sequence
    of integers; equal n and seed give equal faces.
    """
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n, dtype=np.int64) % len(EXPRESSIONS))
    low, high = np.array(list(VARIED.values())).T
    faces = rng.uniform(low, high, (n, len(VARIED)))
    shown = np.array(list(EXPRESSIONS.values()))[labels] - NEUTRAL
    shown = NEUTRAL + faces[:, -1:] * shown + rng.normal(0, 0.15, shown.shape)
    images = np.empty((n, SIZE, SIZE, 1), np.uint8)
    for start in range(0, n, CHUNK):
        chunk = slice(start, start + CHUNK)
        images[chunk, :, :, 0] = _draw(faces[chunk], shown[chunk], rng)
    return images, labels


def synthetic_tfd_members(seed, sizes=(20_000, 418, 836)):
    """The members of a file like TFD's, by name; images and labels are those of synthetic_faces.

    sizes: how many have no label, validate and test; the training images with a label are as many
    as those without, at most MOST_TRAINING. The folds are those of cross-validation: each begins
    its test a fifth of the labelled faces later.
    """
    unlabelled, validation, test = sizes
    part = np.repeat([3, 2, 1], (test, validation, min(unlabelled, MOST_TRAINING)))
    n = len(part)
    folds = np.stack([np.roll(part, k * n // 5) for k in range(5)], 1)
    faces, labels = synthetic_faces(n, [seed, 1])
    blank = np.full(unlabelled, -1)
    return {
        'images': np.concatenate([synthetic_faces(unlabelled, [seed, 0])[0], faces])[..., 0],
        'folds': np.concatenate([np.zeros((unlabelled, 5)), folds]).astype(np.uint8),
        'labs_ex': np.concatenate([blank, labels + 1]).astype(np.int16)[:, None],
        'labs_id': np.concatenate([blank, np.arange(n)]).astype(np.int32)[:, None],
        'synthetic': 'drawn by a program: not TFD',  # so the loader never calls them TFD
    }


def write_synthetic_tfd(path, seed, sizes):
    """Write synthetic_tfd_members(seed, sizes) as TFD_48x48.mat is written."""
    savemat(path, synthetic_tfd_members(seed, sizes), appendmat=False, do_compression=True)


def _draw(faces, shown, rng):
    """uint8 (n, 48, 48) of faces (n, len(VARIED)) with what their expressions show (n, 8)."""
    f = dict(zip(VARIED, faces.T.astype(np.float32)[..., None, None]))
    raised, slant, arch, eye, smile, half, parted, teeth = (
        shown.T.astype(np.float32)[..., None, None]
    )
    x, y, u, v = _coordinates(f)
    half, parted = np.maximum(half, 2), np.maximum(parted, 0.05)
    picture = f['wall'] + 0.15 * (f['light_x'] * x + f['light_y'] * y) / SIZE

    def paint(grey, signed):
        """`grey` where the signed distance to an edge, in pixels, is positive."""
        np.add(picture, np.clip(signed + 0.5, 0, 1) * (grey - picture), out=picture)

    hair_behind = _oval(u, v + 2, f['width'] + 2.5, f['height'] + 2)
    paint(f['hair'], np.minimum(hair_behind, f['length'] - v))
    paint(0.75 * f['skin'], np.minimum(8 - np.abs(u), v - 12))  # the neck
    head = _oval(u, v, f['width'], f['height'])
    round_off = 1.05 - 0.3 * ((u / f['width']) ** 2 + (v / f['height']) ** 2)
    light = 1 + f['light_x'] * u / f['width'] + f['light_y'] * v / f['height']
    paint(f['skin'] * light * round_off, head)
    paint(f['hair'], np.minimum(head + 1, f['hairline'] - 0.02 * u**2 * f['hairline'] / 16 - v))

    u = u - f['yaw']  # from here on, what is on the front of the face
    shade = f['skin'] * light
    nose = v - 4 - f['nose'] / 2
    paint(0.72 * shade, 0.5 - np.sqrt((np.abs(u) - 0.3 * f['nose']) ** 2 + 2 * nose**2) / 2)
    aside = np.abs(u) - f['apart']  # from an eye to the ear
    socket = v + 3
    white = _oval(aside, socket, 3.1, np.maximum(eye, 0.5))
    paint(0.55 * shade, white + 0.7)  # lids
    paint(np.minimum(1, 1.2 * shade + 0.1), white)
    paint(0.1, np.minimum(white, 1.5 - np.sqrt(aside**2 + socket**2)))
    along = aside / 3.4
    brow = v + 8 + raised + slant * along / 2 + arch * (1 - along**2)
    paint(0.7 * f['hair'], f['brow'] * (1.2 - along**4) - np.abs(brow))

    across = (u / half) ** 2
    mouth, corner = v - 10.5 + smile * (across - 0.5), half - np.abs(u)
    for grey, wide, lower in ((0.62 * shade, parted + 1, 0), (0.12, parted, 0),
                              (0.92, 0.8 * parted * teeth - 0.6, 0.3 * parted)):
        paint(grey, np.minimum(wide * (1 - across) - np.abs(mouth + lower), corner))

    picture += f['noise'] * rng.standard_normal(picture.shape, np.float32)
    return np.clip(255 * picture + 0.5, 0, 255).astype(np.uint8)


def _coordinates(f):
    """Pixels from the middle of the picture, x and y, and on the face, u right and v down."""
    grid = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
    x, y = grid + 0 * grid[:, None], grid[:, None] + 0 * grid
    cos, sin = np.cos(f['turn']) / f['scale'], np.sin(f['turn']) / f['scale']
    u = cos * (x - f['x']) + sin * (y - f['y'])
    v = cos * (y - f['y']) - sin * (x - f['x'])
    return x, y, u, v


def _oval(across, down, width, height):
    """Signed distance to the edge of an oval, in pixels, right near the edge: positive inside."""
    r = np.sqrt((across / width) ** 2 + (down / height) ** 2)
    slope = np.sqrt((across / width**2) ** 2 + (down / height**2) ** 2)
    return (1 - r) * (r + TINY) / (slope + TINY)
