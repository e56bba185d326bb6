"""Max pooling."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import ask_backward, ask_forward, refuses
from nn.gradcheck import check_layer
from nn.pooling import MaxPool2D


def draw(size, ties=False, negative=False):
    """Images of sizes that are drawn, too. ties: of whole numbers, so that many are equal."""
    def inputs(rng):
        # Neither the batch nor the 6 positions are 2 or 4: a half is no one over them.
        n, h, w, channels = rng.choice([3, 5]), *(2 + rng.permutation(2)), rng.integers(1, 3)
        shape = (n, size * h, size * w, channels)
        x = rng.integers(-1, 2, shape).astype(float) if ties else rng.standard_normal(shape)
        return {'x': -abs(x) if negative else x, 'size': size,
                'dy': rng.standard_normal((n, h, w, channels))}
    return inputs


CASES = {'negative pixels': draw(2, negative=True), 'size 2': draw(2), 'size 3': draw(3)}
TIES = {'size 2': draw(2, ties=True), 'size 3': draw(3, ties=True)}


def odd(*more):
    """Images that have so many rows and columns too many."""
    def inputs(rng):
        h, w = 3 * rng.integers(1, 4, 2) + more
        return {'x': rng.standard_normal((2, h, w, 1)), 'size': 3}
    return inputs


def forward(x, dy, size):
    return ask_forward(MaxPool2D(size), x)


def refusal(x, size):
    return refuses(MaxPool2D(size).forward, x)


def backward(x, dy, size):
    return ask_backward(MaxPool2D(size), dy, x=x)


ASSIGNMENT = Assignment(
    name='max-pooling',
    title='Max pooling',
    learns='A gradient that goes where the value came from; what to do where two are equal.',
    sources='PixelGAN, appendices B.1.2, B.1.3, B.2.1 and B.3.1 (the encoders)',
    hours=1.5,
    after=('activations',),
    parts=(
        Part('forward', 'nn/pooling.py:MaxPool2D.forward', 2, forward, CASES,
             doc='x: (N, H, W, C) -> (y, cache), y: (N, H / size, W / size, C). cache: (x, y).\n'
                 'Raises ValueError where size does not divide H and W.'),
        Part('sizes that do not divide', 'nn/pooling.py:MaxPool2D.forward', 1, refusal,
             {'rows': odd(1, 0), 'columns': odd(0, 2), 'both': odd(2, 1)}),
        Part('backward', 'nn/pooling.py:MaxPool2D.backward', 3, backward, CASES, own='forward',
             doc='dL/dx: (N, H, W, C), from dy: (N, H / size, W / size, C).'),
        Part('backward with equal values', 'nn/pooling.py:MaxPool2D.backward', 2, backward, TIES,
             own='forward')),
    hides=('nn/pooling.py:MaxPool2D._offsets',),
    gradcheck=lambda: check_layer(
        MaxPool2D(2), np.random.default_rng(1).standard_normal((5, 4, 6, 3))))
