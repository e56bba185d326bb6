"""The hidden code that an experiment's decoder is given, and ways to choose codes to decode.

A code is one or more parts, side by side, each with its prior: a category, a style.
"""
import numpy as np

from models.priors import Categorical, Gaussian, SwissRoll
from training.run_folder import RunError

IN_A_ROW = 10       # codes in a row of a picture
WALKERS = 50        # codes of an animation, where there are no categories


class Code:
    """priors: part -> its prior, in the order in which the parts lie; a category comes first.
    category: what a category stands for, a word."""

    def __init__(self, category='class', **priors):
        self.category, self.priors = category, priors

    @property
    def size(self):
        """Numbers in a code."""
        return sum(prior.size for prior in self.priors.values())

    @property
    def categories(self):
        """How many categories there are; 0: the code has no such part."""
        first = next(iter(self.priors.values()))
        return first.size if isinstance(first, Categorical) else 0

    def sample(self, n, rng):
        """n codes drawn from the priors: (n, size)."""
        return np.concatenate([prior.sample(n, rng) for prior in self.priors.values()], axis=1)

    def of_categories(self, categories, rng):
        """Codes (N, size) of the categories (N,), one-hot, the rest from its prior."""
        codes = self.sample(len(categories), rng)
        codes[:, :self.categories] = np.eye(self.categories)[categories]
        return codes

    def grid(self, side):
        """Codes (side^2, 2) at the percentiles of a Gaussian prior: z1 grows rightwards, z2
        upwards. Raises RunError for any other prior."""
        first, *others = self.priors.values()
        if others or not isinstance(first, Gaussian) or first.size != 2:
            raise RunError('the run has no Gaussian code of two dimensions to lay a grid over')
        return first.percentile_grid(side)

    def walk(self, frames, rng):
        """(codes (frames, N, size), codes in a row): a way through the code space that ends where
        it began.

        Gaussian: loops around the origin; with categories the same loops for each, a category in a
        row. Mixture: the same loops around the centre of each petal, a petal in a row. Swiss roll:
        one code, along its axis forth and back.
        """
        last, k = list(self.priors.values())[-1], self.categories
        if isinstance(last, SwissRoll):
            there = last.axis(frames // 2 + 1)
            return np.concatenate([there, there[-2:-1 - frames // 2:-1]])[:frames, None], 1
        if not isinstance(last, Gaussian):
            offsets = gaussian_loop(Gaussian(2), frames, last.components, rng)
            return np.concatenate([last.place(offsets, part) for part in range(last.components)],
                                  axis=1).astype(np.float32), last.components
        styles = gaussian_loop(last, frames, IN_A_ROW if k else WALKERS, rng)
        if not k:
            return styles, IN_A_ROW
        categories = np.repeat(np.eye(k, dtype=np.float32), IN_A_ROW, axis=0)
        return np.concatenate([np.broadcast_to(categories, (frames, *categories.shape)),
                               np.tile(styles, (1, k, 1))], axis=2), IN_A_ROW


def gaussian_loop(prior, frames, n, rng):
    """(frames, n, size): n loops a cos t + b sin t, t from 0 to 2 pi, a and b drawn from a Gaussian
    prior. At each frame the n codes are distributed as draws from the prior."""
    a, b = prior.sample(n, rng), prior.sample(n, rng)
    t = np.linspace(0, 2 * np.pi, frames, endpoint=False, dtype=np.float32)[:, None, None]
    return a * np.cos(t) + b * np.sin(t)
