"""The gradient checker itself, marked by the mutants that it must reject."""
import numpy as np

from assignments.assignment import Assignment, Part
from nn.gradcheck import check_layer, differences, layers
from nn.gradcheck.report import Complaint
from nn.layer import Layer

FILE, SEED = 'nn/gradcheck/differences.py', 7


class Centred(Layer):
    """y = x - the mean of its row: the sum of y is zero whatever x is."""

    def forward(self, x, train=False):
        return x - x.mean(axis=1, keepdims=True), None

    def backward(self, dy, cache):
        return dy - dy.mean(axis=1, keepdims=True)


class Wrong(Centred):
    def backward(self, dy, cache):
        return self.factor * dy


def draw(constant=0, least=3):
    """Of a smooth function of an array, to which a constant is added."""
    def inputs(rng):
        shape = tuple((least + rng.permutation(4)[:2]).tolist())    # 2 is the factor of a mistake
        return {'array': rng.uniform(-2, 2, shape), 'weight': rng.standard_normal(shape),
                'direction': rng.standard_normal(shape), 'constant': float(constant)}
    return inputs


def smooth(array, weight, constant):
    """(a function of the array, its gradient)"""
    def objective():
        terms = weight * np.sin(array)
        return float(terms.sum()) + constant, float(np.abs(terms).sum()) + constant
    return objective, weight * np.cos(array)


def probe(array, weight, constant):
    objective, gradient = smooth(array, weight, constant)
    return differences._Probe(objective, array, gradient)


def breaks(at):
    """A function that raises a Complaint when it is called for the `at`-th time."""
    calls = []

    def objective():
        calls.append(1)
        if len(calls) == at:
            raise Complaint('y', 'the layer broke')
        return 0.0, 1.0
    return objective


def values(array, weight, direction, constant):
    before = array.copy()
    found = probe(array, weight, constant)._values(direction, (0.5, -0.25, 1e-5))
    return {'values': found, 'the array is as before': np.array_equal(array, before)}


def put_back(array, weight, direction, constant):
    before, raised = array.copy(), False
    try:
        differences._Probe(breaks(3), array, weight)._values(direction, (0.5, -0.5))
    except Complaint:
        raised = True
    return {'the exception goes on': raised,
            'the array is as before': np.array_equal(array, before)}


def central(array, weight, direction, constant):
    return {'difference': probe(array, weight, constant).central(direction, 1e-5)}


def relative(array, weight, direction, constant):
    made = probe(array, weight, constant)
    pairs = [(1, 1), (1, -1), (2, 1), (1, 2), (1e-3, 0), (0, 1e-9), (0, 0), (-3, -3.003)]
    return {'errors': np.array([made._relative(a * made.scale, b * made.scale)
                                for a, b in pairs])}


def along(array, weight, direction, constant):
    made, asked = probe(array, weight, constant), []
    made._kink = lambda *arguments: bool(asked.append(arguments))
    right = made.along('direction 7', direction)
    answers = {'a right one: the error is small': right.error < 1e-6,
               'a right one: no kink, and none was asked for': not right.kink and not asked}
    made.gradient = 1.01 * made.gradient
    wrong = made.along('direction 7', direction)
    return answers | {'1% too large: the error': wrong.error,
                      '1% too large: no kink, but it was asked': not wrong.kink and bool(asked),
                      'the text names the direction': 'direction 7' in wrong.text}


def along_kink(array, weight, direction, constant):
    array = array.copy()
    array.flat[0] = 0
    made = differences._Probe(lambda: (float(np.abs(array).sum()),) * 2, array, np.sign(array))
    made.gradient.flat[0] = 0.5     # between the slopes of |x|
    across = np.zeros_like(array)
    across.flat[0] = 1
    between = made.along('', across)
    made.gradient.flat[0] = 3
    return {'a kink': between.kink, 'no kink explains it': not made.along('', across).kink}


def row(objective, array, gradient):
    return differences.compare('f', 'x', objective, array, gradient, np.random.default_rng(SEED),
                               SEED)


def wrong_gradients(array, right):
    """name -> a gradient that must be rejected."""
    one = np.zeros(right.shape)
    one.flat[abs(right).argmax()] = 1
    wrong = {'1% too large': 1.01 * right, '0.01% too large': 1.0001 * right,
             'the other sign': -right, 'NaN': right * np.nan}
    if array.size <= differences.SMALL:
        return wrong | {'one element is zero': right * (1 - one),
                        'one element is 0.003% too large': right * (1 + 3e-5 * one)}
    directions = differences._directions(array, np.random.default_rng(SEED))
    rows = [next(directions)[1].ravel() for _ in range(differences.DIRECTIONS)]
    # What is left of the last direction where the others are taken out of it.
    basis, _ = np.linalg.qr(np.transpose(rows))
    return wrong | {'in the last direction alone': right + basis[:, -1].reshape(right.shape)}


def verdicts(array, weight, direction, constant):
    objective, right = smooth(array, weight, constant)
    found = row(objective, array, right)
    answers = {'accepts the right gradient': bool(found.passed),
               'error of the right one is small': bool(found.error < 1e-6),
               'detail of the right one is empty': found.detail == ''}
    for name, gradient in wrong_gradients(array, right).items():
        found = row(objective, array, gradient)
        answers[f'rejects: {name}'] = not found.passed
        if name == '1% too large':
            answers[f'error: {name}'] = np.round(found.error, 5)
        if name == 'one element is zero':
            index = tuple(map(int, np.argwhere(gradient == 0)[0]))
            answers['detail names the worst element, and the seed'] = (
                str(index) in found.detail and f'seed {SEED}' in found.detail)
    for which, k in ('first', 0), ('last', -1):
        edge = array.flat[k]
        found = row(lambda: objective() if array.flat[k] >= edge else (np.nan, 1.0), array, right)
        answers |= {f'rejects NaN at the {which} element': not found.passed,
                    f'error is NaN at the {which} element': bool(np.isnan(found.error))}
    return answers


def steps(array, weight, direction, constant):
    """Each direction calls the function twice."""
    objective, right = smooth(array, weight, constant)
    calls = []
    row(lambda: calls.append(1) or objective(), array, right)
    return {'no single elements where no direction is at a kink':
            len(calls) < 4 * differences.DIRECTIONS}


def others(array, weight, direction, constant):
    objective, right = smooth(array, weight, constant)
    nothing = np.zeros((0, 3))
    rows = {'of float32': row(objective, array, right.astype(np.float32)),
            'of another shape': row(objective, array, right[None]),
            'None': row(objective, array, None),
            'of an array without elements': row(lambda: (0.0, 0.0), nothing, nothing.copy())}
    answers = {f'rejects a gradient: {name}': not found.passed for name, found in rows.items()}
    answers |= {f'error is NaN: {name}': bool(np.isnan(found.error))
                for name, found in rows.items()}
    for at, when in ((1, 'at once'), (3, 'later')):
        found = row(breaks(at), array, right)
        answers |= {f'rejects a function that raises {when}': not found.passed,
                    f'detail is that of the Complaint {when}': found.detail == 'the layer broke'}
    return answers


def kinks(array, weight, direction, constant):
    """Of sum |x|, with a kink at the first element."""
    array = array.copy()
    array.flat[:2] = 0, -1

    def objective():
        return (float(np.abs(array).sum()),) * 2
    right = np.where(array < 0, -1.0, 1.0)
    beside = right.copy()
    beside.flat[1:] *= 2
    at, found = row(objective, array, right), row(objective, array, beside)
    array[...] = 0
    nowhere = row(objective, array, np.ones(array.shape))
    return {'accepts a right gradient at a kink': bool(at.passed), 'how many at a kink': at.kinks,
            'rejects one that is wrong beside the kink': not found.passed,
            'rejects where every direction is at a kink': not nowhere.passed}


def upstream(array, weight, direction, constant):
    def passes(layer, factor=0):
        layer.factor = factor
        return all(row.passed for row in check_layer(layer, array) if row.array == 'input 0')
    return {'accepts a right layer': passes(Centred()),
            'rejects: the gradient of a centred row is zero': not passes(Wrong(), 0),
            'rejects: the gradient of a centred row is dy': not passes(Wrong(), 1)}


def drawn(array, weight, direction, constant):
    seed = np.abs(1e6 * weight).astype(np.uint32).ravel()

    def draw(arrays, rng):
        return np.array(layers._upstream(array, arrays, rng))
    rng = np.random.default_rng(seed)
    first = draw([], rng)
    return {'shape': np.array(first.shape),
            'is another each time': not np.array_equal(first, draw([], rng)),
            'comes from rng': np.array_equal(first, draw([], np.random.default_rng(seed))),
            'is none of the arrays': not np.array_equal(
                first, draw([None, first], np.random.default_rng(seed)))}


SMALL, LARGE = {'small arrays': draw()}, {'large arrays': draw(least=9)}

ASSIGNMENT = Assignment(
    name='gradient-checker',
    title='The gradient checker',
    learns='What proves a backward pass: steps, rounding, kinks, and what a check may not miss.',
    sources='central differences, in any book on numerical analysis',
    hours=4,
    after=('dense', 'activations'),
    parts=(
        Part('values', f'{FILE}:_Probe._values', 1, values, SMALL),
        Part('values after an exception', f'{FILE}:_Probe._values', 1, put_back, SMALL),
        Part('difference', f'{FILE}:_Probe.central', 2, central,
             SMALL | {'a large function': draw(constant=100)},
            doc='The central difference of the objective along `direction`, h to both sides.'),
        Part('relative error', f'{FILE}:_Probe._relative', 2, relative, SMALL,
             doc='|a - b| by the larger of the two sizes, or by self.floor where that is larger.'),
        Part('one direction', f'{FILE}:_Probe.along', 1, along, SMALL,
             doc='A _Difference between self.gradient and the differences, along `direction`.'),
        Part('one direction at a kink', f'{FILE}:_Probe.along', 1, along_kink, SMALL),
        Part('upstream gradient', 'nn/gradcheck/layers.py:_upstream', 1, drawn, SMALL),
        Part('upstream gradient in use', 'nn/gradcheck/layers.py:_upstream', 2, upstream, SMALL),
        Part('verdict on gradients', f'{FILE}:compare', 3, verdicts, SMALL | LARGE),
        Part('verdict in few steps', f'{FILE}:compare', 1, steps, LARGE),
        Part('verdict on other things', f'{FILE}:compare', 1, others, SMALL),
        Part('verdict at kinks', f'{FILE}:compare', 2, kinks, SMALL | LARGE)),
    gives=('nn.gradcheck.calls', 'nn.gradcheck.report'))    # is_array, Check, Complaint
