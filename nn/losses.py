"""Costs on logits. Each returns (loss, gradient of the loss with respect to its first argument).

Reductions: summed over everything but the first axis, averaged over the batch; a reconstruction
cost is therefore in nats per image, and a label cost in nats per example. The loss is a 0-d array
where the logits are, so that a GPU is not waited for. All are finite at logits of 1e4.
"""
import math

from nn.activations import Softmax, sigmoid
from nn.backend import array_module
from nn.fast.elementwise import elementwise


@elementwise
def softplus(x):
    """log(1 + exp(x)) without overflow."""
    xp = array_module(x)
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


def sigmoid_cross_entropy(logits, targets):
    """-sum_d [t log s(l) + (1 - t) log(1 - s(l))], s the sigmoid; the cost of binary images.

    logits, targets: (N, ...), targets in [0, 1].
    """
    loss = (softplus(logits) - targets * logits).sum() / len(logits)
    return loss, (sigmoid(logits) - targets) / len(logits)


def softmax_cross_entropy(logits, labels):
    """-log softmax(l)[label], averaged over the batch.

    logits: (N, K); labels: (N,) integers in 0..K-1.
    """
    xp = array_module(logits, labels)
    shifted = logits - logits.max(axis=1, keepdims=True)
    one_hot = xp.arange(logits.shape[1]) == labels[:, None]
    log_normaliser = xp.log(xp.exp(shifted).sum(axis=1))
    loss = (log_normaliser - (shifted * one_hot).sum(axis=1)).sum() / len(logits)
    probabilities, _ = Softmax().forward(logits)
    return loss, (probabilities - one_hot) / len(logits)


def half_squared_error(output, targets):
    """1/2 sum_d (y - t)^2, averaged over the batch (AAE's reconstruction cost).

    output, targets: (N, ...).
    """
    difference = output - targets
    return 0.5 * (difference * difference).sum() / len(output), difference / len(output)


def discriminator_cost(real_logits, fake_logits):
    """-E[log D(real)] - E[log(1 - D(fake))], D = sigmoid(logit) (PixelGAN, section 1).

    Returns (loss, d_real, d_fake). 2 log 2 = 1.386 where D cannot tell them apart.
    """
    loss = softplus(-real_logits).sum() / len(real_logits)
    loss = loss + softplus(fake_logits).sum() / len(fake_logits)
    d_real = -sigmoid(-real_logits) / len(real_logits)
    d_fake = sigmoid(fake_logits) / len(fake_logits)
    return loss, d_real, d_fake


def generator_cost(fake_logits):
    """-E[log D(fake)], the non-saturating cost (PixelGAN, appendix B). log 2 = 0.693 at a draw."""
    loss = softplus(-fake_logits).sum() / len(fake_logits)
    return loss, -sigmoid(-fake_logits) / len(fake_logits)


def gaussian_kl(statistics, std=1.0):
    """KL(q(z|x) || N(0, std^2 I)) of q(z|x) = N(mu, diag(sigma^2)), averaged over the batch: nats.

    In closed form (Kingma and Welling, 2014, appendix B). statistics: (N, 2 n), [mu, log sigma^2]
    as nn.reparametrization takes them.
    """
    # 1/2 sum_i [(mu_i^2 + sigma_i^2) / std^2 - 1 - log(sigma_i^2 / std^2)]; not in the docstring,
    # as it is derived in the assignment reparametrization.
    xp = array_module(statistics)
    n = statistics.shape[1] // 2
    mu, log_variance = statistics[:, :n], statistics[:, n:]
    ratio = xp.exp(log_variance - 2 * math.log(std))
    scaled = mu / std
    terms = scaled * scaled + ratio - 1 - (log_variance - 2 * math.log(std))
    dstatistics = xp.concatenate([scaled / std, 0.5 * (ratio - 1)], axis=1) / len(statistics)
    return 0.5 * terms.sum() / len(statistics), dstatistics
