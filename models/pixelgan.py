"""The PixelGAN autoencoder: an encoder, a PixelCNN decoder, and a discriminator on the code.

Reference: PixelGAN, section 2 (the two phases), figure 1, section 2.2 (the semi-supervised phase).

    paper                             here
    q(z|x)                            encoder
    p(x|z)                            decoder
    adversarial network D             discriminator
    p(z)                              prior
    reconstruction term, nats         the loss of reconstruction_phase

One step on a mini-batch is the reconstruction phase, then the adversarial phase (first the
discriminator, then the generator, which is the encoder), then, where there are labels, the
semi-supervised phase on a labelled mini-batch.

How this differs from the paper: see models/phases.py.
"""
from functools import partial

from models.phases import discriminator_gradients, generator_gradient, semi_supervised_update
from nn.backend import array_module
from nn.draws import drawn
from nn.fast.parallel import Shards
from nn.losses import sigmoid_cross_entropy, softmax_cross_entropy
from nn.processes import whole


def reconstruct(decoder, x, z, cost, batch_size):
    """Forward, cost and backward of the decoder on a part of a batch of `batch_size` images.

    cost(logits, x) -> (loss, dlogits), summed over an image and averaged over the part.
    Returns (that part's share of the batch's mean cost in nats per image, its dz).
    """
    logits, cache = decoder.forward(x, z, train=True)
    loss, dlogits = cost(logits, x)
    part = len(x) / batch_size
    _, dz = decoder.backward(dlogits * part, cache)
    return loss * part, dz


class PixelGAN:
    """The three networks, the prior, and a step of each phase.

    optimizers: 'encoder' and 'decoder' (reconstruction phase), 'discriminator', 'generator' and
    'semi_supervised' (both on the encoder), each with state of its own. rng: draws of the prior (a
    numpy Generator). cost: -log p(x|z) from the decoder's outputs (nn.losses, nn.logistic_mixture);
    supervised_cost(logits, targets). Without a discriminator nothing is imposed on the code
    (figure 5a); without a decoder this is output distribution matching (figure 9a).
    """

    def __init__(self, encoder, decoder, discriminator, prior, optimizers, rng,
                 cost=sigmoid_cross_entropy, supervised_cost=softmax_cross_entropy):
        self.networks = {name: network for name, network in (
            ('encoder', encoder), ('decoder', decoder), ('discriminator', discriminator))
            if network is not None}
        self.encoder, self.decoder, self.discriminator = encoder, decoder, discriminator
        self.prior, self.optimizers, self.rng = prior, optimizers, rng
        self.cost, self.supervised_cost = cost, supervised_cost
        self.decoder_shards = None if decoder is None else Shards(decoder)

    def step(self, x, x_labelled=None, labels=None):
        """All phases on images x (N, H, W, C), and labelled images with labels (M,) where given.

        Returns a dict of losses (0-d arrays).
        """
        losses = {}
        if self.decoder is not None:
            losses['reconstruction'] = self.reconstruction_phase(x)
        if self.discriminator is not None:
            losses |= self.adversarial_phase(x)
        if labels is not None:
            losses['semi_supervised'] = self.semi_supervised_phase(x_labelled, labels)
        return losses

    def reconstruction_phase(self, x):
        """Update encoder and decoder to maximise log p(x|z), z = f(x, n) with n the noise on the
        encoder's input. Returns nats per image.

        The decoder is teacher-forced on the clean x; only the encoder's input is noisy.
        """
        encoder_optimizer = self.optimizers['encoder']
        decoder_optimizer = self.optimizers['decoder']
        encoder_optimizer.zero_grads()
        decoder_optimizer.zero_grads()
        z, cache = self.encoder.forward(x, train=True)
        parts = self.decoder_shards.run(partial(reconstruct, cost=self.cost,
                                                batch_size=whole(len(x))), x, z)
        dz = array_module(z).concatenate([dz for _, dz in parts])
        self.encoder.backward(dz, cache)
        encoder_optimizer.step()
        decoder_optimizer.step()
        return sum(loss for loss, _ in parts)

    def adversarial_phase(self, x):
        """Update the discriminator, then the encoder through it, to match q(z) to p(z)."""
        fake, cache = self.encoder.forward(x, train=True)
        real = drawn(lambda n: self.prior.sample(n, self.rng, fake.dtype), fake)
        discriminator_loss = self.discriminator_phase(real, fake)
        return {'discriminator': discriminator_loss,
                'generator': self.generator_phase(fake, cache)}

    def discriminator_phase(self, real, fake):
        """Update D to tell the prior's samples (`real`) from the codes (`fake`), both (N, size)."""
        optimizer = self.optimizers['discriminator']
        optimizer.zero_grads()
        loss = discriminator_gradients(self.discriminator, real, fake)
        optimizer.step()
        return loss

    def generator_phase(self, fake, encoder_cache):
        """Update the encoder alone so that D takes its codes for the prior's."""
        optimizer = self.optimizers['generator']
        optimizer.zero_grads()
        loss, dfake = generator_gradient(self.discriminator, fake)
        self.encoder.backward(dfake, encoder_cache)
        optimizer.step()
        return loss

    def semi_supervised_phase(self, x, labels):
        """Update the encoder so that q(y|x) gives the labels (N,) of images x; nats per image."""
        return semi_supervised_update(self.encoder, self.optimizers['semi_supervised'],
                                      self.supervised_cost, x, labels)
