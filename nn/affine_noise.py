"""Noise that moves the image instead of changing its pixels, at training time only.

Not in the papers. PixelGAN, section 2, leaves the noise n of z = f(x, n) open; its experiments add
Gaussian noise to pixels (A.1) or drop them (B.1.2). This is another n: q(z|x) is then the
distribution of codes over small changes of shape. Only q(z), over all images and draws, is matched
to the prior: that alone does not make a code independent of n (results/log.md).
"""
from nn.backend import array_module
from nn.draws import drawn
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
        moves = drawn(lambda n: self.std * self.rng.standard_normal((n, 2, 3), dtype='float32'), x)
        weights, pixels = interpolation(moves, height, width)
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


def interpolation(moves, height, width):
    """Where the pixels of images moved by `moves` (N, 2, 3), E and e side by side, come from:
    weights, and rows of x as (N H W, C), both (4, N, H, W)."""
    xp, n = array_module(moves), len(moves)
    row, column = xp.meshgrid(xp.arange(height), xp.arange(width), indexing='ij')
    p = xp.stack([(2 * row + 1) / height - 1, (2 * column + 1) / width - 1], axis=-1)
    p = p + p @ moves[:, None, :, :2].swapaxes(-1, -2) + moves[:, None, None, :, 2]
    place = xp.stack([((p[..., 0] + 1) * height - 1) / 2, ((p[..., 1] + 1) * width - 1) / 2],
                     axis=-1)       # in pixels
    corner = xp.floor(place).astype('int64')
    part = place - corner
    weights, pixels = [], []
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row, column = corner[..., 0] + down, corner[..., 1] + right
        inside = (0 <= row) & (row < height) & (0 <= column) & (column < width)
        weights.append(inside * (part[..., 0] if down else 1 - part[..., 0])
                       * (part[..., 1] if right else 1 - part[..., 1]))
        row = xp.clip(row, 0, height - 1)
        column = xp.clip(column, 0, width - 1)
        pixels.append((xp.arange(n)[:, None, None] * height + row) * width + column)
    return xp.stack(weights), xp.stack(pixels)
