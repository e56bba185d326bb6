"""The adversarial autoencoder in PyTorch (eager, autograd): the peer of the benchmarks and of a
test that both compute the same losses. Not part of the product."""
import torch

from benchmarks.torch_layers import (
    convert,
    discriminator_step,
    generator_step,
    optimizer,
    reconstruction_step,
    supervised_step,
    to_tensor,
)


class TorchAAE:
    """The phases of models.aae.AdversarialAutoencoder, from the same initial weights."""

    def __init__(self, ours, device='cpu'):
        self.priors, self.rng = ours.priors, ours.rng
        self.encoder, self.decoder = (convert(network).to(device)
                                      for network in (ours.encoder, ours.decoder))
        self.discriminators = {part: convert(network).to(device)
                               for part, network in ours.discriminators.items()}
        modules = {'encoder': [self.encoder], 'decoder': [self.decoder],
                   'discriminator': self.discriminators.values(), 'generator': [self.encoder],
                   'semi_supervised': [self.encoder]}
        self.optimizers = {name: optimizer(each, modules[name])
                           for name, each in ours.optimizers.items()}

    def to_batch(self, x, x_labelled=None, labels=None):
        """The arguments of our `step` as tensors on the host."""
        batch = [to_tensor(x)]
        if labels is not None:
            batch += [to_tensor(x_labelled), torch.from_numpy(labels)]
        return batch

    def parts(self, code):
        return dict(zip(self.priors, code.split([prior.size for prior in self.priors.values()], 1)))

    def reconstruction_phase(self, x):
        output = self.decoder(self.encoder(x))
        loss = 0.5 * (output - x.reshape(output.shape)).square().sum() / len(x)
        return reconstruction_step(loss, self.optimizers)

    def adversarial_phase(self, x):
        code = self.encoder(x)
        fake = self.parts(code)
        real = {part: torch.from_numpy(prior.sample(len(x), self.rng)).to(code)
                for part, prior in self.priors.items()}
        d = discriminator_step(self.discriminators, self.optimizers['discriminator'], real, fake)
        g = generator_step(self.discriminators, self.optimizers['generator'], fake, self.encoder)
        return ({f'{part}_discriminator': loss for part, loss in d.items()}
                | {f'{part}_generator': loss for part, loss in g.items()})

    def semi_supervised_phase(self, x, labels):
        return supervised_step(self.encoder.logits, self.optimizers['semi_supervised'], x, labels)
