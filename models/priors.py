"""Priors p(z) that the adversarial phase imposes on the code: sample(n, rng) draws on the host.

References: PixelGAN, sections 2.1 (Gaussian), 2.2 (categorical) and 4 (samples of a domain).
How this differs from the paper: a categorical prior can be smoothed, and is not by default.
"""
import numpy as np


class Categorical:
    """One-hot vectors of `size` categories, uniform (PixelGAN, section 2.2).

    smoothing s turns a one-hot vector e into (1 - s) e + s / size. The papers have s = 0. Then the
    discriminator need only look at how sharp a code is, because a softmax is never exactly one-hot,
    and the generator's answer is to saturate the softmax, which freezes the clusters as they are.
    """

    def __init__(self, size, smoothing=0.0):
        self.size, self.smoothing = size, smoothing

    def sample(self, n, rng, dtype=np.float32):
        """(n, size)."""
        z = np.full((n, self.size), self.smoothing / self.size, dtype)
        z[np.arange(n), rng.integers(self.size, size=n)] += 1 - self.smoothing
        return z


class Gaussian:
    """N(0, std^2 I) in `size` dimensions (PixelGAN, appendix B.1.1: size 2, std 5)."""

    def __init__(self, size, std=1.0):
        self.size, self.std = size, std

    def sample(self, n, rng, dtype=np.float32):
        """(n, size)."""
        return (self.std * rng.standard_normal((n, self.size))).astype(dtype)


class Samples:
    """The distribution that an array (M, size) of samples stands for: draws of its rows, with
    replacement (PixelGAN, section 4: 'independent samples' of the second domain).

    array: can be given later, before the first draw.
    """

    def __init__(self, size, array=None):
        self.size, self.array = size, array

    def sample(self, n, rng, dtype=np.float32):
        """(n, size)."""
        return self.array[rng.integers(len(self.array), size=n)].astype(dtype)
