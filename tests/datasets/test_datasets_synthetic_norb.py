"""The shaded solids: their form, where lines meet them, and what they are called."""

import numpy as np
import pytest

from datasets.solids import enter
from datasets.synthetic_norb import (
    KINDS,
    TRAIN_INSTANCES,
    _direction,
    _origins,
    _solid,
    synthetic_norb_dataset,
    synthetic_solids,
)


def test_solids_have_the_form_of_small_norb():
    images, kinds, info = synthetic_solids(40, TRAIN_INSTANCES, 0)
    assert images.shape == (40, 2, 96, 96) and images.dtype == np.uint8
    assert kinds.dtype == info.dtype == np.int32
    assert kinds.tolist() == [0, 1, 2, 3, 4] * 8
    assert set(info[:, 0]) <= set(TRAIN_INSTANCES)
    assert set(info[:, 2]) <= set(range(0, 36, 2))
    assert (info >= 0).all() and (info.max(0) <= [9, 8, 34, 5]).all()
    assert len(np.unique(images.reshape(80, -1), axis=0)) == 80  # the cameras differ, too
    assert not np.array_equal(images, synthetic_solids(40, TRAIN_INSTANCES, 1)[0])
    np.testing.assert_array_equal(images, synthetic_solids(40, TRAIN_INSTANCES, 0)[0])


def test_solids_are_drawn_at_every_view():
    """No view leaves a solid empty, filling the frame, or with values that are not numbers."""
    with np.errstate(invalid='raise'):
        images, kinds, _ = synthetic_solids(300, TRAIN_INSTANCES, 7, cameras=1)
    # The lower corners show table; a solid, or its shadow, differs from it at the centre.
    centre = images[:, 0, 40:56, 40:56].mean((1, 2))
    assert (images[:, 0, -1, 0] > 90).all() and (np.abs(centre - 191) > 5).mean() > 0.95
    assert images.std((1, 2, 3)).min() > 3


@pytest.mark.parametrize('kind', range(5))
@pytest.mark.parametrize('up', [-1, 1])  # lines of sight go down, lines to the lamp up
def test_a_line_meets_a_solid_where_a_walk_along_it_does(kind, up):
    rng = np.random.default_rng(kind)
    sets = np.stack([_solid(kind, instance)[0] for instance in range(4)])
    d = _direction(rng.uniform(0, 2 * np.pi, 4), up * np.deg2rad([30, 45, 70, 80]))
    origins = _origins(rng.normal(0, 0.4, (4, 3, 3)))
    hit, t, entered = (m[:, ::16, ::16] for m in enter(sets, origins, d))

    steps = np.linspace(-6, 6, 6001)
    p = origins[:, :, ::16, ::16, None] + steps * d.T[:, :, None, None, None]
    squares, b, c = (sets.T[k][..., None, None, None] for k in (slice(3), slice(3, 6), 6))
    value = sum(squares[k] * p[k] ** 2 + b[k] * p[k] for k in range(3)) + c  # (S, n, H, W, steps)
    top = 0.8 if kind != 3 else (-b[2, 0] / (2 * squares[2, 0]))  # of the cone: its apex
    inside = (value <= 0).all(0) & (p[2] <= top)
    walked = inside.any(-1)
    assert 10 < walked.sum() < walked.size - 10
    assert (walked != hit).mean() < 0.01  # a touch between two steps
    both = walked & hit
    assert np.abs(steps[inside.argmax(-1)] - t)[both].max() < 0.003
    at = np.take_along_axis(value, inside.argmax(-1)[None, ..., None], -1)[..., 0]
    here = np.take_along_axis(at, entered[None].astype(int), 0)[0]
    assert np.abs(here)[both].max() < 0.1  # on the surface of the set that it enters


def test_kinds_can_be_told_apart_on_other_solids():
    """By the nearest of 400 training images, twice as often as by chance: neither 20% nor 100%."""
    dataset = synthetic_norb_dataset(3, (400, 5, 100))
    x, test = (split.images.reshape(len(split.images), -1) / 255.0
               for split in (dataset.train, dataset.test))
    distance = (x**2).sum(1) - 2 * test @ x.T
    accuracy = (dataset.train.labels[distance.argmin(1)] == dataset.test.labels).mean()
    assert 0.4 < accuracy < 0.95
    assert len(KINDS) == 5
