"""The adversarial network on the code: D(z), the probability that z came from the prior.

References: PixelGAN, section 1 (the game) and appendix B.1 (the sizes); AAE, section 2, appendix A.
z: (N, code_size), D(z) = sigmoid(logit). AAE's initial weights (A.1) are drawn in
experiments/aae/networks.py. How this differs from the papers: it does not.
"""
import numpy as np

from nn.activations import ReLU
from nn.dense import Dense
from nn.initializers import xavier_normal
from nn.layer import Sequential


def discriminator(code_size, hidden, rng, dtype=np.float32):
    """Two hidden layers of `hidden` ReLU units (PixelGAN, appendix B.1; never batch norm).

    Returns a Sequential (N, code_size) -> logits (N, 1).
    """
    return Sequential(
        Dense(code_size, hidden, rng, dtype=dtype), ReLU(),
        Dense(hidden, hidden, rng, dtype=dtype), ReLU(),
        Dense(hidden, 1, rng, init=xavier_normal, dtype=dtype))
