"""Which pixels an output sees: a visible current pixel is no gradient error, so it needs a check of
its own.

A pixel is changed, and which outputs change is noted, bit for bit; then each output alone is given
a gradient, and which pixels get one is noted. Both must be what `sees` says, no more (the model
would see what it predicts) and no less (a blind spot).
"""
import copy

import numpy as np

from nn.backend import array_module, to_host
from nn.gradcheck.calls import call, require_float64
from nn.gradcheck.report import Complaint, facts, failed


def before(i, j, k, m):
    """A PixelCNN's output at (i, j) sees the pixels (k, m) before it, row by row."""
    return (k, m) < (i, j)


def vertical(kernel_size, first):
    """What the vertical stack's convolution sees, k_h x k_w: rows above, and from the second layer
    on its own row (see nn.causal_conv)."""
    kh, kw = kernel_size
    return lambda i, j, k, m: i - kh < k < i + (not first) and abs(m - j) <= kw // 2


def horizontal(kernel_size, first):
    """What the horizontal stack's convolution sees, 1 x k_w: pixels to the left, and from the
    second layer on its own."""
    return lambda i, j, k, m: k == i and j - kernel_size[1] < m < j + (not first)


def check_causality(layer, x, *others, sees, name=None):
    """Check that the output of `layer` at (i, j) depends on the pixel (k, m) exactly where
    sees(i, j, k, m).

    x: float64 (N, H, W, C); others: what else forward takes; y: (N, H, W, C'). Where ReLUs are at
    zero a dependence can be missed: positive weights and pixels keep them alive. Returns two
    rows, a list of Check; raises nothing.
    """
    name = name or type(layer).__name__
    try:
        require_float64('input 0', x, 'give it as np.array(x, dtype=np.float64)')
        if x.ndim != 4:
            raise Complaint('input 0', f'input 0 has the shape {x.shape}, not (N, H, W, C)')
        height, width = x.shape[1:3]
        expected = np.array([[[[bool(sees(i, j, k, m)) for m in range(width)]
                               for k in range(height)] for j in range(width)]
                             for i in range(height)])
        seen = {'forward': call('forward', _forward, layer, x, others, expected.shape),
                'backward': call('backward', _backward, layer, x, others, expected.shape)}
    except Complaint as complaint:
        return [failed(name, complaint)]
    return [facts(name, f'causality, {way}', {
        _first(found & ~expected, 'sees', 'which it must not'): not (found & ~expected).any(),
        _first(expected & ~found, 'does not see', 'a blind spot'): not (expected & ~found).any()})
        for way, found in seen.items()]


def _forward(layer, x, others, shape):
    found = np.zeros(shape, bool)
    y, _ = call('forward', layer.forward, x, *others)
    for k, m in np.ndindex(shape[2:]):
        changed = x.copy()
        changed[:, k, m] += 1.5
        differs = call('forward', layer.forward, changed, *others)[0] != y
        found[:, :, k, m] = _any(differs)
    return found


def _backward(layer, x, others, shape):
    found = np.zeros(shape, bool)
    y, cache = call('forward', layer.forward, x, *others)
    gradients = copy.deepcopy(layer.gradients())
    for i, j in np.ndindex(shape[:2]):
        dy = array_module(y).zeros_like(y)
        dy[:, i, j] = 1
        dx = call('backward', layer.backward, dy, cache)
        dx = dx[0] if isinstance(dx, tuple) else dx
        found[i, j] = _any(dx != 0)
    for path, gradient in layer.gradients().items():
        gradient[...] = gradients[path]
    return found


def _any(differs):
    """(H, W) on the host: where a boolean (N, H, W, C) is true of any image and channel."""
    return to_host(differs.any(axis=(0, 3)))


def _first(wrong, verb, remark):
    if not wrong.any():
        return f'{verb}: none'
    i, j, k, m = (int(index) for index in np.argwhere(wrong)[0])
    return f'the output at ({i}, {j}) {verb} the pixel at ({k}, {m}), {remark}'
