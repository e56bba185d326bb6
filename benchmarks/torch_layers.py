"""Our layers in PyTorch, with the same weights: the peers of the benchmarks. Not of the product."""
import torch
import torch.nn.functional as F

from models.encoders import CategoricalEncoder, MultiHeadEncoder
from nn.activations import Flatten, ReLU, Sigmoid, Softmax
from nn.batch_norm import BatchNorm
from nn.conv import Conv2D
from nn.dense import Dense
from nn.layer import Sequential
from nn.noise import Dropout, GaussianNoise
from nn.optim import Adam
from nn.pooling import MaxPool2D


def to_tensor(x, memory_format=torch.contiguous_format):
    """NHWC NumPy images as a tensor N, C, H, W."""
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).contiguous(memory_format=memory_format)


def parameter(array):
    return torch.nn.Parameter(torch.from_numpy(array.copy()))


class MaskedConv(torch.nn.Module):
    """A causal convolution of the live taps alone, as in nn.causal_conv."""

    def __init__(self, conv, memory_format):
        super().__init__()
        live = torch.from_numpy(conv.params['W'][conv.live].transpose(3, 2, 0, 1).copy())
        self.weight = torch.nn.Parameter(live.contiguous(memory_format=memory_format))
        self.bias = parameter(conv.params['b'])
        top, bottom, left, right = conv.border
        self.border = (left, right, top, bottom)      # F.pad's order

    def forward(self, x):
        return F.conv2d(F.pad(x, self.border), self.weight, self.bias)


class NHWCFlatten(torch.nn.Module):
    """Flattens in our order, so that the linear map after it has the same weights."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x.flatten(1)


class Noise(torch.nn.Module):
    """x + std * n in training."""

    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, x):
        return x + self.std * torch.randn_like(x) if self.training else x


class Heads(torch.nn.Module):
    """models.encoders.MultiHeadEncoder."""

    def __init__(self, encoder):
        super().__init__()
        self.trunk = convert(encoder.trunk)
        self.linear = torch.nn.ModuleList(map(convert, encoder.linear))
        self.activation = torch.nn.ModuleList(torch.nn.Identity() if ours is None else convert(ours)
                                              for ours in encoder.activation)

    def logits(self, x):
        return self.linear[0](self.trunk(x))

    def forward(self, x):
        h = self.trunk(x)
        return torch.cat([activation(linear(h)) for linear, activation
                          in zip(self.linear, self.activation)], 1)


def convert(ours, memory_format=torch.contiguous_format):
    """The PyTorch module of one of our layers. TypeError for one without a peer."""
    if isinstance(ours, CategoricalEncoder):
        return torch.nn.Sequential(*convert(ours.logits, memory_format), torch.nn.Softmax(1))
    if isinstance(ours, MultiHeadEncoder):
        return Heads(ours)
    if isinstance(ours, Sequential):
        return torch.nn.Sequential(*(
            convert(inner, memory_format) for inner in ours.layer
            if not (isinstance(inner, GaussianNoise) and inner.std == 0)))
    if isinstance(ours, Dense):
        return linear(ours)
    if isinstance(ours, Conv2D):
        return convolution(ours, memory_format)
    if isinstance(ours, BatchNorm) and ours.scale is None:
        return batch_norm(ours)
    if isinstance(ours, Dropout):
        return torch.nn.Dropout(1 - ours.keep)
    if isinstance(ours, GaussianNoise):
        return Noise(ours.std)
    if isinstance(ours, MaxPool2D):
        return torch.nn.MaxPool2d(ours.size)
    for layer, module in ((ReLU, torch.nn.ReLU), (Sigmoid, torch.nn.Sigmoid),
                          (Flatten, NHWCFlatten), (Softmax, lambda: torch.nn.Softmax(1))):
        if isinstance(ours, layer):
            return module()
    raise TypeError(f'no peer of {type(ours).__name__}')


def linear(dense):
    """torch.nn.Linear with the weights of our Dense."""
    inputs, outputs = dense.params['W'].shape
    layer = torch.nn.Linear(inputs, outputs, bias='b' in dense.params)
    layer.weight = parameter(dense.params['W'].T)
    if 'b' in dense.params:
        layer.bias = parameter(dense.params['b'])
    return layer


def pointwise(dense, memory_format):
    """The 1x1 convolution with the weights of our Dense."""
    inputs, outputs = dense.params['W'].shape
    layer = torch.nn.Conv2d(inputs, outputs, 1, bias='b' in dense.params)
    layer.weight = parameter(dense.params['W'].T[:, :, None, None])
    if 'b' in dense.params:
        layer.bias = parameter(dense.params['b'])
    return layer.to(memory_format=memory_format)


def convolution(conv, memory_format):
    """torch.nn.Conv2d with the weights of our Conv2D, stride 1, 'same', without bias."""
    kh, kw, inputs, outputs = conv.params['W'].shape
    layer = torch.nn.Conv2d(inputs, outputs, (kh, kw), padding='same', bias=False)
    layer.weight = parameter(conv.params['W'].transpose(3, 2, 0, 1))
    return layer.to(memory_format=memory_format)


def batch_norm(ours):
    gamma, beta = parameter(ours.params['gamma']), parameter(ours.params['beta'])
    layer = AnyBatchNorm(len(gamma), ours.eps, 1 - ours.momentum, dtype=gamma.dtype)
    layer.weight, layer.bias = gamma, beta
    return layer


class AnyBatchNorm(torch.nn.modules.batchnorm._BatchNorm):
    """BatchNorm1d or BatchNorm2d: we have one layer for both."""

    def _check_input_dim(self, x):
        pass


def optimizer(ours, modules):
    """The optimiser of the parameters of `modules` with the settings of ours."""
    parameters = [p for module in modules for p in module.parameters()]
    if isinstance(ours, Adam):
        return torch.optim.Adam(parameters, ours.learning_rate, (ours.beta1, ours.beta2), ours.eps)
    return torch.optim.SGD(parameters, ours.learning_rate, ours.momentum)


def reconstruction_step(loss, optimizers):
    """One step of encoder and decoder. Returns the loss."""
    for name in ('encoder', 'decoder'):
        optimizers[name].zero_grad()
    loss.backward()
    for name in ('encoder', 'decoder'):
        optimizers[name].step()
    return loss.detach()


def discriminator_step(discriminators, optimizer, real, fake):
    """One step of all discriminators, each on the samples real[part] and the codes fake[part], in
    one pass, as ours. Returns part -> loss."""
    optimizer.zero_grad()
    losses = {}
    for part, discriminator in discriminators.items():
        logits = discriminator(torch.cat([real[part], fake[part].detach()]))
        n = len(real[part])
        losses[part] = F.softplus(-logits[:n]).mean() + F.softplus(logits[n:]).mean()
    sum(losses.values()).backward()
    optimizer.step()
    return {part: loss.detach() for part, loss in losses.items()}


def generator_step(discriminators, optimizer, fake, encoder):
    """One step of the encoder against all discriminators. Returns part -> loss."""
    optimizer.zero_grad()
    losses = {part: F.softplus(-discriminator(fake[part])).mean()
              for part, discriminator in discriminators.items()}
    # The discriminators' own gradients are not asked for; ours leaves them out, too.
    sum(losses.values()).backward(inputs=list(encoder.parameters()))
    optimizer.step()
    return {part: loss.detach() for part, loss in losses.items()}


def supervised_step(logits, optimizer, x, labels):
    """One step of the encoder so that logits(x) gives the labels."""
    optimizer.zero_grad()
    loss = F.cross_entropy(logits(x), labels)
    loss.backward()
    optimizer.step()
    return loss.detach()
