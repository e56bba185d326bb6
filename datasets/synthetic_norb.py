"""Shaded solids: a stand-in where small NORB cannot be had. They are not NORB.

Ellipsoids, boxes, cylinders, cones and pyramids stand on a table under one lamp. As in small NORB,
each kind has ten instances (here: proportions and a shade of grey), five for training and five for
the test, seen from 9 elevations and 18 azimuths under 6 lightings, by two cameras.
"""

import numpy as np

from datasets.base import Dataset, Split
from datasets.downsample import area_downsample
from datasets.solids import enter, lambert

KINDS = ('ellipsoid', 'box', 'cylinder', 'cone', 'pyramid')
TRAIN_INSTANCES, TEST_INSTANCES = (4, 6, 7, 8, 9), (0, 1, 2, 3, 5)  # those of small NORB
ELEVATIONS = np.deg2rad(np.arange(30, 71, 5))
LAMPS = np.deg2rad([[-80, 35], [-40, 55], [0, 40], [40, 55], [80, 35], [20, 80]])  # azimuth, height
SIZE = 96  # pixels
STEREO = np.deg2rad(8)  # azimuth from the first camera to the second
FAINT = np.float32(0.6)  # of the table's light, in shadow
CHUNK = 16  # images drawn at once: their float32 maps stay in cache


def synthetic_norb_dataset(seed=0, sizes=(20_300, 4_000, 24_300)):
    """Dataset 'synthetic solids', 32 x 32; sizes: images to draw for train, validation, test.

    Training and validation images show the same solids, test images show others, as in small NORB.
    """
    n_train, n_validation, n_test = sizes
    seen = _small(n_train + n_validation, TRAIN_INSTANCES, [seed, 0])
    return Dataset(
        'synthetic solids',
        f'synthetic shaded solids, seed {seed}',
        train=Split(*(array[:n_train] for array in seen)),
        validation=Split(*(array[n_train:] for array in seen)),
        test=Split(*_small(n_test, TEST_INSTANCES, [seed, 1])),
    )


def _small(n, instances, seed):
    """uint8 (n, 32, 32, 1) and int64 (n,)."""
    pairs, labels, _ = synthetic_solids(n, instances, seed, cameras=1)
    return area_downsample(pairs[:, 0, :, :, None], SIZE // 32), labels.astype(np.int64)


def synthetic_solids(n, instances, seed, cameras=2):
    """n views of solids as in the files of small NORB: kinds in turn, all else in random order.

    Returns images uint8 (n, cameras, 96, 96), kinds int32 (n,) in 0..4 and info int32 (n, 4):
    instance 0..9, elevation 0..8, azimuth 0, 2, ..., 34 (tens of degrees), lighting 0..5.
    """
    images = np.empty((n, cameras, SIZE, SIZE), np.uint8)  # first: a machine may not hold it
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % len(KINDS)).astype(np.int32)
    info = np.empty((n, 4), np.int32)
    views = np.stack(
        np.meshgrid(instances, range(9), range(0, 36, 2), range(6), indexing='ij'), -1
    ).reshape(-1, 4)
    for kind in range(len(KINDS)):
        chosen = np.flatnonzero(labels == kind)
        order = rng.permutation(len(views))
        info[chosen] = views[order[np.arange(len(chosen)) % len(views)]]
        for start in range(0, len(chosen), CHUNK):
            chunk = chosen[start : start + CHUNK]
            for camera in range(cameras):
                images[chunk, camera] = _draw(kind, info[chunk], camera * STEREO, rng)
    return images, labels, info


def _solid(kind, instance):
    """One instance: its sets (S, 7) as rows (A, b, c), the table's height, its shade of grey.

    Equal for every seed: an instance is an object. All are as large: half diagonal 0.8.
    """
    rng = np.random.default_rng([kind, instance])
    half = rng.uniform(0.45, 1, 3)  # half the extents in x, y and z
    half *= 0.8 / np.sqrt((half**2).sum())
    x, y, z = np.eye(3) / half
    top, bottom = [0, 0, 0, *z, -1], [0, 0, 0, *-z, -1]
    faces = [[0, 0, 0, *side, -1] for side in (x, -x, y, -y)]
    sides = {
        'ellipsoid': [[*(1 / half**2), 0, 0, 0, -1]],
        'box': [*faces, top, bottom],
        'cylinder': [[*(x**2 + y**2), 0, 0, 0, -1], top, bottom],
        # x^2 + y^2 <= ((1 - z) / 2)^2 in units of `half`; the nappe above z = 1 is cut in solids.
        'cone': [[*(x**2 + y**2 - z**2 / 4), *(z / 2), -1 / 4], bottom],
        'pyramid': [*([0, 0, 0, *(s + z / 2), -1 / 2] for s in (x, -x, y, -y)), bottom],
    }
    return np.array(sides[KINDS[kind]]), -half[2], rng.uniform(0.35, 0.95)


def _draw(kind, info, turn, rng):
    """Pictures of solids of one kind: info (n, 4) -> uint8 (n, 96, 96)."""
    solids = [_solid(kind, instance) for instance in info[:, 0]]
    sets = np.stack([s[0] for s in solids])
    table, grey = np.array([s[1:] for s in solids], np.float32).T[..., None]
    azimuth = np.deg2rad(10 * info[:, 2]) + turn
    to_camera = _direction(azimuth, ELEVATIONS[info[:, 1]])
    to_lamp = _direction(azimuth[:, None] + LAMPS[info[:, 3], :1], LAMPS[info[:, 3], 1:])[:, 0]
    right = np.stack([-np.sin(azimuth), np.cos(azimuth), 0 * azimuth], -1)
    up = np.cross(to_camera, right)

    # Lines of sight: from (x, y, 0) of the picture, away from the camera.
    lines = np.stack([0 * up, right, up], 1)
    hit, lit = lambert(sets, _origins(lines), -to_camera, to_lamp)

    # The point of the table seen there is in shadow where its line to the lamp meets the solid.
    on_table = lines - lines[..., 2:] / to_camera[:, None, 2:] * to_camera[:, None]
    on_table[:, 0] += table / to_camera[:, 2:] * to_camera
    shadow = enter(sets, _origins(on_table), to_lamp)[0]

    backdrop = rng.uniform(0.7, 0.8, (len(info), 1, 1)).astype(np.float32)
    behind = backdrop * np.where(shadow, FAINT, 1)
    picture = np.where(hit, grey[..., None] * (0.25 + 0.75 * lit), behind)
    return (255 * picture + 0.5).astype(np.uint8)


def _direction(azimuth, elevation):
    """Unit vectors (..., 3)."""
    flat = np.cos(elevation)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)], -1)


def _origins(lines):
    """lines (n, 3, 3), rows k0, k1, k2 -> k0 + k1 x + k2 y over the picture, (3, n, H, W).

    Camera and lamp are far: lines are parallel, and differ in where they cross the picture.
    x to the right and y up, from -1 to 1.
    """
    grid = (np.arange(SIZE) - (SIZE - 1) / 2) / (SIZE / 2)
    k = np.moveaxis(lines, -1, 0)[..., None].astype(np.float32)
    grid = grid.astype(np.float32)
    return (k[:, :, 0] + k[:, :, 1] * grid)[:, :, None] - (k[:, :, 2] * grid)[..., None]
