"""Noise that moves the image instead of changing its pixels, at training time only.

Not in the papers. PixelGAN, section 2, leaves the noise n of z = f(x, n) open; its experiments add
Gaussian noise to pixels (A.1) or drop them (B.1.2). This is another n: q(z|x) is then the
distribution of codes over small changes of shape. Only q(z), over all images and draws, is matched
to the prior: that alone does not make a code independent of n (results/log.md).
"""
import numpy as np

from nn.backend import array_module, like
from nn.layer import Layer


class AffineNoise(Layer):
    """Each image (H, W, C) of a batch under an affine map of its own, in training; y = x otherwise.

    y[p] = x[p + std (E p + e)], where p = (row, column) runs from -1 to 1 along both sides and the
    six entries of E and e are from N(0, 1); bilinear interpolation, zero outside the image. std =
    0.1 changes angles and scales by about a tenth and moves images of 28 pixels by 1.4 pixels.
    rng: the numpy.random.Generator to draw from. Raises ValueError for a negative std.
    """

    def __init__(self, std, rng):
        super().__init__()
        if std < 0:
            raise ValueError(f'AffineNoise: std must not be negative, got {std}')
        self.std, self.rng = std, rng

    def forward(self, x, train=False):
        if not train or self.std == 0:
            return x, None
        xp = array_module(x)
        n, height, width, channels = x.shape
        weights, pixels = (like(array, x) for array in self.interpolation(n, height, width))
        weights = weights.astype(x.dtype)
        rows = x.reshape(-1, channels)
        y = sum(xp.take(rows, pixel, axis=0) * weight[..., None]
                for weight, pixel in zip(weights, pixels))
        return y, (weights, pixels)

    def backward(self, dy, cache):
        if cache is None:
            return dy
        xp = array_module(dy)
        weights, pixels = cache
        channels = [xp.bincount(pixels.ravel(), (weights * channel).ravel(), channel.size)
                    for channel in xp.moveaxis(dy, -1, 0)]
        return xp.stack(channels, axis=-1).reshape(dy.shape).astype(dy.dtype)

    def interpolation(self, n, height, width):
        """Where y's pixels come from: weights, and rows of x as (N H W, C), both (4, N, H, W)."""
        sides = np.float32([height, width])
        grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing='ij'), axis=-1)
        p = (2 * grid + 1) / sides - 1
        moves = self.std * self.rng.standard_normal((n, 2, 3), dtype='float32')
        p = p + p @ moves[:, None, :, :2].swapaxes(-1, -2) + moves[:, None, None, :, 2]
        place = ((p + 1) * sides - 1) / 2       # in pixels
        corner = np.floor(place).astype(np.int64)
        part = place - corner
        weights, pixels = [], []
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
            row, column = corner[..., 0] + down, corner[..., 1] + right
            inside = (0 <= row) & (row < height) & (0 <= column) & (column < width)
            weights.append(inside * (part[..., 0] if down else 1 - part[..., 0])
                           * (part[..., 1] if right else 1 - part[..., 1]))
            row = np.clip(row, 0, height - 1)
            column = np.clip(column, 0, width - 1)
            pixels.append((np.arange(n)[:, None, None] * height + row) * width + column)
        return np.stack(weights), np.stack(pixels)
