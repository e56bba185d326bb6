"""The fully connected layer."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import ask_backward, ask_forward, set_parameters, unchanged
from nn.dense import Dense
from nn.gradcheck import check_layer


def layer(W, **b):
    made = Dense(*W.shape, np.random.default_rng(0), bias=bool(b), dtype=np.float64)
    return set_parameters(made, W=W, **b)


def draw(axes, bias=True, square=False):
    """Inputs with so many axes, of lengths that are drawn, too."""
    def inputs(rng):
        *shape, n_in, n_out = (3 + rng.permutation(axes + 1)).tolist()
        n_out = n_in if square else n_out
        return {'x': rng.standard_normal((*shape, n_in)), 'W': rng.standard_normal((n_in, n_out)),
                'dy': rng.standard_normal((*shape, n_out))} | (
                    {'b': rng.standard_normal(n_out)} if bias else {})
    return inputs


CASES = {'x (N, D)': draw(2), 'as many outputs as inputs': draw(2, square=True),
         'x (N, H, W, C)': draw(4), 'no bias': draw(2, bias=False)}


def forward(x, dy, **parameters):
    return ask_forward(layer(**parameters), x)


def weights(x, dy, **parameters):
    answers = ask_backward(layer(**parameters), dy, x=x)
    return answers | {'backward returns dL/dx': np.shape(answers.pop('dx')) == x.shape}


def to_input(x, dy, **parameters):
    made = layer(**parameters)
    y, cache = made.forward(x)
    dx = unchanged('backward_to_input changes x or dy', made.backward_to_input, dy, cache)
    made.input_gradient = False
    return {'dx': dx, 'None without input_gradient': made.backward_to_input(dy, cache) is None}


ASSIGNMENT = Assignment(
    name='dense',
    title='The fully connected layer',
    learns='Shapes, and the matrix products of a backward pass; gradients add up.',
    sources='PixelGAN, appendix A; AAE, appendix A',
    hours=1.5,
    parts=(
        Part('forward', 'nn/dense.py:Dense.forward', 2, forward, CASES,
             doc='x: (..., in_features) -> (y, cache), y: (..., out_features). cache: x.'),
        Part('gradient of x', 'nn/dense.py:Dense.backward_to_input', 2, to_input, CASES,
             own='forward', doc='dL/dx: (..., in_features); None where self.input_gradient is '
                                'False.'),
        Part('gradients of W and b', 'nn/dense.py:Dense.backward', 4, weights, CASES,
             own='gradient of x',
             doc="dy: (..., out_features). Adds dL/dW to self.grads['W'] and dL/db to\n"
                 "self.grads['b'], and returns dL/dx, from backward_to_input.")),
    gradcheck=lambda: check_layer(Dense(4, 3, np.random.default_rng(1), dtype=np.float64),
                                  np.random.default_rng(2).standard_normal((5, 4))))
