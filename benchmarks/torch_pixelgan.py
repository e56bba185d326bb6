"""The clustering PixelGAN in PyTorch (eager, autograd): the peer of the benchmarks and of a test
that both compute the same losses and gradients. Not part of the product."""
import torch
import torch.nn.functional as F
from torch import nn


class MaskedConv(nn.Module):
    """A causal convolution of the live taps alone, as in nn.causal_conv."""

    def __init__(self, conv, memory_format):
        super().__init__()
        live = torch.from_numpy(conv.params['W'][conv.live].transpose(3, 2, 0, 1).copy())
        self.weight = nn.Parameter(live.contiguous(memory_format=memory_format))
        self.bias = nn.Parameter(torch.from_numpy(conv.params['b'].copy()))
        top, bottom, left, right = conv.border
        self.border = (left, right, top, bottom)      # F.pad's order

    def forward(self, x):
        return F.conv2d(F.pad(x, self.border), self.weight, self.bias)


def linear(dense):
    """nn.Linear with the weights of our Dense."""
    weight = torch.from_numpy(dense.params['W'].T.copy())
    layer = nn.Linear(*reversed(weight.shape), bias='b' in dense.params)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if 'b' in dense.params:
            layer.bias.copy_(torch.from_numpy(dense.params['b']))
    return layer


def pointwise(dense, memory_format):
    """The 1x1 convolution with the weights of our Dense."""
    source = linear(dense)
    layer = nn.Conv2d(source.in_features, source.out_features, 1, bias=source.bias is not None)
    with torch.no_grad():
        layer.weight.copy_(source.weight[:, :, None, None])
        if source.bias is not None:
            layer.bias.copy_(source.bias)
    return layer.to(memory_format=memory_format)


class Block(nn.Module):
    """models.pixelcnn.PixelCNNLayer with ReLUs and location-invariant biases."""

    def __init__(self, layer, memory_format):
        super().__init__()
        self.first = layer.first
        self.conv_v = MaskedConv(layer.conv_v, memory_format)
        self.conv_h = MaskedConv(layer.conv_h, memory_format)
        self.v_to_h = pointwise(layer.v_to_h, memory_format)
        self.out = pointwise(layer.out, memory_format)
        self.bias_v = nn.Parameter(torch.from_numpy(layer.bias_v.params['V'].copy()))
        self.bias_h = nn.Parameter(torch.from_numpy(layer.bias_h.params['V'].copy()))

    def forward(self, v, h, z):
        v_pre = self.conv_v(v) + (z @ self.bias_v)[:, :, None, None]
        h_pre = self.conv_h(h) + self.v_to_h(v_pre) + (z @ self.bias_h)[:, :, None, None]
        h_out = self.out(F.relu(h_pre))
        return F.relu(v_pre), h_out if self.first else h + h_out


class Decoder(nn.Module):
    def __init__(self, decoder, memory_format):
        super().__init__()
        self.blocks = nn.ModuleList(Block(layer, memory_format) for layer in decoder.layer)
        _, first, _, second = decoder.head.layer
        self.head = nn.Sequential(nn.ReLU(), pointwise(first, memory_format), nn.ReLU(),
                                  pointwise(second, memory_format))

    def forward(self, x, z):
        v = h = x
        for block in self.blocks:
            v, h = block(v, h, z)
        return self.head(h)


class NHWCFlatten(nn.Module):
    """Flattens in our order, so that the linear map after it has the same weights."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def encoder(ours, memory_format):
    """models.encoders.categorical_encoder, with batch norm on the logits, in PyTorch."""
    dropout, _, conv1, _, _, _, conv2, _, _, _, _, dense, _ = ours.logits.layer

    def conv(source):
        weight = torch.from_numpy(source.params['W'].transpose(3, 2, 0, 1).copy())
        layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], padding='same',
                          bias=False)
        with torch.no_grad():
            layer.weight.copy_(weight)
        return layer.to(memory_format=memory_format)

    features = conv1.params['W'].shape[3]
    return nn.Sequential(
        nn.Dropout(1 - dropout.keep), conv(conv1), nn.BatchNorm2d(features), nn.ReLU(),
        nn.MaxPool2d(2), conv(conv2), nn.BatchNorm2d(features), nn.ReLU(), nn.MaxPool2d(2),
        NHWCFlatten(), linear(dense), nn.BatchNorm1d(dense.params['W'].shape[1]), nn.Softmax(1))


class TorchPixelGAN:
    """The phases of models.pixelgan.PixelGAN, from the same initial weights."""

    def __init__(self, ours, channels_last=False, device='cpu'):
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.device, self.prior, self.rng = device, ours.prior, ours.rng
        self.encoder = encoder(ours.encoder, self.memory_format).to(device)
        self.decoder = Decoder(ours.decoder, self.memory_format).to(device)
        dense = [linear(layer) for layer in ours.discriminator.layer[::2]]
        self.discriminator = nn.Sequential(dense[0], nn.ReLU(), dense[1], nn.ReLU(),
                                           dense[2]).to(device)
        rate = {name: optimizer.learning_rate for name, optimizer in ours.optimizers.items()}
        momentum = ours.optimizers['generator'].momentum
        self.optimizers = {
            'reconstruction': torch.optim.Adam(
                [*self.encoder.parameters(), *self.decoder.parameters()], rate['decoder']),
            'discriminator': torch.optim.SGD(self.discriminator.parameters(),
                                             rate['discriminator'], momentum),
            'generator': torch.optim.SGD(self.encoder.parameters(), rate['generator'], momentum)}

    def to_input(self, x):
        """NHWC NumPy images as a tensor in this model's layout."""
        return torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).to(
            self.device).contiguous(memory_format=self.memory_format)

    def reconstruction_phase(self, x):
        self.optimizers['reconstruction'].zero_grad()
        logits = self.decoder(x, self.encoder(x))
        loss = F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)
        loss.backward()
        self.optimizers['reconstruction'].step()
        return loss.detach()

    def adversarial_phase(self, x):
        fake = self.encoder(x)
        real = torch.from_numpy(self.prior.sample(len(x), self.rng)).to(fake)
        self.optimizers['discriminator'].zero_grad()
        loss = (F.softplus(-self.discriminator(real)).mean()
                + F.softplus(self.discriminator(fake.detach())).mean())
        loss.backward()
        self.optimizers['discriminator'].step()
        self.optimizers['generator'].zero_grad()
        generator_loss = F.softplus(-self.discriminator(fake)).mean()
        generator_loss.backward()
        self.optimizers['generator'].step()
        return {'discriminator': loss.detach(), 'generator': generator_loss.detach()}
