"""Noise on the input, at training time only.

Input noise is what turns the deterministic encoder into the universal approximator posterior
z = f(x, n) (AAE, section 2; PixelGAN, section 2 and appendix A.1). The draws are made on the host.
"""
from nn.draws import drawn
from nn.layer import Layer


class Dropout(Layer):
    """y = x * m / keep with m ~ Bernoulli(keep) in training, y = x otherwise; any shape.

    rng: the numpy.random.Generator to draw from. Raises ValueError unless 0 < keep <= 1.
    """

    def __init__(self, keep, rng):
        super().__init__()
        if not 0 < keep <= 1:
            raise ValueError(f'Dropout: keep must be in (0, 1], got {keep}')
        self.keep, self.rng = keep, rng

    def forward(self, x, train=False):
        if not train or self.keep == 1:
            return x, None
        size = x.shape[1:]
        scale = drawn(lambda n: (self.rng.random((n, *size), dtype='float32') < self.keep)
                      / self.keep, x)
        return x * scale, scale

    def backward(self, dy, scale):
        return dy if scale is None else dy * scale


class GaussianNoise(Layer):
    """y = x + std * n with n ~ N(0, 1) in training, y = x otherwise; any shape."""

    def __init__(self, std, rng):
        super().__init__()
        if std < 0:
            raise ValueError(f'GaussianNoise: std must not be negative, got {std}')
        self.std, self.rng = std, rng

    def forward(self, x, train=False):
        if not train or self.std == 0:
            return x, None
        size = x.shape[1:]
        return x + drawn(lambda n: self.std * self.rng.standard_normal((n, *size),
                                                                       dtype='float32'), x), None

    def backward(self, dy, cache):
        return dy
