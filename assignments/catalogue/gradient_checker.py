"""The gradient checker itself, marked by the mutants that it must reject."""
import numpy as np

from assignments.assignment import Assignment, Part
from nn.gradcheck import check_layer, differences, layers
from nn.gradcheck.report import Complaint
from nn.layer import Layer

FILE = 'nn/gradcheck/differences.py'


class Scale(Layer):
    """y = w x + b, element by element. wrong: what is done to its gradients."""

    def __init__(self, features, rng, wrong=''):
        super().__init__()
        self.wrong = wrong
        self.add_param('w', rng.uniform(1, 2, features))
        self.add_param('b', rng.uniform(1, 2, features))

    def forward(self, x, train=False):
        return x * self.params['w'] + self.params['b'], x

    def backward(self, dy, x):
        dx, dw, db = dy * self.params['w'], (dy * x).sum(axis=0), dy.sum(axis=0)
        if self.wrong == 'one element of dw is zero':
            dw[-1] = 0
        elif self.wrong == 'dw is 0.1% too large':
            dw *= 1.001
        elif self.wrong == 'db is divided by N':
            db /= len(dy)
        elif self.wrong == 'dx has the other sign':
            dx = -dx
        elif self.wrong == 'dx is of float32':
            dx = dx.astype(np.float32)
        elif self.wrong == 'dx has another shape':
            dx = dx[None]
        elif self.wrong == 'dx is NaN':
            dx = np.full_like(dx, np.nan)
        self.grads['w'] += dw
        self.grads['b'] += db
        return dx


class Centred(Layer):
    """y = x - the mean of its row: the sum of y is zero whatever x is."""

    def __init__(self, wrong=''):
        super().__init__()
        self.wrong = wrong

    def forward(self, x, train=False):
        return x - x.mean(axis=1, keepdims=True), None

    def backward(self, dy, cache):
        if self.wrong == 'the gradient of a centred row is zero':
            return 0 * dy
        if self.wrong == 'the gradient of a centred row is dy':
            return 1 * dy
        return dy - dy.mean(axis=1, keepdims=True)


class Absolute(Layer):
    """y = |x|, which has a kink at 0."""

    def __init__(self, wrong=''):
        super().__init__()
        self.wrong = wrong

    def forward(self, x, train=False):
        return np.abs(x), x

    def backward(self, dy, x):
        if self.wrong == 'beside a kink the slope is 1':
            return 1 * dy
        return np.where(x < 0, -dy, dy)


GRADIENTS = ('one element of dw is zero', 'dw is 0.1% too large', 'db is divided by N',
             'dx has the other sign', 'dx is NaN')
SHAPES = ('dx is of float32', 'dx has another shape')
CENTRED = ('the gradient of a centred row is zero', 'the gradient of a centred row is dy')
KINK = 'beside a kink the slope is 1'


def passes(layer, x):
    """Of the rows that `compare` gives."""
    return all(check.passed for check in check_layer(layer, x) if check.array in (
        'input 0', 'w', 'b'))


def draw(constant=0):
    """Of a smooth function of an array, to which a constant is added."""
    def inputs(rng):
        shape = tuple((3 + rng.permutation(4)[:2]).tolist())      # 2 is the factor of a mistake
        return {'array': rng.uniform(-2, 2, shape), 'weight': rng.standard_normal(shape),
                'direction': rng.standard_normal(shape), 'constant': float(constant)}
    return inputs


def probe(array, weight, constant):
    def objective():
        terms = weight * np.sin(array)
        return float(terms.sum()) + constant, float(np.abs(terms).sum()) + constant
    return differences._Probe(objective, array, weight * np.cos(array))


def values(array, weight, direction, constant):
    before = array.copy()
    found = probe(array, weight, constant)._values(direction, (0.5, -0.25, 1e-5))
    return {'values': found, 'the array is as before': np.array_equal(array, before)}


def put_back(array, weight, direction, constant):
    before, calls = array.copy(), []

    def objective():
        calls.append(1)
        if len(calls) == 3:
            raise Complaint('y', 'the layer broke')
        return 0.0, 1.0
    made = differences._Probe(objective, array, weight)
    try:
        made._values(direction, (0.5, -0.5))
    except Complaint:
        calls.append('raised')
    return {'the exception goes on': calls[-1] == 'raised',
            'the array is as before': np.array_equal(array, before)}


def central(array, weight, direction, constant):
    return {'difference': probe(array, weight, constant).central(direction, 1e-5)}


def relative(array, weight, direction, constant):
    made = probe(array, weight, constant)
    pairs = [(1, 1), (1, -1), (2, 1), (1, 2), (1e-3, 0), (0, 1e-9), (0, 0), (-3, -3.003)]
    return {'errors': np.array([made._relative(a * made.scale, b * made.scale)
                                for a, b in pairs])}


def along(array, weight, direction, constant):
    made = probe(array, weight, constant)
    found = {'right gradient': made.along('', direction)}
    made.gradient = 1.01 * made.gradient
    wrong = made.along('', direction)
    return {'the error of a right one is small': found['right gradient'].error < 1e-6,
            'it is at no kink': not found['right gradient'].kink,
            'the error of one that is 1% too large': wrong.error,
            'that is at no kink': not wrong.kink}


def along_kink(array, weight, direction, constant):
    array.flat[0] = 0
    made = differences._Probe(lambda: (float(np.abs(array).sum()),) * 2, array, np.sign(array))
    made.gradient.flat[0] = 0.5     # between the slopes of |x|
    across = np.zeros_like(array)
    across.flat[0] = 1
    between = made.along('', across)
    made.gradient.flat[0] = 3
    return {'a kink': between.kink, 'no kink explains it': not made.along('', across).kink}


def draw_layer(rows, features):
    def inputs(rng):
        n, width = int(rng.integers(*rows)), int(rng.integers(*features))
        return {'x': rng.standard_normal((n, width)), 'w': rng.standard_normal(width)}
    return inputs


def generator(w):
    """For the parameters of a layer, from what was drawn."""
    return np.random.default_rng(np.abs(1e6 * w).astype(np.uint32))


def verdicts(x, w):
    found = {'accepts a right layer': passes(Scale(len(w), generator(w)), x)}
    return found | {f'rejects: {wrong}': not passes(Scale(len(w), generator(w), wrong), x)
                    for wrong in GRADIENTS}


def shapes(x, w):
    return {f'rejects: {wrong}': not passes(Scale(len(w), generator(w), wrong), x)
            for wrong in SHAPES}


def kinks(x, w):
    at_kink = x.copy()
    at_kink[0, 0] = 0
    return {'accepts a right layer at a kink': passes(Absolute(), at_kink),
            f'rejects: {KINK}': not passes(Absolute(KINK), at_kink),
            'accepts no layer all of whose inputs are at a kink': not passes(Absolute(), 0 * x)}


def upstream(x, w):
    return {'accepts a right layer': passes(Centred(), x)} | {
        f'rejects: {wrong}': not passes(Centred(wrong), x) for wrong in CENTRED}


def drawn(x, w):
    rng = generator(w)
    same = np.random.default_rng(5).standard_normal(x.shape)
    first, second = layers._upstream(x, [], rng), layers._upstream(x, [], rng)
    again = layers._upstream(x, [None, same], np.random.default_rng(5))
    return {'shape': np.array(np.shape(first)), 'is another each time': not np.array_equal(
        first, second), 'is none of the arrays': not np.array_equal(again, same)}


PROBES = {'a smooth function': draw()}
SMALL, LARGE = draw_layer((3, 6), (3, 5)), draw_layer((8, 12), (70, 80))

ASSIGNMENT = Assignment(
    name='gradient-checker',
    title='The gradient checker',
    learns='What proves a backward pass: steps, rounding, kinks, and what a check may not miss.',
    sources='central differences, in any book on numerical analysis',
    hours=4,
    after=('dense', 'activations'),
    parts=(
        Part('values', f'{FILE}:_Probe._values', 1, values, PROBES),
        Part('values after an exception', f'{FILE}:_Probe._values', 1, put_back, PROBES),
        Part('difference', f'{FILE}:_Probe.central', 2, central, PROBES | {
            'a large function': draw(constant=100)},
            doc='The central difference of the objective along `direction`, h to both sides.'),
        Part('relative error', f'{FILE}:_Probe._relative', 2, relative, PROBES,
             doc='|a - b| by the larger of the two sizes, or by self.floor where that is larger.'),
        Part('one direction', f'{FILE}:_Probe.along', 1, along, PROBES,
             doc='A _Difference between self.gradient and the differences, along `direction`.'),
        Part('one direction at a kink', f'{FILE}:_Probe.along', 1, along_kink, PROBES),
        Part('upstream gradient', 'nn/gradcheck/layers.py:_upstream', 1, drawn, {'(N, D)': SMALL}),
        Part('upstream gradient in use', 'nn/gradcheck/layers.py:_upstream', 2, upstream,
             {'(N, D)': SMALL}),
        Part('verdict on gradients', f'{FILE}:compare', 3, verdicts,
             {'small arrays': SMALL, 'large arrays': LARGE}),
        Part('verdict on other things', f'{FILE}:compare', 1, shapes, {'small arrays': SMALL}),
        Part('verdict at kinks', f'{FILE}:compare', 2, kinks, {'small arrays': SMALL})))
