"""A PixelCNN trained on its own: maximise log p(x) (PixelGAN, figure 2b)."""
from functools import partial

from models.pixelgan import reconstruct
from nn.fast.parallel import Shards
from nn.losses import sigmoid_cross_entropy
from nn.processes import whole


class UnconditionalPixelCNN:
    """decoder: a PixelCNN of code size 0; optimizers: {'decoder': ...}."""

    def __init__(self, decoder, optimizers, rng, cost=sigmoid_cross_entropy):
        self.networks, self.decoder = {'decoder': decoder}, decoder
        self.optimizers, self.rng, self.cost = optimizers, rng, cost
        self.decoder_shards = Shards(decoder)

    def step(self, x):
        """One update on images x (N, H, W, C); returns nats per image."""
        optimizer = self.optimizers['decoder']
        optimizer.zero_grads()
        parts = self.decoder_shards.run(
            partial(_reconstruct_unconditionally, cost=self.cost, batch_size=whole(len(x))),
            x)
        optimizer.step()
        return {'reconstruction': sum(parts)}


def _reconstruct_unconditionally(decoder, x, cost, batch_size):
    return reconstruct(decoder, x, None, cost, batch_size)[0]
