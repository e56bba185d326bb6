"""The convolution, of any kernel, stride and border."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import ask_backward, ask_forward, set_parameters, unchanged
from nn import conv
from nn.gradcheck import check_layer


def draw(kernel_sizes, stride, border=False):
    """Inputs of the three functions, of sizes that are drawn, too. kernel_sizes: two of them are
    taken. border: of zeros, which is not the same on both sides.

    No axis is as long as the batch, so that hints can tell a factor of it."""
    def inputs(rng):
        kernel = rng.permutation(kernel_sizes)[:2]
        n, (channels, features) = 5, 1 + rng.permutation(3)[:2]
        out = 2 + rng.permutation(2)
        around = np.concatenate([rng.permutation(2), rng.permutation(2)]) * border
        # A stride can leave rows and columns over that no window reaches.
        size = ((out - 1) * stride + kernel + rng.integers(0, stride)
                - around.reshape(2, 2).sum(axis=1))
        return {'x': rng.standard_normal((n, *size, channels)),
                'weight': rng.standard_normal((*kernel, channels, features)),
                'dy': rng.standard_normal((n, *out, features)),
                'stride': np.array(stride), 'border': around}
    return inputs


def symmetric(draw):
    """A kernel that is the same when it is flipped."""
    def inputs(rng):
        drawn = draw(rng)
        return drawn | {'weight': drawn['weight'] + drawn['weight'][::-1, ::-1]}
    return inputs


CHANGES = 'it changes one of its arguments'
KERNELS = (2, 3, 4)
CASES = {'stride 1': draw(KERNELS, (1, 1)), '1x1 kernel': draw((1, 1), (1, 1)),
         'stride 2': draw(KERNELS, (2, 2)), 'strides (1, 3)': draw(KERNELS, (1, 3))}
WITH_KERNEL = CASES | {'symmetric kernel': symmetric(CASES['stride 1'])}
WITH_BORDER = WITH_KERNEL | {'a border': draw(KERNELS, (1, 1), border=True),
                             'a border and stride 2': draw(KERNELS, (2, 2), border=True)}


def numbers(array):
    return tuple(int(number) for number in array)


def correlate(x, weight, dy, stride, border):
    return {'y': unchanged(CHANGES, conv.correlate, x, weight, numbers(stride))}


def correlate_weight(x, weight, dy, stride, border):
    return {"grads['W']": unchanged(CHANGES, conv.correlate_weight, x, dy, weight.shape[:2],
                                    numbers(stride))}


def correlate_input(x, weight, dy, stride, border):
    return {'dx': unchanged(CHANGES, conv.correlate_input, dy, weight, x.shape, numbers(border),
                            numbers(stride))}


def layer(W, stride, padding, **b):
    made = conv.Conv2D(*W.shape[2:], W.shape[:2], np.random.default_rng(0), numbers(stride),
                       padding, bias=bool(b), dtype=np.float64)
    return set_parameters(made, W=W, **b)


def of_layer(padding, stride=(1, 1), bias=True, even=False):
    """Inputs of the layer; even: an even kernel, whose border cannot be the same on both sides."""
    def inputs(rng):
        kernel = rng.permutation([2, 4] if even else [3, 5])
        n, (channels, features) = 8, 1 + rng.permutation(3)[:2]
        h, w = 5 + rng.permutation(3)[:2]
        inputs = {'x': rng.standard_normal((n, h, w, channels)),
                  'W': rng.standard_normal((*kernel, channels, features)),
                  'stride': np.array(stride), 'padding': padding}
        if bias:
            inputs['b'] = rng.standard_normal(features)
        size = [-(-length // s) if padding == 'same' else (length - k) // s + 1
                for length, k, s in zip((h, w), kernel, stride)]
        return inputs | {'dy': rng.standard_normal((n, *size, features))}
    return inputs


LAYERS = {'valid': of_layer('valid'), 'same': of_layer('same'),
          'same with stride 2': of_layer('same', (2, 2), even=True),
          'no bias': of_layer('same', bias=False)}
BORDERS = {'valid': of_layer('valid', (2, 1)), 'odd kernel': of_layer('same'),
           'even kernel': of_layer('same', even=True), 'stride 2': of_layer('same', (2, 2)),
           'strides (3, 1)': of_layer('same', (3, 1), even=True),
           'stride 7': of_layer('same', (7, 7))}


def border(x, dy, **parameters):
    return {'border': np.array(layer(**parameters)._border(x))}


def forward(x, dy, **parameters):
    return ask_forward(layer(**parameters), x)


def backward(x, dy, **parameters):
    made = layer(**parameters)
    answers = ask_backward(made, dy, x=x)
    made.input_gradient = False
    y, cache = made.forward(x)
    return answers | {'dx without input_gradient': made.backward(dy, cache) is None}


def gradcheck():
    return [check for padding, stride in (('valid', 1), ('same', 1), ('same', (2, 3)))
            for check in check_layer(
                conv.Conv2D(2, 3, (3, 2), np.random.default_rng(1), stride, padding,
                            dtype=np.float64),
                np.random.default_rng(2).standard_normal((4, 6, 5, 2)),
                name=f'Conv2D {padding}, stride {stride}')]


ASSIGNMENT = Assignment(
    name='conv',
    title='The convolution',
    learns='One sum, read three ways: by output, by weight, by input; strides and borders.',
    sources='PixelGAN, appendices B.1.2, B.1.3, B.2.1 and B.3.1 (the encoders)',
    hours=5,
    after=('dense',),
    parts=(
        Part('correlate', 'nn/conv.py:correlate', 3, correlate, WITH_KERNEL),
        Part('gradient of W', 'nn/conv.py:correlate_weight', 3, correlate_weight, CASES),
        Part('gradient of x', 'nn/conv.py:correlate_input', 4, correlate_input, WITH_BORDER),
        Part('border', 'nn/conv.py:Conv2D._border', 2, border, BORDERS),
        Part('layer forward', 'nn/conv.py:Conv2D.forward', 1, forward, LAYERS,
             doc='x: (N, H, W, in_channels) -> (y, cache). cache: (x with its border, x.shape,\n'
                 '(top, bottom, left, right)).'),
        Part('layer backward', 'nn/conv.py:Conv2D.backward', 2, backward, LAYERS,
             own='layer forward',
             doc="dy: of the shape of y. Adds dL/dW to self.grads['W'] and dL/db to\n"
                 "self.grads['b'], and returns dL/dx; None where self.input_gradient is False.")),
    hides=('nn/conv.py:windows', 'nn/conv.py:patches', 'nn/conv.py:groups', 'nn/conv.py:dilate'),
    gradcheck=gradcheck)
