"""The Parzen window estimate of a model's log-likelihood (Adversarial Autoencoders, section 3,
table 1), in nats per image with pixels in [0, 1]:

    log p(x) = log 1/n sum_i N(x | s_i, sigma^2 I),    s_1 .. s_n drawn from the model

sigma is the best of a grid on validation images. On average this is a lower bound of log p(x) under
the model blurred by sigma, tighter with more samples, and it is a poor measure of a model: Theis et
al., 2015, 'A note on the evaluation of generative models', give centroids of k-means a better score
than the training images themselves. Hence `kmeans_centroids`, the control.

Distances are float64. In float32 a squared distance near 100 is off by 1e-5, times 1 / (2 sigma^2):
on MNIST log p by up to 0.003 nats at sigma = 0.15 (measured; little beside a standard error of 2)
and by up to 0.6 at sigma = 0.01, for half the time. Arrays are on the host.
"""
import numpy as np
from scipy.sparse import csr_array
from tqdm import tqdm

from nn.fast.parallel import available_cores, parallel_map

USUAL_SIGMAS = np.logspace(-1, 0, 10)       # of the public evaluation of Goodfellow et al., 2014
# An optimum that lies half a step, in log sigma, off the grid costs D times its square, as
# log p = -d^2 / (2 sigma^2) - D log sigma: with D = 784 at most 0.15 nats here and 13 above.
# On MNIST the best width lies between 0.1 and 0.3; on faces it can be lower.
FINE_SIGMAS = 0.1 * 3 ** (np.arange(-40, 41) / 40)
CHUNK = 2000                # samples drawn at a time
KEPT_SAMPLES = 10_000       # at most so many stay in memory for both passes of `estimate`
BLOCK_ELEMENTS = 2**19      # of a float64 temporary array of all threads: 4 MiB
LOWEST_EXPONENT = -60       # smaller kernels are left out: 1e8 of them are 1e-18 of the nearest


def log_likelihoods(samples, points, sigmas):
    """log p of each point under the Parzen window of all samples, in nats: float64 (S, M), that is
    log sum_i exp(-|x - s_i|^2 / (2 sigma^2)) - log n - D log(sigma sqrt(2 pi)).

    samples: iterable of arrays (n_k, D), read once; points: (M, D); sigmas: (S,), above 0.
    Exact to rounding however the samples are divided. Memory: the points in float64 (63 MB for
    10,000 of MNIST), S + 2 numbers for each, the current chunk, and at most six temporary arrays of
    BLOCK_ELEMENTS in all threads together (24 MiB; more only if D is above that).
    Raises ValueError for wrong shapes, no samples, or samples or points that are not finite.
    """
    points = np.asarray(points, np.float64)
    sigmas = np.asarray(sigmas, np.float64)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError(f'points must be finite and (M, D), not {points.shape}')
    if sigmas.ndim != 1 or not (sigmas > 0).all():
        raise ValueError(f'sigmas must be (S,) and above 0, not {sigmas}')
    n_points, size = points.shape
    variances = sigmas**2
    # x.s - |s|^2 / 2 = (|x|^2 - |x - s|^2) / 2: how close a sample is, whatever sigma. That of the
    # nearest so far, at a distance d, and the sum of the kernels relative to that sample's.
    nearest = np.full(n_points, -np.inf)
    sums = np.zeros((len(sigmas), n_points))
    widest_first = np.argsort(-sigmas)
    n = 0
    for block in _blocks(samples, size):
        half_norms = np.einsum('nd,nd->n', block, block) / 2
        if not np.isfinite(half_norms).all():
            raise ValueError('samples must be finite')
        n += len(block)
        rows = max(1, BLOCK_ELEMENTS // len(block) // available_cores())

        def add(start):     # points `start` and on, in a thread
            part = slice(start, start + rows)
            closeness = points[part] @ block.T
            closeness -= half_norms
            best, before = nearest[part], nearest[part].copy()
            np.maximum(before, closeness.max(axis=1), out=best)
            closeness -= best[:, None]      # (d^2 - |x - s|^2) / 2
            closeness = closeness.ravel()
            point = np.repeat(np.arange(len(best)), len(block))
            # Most kernels are nothing beside the nearest sample's: what is too far for one width
            # is too far for all narrower ones.
            for which in widest_first:
                variance, total = variances[which], sums[which, part]
                counts = closeness > LOWEST_EXPONENT * variance
                closeness, point = closeness[counts], point[counts]
                total *= np.exp((before - best) / variance)
                kernels = closeness / variance
                total += np.bincount(point, np.exp(kernels, out=kernels), len(best))

        parallel_map(add, range(0, n_points, rows))
    if not n:
        raise ValueError('there are no samples')
    half_distances = np.einsum('md,md->m', points, points) / 2 - nearest
    return (np.log(sums) - half_distances / variances[:, None]
            - (np.log(n) + size * np.log(sigmas * np.sqrt(2 * np.pi)))[:, None])


def _blocks(samples, size):
    """The samples again, in float64 arrays (n, size) of at most BLOCK_ELEMENTS."""
    rows = max(1, min(CHUNK, BLOCK_ELEMENTS // size))
    for chunk in samples:
        if chunk.ndim != 2 or chunk.shape[1] != size:
            raise ValueError(f'samples must be (n, {size}) as the points, not {chunk.shape}')
        for start in range(0, len(chunk), rows):
            yield np.asarray(chunk[start:start + rows], np.float64)


def estimate(draw, n, validation, test, progress=True):
    """The Parzen estimate of n samples, with sigma of the usual and of the fine grid, for a JSON.

    draw(m): m new samples of the model (m, D); validation: (M_v, D); test: (M, D); all in [0, 1].
    The validation images are measured at every sigma, then the test images at the two chosen: with
    n samples each time, as the best sigma falls as n grows. Up to KEPT_SAMPLES they are the same
    samples; above, the second pass draws n others (2n in all).
    Of each grid: 'sigma'; 'log_likelihood', the mean over the test images, and its
    'standard_error' over them; 'validation', the mean there; 'curve', [sigma, mean there] of the
    whole grid, to see whether the best lies at an end of it.
    """
    for name, images, least in (('validation', validation, 1), ('test', test, 2)):
        if images.ndim != 2 or len(images) < least or images.min() < 0 or images.max() > 1:
            raise ValueError(f'{name} must be {least} or more images (M, D) in [0, 1]')
    with tqdm(total=2 * n, unit='sample', disable=None if progress else True) as bar:
        sizes = [min(CHUNK, n - start) for start in range(0, n, CHUNK)]
        kept = [draw(size) for size in sizes] if n <= KEPT_SAMPLES else None

        def samples():
            for chunk in kept or map(draw, sizes):
                yield chunk
                bar.update(len(chunk))

        grids = {'usual': USUAL_SIGMAS, 'fine': FINE_SIGMAS}
        means = log_likelihoods(samples(), validation, np.concatenate([*grids.values()])).mean(1)
        curves = dict(zip(grids, np.split(means, [len(USUAL_SIGMAS)])))
        chosen = [grids[name][curve.argmax()] for name, curve in curves.items()]
        tests = log_likelihoods(samples(), test, chosen)
    return {'samples': n, **{name: {
        'sigma': float(sigma), 'log_likelihood': float(test_nats.mean()),
        'standard_error': float(test_nats.std(ddof=1) / np.sqrt(len(test_nats))),
        'validation': float(curves[name].max()),
        'curve': np.stack([grids[name], curves[name]], axis=1).tolist(),
    } for name, sigma, test_nats in zip(grids, chosen, tests)}}


def kmeans_centroids(images, k, rng, iterations=5):
    """k centroids (k, D) float32 of images (N, D), from k of the images: the control above.

    Lloyd's algorithm, stopped after `iterations`: scipy.cluster.vq.kmeans2 holds all N x k
    distances at once, 2 GB in float32 for 50,000 images and 10,000 centroids, this one 8 MiB (and
    needs about 9 s for an iteration on one core). After 5 little changes: 10 gave 0.01 nats more.
    float32 is enough, as its errors move only images between equally near centroids.
    """
    images = np.asarray(images, np.float32)
    n = len(images)
    centroids = images[rng.choice(n, k, replace=False)]
    rows = max(1, 4 * BLOCK_ELEMENTS // k)
    for _ in range(iterations):
        half_norms = np.einsum('kd,kd->k', centroids, centroids) / 2
        nearest = np.concatenate([(images[start:start + rows] @ centroids.T - half_norms).argmax(1)
                                  for start in range(0, n, rows)])
        members = csr_array((np.ones(n, np.float32), nearest, np.arange(n + 1)), shape=(n, k))
        counts = np.bincount(nearest, minlength=k)
        used = counts > 0       # a centroid without images stays where it is
        centroids[used] = (members.T @ images)[used] / counts[used, None].astype(np.float32)
    return centroids
