"""Batch normalisation (Ioffe and Szegedy, 2015; PixelGAN's [41])."""
import numpy as np

from nn.backend import array_module
from nn.fast.elementwise import elementwise
from nn.fast.products import sum_rows
from nn.layer import Layer
from nn.processes import total, whole


class BatchNorm(Layer):
    """y = gamma * (x - mean) / sqrt(var + eps) + beta, per feature (the last axis).

    x: (N, C) or (N, H, W, C); statistics run over all axes but the last. In training they are
    the batch's own (the biased variance), and the running averages move towards them:
    running <- momentum * running + (1 - momentum) * batch. Otherwise the running averages are used.
    scale: a number takes gamma's place, and then nothing is learnt (beta = 0).
    Raises ValueError on a training batch with one value per feature.
    """

    def __init__(self, features, scale=None, momentum=0.9, eps=1e-5, dtype=np.float32):
        super().__init__()
        self.scale, self.momentum, self.eps = scale, momentum, eps
        if scale is None:
            self.add_param('gamma', np.ones(features, dtype))
            self.add_param('beta', np.zeros(features, dtype))
        self.buffers['running_mean'] = np.zeros(features, dtype)
        self.buffers['running_var'] = np.ones(features, dtype)

    def forward(self, x, train=False):
        xp = array_module(x)
        rows = x.reshape(-1, x.shape[-1])
        running_mean, running_var = self.buffers['running_mean'], self.buffers['running_var']
        if train:
            n = whole(len(rows))
            if n < 2:
                raise ValueError('BatchNorm cannot train on one value per feature')
            mean = total(sum_rows(rows)) / n
            normed = rows - mean
            var = total(sum_rows(xp.square(normed))) / n
            for running, batch in ((running_mean, mean), (running_var, var)):
                running *= self.momentum
                running += (1 - self.momentum) * batch
        else:
            normed, var = rows - running_mean, running_var
        inv_std = 1 / xp.sqrt(var + self.eps)
        normed *= inv_std
        y = normed * self.params.get('gamma', self.scale)
        y += self.params.get('beta', 0)
        return y.reshape(x.shape), (normed, inv_std, train)

    def backward(self, dy, cache):
        normed, inv_std, train = cache
        dy_rows = dy.reshape(normed.shape)
        dgamma = sum_rows(dy_rows * normed)
        dbeta = sum_rows(dy_rows)
        if self.scale is None:
            self.grads['gamma'] += dgamma
            self.grads['beta'] += dbeta
        scale = self.params.get('gamma', self.scale) * inv_std
        if not train:
            return (dy_rows * scale).reshape(dy.shape)
        # The mean and the variance depend on every row: what they take away is the part of dy
        # along 1 and along the normalised x.
        n = whole(len(normed))
        mean_dgamma, mean_dbeta = total(array_module(dy).stack([dgamma, dbeta])) / n

        @elementwise
        def to_input(dy, normed, mean_dgamma, mean_dbeta, scale):
            dx = normed * -mean_dgamma
            dx += dy
            dx -= mean_dbeta
            dx *= scale
            return dx

        return to_input(dy_rows, normed, mean_dgamma, mean_dbeta, scale).reshape(dy.shape)
