"""The re-parametrisation trick: a draw from N(mu, sigma^2), differentiable in mu and sigma.

References: AAE, section 2 ('Gaussian posterior': z_i ~ N(mu_i(x), sigma_i(x))); Kingma and Welling,
Auto-Encoding Variational Bayes, 2014. The draws are made on the host.
"""
from nn.backend import array_module
from nn.draws import drawn
from nn.layer import Layer


class GaussianPosterior(Layer):
    """z = mu + sigma * eps with eps ~ N(0, I) in training, z = mu otherwise.

    x: (N, 2 n), the statistics [mu, log sigma^2] side by side; z: (N, n). A logarithm, so that the
    network's output needs no constraint. rng: the numpy.random.Generator to draw eps from.
    """

    def __init__(self, rng):
        super().__init__()
        self.rng = rng

    def forward(self, x, train=False):
        n = x.shape[1] // 2
        if x.shape[1] != 2 * n:
            raise ValueError('GaussianPosterior needs a mean and a log variance for each '
                             f'dimension, got {x.shape[1]} numbers')
        mu, log_variance = x[:, :n], x[:, n:]
        if not train:
            return mu, None
        eps = drawn(lambda rows: self.rng.standard_normal((rows, n), dtype='float32'), mu)
        noise = array_module(x).exp(0.5 * log_variance) * eps
        return mu + noise, noise

    def backward(self, dz, noise):
        # d(sigma eps) / d(log sigma^2) = sigma eps / 2
        xp = array_module(dz)
        dlog_variance = xp.zeros_like(dz) if noise is None else 0.5 * dz * noise
        return xp.concatenate([dz, dlog_variance], axis=1)
