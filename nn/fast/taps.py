"""Convolution on a GPU without copied patches: products with the image as it lies in memory.

A window's row of k_w pixels is a run of neighbours, and the next window's begins one pixel later.
As a matrix with a row for each window, these rows overlap, which BLAS refuses. But those of every
k_w-th window lie end to end. Here k_w = 3:

    pixels    0 1 2 3 4 5 6 7 8 9
    windows  |0 1 2|3 4 5|6 7 8|        a matrix with rows of three pixels
               |1 2 3|4 5 6|7 8 9|      the same, begun a pixel later
                 |2 3 4|5 6 7|          and again

So all windows are k_w such matrices, which to cuBLAS are a stack, and the pixels of the result
interleave in the same way. The products of the k_h rows of taps are added where they lie. Windows
that begin at the right edge of a row and end on the next are computed with the others, and left
out. Patches (conv.py) are k_h k_w copies of the image, written and read again: half of a GPU's time
in a PixelCNN. Here nothing is copied but the result, and the image is small enough for the GPU's
cache. That this pays is a reckoning of memory traffic; it has not been measured.
"""
import functools

import numpy as np

from nn.backend import array_module, to_device, to_host
from nn.fast.cublas import available, cublas


def pays(x, weight_shape, stride):
    """Whether to convolve here: on a GPU, where cuBLAS is to be had, with stride 1, and where the
    patches would be larger than what adding k_h products to y reads and writes again."""
    _, kw, channels, features = weight_shape
    xp = array_module(x)
    return (stride == (1, 1) and kw * channels >= features and hasattr(xp, 'cuda')
            and available(xp) and is_right(xp))


@functools.cache
def is_right(xp):
    """Whether this device computes here what a convolution is: tried once, on small integers, which
    no order of a sum rounds. No promise of cuBLAS says that results may interleave."""
    x, weight, dy = (np.arange(size, dtype='f4').reshape(shape) % 7 for size, shape in (
        (336, (2, 6, 7, 4)), (240, (3, 5, 4, 4)), (96, (2, 4, 3, 4))))
    as_wide_as_x = np.pad(dy, ((0, 0), (0, 0), (0, 4), (0, 0)))
    there = [to_device(array, 'gpu') for array in (x, weight, as_wide_as_x)]
    try:
        found = correlate(*there[:2]), correlate_weight(there[0], there[2], (3, 5))
    except RuntimeError:        # cuBLAS refuses
        return False
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 5), axis=(1, 2))
    wanted = (np.einsum('nijcab,abcf->nijf', windows, weight),
              np.einsum('nijcab,nijf->abcf', windows, dy))
    return all(np.array_equal(to_host(y), right) for y, right in zip(found, wanted))


def correlate(x, weight):
    """x: (N, H, W, C) contiguous, weight: (k_h, k_w, C, F) -> (N, H', W', F)."""
    xp = array_module(x, weight)
    (n, h, w, channels), (kh, kw, _, features) = x.shape, weight.shape
    rows_of_taps = weight.reshape(kh, kw * channels, features).astype(x.dtype, copy=False)
    pixels, y = x.reshape(-1, channels), xp.empty((n * h * w, features), x.dtype)
    windows = n * h * w - (kh - 1) * w - (kw - 1)       # that end in x
    rest = windows % kw
    for a, taps in enumerate(rows_of_taps):
        for first, count in ((0, windows - rest), (windows - rest, rest)):
            if count:
                cublas(xp).gemm(_interleaved(pixels, a * w + first, count, kw, kw), taps,
                                _interleaved(y, first, count, kw, 1), total=a > 0)
    return xp.ascontiguousarray(y.reshape(n, h, w, features)[:, :h - kh + 1, :w - kw + 1])


def correlate_weight(x, dy, kernel_size):
    """dL/dW (k_h, k_w, C, F), from dy (N, H', W, F): as wide as x, with zeros where there is no
    window. A product for each image: their sum has few numbers, and as one product it would keep
    few of a GPU's processors busy."""
    xp = array_module(x, dy)
    (n, h, w, channels), (kh, kw), (_, out_h, _, features) = x.shape, kernel_size, dy.shape
    pixels = x.reshape(n, h * w, channels)
    dy = dy.reshape(n, out_h * w, features).astype(x.dtype, copy=False)
    dweight = xp.empty((n, kh, kw * channels, features), x.dtype)
    windows = out_h * w - (kw - 1)
    for a in range(kh):
        for first in range(min(kw, windows)):
            rows = -(-(windows - first) // kw)
            left = _every(pixels[:, a * w + first:], (n, rows), kw, kw)
            right = _every(dy[:, first:], (n, rows), kw, 1)
            cublas(xp).gemm(left.swapaxes(1, 2), right, dweight[:, a], total=first > 0)
    return dweight.sum(axis=0).reshape(kh, kw, channels, features)


def _interleaved(pixels, first, count, kw, length):
    """The runs of `length` pixels that begin at `first` and the next `count` pixels: (k_w, count /
    k_w, length C), or (count, 1, length C) where they are fewer than k_w. A view."""
    step, itemsize = pixels.strides
    stack = min(kw, count)
    return array_module(pixels).lib.stride_tricks.as_strided(
        pixels[first:], (stack, count // stack, length * pixels.shape[1]),
        (step, kw * step, itemsize))


def _every(pixels, shape, kw, length):
    """(N, rows, length C): of each image the runs of `length` pixels that begin at every k_w-th. A
    view."""
    image, step, itemsize = pixels.strides
    return array_module(pixels).lib.stride_tricks.as_strided(
        pixels, (*shape, length * pixels.shape[2]), (image, kw * step, itemsize))
