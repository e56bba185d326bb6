"""The terms of the aggregated ELBO (PixelGAN, section 2, equation 2), in nats per image:

    E_p(x) log p(x)  >  E_p(x) E_q(z|x) log p(x|z)  -  KL(q(z) || p(z))  -  I(z; x)

    term                             metric                  function
    reconstruction, less its sign    validation_nats         reconstruction_term
    marginal KL                      marginal_kl             categorical_terms, gaussian_terms
    mutual information               mutual_information      the same

The adversarial phase lowers the marginal KL; the PixelGAN autoencoder leaves the mutual information
out of its cost. For a categorical code with K categories and a uniform prior

    KL(q(z) || p(z)) = log K - H(q(z)),    I(z; x) = H(q(z)) - E H(q(z|x)),    q(z) = E q(z|x).

For a categorical or a noisy Gaussian code KL and I are together the mean over the images of
KL(q(z|x) || p(z)) of equation 1. (For a deterministic Gaussian code that mean is infinite: there
the KL takes the codes for draws of a density, the information takes them for N points.)
I(z; x) <= log N over N images (equation 3). A run measures all on its validation images, so N is
their number, not that of the training images.
Arrays are on the host, of any float type; the arithmetic of KL and I is float64.
"""
import itertools

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma, entr, gammaln

from nn.backend import to_device
from nn.processes import shared_out
from training.run_folder import RunError

NATS_IMAGES = 1000          # validation images whose likelihood is measured at each epoch
NATS_PART = 100             # of them at once
NOISE_DRAWS = 30            # of the code of an image, at least, to estimate the information
NEIGHBOURS = 3
RESOLUTION = 1e-6           # of the largest code: about what a float32 code resolves
BLOCK_ELEMENTS = 2**21      # of one float64 temporary array: 16 MiB; some four exist at a time


def reconstruction_term(experiment, codes):
    """The reconstruction term of the first NATS_IMAGES validation images, whose codes are `codes`
    (N, size), and code_nats: how many nats more an image costs with the code of another one, 0
    where the decoder ignores it."""
    images, codes = experiment.data.validation.images[:NATS_IMAGES], codes[:NATS_IMAGES]
    cost = nats(experiment, images, codes)
    return {'validation_nats': cost,
            'code_nats': nats(experiment, images, np.roll(codes, 1, axis=0)) - cost}


def nats(experiment, images, codes=None):
    """-log p(x | z) of uint8 images in nats per image; codes (N, size), None: -log p(x)."""
    def total(decoder, x, z=None):
        return len(x) * experiment.pixels.cost(decoder.forward(x, z)[0], x)[0]

    def part(start):
        arrays = [experiment.to_input(images[start:start + NATS_PART])]
        if codes is not None:
            arrays.append(to_device(codes[start:start + NATS_PART], experiment.device))
        return experiment.model.decoder_shards.run(total, *arrays)

    parts = shared_out(part, range(0, len(images), NATS_PART))
    return float(sum(itertools.chain(*parts))) / len(images)


def categorical_terms(q):
    """marginal_kl, mutual_information, mutual_information_bound of q = q(z|x_n): (N, K).

    The prior is uniform over K. Exact for the empirical distribution of these N images; as
    estimates for the distribution that they come from, the KL is too high and the information too
    low by the same amount, on average about (K - 1) / 2N at most. q is read as a distribution over
    one-hot codes, as in section 2.2. Our decoder is given the probabilities themselves, which can
    say more than the category, so these terms and `validation_nats` do not add up to a bound.
    Raises FloatingPointError where they are not finite, as when training has diverged.
    """
    q = np.asarray(q, np.float64)
    if q.ndim != 2 or not q.size:
        raise ValueError(f'q must be (N, K), not {q.shape}')
    if not np.isfinite(q).all():
        raise FloatingPointError('codes q(z|x) are not finite')
    if not ((q >= 0).all() and np.allclose(q.sum(axis=1), 1, atol=1e-4)):
        raise ValueError('each row of q must be probabilities that sum to 1')
    q = q / q.sum(axis=1, keepdims=True)        # float32 rows sum to 1 only nearly
    entropy = entr(q.mean(axis=0)).sum()        # H(q(z)); entr(q) = -q log q
    return {'marginal_kl': float(np.log(q.shape[1]) - entropy),
            'mutual_information': float(entropy - entr(q).sum(axis=1).mean()),
            'mutual_information_bound': float(np.log(len(q)))}


def code_draws(experiment, images, noisy):
    """Codes of uint8 images (M, N, code size) for `gaussian_terms`: so many draws as the estimate
    needs of an encoder that is `noisy`, else one."""
    if not noisy:
        return experiment.encode(images)[None]
    n = max(NOISE_DRAWS, experiment.code.size + 2)
    return np.stack([experiment.encode(images, train=True) for _ in range(n)])


def check_neighbours(experiment):
    """Raise RunError where there are too few images for the estimate of the marginal KL."""
    n = len(experiment.data.validation.labels)
    if n <= NEIGHBOURS:
        raise RunError(f'{n} validation images (--eval-images, or all that there are): the '
                       f'estimate of KL(q(z) || p(z)) needs more than {NEIGHBOURS}')


def gaussian_terms(draws, std):
    """marginal_kl, mutual_information, mutual_information_bound; the prior is N(0, std^2 I).

    draws (M, N, D): M independent draws of the code of each of N images. M is 1 for an encoder
    without noise, and at least D + 2 (better 30) for one with noise. Raises FloatingPointError
    where they are not finite, as when training has diverged.

    marginal_kl = -H(q(z)) - E log p(z) from draws[0], H by Kozachenko and Leonenko's estimator
    (`knn_entropy`). It treats the N codes as draws of a density. Its standard error in a few
    dimensions is about sqrt((D / 2 + 0.4) / N), so where q(z) = p(z) it can be below 0. With
    q(z) = p(z) and N = 5000 it is 0.01 too high at D = 2 and 2 nats too low at D = 30. Codes on
    a surface of fewer than D dimensions have an infinite KL and get a finite one.

    mutual_information, M = 1: the entropy of the N codes as a discrete variable, which is exact
    for the empirical distribution of the images: log N where all codes differ, as every code then
    identifies its image. It says nothing about how smoothly they lie.

    mutual_information, M > 1: each q(z|x_n) is taken as a Gaussian with the mean and covariance
    of draws[1:, n], and I as the mean over n of log q(z_n|x_n) - log (1/N) sum_j q(z_n|x_j) at
    z_n = draws[0, n]. As draws[0] is no part of the fit, this is Barber and Agakov's lower bound
    (log N plus the mean log posterior of the image): at most log N, and on average at most the
    true I of these N images. It is too low by about 1.3 D / M for Gaussian noise (measured at
    D = 2, N = 2000) and by more for other noise, and can be below 0.
    """
    draws = np.asarray(draws, np.float64)
    if draws.ndim != 3 or draws.shape[1] <= NEIGHBOURS or not draws.shape[2]:
        raise ValueError(f'draws must be (M, N, D) with N > {NEIGHBOURS}, not {draws.shape}')
    n_draws, n, size = draws.shape
    if n_draws != 1 and n_draws < size + 2:
        raise ValueError(f'codes of size {size} need 1 draw (no noise) or at least {size + 2} of '
                         f'each image, not {n_draws}')
    if not np.isfinite(draws).all():
        raise FloatingPointError('codes drawn from q(z|x) are not finite')
    if not std > 0:
        raise ValueError(f'std must be above 0, not {std}')
    resolution = RESOLUTION * max(std, np.abs(draws).max())
    cross_entropy = ((draws[0] / std)**2 / 2 + np.log(2 * np.pi * std**2) / 2).sum(axis=1).mean()
    information = (_discrete_entropy(draws[0]) if n_draws == 1 else
                   _gaussian_channel_information(draws, resolution))
    return {'marginal_kl': float(cross_entropy - knn_entropy(draws[0], resolution)),
            'mutual_information': information,
            'mutual_information_bound': float(np.log(n))}


def knn_entropy(points, resolution, neighbours=NEIGHBOURS):
    """Differential entropy in nats of the density that `points` (N, D) come from.

    Kozachenko and Leonenko: psi(N) - psi(k) + log(volume of the unit ball) + D mean log r, r the
    distance to the k-th nearest other point. Of more than k equal points r would be 0 and the
    entropy -inf, so r is taken as at least `resolution`: a collapsed encoder has a low entropy.
    """
    n, size = points.shape
    distances = cKDTree(points).query(points, neighbours + 1)[0][:, -1]     # the nearest: itself
    log_ball = size / 2 * np.log(np.pi) - gammaln(size / 2 + 1)
    return float(digamma(n) - digamma(neighbours) + log_ball
                 + size * np.log(np.maximum(distances, resolution)).mean())


def _discrete_entropy(points):
    """Of the distinct rows of (N, D), each 1/N for every time that it occurs."""
    return float(entr(np.unique(points, axis=0, return_counts=True)[1] / len(points)).sum())


def _gaussian_channel_information(draws, resolution):
    """The bound of `gaussian_terms` for M > 1; draws: (M, N, D)."""
    held_out, fitted = draws[0], draws[1:]
    n, size = held_out.shape
    means = fitted.mean(axis=0)
    scatter = np.zeros((n, size, size))
    for draw in fitted:
        scatter += (draw - means)[:, :, None] * (draw - means)[:, None, :]
    # A covariance of D + 1 draws is nearly singular. That of all images counts as D + 1 draws.
    freedom = len(fitted) - 1
    covariances = ((scatter + (size + 1) * scatter.mean(axis=0) / freedom) / (freedom + size + 1)
                   + resolution**2 * np.eye(size))
    factors = np.linalg.cholesky(covariances)
    log_scales = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)     # log sqrt(det)
    whitening = np.linalg.inv(factors)
    own, mixture = np.empty(n), np.full(n, -np.inf)
    block = max(1, BLOCK_ELEMENTS // (n * size))
    for start in range(0, n, block):
        images = np.arange(start, min(start + block, n))
        white = (held_out - means[images, None]) @ whitening[images].transpose(0, 2, 1)
        # log q(z_n|x_j) of j in `images` and all n, less a constant that cancels.
        log_q = -0.5 * (white**2).sum(axis=2) - log_scales[images, None]
        own[images] = log_q[np.arange(len(images)), images]
        mixture = np.logaddexp(mixture, np.logaddexp.reduce(log_q, axis=0))
    return float((own - mixture).mean() + np.log(n))
