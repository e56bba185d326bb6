"""The 3x5 causal convolution, 32 to 32 maps of 28x28, a batch of 100."""
from functools import partial

import numpy as np

from benchmarks.contest import OURS, Contest
from nn.causal_conv import CausalConv2D
from nn.fast.parallel import available_cores

FORWARD, BOTH = 'forward', 'forward and backward'
SHAPE = (100, 28, 28, 32)


def problem(shape):
    """(our layer, x, dy)."""
    rng = np.random.default_rng(0)
    conv = CausalConv2D(shape[3], shape[3], (3, 5), 'vertical', False, rng)
    x, dy = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))
    return conv, x, dy


# A contestant's forward returns y, forward and backward (y, dx, dW), each in its own layout.

def ours(shape):
    conv, x, dy = problem(shape)

    def both():
        conv.zero_grads()
        y, cache = conv.forward(x)
        return y, conv.backward(dy, cache), conv.grads['W']

    return {FORWARD: lambda: conv.forward(x)[0], BOTH: both}


def pytorch(shape, channels_last):
    """N, C, H, W; the kernel is (out, in, k_h, k_w)."""
    import torch

    from benchmarks.torch_layers import MaskedConv, to_tensor
    torch.set_num_threads(available_cores())
    layout = torch.channels_last if channels_last else torch.contiguous_format
    conv, x, dy = problem(shape)
    layer = MaskedConv(conv, layout)
    x, dy = (to_tensor(array, layout) for array in (x, dy))

    def forward():
        with torch.no_grad():
            return layer(x)

    def both():
        layer.zero_grad()
        x.grad = None
        y = layer(x.requires_grad_())
        y.backward(dy)
        return y.detach(), x.grad, layer.weight.grad

    return {FORWARD: forward, BOTH: both}


def dezero(shape):
    """N, C, H, W. Its padding is the same on both sides, so it is given the padded x, and
    spared the padding. It uses np.int, which NumPy 1.24 removed and which is put back here."""
    np.int = int
    from dezero import Variable
    from dezero.functions_conv import conv2d
    conv, x, dy = problem(shape)
    top, bottom, left, right = conv.border
    x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    x, dy = (np.ascontiguousarray(array.transpose(0, 3, 1, 2)) for array in (x, dy))
    weight = np.ascontiguousarray(conv.params['W'].transpose(3, 2, 0, 1))

    def forward():
        return conv2d(x, weight, conv.params['b']).data

    def both():
        variables = [Variable(array) for array in (x, weight, conv.params['b'])]
        y = conv2d(*variables)
        y.grad = Variable(dy)
        y.backward()
        dx = variables[0].grad.data[:, :, top:, left:left + shape[2]]
        return y.data, dx, variables[1].grad.data

    return {FORWARD: forward, BOTH: both}


def numpy_ml(shape):
    """N, H, W, C as ours, in float64, which it turns everything into. It uses collections.Hashable,
    which Python 3.10 removed and which is put back here."""
    import collections.abc
    import warnings
    collections.Hashable = collections.abc.Hashable
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')     # its other parts miss packages
        from numpy_ml.neural_nets.layers import Conv2D
    conv, x, dy = problem(shape)
    layer = Conv2D(shape[3], (3, 5), pad=conv.border, stride=1)
    layer.forward(x[:1])        # makes its parameters
    layer.parameters['W'] = conv.params['W'].astype(np.float64)
    layer.parameters['b'] = conv.params['b'].astype(np.float64).reshape(1, 1, 1, -1)

    def both():
        layer.flush_gradients()
        y = layer.forward(x)
        dx = layer.backward(dy)
        return y, dx, layer.gradients['W']

    return {FORWARD: lambda: layer.forward(x, retain_derived=False), BOTH: both}


def contests(tiny):
    shape = (2, 8, 8, 4) if tiny else SHAPE
    return [Contest('conv', {
        OURS: partial(ours, shape), 'PyTorch': partial(pytorch, shape, False),
        'PyTorch channels last': partial(pytorch, shape, True),
        'DeZero': partial(dezero, shape), 'numpy-ml': partial(numpy_ml, shape)})]
