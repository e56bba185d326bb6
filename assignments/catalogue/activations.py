"""ReLU, softmax, and the gated unit."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import Broken, ask_backward, ask_forward, refuses
from nn import activations
from nn.gradcheck import check_layer


def draw(axes, even=False):
    """x with so many axes, of lengths that are drawn, too; an even last one where `even`."""
    def inputs(rng):
        shape = (3 + rng.permutation(axes + 1)[:axes]).tolist()
        width = shape[-1]
        shape[-1] *= 1 + even
        return {'x': 2 * rng.standard_normal(shape),
                'dy': rng.standard_normal((*shape[:-1], width))}
    return inputs


def large(draw):
    """Where an exponential overflows."""
    def inputs(rng):
        drawn = draw(rng)
        return drawn | {'x': 1e4 * drawn['x']}
    return inputs


def far_rows(draw):
    """Each row around 1e4 or -1e4, its numbers near each other: in a row of `large` one y is 1, and
    dL/dx is 0 but for rounding."""
    def inputs(rng):
        drawn = draw(rng)
        return drawn | {'x': drawn['x'] + rng.choice([-1e4, 1e4], (len(drawn['x']), 1))}
    return inputs


def halves_exchanged(x):
    """Of a gated unit: a half of zeros makes y zero if it is the one of tanh."""
    a, b = (x * (np.arange(x.shape[-1]) // (x.shape[-1] // 2) == half) for half in (0, 1))
    made = activations.GatedUnit()
    return np.any(made.forward(b)[0]) and not np.any(made.forward(a)[0])


def parts(name, layer, points, cases, docs):
    """cases: of the forward pass, and of the backward pass."""
    def forward(x, dy):
        answers = ask_forward(layer(), x)
        if layer is activations.GatedUnit and halves_exchanged(x):
            raise Broken('the halves are exchanged: tanh takes the first, the sigmoid the second')
        return answers

    def backward(x, dy):
        return ask_backward(layer(), dy, x=x)

    target = f'nn/activations.py:{layer.__name__}'
    return (Part(f'{name} forward', f'{target}.forward', points[0], forward, cases[0], docs[0]),
            Part(f'{name} backward', f'{target}.backward', points[1], backward, cases[1], docs[1],
                 own=f'{name} forward'))


def with_zeros(draw):
    """Some x are exactly 0."""
    def inputs(rng):
        drawn = draw(rng)
        drawn['x'][::2] = 0
        return drawn
    return inputs


def odd(axes, width=None):
    """An x whose last axis has no halves. (1 and 2 of 3 are multiplied without a complaint.)"""
    def inputs(rng):
        return {'x': rng.standard_normal((3 + rng.permutation(3)[:axes - 1]).tolist()
                                         + [width or 2 * int(rng.integers(2, 5)) + 1])}
    return inputs


CASES = {'x (N, D)': draw(2), 'images': draw(4)}
ZEROS = CASES | {'x of 0': with_zeros(draw(2))}
HALVES = {'x (N, 2 C)': draw(2, even=True), 'images': draw(4, even=True)}
GRADCHECK = (activations.ReLU, activations.Softmax, activations.GatedUnit)

ASSIGNMENT = Assignment(
    name='activations',
    title='ReLU, softmax and the gate',
    learns='Element-wise derivatives; a derivative that is a full matrix without making it.',
    sources="PixelGAN, appendices B.1.1 (ReLU), B.1.3 and B.2.1 (the gate), section 2.2 (softmax); "
            "its reference [15] (the gate)",
    hours=2,
    parts=(
        *parts('ReLU', activations.ReLU, (1, 1), (CASES, ZEROS), (
            'x: any shape -> (y, cache), y of the same shape. cache: y.', 'dL/dx, from dL/dy.')),
        *parts('softmax', activations.Softmax, (1, 3), (
            CASES | {'x of 1e4': large(draw(2))},
            CASES | {'rows around 1e4 and -1e4': far_rows(draw(2))}), (
            'x: (..., K) -> (y, cache), y: (..., K). cache: y.', 'dL/dx, from dL/dy.')),
        *parts('gate', activations.GatedUnit, (1, 2), (HALVES, HALVES), (
            'x: (..., 2 C) -> (y, cache), y: (..., C). cache: (tanh(a), sigmoid(b)).\n'
            'Raises ValueError where the last axis is odd.',
            'dL/dx: (..., 2 C), from dL/dy: (..., C).')),
        Part('gate of an odd axis', 'nn/activations.py:GatedUnit.forward', 1,
             lambda x: refuses(activations.GatedUnit().forward, x),
             {'x (N, D)': odd(2), 'images': odd(4), 'width 3': odd(2, 3)})),
    hides=('nn/activations.py:Tanh.forward', 'nn/activations.py:Tanh.backward',
           'nn/activations.py:Sigmoid.forward', 'nn/activations.py:Sigmoid.backward'),
    gradcheck=lambda: [check for layer in GRADCHECK for check in check_layer(
        layer(), np.random.default_rng(4).standard_normal((5, 4)))])
