"""Element-wise non-linearities, the gated unit, softmax, and Flatten.

Each forward is y = f(x); the cache is what the derivative is cheapest to write in.
"""
from nn.backend import array_module
from nn.fast.elementwise import elementwise
from nn.layer import Layer


@elementwise
def sigmoid(x):
    """1 / (1 + exp(-x)), written with tanh so that no exponential overflows."""
    return 0.5 * array_module(x).tanh(0.5 * x) + 0.5


class ReLU(Layer):
    """y = max(x, 0); any shape. The derivative at 0 is taken as 0."""

    def forward(self, x, train=False):
        y = array_module(x).maximum(x, 0)
        return y, y

    def backward(self, dy, y):
        return dy * (y > 0)


class Tanh(Layer):
    """y = tanh(x); any shape."""

    def forward(self, x, train=False):
        y = array_module(x).tanh(x)
        return y, y

    def backward(self, dy, y):
        return dy * (1 - y * y)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)); any shape."""

    def forward(self, x, train=False):
        y = sigmoid(x)
        return y, y

    def backward(self, dy, y):
        return dy * y * (1 - y)


class GatedUnit(Layer):
    """y = tanh(a) * sigmoid(b), with a and b the halves of the last axis.

    x: (..., 2 C), y: (..., C). The gate of the conditional PixelCNN (PixelGAN's [15]).
    """

    def forward(self, x, train=False):
        features = x.shape[-1] // 2
        if x.shape[-1] != 2 * features:
            raise ValueError(f'GatedUnit needs an even number of channels, got {x.shape[-1]}')
        t = array_module(x).tanh(x[..., :features])
        s = sigmoid(x[..., features:])
        return t * s, (t, s)

    def backward(self, dy, cache):
        @elementwise
        def halves(dy, t, s):
            da = dy * s * (1 - t * t)
            db = dy * t * s * (1 - s)
            return da, db

        return array_module(dy).concatenate(halves(dy, *cache), axis=-1)


class Softmax(Layer):
    """y_k = exp(x_k) / sum_j exp(x_j) along the last axis; any shape."""

    def forward(self, x, train=False):
        e = array_module(x).exp(x - x.max(axis=-1, keepdims=True))
        y = e / e.sum(axis=-1, keepdims=True)
        return y, y

    def backward(self, dy, y):
        return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


class Flatten(Layer):
    """(N, ...) -> (N, product of the rest)."""

    def forward(self, x, train=False):
        return x.reshape(x.shape[0], -1), x.shape

    def backward(self, dy, shape):
        return dy.reshape(shape)
