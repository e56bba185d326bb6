"""The conditioning biases of a PixelCNN on a code z (PixelGAN, appendix A.2).

Both take (x, z) and their backward returns (dx, dz): the gradient of the code is how the
reconstruction cost reaches the encoder.
"""
import numpy as np

from nn.activations import ReLU
from nn.dense import Dense
from nn.fast.products import sum_rows
from nn.initializers import xavier_normal
from nn.layer import Layer, Sequential


class LocationInvariantBias(Layer):
    """y = x + z V, the same at every pixel: tells the decoder what, not where.

    x: (N, H, W, channels), z: (N, code_size), V: (code_size, channels).
    """

    def __init__(self, code_size, channels, rng, init=xavier_normal, dtype=np.float32):
        super().__init__()
        self.add_param('V', init(rng, (code_size, channels), code_size, channels, dtype))

    def forward(self, x, z, train=False):
        return x + (z @ self.params['V'])[:, None, None, :], z

    def backward(self, dy, z):
        dbias = sum_rows(dy.reshape(len(dy), -1, dy.shape[3]))
        self.grads['V'] += z.T @ dbias
        return dy, dbias @ self.params['V'].T


class CodeMap(Layer):
    """z -> 1000 ReLU units -> a map (N, H, W, k): the spatial picture of a code.

    Used by the location-dependent bias and by the 'input channel' conditioning.
    """

    def __init__(self, code_size, height, width, k, rng, hidden=1000, dtype=np.float32):
        super().__init__()
        self.shape = (height, width, k)
        self.network = Sequential(
            Dense(code_size, hidden, rng, dtype=dtype),
            ReLU(),
            Dense(hidden, height * width * k, rng, init=xavier_normal, dtype=dtype))

    def forward(self, z, train=False):
        y, cache = self.network.forward(z, train)
        return y.reshape(len(z), *self.shape), cache

    def backward(self, dy, cache):
        return self.network.backward(dy.reshape(len(dy), -1), cache)


class LocationDependentBias(Layer):
    """y = x + a map of z: broadcast over channels for k = 1, through a 1x1 convolution for k > 1.

    x: (N, H, W, channels), z: (N, code_size). Added at the decoder's first layer only.
    """

    def __init__(self, code_size, height, width, channels, rng, k=1, hidden=1000,
                 dtype=np.float32):
        super().__init__()
        self.code_map = CodeMap(code_size, height, width, k, rng, hidden, dtype)
        self.project = (Dense(k, channels, rng, bias=False, init=xavier_normal, dtype=dtype)
                        if k > 1 else None)

    def forward(self, x, z, train=False):
        bias, map_cache = self.code_map.forward(z, train)
        project_cache = None
        if self.project is not None:
            bias, project_cache = self.project.forward(bias, train)
        return x + bias, (map_cache, project_cache)

    def backward(self, dy, cache):
        map_cache, project_cache = cache
        if self.project is None:
            dbias = dy.sum(axis=3, keepdims=True)
        else:
            dbias = self.project.backward(dy, project_cache)
        return dy, self.code_map.backward(dbias, map_cache)


def expect_codes(network, std):
    """Divide the initial weights on the code by `std`, the standard deviation of its numbers, in
    place. They suit codes of size one: without this, biases start `std` times too large."""
    for _, layer in network.layers():
        if isinstance(layer, LocationInvariantBias):
            layer.params['V'] /= std
        elif isinstance(layer, CodeMap):
            layer.network.layer[0].params['W'] /= std
