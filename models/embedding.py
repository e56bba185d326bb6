"""The adversarial autoencoder for dimensionality reduction: a code is a cluster head plus a style.

References: AAE, section 7, figure 10.

    paper                               here
    one-hot label y, m-dimensional      the first part of the code: q(y|x), probabilities
    style, n-dimensional                the second part
    W_C, m x n                          ClusterHeads.W, the decoder's first layer
    final n-dimensional representation  ClusterHeads.forward: y W_C + z
    threshold eta                       distance

How this differs from the paper: 'if it is smaller than η, the cost function linearly penalizes the
distance' is read as max(0, eta - distance), which pushes heads apart, summed over pairs; eta is not
given. The cost has a phase and an optimiser of its own (gradient descent), after the others; the
heads also learn in the reconstruction phase. The decoder is given y W_C of the probabilities y, not
of a one-hot vector.
"""
import numpy as np

from models.aae import AdversarialAutoencoder
from nn.backend import array_module
from nn.layer import Layer
from nn.processes import share


class ClusterHeads(Layer):
    """y, z side by side (N, m + n) -> y W + z (N, n); row k of W (m, n) is the head of cluster k.

    W: (m, n) to begin with; learnt: False keeps it as it is.
    """

    def __init__(self, W, learnt=True):
        super().__init__()
        if learnt:
            self.add_param('W', W)
        else:
            self.buffers['W'] = W

    @property
    def W(self):
        return self.params['W'] if self.params else self.buffers['W']

    def forward(self, x, train=False):
        clusters = len(self.W)
        return x[:, :clusters] @ self.W + x[:, clusters:], x

    def backward(self, dy, x):
        if self.params:
            self.grads['W'] += x[:, :len(self.W)].T @ dy
        return array_module(dy).concatenate([dy @ self.W.T, dy], axis=1)


def distance_cost(heads, distance):
    """The sum over pairs of rows of `heads` (m, n) of max(0, distance - |difference|).

    Returns (cost, its gradient (m, n)); heads in the same place are not pushed anywhere.
    """
    xp = array_module(heads)
    differences = heads[:, None] - heads[None]                          # (m, m, n)
    distances = xp.sqrt(xp.square(differences).sum(axis=2))
    near = (distances < distance) & (distances > 0)
    cost = xp.where(xp.triu(xp.ones_like(near), 1), xp.maximum(distance - distances, 0), 0).sum()
    unit = differences / xp.where(near, distances, 1)[..., None]
    return cost, -(unit * near[..., None]).sum(axis=1)


class EmbeddingAutoencoder(AdversarialAutoencoder):
    """The decoder is given y W_C + z in the place of y and z (section 7, figure 10).

    heads: the ClusterHeads with which the decoder begins; with learnt heads there is an optimiser
    'heads' on them. distance: eta.
    """

    def __init__(self, heads, distance, *networks, **options):
        super().__init__(*networks, **options)
        self.heads, self.distance = heads, distance

    def step(self, x, x_labelled=None, labels=None):
        """As in the base class, then the heads' own phase."""
        losses = super().step(x, x_labelled, labels)
        return losses | ({'heads': self.heads_phase()} if 'heads' in self.optimizers else {})

    def heads_phase(self):
        """Move cluster heads that are nearer to each other than eta apart. Returns the cost."""
        optimizer = self.optimizers['heads']
        optimizer.zero_grads()
        cost, gradient = share(*distance_cost(self.heads.W, self.distance))
        self.heads.grads['W'] += gradient.astype(self.heads.W.dtype)
        optimizer.step()
        return cost


def circle_map(heads):
    """The linear map (n, 2) that takes the rows of `heads` (m, n <= m) to points evenly on a circle
    (figure 11d), in the least-squares sense; for heads 10 I it is exact. NumPy."""
    angles = 2 * np.pi * np.arange(len(heads)) / len(heads)
    return np.linalg.lstsq(heads, 10 * np.stack([np.cos(angles), np.sin(angles)], axis=1),
                           rcond=None)[0]
