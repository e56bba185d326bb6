"""What a wrong gradient looks like, where one of a few mistakes explains every element of it.

Only what the numbers show: a hint is given where the gradient is that mistake to four digits in all
elements, and none otherwise.
"""
import math

import numpy as np

from nn.backend import to_host
from nn.gradcheck.calls import is_array
from nn.gradcheck.report import Complaint

MOST = 300          # elements; of larger arrays all differences would take too long
AGREE = 1e-4        # of the largest element


class Hints:
    """Of the arrays of one layer or loss.

    gradient_of(label, dy): the gradient of the array of that label by differences, all elements, on
    the host, for upstream gradients dy. dy: those of the check. arrays: label -> array. images: of
    a batch. instead: what a wrong factor may be as well.
    """

    def __init__(self, gradient_of, dy, arrays, images, instead=''):
        self.gradient_of, self.dy, self.arrays, self.images = gradient_of, dy, arrays, images
        self.instead = instead

    def add_to(self, check, gradient):
        """The Check of an array, with a hint in its note where it failed and one fits."""
        if not check.passed:
            try:
                line = self.line(check.array, gradient)
            except Complaint:
                line = ''
            check.note = f'looks like this: {line}' if line else ''
        return check

    def line(self, label, gradient):
        """What the gradient that backward gave for an array looks like; '' where nothing fits."""
        array = self.arrays[label]
        if not is_array(gradient) or array.size > MOST or not array.size:
            return ''
        wrong = to_host(gradient)
        if wrong.shape != array.shape:
            return self._shape(wrong.shape, array.shape)
        true = self.gradient_of(label, self.dy)
        if _agree(wrong, true):     # nearly right: every comparison below would be with itself
            return ''
        return (self._simple(wrong, true) or self._factor(wrong, true)
                or self._other(label, wrong) or self._part(label, wrong, true)
                or self._diagonal(label, wrong))

    def _shape(self, given, wanted):
        if given[1:] == wanted and given[0] == self.images:
            return 'the sum over the batch is missing'
        if given[-len(wanted):] == wanted and len(given) > len(wanted) > 0:
            return 'the sum over the first axes is missing'
        if given == wanted[::-1]:
            return 'it is transposed'
        return ''

    def _simple(self, wrong, true):
        if not wrong.any() and true.any():
            return 'it is zero'
        if any(_agree(wrong, to_host(dy)) for dy in self.dy):
            return 'it is the upstream gradient, passed through'
        if true.ndim == 2 and _agree(wrong, true.T) and not _agree(true, true.T):
            return 'it is transposed'
        half, odd = divmod(true.shape[-1] if true.ndim else 1, 2)
        # Of (g, -g), as that of two logits is, the other half is the other sign.
        if not odd and not _agree(wrong, -true) and _agree(wrong, np.roll(true, half, axis=-1)):
            return 'the halves of its last axis are exchanged'
        return ''

    def _factor(self, wrong, true):
        size = float((true * true).sum())
        factor = float((wrong * true).sum()) / size if size else 0.0
        if f'{factor:.4g}' in ('0', '1') or not _agree(wrong, factor * true):
            return ''
        if math.isclose(factor, -1, rel_tol=AGREE):
            return f'the sign is wrong{self.instead}'
        positions = {math.prod(dy.shape[1:-1]) for dy in self.dy if dy.ndim > 2}
        sizes = [('the batch', self.images)] + [
            (f'the {n} positions', n) for n in positions] + [
            (f'the batch times the {n} positions', self.images * n) for n in positions]
        names = [f'{kind}{name}' for name, n in sizes
                 for kind, value in (('', n), ('one over ', 1 / n))
                 if math.isclose(factor, value, rel_tol=AGREE)]
        # A 2 may be one of the formula, and another axis of that length may be meant.
        axes = {2, *(n for dy in self.dy for n in dy.shape[1:]), *true.shape[1:]}
        named = len(names) == 1 and not axes & {round(factor), round(1 / factor)}
        if true.size == 1 and not named:        # of one number, some factor always fits
            return ''
        return f'every element is {factor:.4g} times what it should be' + (
            f': {names[0]}' if named else '') + self.instead

    def _other(self, label, wrong):
        for other, array in self.arrays.items():
            if other != label and array.shape == wrong.shape and _agree(
                    wrong, self.gradient_of(other, self.dy)):
                return f'it is the gradient of {other}'
        return ''

    def _part(self, label, wrong, true):
        if self.images < 2:
            return ''
        if (label.startswith('input') and len(wrong) == self.images and wrong.ndim > 1
                and true[0].any() and _agree(wrong[0], true[0])):
            return 'it is right for the first image of the batch only'
        first = [dy.copy() for dy in self.dy]
        for dy in first:
            dy[1:] = 0
        if first and _agree(wrong, self.gradient_of(label, first)):
            return 'it is that of the first image alone: the sum over the batch is missing'
        return ''

    def _diagonal(self, label, wrong):
        length = wrong.shape[-1] if wrong.ndim else 0
        if (not label.startswith('input') or [dy.shape for dy in self.dy] != [wrong.shape]
                or length * wrong.size > 10 * MOST):
            return ''
        alone = np.zeros(wrong.shape)
        for k in range(length):
            one = 0 * self.dy[0]
            one[..., k] = self.dy[0][..., k]
            alone[..., k] = self.gradient_of(label, [one])[..., k]
        if _agree(wrong, alone):
            return ('it is the diagonal alone: what an element does to the others of its last axis '
                    'is missing')
        return ''


def one_mode_only(training, evaluation):
    """Say so in the notes where a gradient is right in one of the modes. Both: lists of Check."""
    right = {mode: {check.array for check in checks if check.passed}
             for mode, checks in (('training', training), ('evaluation', evaluation))}
    for checks, other in ((training, 'evaluation'), (evaluation, 'training')):
        for check in checks:
            if not check.passed and not check.note and check.array in right[other]:
                check.note = f'looks like this: it is right in {other} only'


def _agree(one, other):
    scale = float(np.abs(other).max(initial=0))
    return one.shape == other.shape and scale > 0 and bool(
        (np.abs(one - other) <= AGREE * scale).all())
