"""The adversarial autoencoder: an encoder with several heads, a deterministic decoder, and a
discriminator on each head's part of the code.

References: AAE, section 2 (the phases), section 2.3 and figure 3 (labels in the regularization),
section 4 and figure 6 (the label is given to the decoder), section 5 and figure 8 (label and style,
semi-supervised), section 6 (clustering), appendix A; PixelGAN, figure 9b.

    paper                               here
    q(z|x); q(y, z|x)                   encoder (MultiHeadEncoder): the code (N, size) is z; or y, z
                                        side by side
    q(z), the aggregated posterior      what it is of a batch's images: `fake`
    (equation 1)
    p(x|z); p(x|y, z), the decoder      decoder, code -> pixels
    adversarial networks                discriminators, one for each part of the code
    p(z); Cat(y), N(z|0, I)             priors, one for each part of the code
    reconstruction phase                reconstruction_phase
    regularization phase                adversarial_phase (PixelGAN's name), regularize
    semi-supervised classification      semi_supervised_phase

One step on a mini-batch is the reconstruction phase, the regularization phase (all discriminators,
then the generator, which is the encoder) and, where there are labels, the semi-supervised phase on
a labelled mini-batch. SupervisedAutoencoder and LabelInformedAutoencoder put labels elsewhere: into
the decoder, into the discriminator.

How this differs from the paper (see models/phases.py, too): the generator maximises log D, as
PixelGAN's appendix B says, where AAE's section 1.1 has it minimise log(1 - D). The encoder is
updated once for all discriminators, by the sum of their generator costs; the paper does not say
whether once or once for each. The decoder and the discriminators are given the softmax
probabilities y, not an arg max. Optimisers, the encoder's layers and the cost are the caller's
choice: the experiments that use this say what theirs are.
"""
import math
from functools import partial

import numpy as np

from models.encoders import hidden_layers, linear_head
from models.phases import discriminator_gradients, generator_gradient, semi_supervised_update
from nn.activations import Sigmoid
from nn.backend import array_module
from nn.draws import drawn
from nn.layer import Sequential
from nn.losses import half_squared_error, softmax_cross_entropy
from nn.processes import rows_of, share


def dense_decoder(code_size, image_shape, rng, hidden=1000, sigmoid=True, batch_norm=False,
                  dtype=np.float32):
    """`hidden_layers`, then a sigmoid output, in [0, 1], or a linear one (AAE, A.1, A.2): (N,
    code_size) -> (N, pixels). batch_norm: on every layer, the output included (A.2.2)."""
    return Sequential(
        *hidden_layers(code_size, hidden, rng, batch_norm, dtype=dtype),
        linear_head(hidden, math.prod(image_shape), rng, batch_norm, dtype=dtype),
        *([Sigmoid()] if sigmoid else []))


class AdversarialAutoencoder:
    """The networks, the priors, and a step of each phase.

    discriminators, priors: part of the code -> network, prior; the parts lie in the code in the
    order of `priors`, each as wide as its prior's `size`. Without discriminators nothing is
    imposed on the code. optimizers: 'encoder' and 'decoder' (reconstruction phase),
    'discriminator' (on all of them), 'generator' and 'semi_supervised' (both on the encoder), each
    with state of its own. rng: draws of the priors (a numpy Generator). cost(decoder's output, x)
    and supervised_cost(logits, targets) -> (loss, gradient), as in nn.losses.
    """

    def __init__(self, encoder, decoder, discriminators, priors, optimizers, rng,
                 cost=half_squared_error, supervised_cost=softmax_cross_entropy):
        self.networks = {'encoder': encoder, 'decoder': decoder}
        self.networks |= {f'{part}_discriminator': network
                          for part, network in discriminators.items()}
        self.encoder, self.decoder, self.discriminators = encoder, decoder, discriminators
        self.priors, self.optimizers, self.rng = priors, optimizers, rng
        self.cost, self.supervised_cost = cost, supervised_cost

    def parts(self, code):
        """Part -> its columns of the code (N, size)."""
        columns, start = {}, 0
        for part, prior in self.priors.items():
            columns[part] = code[:, start:start + prior.size]
            start += prior.size
        return columns

    def step(self, x, x_labelled=None, labels=None):
        """All phases on images x (N, H, W, C), and labelled images with labels (M,) where given.

        Returns a dict of losses (0-d arrays).
        """
        losses = {'reconstruction': self.reconstruction_phase(x)}
        if self.discriminators:
            losses |= self.adversarial_phase(x)
        if labels is not None:
            losses['semi_supervised'] = self.semi_supervised_phase(x_labelled, labels)
        return losses

    def reconstruction_phase(self, x, y=None):
        """Update encoder and decoder to lower the reconstruction cost of the clean x, a sum over
        the pixels; only the encoder's input is noisy. y (N, K): what the decoder is given beside
        the code, on its left. Returns the cost, averaged over the images."""
        encoder_optimizer = self.optimizers['encoder']
        decoder_optimizer = self.optimizers['decoder']
        encoder_optimizer.zero_grads()
        decoder_optimizer.zero_grads()
        code, encoder_cache = self.encoder.forward(x, train=True)
        given = [code] if y is None else [y, code]
        output, decoder_cache = self.decoder.forward(
            array_module(code).concatenate(given, axis=1), train=True)
        loss, doutput = share(*self.cost(output, x.reshape(output.shape)))
        dgiven = self.decoder.backward(doutput, decoder_cache)
        self.encoder.backward(dgiven[:, -code.shape[1]:], encoder_cache)
        encoder_optimizer.step()
        decoder_optimizer.step()
        return loss

    def adversarial_phase(self, x):
        """Update the discriminators, then the encoder through them, to match each part of the codes
        of images x (N, H, W, C) to its prior. Returns the losses of both, by part."""
        code, cache = self.encoder.forward(x, train=True)
        real = {part: drawn(partial(prior.sample, rng=self.rng, dtype=code.dtype), code)
                for part, prior in self.priors.items()}
        return self.regularize(real, self.parts(code), cache)

    def regularize(self, real, fake, cache):
        """Both updates, given the prior's samples and the codes, part -> (N, size); cache: the
        encoder's."""
        discriminator_losses = self.discriminator_phase(real, fake)
        generator_losses = self.generator_phase(fake, cache)
        losses = {}
        for part in self.discriminators:
            losses[f'{part}_discriminator'] = discriminator_losses[part]
            losses[f'{part}_generator'] = generator_losses[part]
        return losses

    def discriminator_phase(self, real, fake):
        """Update every discriminator to tell the prior's samples real[part] from the codes
        fake[part], both (N, what the discriminator sees). Returns part -> loss."""
        optimizer = self.optimizers['discriminator']
        optimizer.zero_grads()
        losses = {part: discriminator_gradients(discriminator, real[part], fake[part])
                  for part, discriminator in self.discriminators.items()}
        optimizer.step()
        return losses

    def generator_phase(self, fake, encoder_cache):
        """Update the encoder alone so that each discriminator takes its part of the codes for the
        prior's. fake: part -> (N, what the discriminator sees), the code's columns on the left.
        Returns part -> loss."""
        optimizer = self.optimizers['generator']
        optimizer.zero_grads()
        losses, gradients = {}, []
        for part, codes in fake.items():
            losses[part], dcodes = generator_gradient(self.discriminators[part], codes)
            gradients.append(dcodes[:, :self.priors[part].size])    # a label is not the encoder's
        dcode = array_module(*gradients).concatenate(gradients, axis=1)
        self.encoder.backward(dcode, encoder_cache)
        optimizer.step()
        return losses

    def semi_supervised_phase(self, x, labels):
        """Update the encoder so that q(y|x) gives the labels (N,) of images x."""
        return semi_supervised_update(self.encoder, self.optimizers['semi_supervised'],
                                      self.supervised_cost, x, labels)


class SupervisedAutoencoder(AdversarialAutoencoder):
    """The decoder is given the label, so the code is left with the style (section 4, figure 6).

    decoder: one-hot label and code, side by side -> pixels.
    """

    def __init__(self, classes, *networks, **options):
        super().__init__(*networks, **options)
        self.classes = classes

    def step(self, x, labels):
        """Reconstruction and regularization on images x (N, H, W, C) with labels (N,)."""
        losses = {'reconstruction': self.reconstruction_phase(x, one_hot(labels, self.classes, x))}
        return losses | self.adversarial_phase(x)


class LabelInformedAutoencoder(AdversarialAutoencoder):
    """The discriminator is given a one-hot vector that says which part of the prior a code belongs
    to (section 2.3, figure 3); its last class is 'unknown', and stands for the whole prior.

    The prior has `components` and sample_each(...); discriminator: code and one-hot
    vector (N, size + components + 1) -> logits.

    How this differs from the paper: it takes images as they come, a fifth of them labelled; here
    all images count as unknown, and each step adds a labelled batch, as the semi-supervised phase
    does: half of the adversarial cost where the batches are of one size.
    """

    def step(self, x, x_labelled, labels):
        """Reconstruct images x; match the codes of x to the whole prior, and those of labelled
        images with labels (M,) to their parts of it."""
        join = array_module(x).concatenate
        unknown = array_module(x).full(len(x), self.priors['code'].components, labels.dtype)
        losses = {'reconstruction': self.reconstruction_phase(x)}
        with rows_of(x, x_labelled):
            return losses | self.adversarial_phase(join([x, x_labelled]), join([unknown, labels]))

    def adversarial_phase(self, x, switch):
        """As in the base class. switch: (N,), the label of each image, or `components`; a positive
        sample has the switch of an image, so that both sides see each switch equally often."""
        code, cache = self.encoder.forward(x, train=True)
        (part, prior), = self.priors.items()
        switches = one_hot(switch, prior.components + 1, code)
        of_each = drawn(partial(prior.sample_each, rng=self.rng, dtype=code.dtype), code)
        real = (of_each * switches[:, :, None]).sum(axis=1)
        join = array_module(code).concatenate
        return self.regularize({part: join([real, switches], axis=1)},
                               {part: join([code, switches], axis=1)}, cache)


def one_hot(labels, classes, array):
    """(N,) -> (N, classes), of the type and on the device of `array`."""
    return (array_module(array).arange(classes) == labels[:, None]).astype(array.dtype)
