"""2-D convolution as a matrix product over patches (im2col).

Three functions on one idea, 'copy each k_h x k_w patch into a row, then multiply':

    correlate         y[i, j] = sum_ab x[i s + a, j s + b] W[a, b]        (the forward pass)
    correlate_input   dL/dx: the same correlation, of the padded dy with the flipped W
    correlate_weight  dL/dW: the patches, transposed, times dy

Patches are made for a few images at a time and stay in the processor's cache: all of them at
once would be k_h k_w times the memory of the input. A GPU takes the products from the image as it
lies, where that moves less memory (nn/fast/taps.py).
"""
import numpy as np

from nn.backend import array_module
from nn.fast import taps
from nn.fast.parallel import parallel_map
from nn.fast.products import add_gradient, sum_rows, tall_product
from nn.initializers import kaiming_normal
from nn.layer import Layer

PATCH_BYTES = 2 << 20


def windows(x, kernel_size, stride=(1, 1)):
    """All windows of `x`: (N, H, W, C) -> (N, H', W', k_h, k_w * C), a view."""
    (kh, kw), (sh, sw) = kernel_size, stride
    n, h, w, c = x.shape
    out_h, out_w = (h - kh) // sh + 1, (w - kw) // sw + 1
    s = x.strides
    # A row of taps is k_w * C neighbours in memory: copying it as one run is what makes this fast.
    return array_module(x).lib.stride_tricks.as_strided(
        x, (n, out_h, out_w, kh, kw * c), (s[0], sh * s[1], sw * s[2], s[1], s[3]))


def patches(view):
    """Windows as rows, a copy: (N * H' * W', k_h * k_w * C)."""
    return view.reshape(-1, view.shape[3] * view.shape[4])


def groups(n, bytes_per_image, xp):
    """Slices of a batch of `n` whose patches fit the cache; all at once on a GPU."""
    size = n if xp is not np else max(1, min(n, PATCH_BYTES // max(1, bytes_per_image)))
    return [slice(start, start + size) for start in range(0, n, size)]


def output_size(x_shape, kernel_size, stride):
    """(H', W') of a correlation without padding. Raises ValueError where the kernel is larger."""
    size = [(length - k) // s + 1 for length, k, s in zip(x_shape[1:3], kernel_size, stride)]
    if min(size) < 1:
        raise ValueError(f'a {kernel_size[0]}x{kernel_size[1]} kernel does not fit '
                         f'a {x_shape[1]}x{x_shape[2]} input')
    return tuple(size)


def correlate(x, weight, stride=(1, 1)):
    """x: (N, H, W, C) contiguous, weight: (k_h, k_w, C, F) -> y: (N, H', W', F)."""
    xp = array_module(x, weight)
    kernel_size, features = weight.shape[:2], weight.shape[3]
    out_h, out_w = output_size(x.shape, kernel_size, stride)
    if taps.pays(x, weight.shape, stride):
        return taps.correlate(x, weight)
    matrix = weight.reshape(-1, features)
    y = xp.empty((len(x), out_h, out_w, features), x.dtype)
    view = windows(x, kernel_size, stride)

    def compute(part):
        tall_product(patches(view[part]), matrix, out=y[part].reshape(-1, features))

    parallel_map(compute, groups(len(x), out_h * out_w * len(matrix) * x.itemsize, xp))
    return y


def correlate_weight(x, dy, kernel_size, stride=(1, 1)):
    """dL/dW (k_h, k_w, C, F) of y = correlate(x, W), from x and dy: (N, H', W', F)."""
    xp = array_module(x, dy)
    n, out_h, out_w, features = dy.shape
    if taps.pays(x, (*kernel_size, x.shape[3], features), stride):
        return taps.correlate_weight(x, pad(dy, 0, 0, 0, x.shape[2] - out_w), kernel_size)
    rows = kernel_size[0] * kernel_size[1] * x.shape[3]
    view = windows(x, kernel_size, stride)

    def compute(part):
        total = xp.zeros((rows, features), x.dtype)
        add_gradient(total, patches(view[part]), dy[part].reshape(-1, features))
        return total

    parts = parallel_map(compute, groups(n, out_h * out_w * rows * x.itemsize, xp))
    return sum(parts[1:], parts[0]).reshape(*kernel_size, x.shape[3], features)


def correlate_input(dy, weight, x_shape, border, stride=(1, 1)):
    """dL/dx (x_shape) of y = correlate(pad(x, *border), W), from dy: (N, H', W', F).

    x[i] met W[a] in the output i + top - a, so dx[i] = sum_a dy[i + top - a] W[a]: the correlation
    of dy with the flipped W, once dy has k - 1 - top zeros above and as many below as give h rows.
    The border's own gradient is not computed: for a 7x7 kernel on 14x14 it is half of the work.
    """
    (kh, kw), (_, h, w, _), (top, _, left, _) = weight.shape[:2], x_shape, border
    dy = dilate(dy, stride)
    above, before = kh - 1 - top, kw - 1 - left
    spread = pad(dy, above, h + top - dy.shape[1], before, w + left - dy.shape[2])
    return correlate(spread, weight[::-1, ::-1].swapaxes(2, 3))


def dilate(dy, stride):
    """`dy` with stride - 1 zeros between its rows and between its columns."""
    if stride == (1, 1):
        return dy
    (n, h, w, c), (sh, sw) = dy.shape, stride
    out = array_module(dy).zeros((n, (h - 1) * sh + 1, (w - 1) * sw + 1, c), dy.dtype)
    out[:, ::sh, ::sw] = dy
    return out


def pad(x, top, bottom, left, right):
    """`x` with a border of zeros, as a new contiguous array; a negative border cuts off."""
    n, h, w, c = x.shape
    inner = x[:, max(0, -top):h - max(0, -bottom), max(0, -left):w - max(0, -right)]
    out = array_module(x).zeros((n, h + top + bottom, w + left + right, c), x.dtype)
    row, column = max(0, top), max(0, left)
    out[:, row:row + inner.shape[1], column:column + inner.shape[2]] = inner
    return out


class Conv2D(Layer):
    """y = x * W + b (cross-correlation, as is usual), any kernel and stride.

    x: (N, H, W, in_channels), W: (k_h, k_w, in_channels, out_channels).
    padding 'valid': y is (N, (H - k_h) // s_h + 1, (W - k_w) // s_w + 1, out_channels);
    padding 'same': y is (N, ceil(H / s_h), ceil(W / s_w), out_channels), with the zero border
    divided as in TensorFlow (the odd row below, the odd column to the right).
    input_gradient=False: backward returns None instead of dx, for a layer whose input is data. With
    one input channel dx costs more than all the rest of the layer.
    """

    def __init__(self, in_channels, out_channels, kernel_size, rng, stride=1, padding='same',
                 bias=True, input_gradient=True, init=kaiming_normal, dtype=np.float32):
        super().__init__()
        self.input_gradient = input_gradient
        if padding not in ('same', 'valid'):
            raise ValueError(f"Conv2D: padding must be 'same' or 'valid', got {padding!r}")
        self.kernel_size, self.stride, self.padding = _pair(kernel_size), _pair(stride), padding
        kh, kw = self.kernel_size
        self.add_param('W', init(rng, (kh, kw, in_channels, out_channels), kh * kw * in_channels,
                                 kh * kw * out_channels, dtype))
        if bias:
            self.add_param('b', np.zeros(out_channels, dtype))

    def _border(self, x):
        """(top, bottom, left, right) of zeros around x."""
        if self.padding == 'valid':
            return 0, 0, 0, 0
        border = []
        for length, k, s in zip(x.shape[1:3], self.kernel_size, self.stride):
            total = max(0, (-(-length // s) - 1) * s + k - length)
            border += [total // 2, total - total // 2]
        return tuple(border)

    def forward(self, x, train=False):
        border = self._border(x)
        padded = pad(x, *border)
        y = correlate(padded, self.params['W'], self.stride)
        if 'b' in self.params:
            y += self.params['b']
        return y, (padded, x.shape, border)

    def backward(self, dy, cache):
        padded, x_shape, border = cache
        if 'b' in self.params:
            self.grads['b'] += sum_rows(dy.reshape(-1, dy.shape[3]))
        self.grads['W'] += correlate_weight(padded, dy, self.kernel_size, self.stride)
        if not self.input_gradient:
            return None
        return correlate_input(dy, self.params['W'], x_shape, border, self.stride)


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)
