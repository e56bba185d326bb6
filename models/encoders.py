"""The encoders q(z|x): image (N, H, W, C) -> code (N, size).

References: PixelGAN, appendices A.1 (input noise) and B.1.2 (the layers).

    paper                          here
    x, z                           x (N, H, W, channels), z (N, clusters)
    n, the input noise             drawn by Dropout and GaussianNoise from `rng`, in training only
    softmax layer                  Dense, BatchNorm, Softmax

How this differs from the paper: 'no fully-connected layer' is read as no hidden one; the pooled
maps are flattened and one linear map gives the logits. 'Batch normalisation for the softmax layer'
is batch norm on those logits, before the softmax.

What the paper leaves open: batch norm's running averages (momentum 0.9) are taken in training, in
both phases, so they describe noisy images, while evaluation is on clean ones. With dropout that
costs a few points of error early in training, with Gaussian noise none
(results/clustering-study.md).
"""
import numpy as np

from nn.activations import Flatten, ReLU, Softmax
from nn.batch_norm import BatchNorm
from nn.conv import Conv2D
from nn.dense import Dense
from nn.initializers import xavier_normal
from nn.layer import Sequential
from nn.noise import Dropout, GaussianNoise
from nn.pooling import MaxPool2D


def clustering_encoder(image_shape, clusters, rng, features=32, filter_size=7, keep=0.8,
                       noise_std=0.0, logit_scale=None, dtype=np.float32):
    """Noise on the input; twice conv, batch norm, ReLU, max-pooling; linear, batch norm, softmax.

    keep, noise_std: of the input's dropout and additive Gaussian noise (1 and 0: none).
    logit_scale: a number fixes the scale of the logits' batch norm instead of learning gamma, beta.
    Returns a Sequential (N, H, W, C) -> (N, clusters), rows of probabilities. H and W must be
    divisible by 4 (ValueError).
    """
    height, width, channels = image_shape
    if height % 4 or width % 4:
        raise ValueError(f'two poolings of 2 need sides divisible by 4, got {height}x{width}')
    return Sequential(
        Dropout(keep, rng),
        GaussianNoise(noise_std, rng),
        Conv2D(channels, features, filter_size, rng, bias=False, input_gradient=False, dtype=dtype),
        BatchNorm(features, dtype=dtype),
        ReLU(),
        MaxPool2D(2),
        Conv2D(features, features, filter_size, rng, bias=False, dtype=dtype),
        BatchNorm(features, dtype=dtype),
        ReLU(),
        MaxPool2D(2),
        Flatten(),
        Dense(height // 4 * (width // 4) * features, clusters, rng, bias=False,
              init=xavier_normal, dtype=dtype),
        BatchNorm(clusters, logit_scale, dtype=dtype),
        Softmax())
