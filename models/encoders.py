"""The encoders q(z|x): image (N, H, W, C) -> code (N, size).

References: PixelGAN, appendices A.1 (input noise) and B.1.1 to B.1.3 (the layers); AAE, appendix A.

    paper                          here
    x, z                           x (N, H, W, channels), z (N, size)
    n, the input noise             drawn by Dropout and GaussianNoise, and by AffineNoise (not in
                                   the papers), from `rng`, in training only
    q(y|x), softmax layer          CategoricalEncoder: `logits`, then `softmax`

How this differs from PixelGAN: 'no fully-connected layer' is read as no hidden one; the pooled
maps are flattened and one linear map gives the logits. Batch norm on the softmax
layer (B.1.2) is batch norm on those logits, before the softmax.

What the papers leave open: a convolution has stride 1 and 'same' padding, zeros that keep height
and width; only the poolings, of stride 2, make maps smaller. Batch norm's running averages
(momentum 0.9) are taken in training, in every phase (the labelled batch's come last in a step), so
they describe noisy images, while evaluation is on clean ones. In a prototype that cost a few points
of error early in training with dropout, and none with Gaussian noise (results/log.md).
"""
import math

import numpy as np

from nn.activations import Flatten, ReLU, Softmax
from nn.affine_noise import AffineNoise
from nn.backend import array_module
from nn.batch_norm import BatchNorm
from nn.conv import Conv2D
from nn.dense import Dense
from nn.fast.memory import check_room
from nn.initializers import xavier_normal
from nn.layer import Layer, Sequential
from nn.noise import Dropout, GaussianNoise
from nn.pooling import MaxPool2D


class CategoricalEncoder(Layer):
    """q(y|x) = softmax(logits(x)): (N, H, W, C) -> (N, categories), rows of probabilities.

    The semi-supervised phase trains `logits` alone: its cost is a function of logits.
    """

    def __init__(self, logits):
        super().__init__()
        self.logits, self.softmax = logits, Softmax()

    def forward(self, x, train=False):
        logits, logits_cache = self.logits.forward(x, train)
        y, softmax_cache = self.softmax.forward(logits)
        return y, (logits_cache, softmax_cache)

    def backward(self, dy, cache):
        logits_cache, softmax_cache = cache
        return self.logits.backward(self.softmax.backward(dy, softmax_cache), logits_cache)


class MultiHeadEncoder(Layer):
    """Heads on one trunk, their outputs side by side: images (N, H, W, C) -> (N, the heads' sizes
    together).

    trunk: a Layer; heads: a list of (linear Layer, what follows it or None): Softmax for q(y|x),
    nothing for a deterministic q(z|x), GaussianPosterior for a Gaussian one (AAE, section 2).
    """

    def __init__(self, trunk, heads):
        super().__init__()
        self.trunk = trunk
        self.linear = [linear for linear, _ in heads]
        self.activation = [activation for _, activation in heads]

    @property
    def logits(self):
        """x -> the first head before its activation, for the semi-supervised phase: the same
        layers, not copies."""
        return Sequential(self.trunk, self.linear[0])

    def forward(self, x, train=False):
        h, trunk_cache = self.trunk.forward(x, train)
        outputs, caches = [], []
        for linear, activation in zip(self.linear, self.activation):
            output, linear_cache = linear.forward(h, train)
            activation_cache = None
            if activation is not None:
                output, activation_cache = activation.forward(output, train)
            outputs.append(output)
            caches.append((output.shape[1], linear_cache, activation_cache))
        return array_module(h).concatenate(outputs, axis=1), (trunk_cache, caches)

    def backward(self, dcode, cache):
        trunk_cache, caches = cache
        dh, start = 0, 0
        for linear, activation, head_cache in zip(self.linear, self.activation, caches):
            size, linear_cache, activation_cache = head_cache
            doutput = dcode[:, start:start + size]
            if activation is not None:
                doutput = activation.backward(doutput, activation_cache)
            dh = dh + linear.backward(doutput, linear_cache)
            start += size
        return self.trunk.backward(dh, trunk_cache)


def input_noise(rng, keep=1.0, noise_std=0.0, affine_noise_std=0.0):
    """The n of z = f(x, n) (PixelGAN, A.1; AAE, section 2): dropout that keeps a pixel with
    probability `keep`, and additive Gaussian noise; before them, not in the papers, noise that
    moves the image (nn/affine_noise.py). With none, the posterior is deterministic. A list of
    layers."""
    moves = [AffineNoise(affine_noise_std, rng)] if affine_noise_std else []
    return [*moves, Dropout(keep, rng), GaussianNoise(noise_std, rng)]


def convolutional_features(image_shape, rng, stages, convolutions, features, filter_size,
                           dtype=np.float32):
    """`stages` times: `convolutions` times (conv, batch norm, ReLU), then max-pooling of 2.

    Returns (list of layers that end in Flatten, number of outputs). H and W must be divisible by
    2^stages (ValueError).
    """
    height, width, channels = image_shape
    if height % 2 ** stages or width % 2 ** stages:
        raise ValueError(f'{stages} poolings of 2 need sides divisible by {2 ** stages}, '
                         f'got {height}x{width}')
    # Before a layer is drawn: of all but the first, whose channels are few.
    check_room((stages * convolutions - 1) * (filter_size * features)**2)
    layers = []
    for _ in range(stages):
        for _ in range(convolutions):
            layers += [Conv2D(channels, features, filter_size, rng, bias=False,
                              input_gradient=bool(layers), dtype=dtype),
                       BatchNorm(features, dtype=dtype), ReLU()]
            channels = features
        layers.append(MaxPool2D(2))
    return [*layers, Flatten()], height * width // 4 ** stages * features


def categorical_encoder(image_shape, categories, rng, stages=2, convolutions=1, features=32,
                        filter_size=7, logit_batch_norm=False, logit_scale=None,
                        dtype=np.float32, **noise):
    """`input_noise`, `convolutional_features`, one linear map, softmax.

    logit_batch_norm: batch norm on the logits (clustering: yes, semi-supervised: no); logit_scale:
    a number fixes its scale instead of learning gamma and beta; noise: as in `input_noise`.
    """
    layers, outputs = convolutional_features(image_shape, rng, stages, convolutions, features,
                                             filter_size, dtype)
    layers.append(Dense(outputs, categories, rng, bias=not logit_batch_norm, init=xavier_normal,
                        dtype=dtype))
    if logit_batch_norm:
        layers.append(BatchNorm(categories, logit_scale, dtype=dtype))
    return CategoricalEncoder(Sequential(*input_noise(rng, **noise), *layers))


def hidden_layers(inputs, hidden, rng, batch_norm=False, hidden_keep=1.0, input_gradient=True,
                  dtype=np.float32):
    """Two layers of `hidden` ReLU units, a list. batch_norm: on both; hidden_keep: of dropout after
    both; input_gradient=False: what comes before is data."""
    layers = []
    for size in (inputs, hidden):
        layers.append(Dense(size, hidden, rng, bias=not batch_norm,
                            input_gradient=input_gradient or bool(layers), dtype=dtype))
        if batch_norm:
            layers.append(BatchNorm(hidden, dtype=dtype))
        layers.append(ReLU())
        if hidden_keep < 1:
            layers.append(Dropout(hidden_keep, rng))
    return layers


def dense_features(image_shape, rng, hidden, batch_norm=False, hidden_keep=1.0, dtype=np.float32,
                   **noise):
    """`input_noise`, then `hidden_layers`, for PixelGAN, B.1.1, and all of AAE, appendix A:
    (N, H, W, C) -> (N, hidden). batch_norm: AAE, A.2.2 and A.3; noise: as in `input_noise`."""
    return Sequential(*input_noise(rng, **noise), Flatten(),
                      *hidden_layers(math.prod(image_shape), hidden, rng, batch_norm, hidden_keep,
                                     input_gradient=False, dtype=dtype))


def linear_head(features, size, rng, batch_norm=False, scale=None, dtype=np.float32):
    """features -> (N, size), linear; batch_norm: on its outputs (AAE, A.2.2, A.3), with a fixed
    scale in the place of gamma and beta where one is given."""
    dense = Dense(features, size, rng, bias=not batch_norm, init=xavier_normal, dtype=dtype)
    return Sequential(dense, BatchNorm(size, scale, dtype=dtype)) if batch_norm else dense


def dense_encoder(image_shape, code_size, rng, hidden=2000, dtype=np.float32, **noise):
    """`dense_features`, then a linear output (B.1.1). noise: as in `input_noise`."""
    features = dense_features(image_shape, rng, hidden, dtype=dtype, **noise)
    return Sequential(*features.layer, linear_head(hidden, code_size, rng, dtype=dtype))
