"""The masks of a PixelCNN, and the convolutions of its two stacks."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import Broken, ask_backward, ask_forward, only, set_parameters
from nn import causal_conv
from nn.gradcheck import causality, check_causality, check_layer


def kernel(rng, stack):
    """Its size. In a kernel of two rows the border of an ordinary convolution is right, too."""
    return (rng.integers(3, 5), rng.choice([3, 5])) if stack == 'vertical' else (
        1, rng.integers(3, 6))


def of_mask(stack, first):
    def inputs(rng):
        return {'kernel_size': np.array([1 + rng.integers(1, 9), 1 + 2 * rng.integers(1, 9)]
                                        if stack == 'vertical' else [1, 1 + rng.integers(1, 50)]),
                'stack': stack, 'first': first}
    return inputs


def draw(stack, first):
    """Inputs of the layer, of sizes that are drawn, too. W has numbers in its masked taps, too."""
    def inputs(rng):
        n, (channels, features) = 7, 1 + rng.permutation(3)[:2]     # no axis is as long as n
        h, w = 5 + rng.permutation(2)
        return {'x': rng.standard_normal((n, h, w, channels)),
                'W': rng.standard_normal((*kernel(rng, stack), channels, features)),
                'b': rng.standard_normal(features),
                'dy': rng.standard_normal((n, h, w, features)), 'stack': stack, 'first': first}
    return inputs


def cases(draw, *stacks):
    return {f'{"first" if first else "later"} {stack}': draw(stack, first)
            for stack in stacks for first in (True, False)}


def layer(W, b, stack, first):
    made = causal_conv.CausalConv2D(*W.shape[2:], W.shape[:2], stack, bool(first),
                                    np.random.default_rng(0), dtype=np.float64)
    return set_parameters(made, W=W, b=b)


def mask(kernel_size, stack, first):
    return {'mask': causal_conv.causal_mask(tuple(map(int, kernel_size)), stack, bool(first))}


def forward(x, dy, **parameters):
    return ask_forward(layer(**parameters), x)


def sees(x, dy, stack, first, **parameters):
    """Change each pixel of the first image, and see which outputs change."""
    made = layer(stack=stack, first=first, **parameters)
    y, _ = made.forward(x[:1])
    height, width = x.shape[1:3]
    changed = np.zeros((*y.shape[1:3], height, width), bool)
    for k in range(height):
        for m in range(width):
            other = x[:1].copy()
            other[0, k, m] += 1
            changed[:, :, k, m] = (abs(made.forward(other)[0] - y) > 1e-9).any(axis=(0, 3))
    must = getattr(causality, stack)(parameters['W'].shape[:2], bool(first))
    for i, j, k, m in np.ndindex(changed.shape):
        if changed[i, j, k, m] != must(i, j, k, m):
            raise Broken(f'the output at ({i}, {j}) ' + (
                f'sees the pixel at ({k}, {m}), which it must not' if changed[i, j, k, m] else
                f'does not see the pixel at ({k}, {m}), a blind spot'))
    return {'which pixels each output sees': changed}


def backward(x, dy, **parameters):
    return ask_backward(layer(**parameters), dy, x=x)


def gradcheck():
    checks, rng = [], np.random.default_rng(1)
    for stack, size in (('vertical', (3, 5)), ('horizontal', (1, 3))):
        for first in (True, False):
            name = f'CausalConv2D {stack}, {"first" if first else "later"}'
            made = causal_conv.CausalConv2D(2, 3, size, stack, first, rng, dtype=np.float64)
            checks += check_layer(made, rng.standard_normal((4, 5, 6, 2)), name=name)
            checks += check_causality(made, rng.standard_normal((1, 4, 5, 2)), name=name,
                                      sees=getattr(causality, stack)(size, first))
    return checks


CASES = cases(draw, 'vertical', 'horizontal')
MASK, FORWARD, BACKWARD = (f'nn/causal_conv.py:{name}' for name in (
    'causal_mask', 'CausalConv2D.forward', 'CausalConv2D.backward'))
ASSIGNMENT = Assignment(
    name='causal-mask',
    title='The convolutions of a PixelCNN',
    learns='How a convolution is kept from seeing what it shall predict, and how to prove it.',
    sources='PixelGAN, sections 1 and 2, its reference [15]',
    hours=2.5,
    after=('conv',),
    parts=(
        Part('vertical mask', MASK, 2, mask, cases(of_mask, 'vertical')),
        Part('horizontal mask', MASK, 2, mask, cases(of_mask, 'horizontal')),
        Part('forward', FORWARD, 2, forward, CASES,
             doc='x: (N, H, W, in_channels) -> (y, cache), y: (N, H, W, out_channels).\n'
                 'cache: (x with its border, x.shape).'),
        Part('causality', FORWARD, 2, sees, CASES),
        Part('gradients of W and b', BACKWARD, 2, only(backward, 'grads'), CASES, own='forward',
             doc="dy: (N, H, W, out_channels). Adds to self.grads['W'] and self.grads['b'], and\n"
                 'returns dL/dx.'),
        Part('gradient of x', BACKWARD, 2, only(backward, 'dx'), CASES, own='forward')),
    gives=('nn.conv',),
    hides=('nn/conv.py:Conv2D.forward', 'nn/conv.py:Conv2D.backward'),
    gradcheck=gradcheck)
