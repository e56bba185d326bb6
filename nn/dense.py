"""Fully connected layer."""
import numpy as np

from nn.fast.products import add_gradient, sum_rows, tall_product
from nn.initializers import kaiming_normal
from nn.layer import Layer


class Dense(Layer):
    """y = x W + b along the last axis.

    x: (..., in_features), y: (..., out_features); W: (in_features, out_features).
    On an image (N, H, W, C) this is the 1x1 convolution.
    input_gradient: False where x is data; backward then returns None.
    """

    def __init__(self, in_features, out_features, rng, bias=True, init=kaiming_normal,
                 input_gradient=True, dtype=np.float32):
        super().__init__()
        self.input_gradient = input_gradient
        self.add_param('W', init(rng, (in_features, out_features), in_features, out_features,
                                 dtype))
        if bias:
            self.add_param('b', np.zeros(out_features, dtype))

    def forward(self, x, train=False):
        rows = x.reshape(-1, x.shape[-1])
        y = tall_product(rows, self.params['W'])                    # rows @ W
        if 'b' in self.params:
            y += self.params['b']
        return y.reshape(*x.shape[:-1], y.shape[-1]), x

    def backward(self, dy, x):
        rows, dy_rows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
        add_gradient(self.grads['W'], rows, dy_rows)                # dW += rows.T @ dy_rows
        if 'b' in self.params:
            self.grads['b'] += sum_rows(dy_rows)                    # dy_rows.sum(axis=0)
        return self.backward_to_input(dy, x)

    def backward_to_input(self, dy, x):
        if not self.input_gradient:
            return None
        dy_rows = dy.reshape(-1, dy.shape[-1])
        return tall_product(dy_rows, self.params['W'].T).reshape(x.shape)   # dy_rows @ W.T
