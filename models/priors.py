"""Priors p(z) that the adversarial phase imposes on the code: sample(n, rng) draws on the host."""
import numpy as np


class Categorical:
    """One-hot vectors of `size` categories, uniform (PixelGAN, section 2.2)."""

    def __init__(self, size):
        self.size = size

    def sample(self, n, rng, dtype=np.float32):
        """(n, size)."""
        z = np.zeros((n, self.size), dtype)
        z[np.arange(n), rng.integers(self.size, size=n)] = 1
        return z


class Gaussian:
    """N(0, std^2 I) in `size` dimensions (PixelGAN, appendix B.1.1: size 2, std 5)."""

    def __init__(self, size, std=1.0):
        self.size, self.std = size, std

    def sample(self, n, rng, dtype=np.float32):
        """(n, size)."""
        return (self.std * rng.standard_normal((n, self.size))).astype(dtype)
