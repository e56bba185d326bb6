"""Priors p(z) that a model imposes on the code: sample(n, rng) draws on the host.

References: PixelGAN, sections 2.1 (Gaussian) and 2.2 (categorical); AAE, sections 2.1 (mixture of
Gaussians), 2.3 (a label's part of the prior, swiss roll), figures 2 and 4.

    paper                               here
    p(z), to sample from                sample(n, rng)
    p(z), its functional form           log_density(z), which only a VAE needs (models/vae.py)
    the i-th mixture component, the     sample_each(n, rng)[:, i]: i in 0..components - 1 is
    i-th 10% of the swiss roll          class i's part of the prior
    the extra class, 'unknown'          label `components`: the whole prior
    the Gaussian percentiles            percentile_grid(...)

How this differs from the papers: a categorical prior can be smoothed, and is not by default. AAE
shows the mixture and the swiss roll but gives no numbers: every radius and deviation of the two is
ours.
"""
import math

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import norm

from nn.backend import array_module
from nn.draws import from_host

LOG_2PI = math.log(2 * math.pi)


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

    def log_density(self, z):
        """(log p(z) (N,) in nats, d log p / dz (N, size)) of codes z (N, size)."""
        scaled = z / self.std
        constant = self.size * (math.log(self.std) + 0.5 * LOG_2PI)
        return -0.5 * (scaled * scaled).sum(axis=1) - constant, -scaled / self.std

    def percentile_grid(self, side):
        """Codes (side^2, 2) at the percentiles (i + 1/2) / side of both dimensions, row by row: z1
        grows rightwards, z2 upwards (AAE, figure 2e). Raises ValueError unless size is 2."""
        if self.size != 2:
            raise ValueError(f'a percentile grid needs a code of 2 dimensions, got {self.size}')
        return _percentile_grid(self.std, self.std, side).astype(np.float32)


class GaussianMixture:
    """2-D Gaussians as petals on a circle, all as likely: component k lies at the angle
    2 pi k / components, `radius` from the origin, its long axis pointing outwards (AAE, figures 2b,
    2d and 4a: ten of them).

    radius, radial_std, tangential_std: ours. From the axis of a petal to the border with the next
    is 5 tangential deviations at its centre and 3 two radial deviations further in; codes stay
    within about 6 of the origin.
    """

    size = 2

    def __init__(self, components=10, radius=4.0, radial_std=0.8, tangential_std=0.25):
        self.components, self.radius = components, radius
        self.radial_std, self.tangential_std = radial_std, tangential_std
        angle = 2 * np.pi * np.arange(components) / components
        self.radial = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        self.tangential = np.stack([-np.sin(angle), np.cos(angle)], axis=1)

    def sample(self, n, rng, dtype=np.float32):
        """(n, 2), of the whole mixture."""
        return self.sample_each(n, rng, dtype)[:, -1]

    def sample_each(self, n, rng, dtype=np.float32):
        """(n, components + 1, 2): from each component, and from the whole mixture, a sample made of
        the same random numbers (AAE, section 2.3)."""
        component = np.tile(np.arange(self.components + 1), (n, 1))
        component[:, -1] = rng.integers(self.components, size=n)
        own_axes = rng.standard_normal((n, 2)) * (self.radial_std, self.tangential_std)
        return self._to_plane(own_axes[:, None], component).astype(dtype)

    def log_density(self, z):
        """(log p(z) (N,) in nats, d log p / dz (N, 2)) of codes z (N, 2)."""
        xp = array_module(z)
        radial, tangential = from_host(
            lambda: np.stack([self.radial, self.tangential]).astype(z.dtype), z)
        # z in the axes of every component, in deviations: (N, components)
        u = (z @ radial.T - self.radius) / self.radial_std
        v = (z @ tangential.T) / self.tangential_std
        exponent = -0.5 * (u * u + v * v)
        # Far from every petal all exponentials underflow: the largest is taken out first.
        largest = exponent.max(axis=1, keepdims=True)
        weights = xp.exp(exponent - largest)
        total = weights.sum(axis=1, keepdims=True)
        constant = LOG_2PI + math.log(self.components * self.radial_std * self.tangential_std)
        responsibilities = weights / total      # of each component for z, p(k|z)
        dz = (-(responsibilities * u / self.radial_std) @ radial
              - (responsibilities * v / self.tangential_std) @ tangential)
        return (largest + xp.log(total)).sum(axis=1) - constant, dz

    def part(self, z):
        """(N,): the component most likely to have given each code z (N, 2). NumPy."""
        u = (z @ self.radial.T - self.radius) / self.radial_std
        return (u * u + (z @ self.tangential.T / self.tangential_std)**2).argmin(axis=1)

    def place(self, deviations, component):
        """Deviations (..., 2) along the axes of a component, outwards and counter-clockwise, in
        its standard deviations -> the points in the plane."""
        own_axes = np.reshape(deviations, (-1, 2)) * (self.radial_std, self.tangential_std)
        points = self._to_plane(own_axes, np.full(len(own_axes), component))
        return points.reshape(np.shape(deviations))

    def percentile_grid(self, component, side):
        """Codes (side^2, 2) at the percentiles (i + 1/2) / side along the two axes of `component`,
        row by row: outwards is rightwards, counter-clockwise is upwards, in every component, so
        that one place of the picture is one style (AAE, figure 4b)."""
        grid = _percentile_grid(self.radial_std, self.tangential_std, side)
        return self._to_plane(grid, np.full(len(grid), component)).astype(np.float32)

    def _to_plane(self, own_axes, component):
        """Offsets (..., 2), outwards and counter-clockwise, from the centre of component (...) ->
        the points in the plane."""
        return ((self.radius + own_axes[..., :1]) * self.radial[component]
                + own_axes[..., 1:] * self.tangential[component])


class SwissRoll:
    """N(m, std^2 I) in 2-D, the mean m uniform along the length of a spiral: 'a conditional
    Gaussian distribution whose mean is uniformly distributed along the length of a swiss roll axis'
    (AAE, section 2.3, figure 4c).

    The axis is r = inner + (outer - inner) t at the angle 2 pi turns t, for t in 0..1 (an
    Archimedean spiral). components: the length is divided evenly among so many labels, 'the first
    10% of swiss roll is assigned to digit 0 and so on'. inner, outer, turns and std: ours; windings
    are (outer - inner) / turns = 2.25 apart, 9 deviations. It has no `log_density`, and an
    adversarial autoencoder needs none.
    """

    size = 2

    def __init__(self, components=10, inner=1.0, outer=5.5, turns=2.0, std=0.25):
        self.components, self.std = components, std
        self.inner, self.outer, self.turns = inner, outer, turns
        # Length has no inverse in closed form: it is tabulated at even steps of t.
        self.t = np.linspace(0, 1, 4001)
        speed = np.hypot(outer - inner, 2 * np.pi * turns * (inner + (outer - inner) * self.t))
        lengths = np.cumsum(0.5 * (speed[1:] + speed[:-1])) * (self.t[1] - self.t[0])
        self.fraction = np.concatenate([[0.0], lengths / lengths[-1]])
        self.length = float(lengths[-1])

    def points(self, fractions):
        """(..., 2): the points of the axis at fractions (...) in 0..1 of its length."""
        t = np.interp(fractions, self.fraction, self.t)
        radius, angle = self.inner + (self.outer - self.inner) * t, 2 * np.pi * self.turns * t
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)

    def axis(self, n):
        """(n, 2): codes evenly spaced along the axis, from its start to its end (figure 4d)."""
        return self.points(np.linspace(0, 1, n)).astype(np.float32)

    def part(self, z):
        """(N,): the tenth of the length to which each code z (N, 2) is nearest. NumPy."""
        fractions = (np.arange(100 * self.components) + 0.5) / (100 * self.components)
        _, nearest = cKDTree(self.points(fractions)).query(z)
        return nearest // 100

    def sample(self, n, rng, dtype=np.float32):
        """(n, 2), of the whole roll."""
        return self.sample_each(n, rng, dtype)[:, -1]

    def sample_each(self, n, rng, dtype=np.float32):
        """(n, components + 1, 2): from each tenth of the length, and from the whole roll, a sample
        made of the same random numbers."""
        fraction = rng.random((n, 1))
        of_each = (np.arange(self.components) + fraction) / self.components
        noise = self.std * rng.standard_normal((n, 1, 2))
        return (self.points(np.hstack([of_each, fraction])) + noise).astype(dtype)


def _percentile_grid(first_std, second_std, side):
    """(side^2, 2), row by row: the first coordinate grows rightwards, the second upwards."""
    deviations = norm.ppf((np.arange(side) + 0.5) / side)
    first, second = np.meshgrid(first_std * deviations, second_std * deviations[::-1])
    return np.stack([first, second], axis=-1).reshape(-1, 2)
