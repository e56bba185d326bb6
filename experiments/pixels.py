"""What a pixel is: how bytes become the network's input, its cost, and how it is drawn.

References: PixelGAN, appendix B.1 (binary and real-valued MNIST); AAE, appendix A.
"""
from collections import namedtuple
from functools import partial

import numpy as np

from datasets import binarize
from models.sampler import bernoulli
from nn.logistic_mixture import discretized_logistic_mixture, draw_logistic_mixture, mixture_outputs
from nn.losses import half_squared_error, sigmoid_cross_entropy

MIXTURE_COMPONENTS = 10     # B.1.3, B.2.1, B.3.1

# prepare(uint8 images) -> float32 input; outputs: numbers per pixel that the decoder gives;
# cost(outputs, x) -> (nats per image, gradient); draw(outputs, rng) -> pixels; to_unit: -> [0, 1]
Pixels = namedtuple('Pixels', 'prepare outputs cost draw to_unit')


def scale(images):
    """uint8 -> float32 in [-1, 1]: (v - 127.5) / 127.5 (PixelGAN, B.1)."""
    return (images.astype(np.float32) - 127.5) / 127.5


def binary(channels):
    """Pixels that are 0 or 1, and their cross-entropy."""
    return Pixels(binarize, channels, sigmoid_cross_entropy, bernoulli, lambda x: x)


def real(channels):
    """8-bit pixels, and a discretized mixture of logistic distributions."""
    return Pixels(scale, mixture_outputs(channels, MIXTURE_COMPONENTS),
                  discretized_logistic_mixture, partial(draw_logistic_mixture, channels=channels),
                  lambda x: (x + 1) / 2)


def unit(channels):
    """Pixels in [0, 1], and half the squared error (AAE, appendix A)."""
    return Pixels(lambda images: images.astype(np.float32) / 255, channels, half_squared_error,
                  None, lambda x: x)


PIXELS = {'binary': binary, 'real': real, 'unit': unit}
