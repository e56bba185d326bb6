"""The supervised baseline, of AAE, table 2, and of PixelGAN's encoders: q(y|x) alone.

Reference: AAE, section 5: 'a dropout supervised neural network with the same architecture'. How
this differs from the paper: it gives no details.
"""
from models.phases import semi_supervised_update
from nn.losses import softmax_cross_entropy


class Classifier:
    """encoder: a CategoricalEncoder; optimizers: 'semi_supervised', on it; rng: as in the models
    with a prior, though here nothing but the encoder's noise is drawn."""

    def __init__(self, encoder, optimizers, rng):
        self.networks, self.encoder = {'encoder': encoder}, encoder
        self.optimizers, self.rng = optimizers, rng

    def step(self, x, labels):
        """One step on images x (N, H, W, C) and labels (N,). Returns the cost in nats."""
        return {'semi_supervised': semi_supervised_update(
            self.encoder, self.optimizers['semi_supervised'], softmax_cross_entropy, x, labels)}
