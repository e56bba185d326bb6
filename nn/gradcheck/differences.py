"""One gradient against central differences, (f(x + h d) - f(x - h d)) / 2h."""
import numpy as np

from nn.backend import array_module, like
from nn.gradcheck.calls import describe, is_array
from nn.gradcheck.report import Check, Complaint

STEP = 1e-5        # the optimum between truncation (h^2) and rounding (1 / h) in float64
TOLERANCE = 1e-5   # of the relative error
SMALL = 60         # up to this many elements each is checked; beyond it, random directions are
DIRECTIONS = 8


def compare(name, label, objective, array, gradient, rng, seed):
    """A Check of `gradient`, dL/d array, along elements or random directions of `array`.

    objective() -> (L, the size of what L was summed from); it must depend on `array` itself, which
    is changed in place and put back. rng: draws the directions; seed: for the message.
    """
    if (not is_array(gradient) or gradient.shape != array.shape
            or gradient.dtype != np.float64):
        return Check(name, label, np.nan, False, detail=(
            f'the gradient is {describe(gradient)}; it must be of shape {array.shape}, float64'))
    if not array.size:
        return Check(name, label, np.nan, False, detail='no elements: there is nothing to compare')
    try:
        probe = _Probe(objective, array, gradient)
        kinks = tried = 0
        worst = _Difference('', 0.0)
        for where, direction in _directions(array, rng):
            if array.size > SMALL and tried == DIRECTIONS and not kinks:
                break       # single elements are for where a direction crosses kinks
            difference = probe.along(where, direction)
            tried += 1
            if difference.kink:
                kinks += 1
            elif not difference.error <= worst.error and not np.isnan(worst.error):
                worst = difference      # a NaN is the worst, and stays
    except Complaint as complaint:
        return Check(name, label, np.nan, False, detail=complaint.detail)
    if kinks == tried:
        return Check(name, label, 0.0, False, kinks, 'every difference crosses a kink: choose '
                     f'other inputs, seed {seed}')
    if worst.error <= TOLERANCE:
        nothing = not kinks and worst.error == 0 and not probe.scale
        return Check(name, label, worst.error, True, kinks,
                     note='it changes nothing: all differences are zero' * nothing)
    return Check(name, label, worst.error, False, kinks, f'{worst.text}, seed {seed}')


def whole_gradient(objective, array):
    """Every element's difference, of the shape of `array`, on the host."""
    probe = _Probe(objective, array, array_module(array).zeros(array.shape))
    return np.reshape([probe.central(direction, STEP) for _, direction in _elements(
        np.ndindex(array.shape), array)], array.shape)


class _Difference:
    def __init__(self, text, error, kink=False):
        self.text, self.error, self.kink = text, error, kink


class _Probe:
    """Differences of one array."""

    def __init__(self, objective, array, gradient):
        self.objective, self.array, self.gradient = objective, array, gradient
        self.scale = float(abs(gradient).max())
        # Rounding: a value that was summed from numbers of size s is known to 1e-16 s, so a
        # difference to 1e-11 s. What is smaller than the floor cannot be told from zero.
        self.floor = max(1e-3 * self.scale, 5e-6 * objective()[1], np.finfo(float).tiny)

    def along(self, where, direction):
        analytic = float((self.gradient * direction).sum())
        numeric = self.central(direction, STEP)
        error = self._relative(analytic, numeric)
        kink = not error <= TOLERANCE and self._kink(direction, analytic, numeric)
        return _Difference(f'{where}: backward {analytic:.8g}, difference {numeric:.8g}, '
                           f'relative error {error:.2g}', error, kink)

    def _kink(self, direction, analytic, numeric):
        """Whether there is a kink within the step. At that of a single element, `analytic` must be
        a slope of one of its sides or between them; a direction may cross kinks of many."""
        left, right = self._sides(direction, STEP)
        nearer_left, nearer_right = self._sides(direction, STEP / 2)
        jump, margin = abs(right - left), 1e-3 * self.scale
        # At the kink itself both sides have slopes of their own, whatever the step; on a smooth
        # function left and right differ by half as much for half the step.
        at = jump > 1e-4 * self.scale and max(
            abs(left - nearer_left), abs(right - nearer_right)) <= 1e-2 * jump
        beside = self._relative(numeric, self.central(direction, STEP / 2)) > TOLERANCE
        between = min(left, right) - margin <= analytic <= max(left, right) + margin
        many = float((direction != 0).sum()) > 1
        return (at or beside) and (between or many)

    def _relative(self, a, b):
        return abs(a - b) / max(abs(a), abs(b), self.floor)

    def central(self, direction, h):
        above, below = self._values(direction, (h, -h))
        return (above - below) / (2 * h)

    def _sides(self, direction, h):
        below, here, above = self._values(direction, (-h, 0, h))
        return (here - below) / h, (above - here) / h

    def _values(self, direction, shifts):
        """The objective at array + shift * direction; the array is put back exactly."""
        original, values = self.array.copy(), []
        try:
            for shift in shifts:
                self.array[...] = original + shift * direction
                values.append(self.objective()[0])
        finally:
            self.array[...] = original
        return values


def _directions(array, rng):
    """Pairs (name, direction): every element of a small array; of a large one random directions,
    then some elements."""
    if array.size > SMALL:
        for k in range(DIRECTIONS):
            direction = rng.standard_normal(array.shape)
            yield f'direction {k}', like(direction / np.linalg.norm(direction), array)
        elements = np.sort(rng.choice(array.size, SMALL, replace=False))
        indices = zip(*np.unravel_index(elements, array.shape))
    else:
        indices = np.ndindex(array.shape)
    yield from _elements(indices, array)


def _elements(indices, array):
    for index in indices:
        direction = array_module(array).zeros(array.shape)
        direction[index] = 1
        yield f'index {tuple(map(int, index))}', direction
