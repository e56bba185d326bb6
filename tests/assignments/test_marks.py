"""What a mark says, to the letter."""
import pytest

from assignments.assignment import load
from assignments.marking import mark
from tests.assignments.submissions import changed, in_process


@pytest.mark.parametrize('name, part, changes, says', [
    ('dense', 'forward', {'Dense.forward': [('return y', 'x *= 2; return y')]},
     'forward changes its input: work on a copy'),
    ('dense', 'forward', {'Dense.forward': [('y.shape[-1]), x', 'y.shape[-1])')]},
     'float64; it must return the pair (y, cache)'),
    ('batch-norm', 'gradient of x in training', {
        'BatchNorm.forward': [('mean = total(sum_rows(rows)) / n', 'mean = 0')],
        'BatchNorm.backward': [('if not train', 'if True')]},
     'tried after the right forward in training, whose cache is that of the docstring, as yours is '
     'wrong: x (N, C): dx: it is'),
    ('adversarial-phase', 'generator phase', {'PixelGAN.generator_phase': [
        ('optimizer.step()', 'pass')]}, "optimizers['generator'].step() is never called"),
    ('clustering-error', 'one to one', {'clustering_errors': [
        ('matched / n', '(matched - matched + n) / n')]},
     'one_to_one_accuracy: it is 100, and should be 38.8889')])
def test_one_sentence(name, part, changes, says):
    """Nothing of the lines of the checker, which a student cannot do anything about."""
    found = {each.part: each.says
             for each in mark(load(name), changed(load(name), changes), 3, in_process)}
    assert says in found[part] and 'line' not in found[part] and '1 of 1' not in found[part]
