"""What a pixel is: how bytes become the network's input, its cost, and how it is drawn.

References: PixelGAN, appendix B.1 (binary and real-valued MNIST), B.2 and B.3; AAE, appendix A.
"""
from collections import namedtuple
from functools import partial

import numpy as np

from datasets import Standardisation, binarize, standardisation
from models.sampler import bernoulli
from nn.layer import Layer
from nn.logistic_mixture import discretized_logistic_mixture, draw_logistic_mixture, mixture_outputs
from nn.losses import half_squared_error, sigmoid_cross_entropy

MIXTURE_COMPONENTS = 10     # B.1.3, B.2.1, B.3.1

# prepare(uint8 images) -> float32 input; outputs: numbers per pixel that the decoder gives;
# cost(outputs, x) -> (nats per image, gradient); draw(outputs, rng) -> pixels; to_unit: -> [0, 1]
Pixels = namedtuple('Pixels', 'prepare outputs cost draw to_unit')


def scale(images):
    """uint8 -> float32 in [-1, 1]: (v - 127.5) / 127.5 (PixelGAN, B.1)."""
    return (images.astype(np.float32) - 127.5) / 127.5


def binary(image_shape):
    """Pixels that are 0 or 1, and their cross-entropy."""
    return Pixels(binarize, image_shape[2], sigmoid_cross_entropy, bernoulli, lambda x: x)


def real(image_shape):
    """8-bit pixels, and a discretized mixture of logistic distributions."""
    channels = image_shape[2]
    return Pixels(scale, mixture_outputs(channels, MIXTURE_COMPONENTS),
                  discretized_logistic_mixture, partial(draw_logistic_mixture, channels=channels),
                  lambda x: (x + 1) / 2)


def unit(image_shape):
    """Pixels in [0, 1], and half the squared error (AAE, appendix A)."""
    return Pixels(lambda images: images.astype(np.float32) / 255, image_shape[2],
                  half_squared_error, None, lambda x: x)


class Standardised(Layer):
    """Pixels that over the training images have mean 0 and standard deviation 1, each place and
    channel by itself (AAE, A.1 for TFD, A.2.2); the cost is half the squared error, as elsewhere.

    The means and deviations are buffers, so that they are saved with the model that knows images
    by them; `fit` takes them from the training images. They stay on the host.
    """

    cost = staticmethod(half_squared_error)
    draw = None

    def __init__(self, image_shape):
        super().__init__()
        self.outputs = image_shape[2]
        self.buffers = {'mean': np.zeros(image_shape), 'std': np.ones(image_shape)}

    def fit(self, images):
        """images: uint8 (N, H, W, C)."""
        found = standardisation(images)
        self.buffers['mean'][...], self.buffers['std'][...] = found.mean, found.std

    def prepare(self, images):
        return Standardisation(**self.buffers).standardise(images)

    def to_unit(self, x):
        return Standardisation(**self.buffers).to_unit(x)


PIXELS = {'binary': binary, 'real': real, 'unit': unit, 'standardised': Standardised}
