"""Where straight lines meet solids, and how much light falls there.

Every solid is an intersection of sets {p : p.(A p) + b.p + c <= 0}, A diagonal, z up: half-spaces
(A = 0) and quadrics. Along a line o + t d each is a quadratic a t^2 + 2 h t + q <= 0, so a solid is
hit where the last entry comes before the first exit.
"""

import numpy as np

TINY = 1e-6


def lambert(sets, origins, d, to_lamp):
    """Where lines meet the solids, and max(0, cosine of normal and lamp) there: (n, H, W) each.

    sets, origins, d: as in `enter`; to_lamp: unit vectors (n, 3).
    """
    hit, near, entered = enter(sets, origins, d)
    t = np.where(hit, near, 0)
    lit = np.zeros_like(t)
    for s in range(sets.shape[1]):
        slopes, b = 2 * sets[:, s, :3], sets[:, s, 3:6]
        if slopes.any():  # the gradient 2 A p + b at p = o + t d
            gradient = [
                _map(slopes[:, k]) * (origins[k] + t * _map(d[:, k])) + _map(b[:, k])
                for k in range(3)
            ]
        else:
            gradient = [_map(b[:, k]) for k in range(3)]
        length = np.sqrt(sum(g * g for g in gradient)) + TINY
        cosine = sum(g * _map(to_lamp[:, k]) for k, g in enumerate(gradient)) / length
        np.copyto(lit, cosine, where=entered == s)
    return hit, np.maximum(lit, 0)


def enter(sets, origins, d):
    """Where the lines o + t d meet the solids, t there, and which set is entered there.

    sets (n, S, 7), origins (3, n, H, W), d (n, 3) -> three maps (n, H, W).
    """
    near, far = _span(sets[:, 0], origins, d)
    entered = np.zeros(near.shape, np.int8)
    for s in range(1, sets.shape[1]):
        entry, leave = _span(sets[:, s], origins, d)
        entered[entry > near] = s
        near, far = np.maximum(near, entry), np.minimum(far, leave)
    return near < far, near, entered


def _span(one, origins, d):
    """The t from which to which lines are in one set (n, 7) each; from inf where they never are."""
    squares, b, c = one[:, :3], one[:, 3:6], one[:, 6]
    q = _map(c) + sum(_map(b[:, k]) * origins[k] for k in range(3))
    if not squares.any():
        slope = (b * d).sum(1)
        slope = _map(np.where(np.abs(slope) < TINY, -TINY, slope))  # along the plane
        t = -q / slope
        return np.where(slope < 0, t, -np.inf), np.where(slope < 0, np.inf, t)
    q += sum(_map(squares[:, k]) * origins[k] ** 2 for k in range(3))
    h = sum(_map(squares[:, k] * d[:, k]) * origins[k] for k in range(3)) + _map((b * d).sum(1) / 2)
    a = (squares * d**2).sum(1)
    a = _map(np.where(np.abs(a) < TINY, TINY, a))
    inside = h * h - a * q
    root = np.sqrt(np.maximum(inside, 0)) / np.abs(a)
    first, last = -h / a - root, -h / a + root
    entry, leave = np.where(inside > 0, first, np.inf), last
    if squares[:, 2].min() < 0:  # a double cone: keep the nappe below its apex
        apex = _map(-b[:, 2] / (2 * squares[:, 2]))
        down = _map(d[:, 2]) < 0
        above = origins[2] - h / a * _map(d[:, 2]) > apex
        entry, leave = (
            np.where(a > 0, np.where(above, np.inf, entry), np.where(down, last, -np.inf)),
            np.where(a > 0, leave, np.where(down, np.inf, first)),
        )
    return entry, leave


def _map(values):
    """(n,) -> float32 (n, 1, 1)."""
    return values.astype(np.float32)[:, None, None]
