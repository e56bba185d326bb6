"""The PixelGAN autoencoder in PyTorch (eager, autograd): the peer of the benchmarks and of tests
that both compute the same losses and gradients. Not part of the product."""
import math

import torch
import torch.nn.functional as F

from benchmarks.torch_layers import (
    MaskedConv,
    convert,
    discriminator_step,
    generator_step,
    optimizer,
    parameter,
    pointwise,
    reconstruction_step,
    supervised_step,
    to_tensor,
)
from nn.activations import ReLU
from nn.logistic_mixture import HALF_BIN, MIN_LOG_SCALE, discretized_logistic_mixture


def gate(x):
    a, b = x.chunk(2, 1)
    return a.tanh() * b.sigmoid()


class Block(torch.nn.Module):
    """models.pixelcnn.PixelCNNLayer with location-invariant biases."""

    def __init__(self, layer, memory_format):
        super().__init__()
        self.first = layer.first
        self.activation = F.relu if isinstance(layer.activation, ReLU) else gate
        self.conv_v = MaskedConv(layer.conv_v, memory_format)
        self.conv_h = MaskedConv(layer.conv_h, memory_format)
        self.v_to_h = pointwise(layer.v_to_h, memory_format)
        self.out = pointwise(layer.out, memory_format)
        self.bias_v = parameter(layer.bias_v.params['V'])
        self.bias_h = parameter(layer.bias_h.params['V'])

    def forward(self, v, h, z):
        v_pre = self.conv_v(v) + (z @ self.bias_v)[:, :, None, None]
        h_pre = self.conv_h(h) + self.v_to_h(v_pre) + (z @ self.bias_h)[:, :, None, None]
        h_out = self.out(self.activation(h_pre))
        return self.activation(v_pre), h_out if self.first else h + h_out


class Decoder(torch.nn.Module):
    def __init__(self, decoder, memory_format):
        super().__init__()
        self.blocks = torch.nn.ModuleList(Block(layer, memory_format) for layer in decoder.layer)
        _, first, _, second = decoder.head.layer
        self.head = torch.nn.Sequential(torch.nn.ReLU(), pointwise(first, memory_format),
                                        torch.nn.ReLU(), pointwise(second, memory_format))

    def forward(self, x, z):
        v = h = x
        for block in self.blocks:
            v, h = block(v, h, z)
        return self.head(h)


def binary_cost(logits, x):
    """nn.losses.sigmoid_cross_entropy."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)


def grey_mixture_cost(parameters, x):
    """nn.logistic_mixture.discretized_logistic_mixture of one channel, its parameters (N, 3 K, H,
    W) in blocks of K: the log of a bin from the log of its edges' distance where it is between the
    first and the last."""
    logits, means, log_scales = parameters.chunk(3, 1)
    log_scales = log_scales.clamp(min=MIN_LOG_SCALE)
    inverse = (-log_scales).exp()
    a, b = (x - means + HALF_BIN) * inverse, (x - means - HALF_BIN) * inverse
    d = 2 * HALF_BIN * inverse
    between = (math.log(2 * HALF_BIN) - log_scales + (-torch.expm1(-d) / d).log()
               - F.softplus(-a) - F.softplus(b))
    log_p = torch.where(x < HALF_BIN - 1, -F.softplus(-a),
                        torch.where(x > 1 - HALF_BIN, -F.softplus(b), between))
    return -(logits.log_softmax(1) + log_p).logsumexp(1).sum() / len(x)


class TorchPixelGAN:
    """The phases of models.pixelgan.PixelGAN, from the same initial weights."""

    def __init__(self, ours, channels_last=False, device='cpu'):
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.prior, self.rng = ours.prior, ours.rng
        self.encoder = convert(ours.encoder, self.memory_format).to(device)
        self.decoder = Decoder(ours.decoder, self.memory_format).to(device)
        self.discriminator = convert(ours.discriminator).to(device)
        self.cost = (grey_mixture_cost if ours.cost is discretized_logistic_mixture
                     else binary_cost)
        modules = {'encoder': self.encoder, 'decoder': self.decoder,
                   'discriminator': self.discriminator, 'generator': self.encoder,
                   'semi_supervised': self.encoder}
        self.optimizers = {name: optimizer(each, [modules[name]])
                           for name, each in ours.optimizers.items()}

    def to_input(self, x):
        """NHWC NumPy images as a tensor in this model's layout."""
        return to_tensor(x, self.memory_format)

    def to_batch(self, x, x_labelled=None, labels=None):
        """The arguments of our `step` as tensors on the host."""
        batch = [self.to_input(x)]
        if labels is not None:
            batch += [self.to_input(x_labelled), torch.from_numpy(labels)]
        return batch

    def reconstruction_phase(self, x):
        loss = self.cost(self.decoder(x, self.encoder(x)), x)
        return reconstruction_step(loss, self.optimizers)

    def adversarial_phase(self, x):
        fake = self.encoder(x)
        real = torch.from_numpy(self.prior.sample(len(x), self.rng)).to(fake)
        networks = {'code': self.discriminator}
        d = discriminator_step(networks, self.optimizers['discriminator'], {'code': real},
                               {'code': fake})
        g = generator_step(networks, self.optimizers['generator'], {'code': fake}, self.encoder)
        return {'discriminator': d['code'], 'generator': g['code']}

    def semi_supervised_phase(self, x, labels):
        return supervised_step(self.encoder[:-1], self.optimizers['semi_supervised'], x, labels)
