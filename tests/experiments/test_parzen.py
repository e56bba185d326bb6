"""The Parzen window estimate against plain sums, closed forms and scikit-learn."""
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import norm

from experiments.common import parzen
from experiments.common.parzen import estimate, kmeans_centroids, log_likelihoods


def plain(samples, points, sigmas):
    """(S, M), from the density of every pixel of every pair."""
    return np.array([[logsumexp(norm.logpdf(x, samples, sigma).sum(axis=1)) - np.log(len(samples))
                      for x in points] for sigma in sigmas])


def test_against_a_plain_sum():
    rng = np.random.default_rng(0)
    samples, points = rng.random((40, 7)), rng.random((15, 7))
    sigmas = [0.02, 0.15, 0.3, 1, 20]
    result = log_likelihoods([samples], points, sigmas)
    assert result.shape == (5, 15) and result.dtype == np.float64
    np.testing.assert_allclose(result, plain(samples, points, sigmas), rtol=1e-10)


@pytest.mark.parametrize('seed', [0, 1])
def test_against_scikit_learn(seed):
    """With one leaf: its tree is hundreds of nats off here (scikit-learn issues 7492, 25799)."""
    neighbors = pytest.importorskip('sklearn.neighbors')
    rng = np.random.default_rng(seed)
    samples, points = rng.random((300, 100)), rng.random((50, 100))
    for sigma, result in zip((0.1, 0.3), log_likelihoods([samples], points, (0.1, 0.3))):
        density = neighbors.KernelDensity(bandwidth=sigma, leaf_size=len(samples)).fit(samples)
        np.testing.assert_allclose(result, density.score_samples(points), rtol=1e-10)


@settings(deadline=None, max_examples=50)
@given(cuts=st.lists(st.integers(0, 60), max_size=6), order=st.permutations(range(60)),
       elements=st.integers(1, 400), chunk=st.integers(1, 70))
def test_how_the_samples_are_divided_and_ordered_does_not_matter(cuts, order, elements, chunk):
    """In any order, as the nearest so far changes with it; and with blocks of any size."""
    rng = np.random.default_rng(0)
    samples, points, sigmas = rng.random((60, 5)), rng.random((9, 5)), [0.03, 0.2, 1]
    whole = log_likelihoods([samples], points, sigmas)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parzen, 'BLOCK_ELEMENTS', elements)
        patch.setattr(parzen, 'CHUNK', chunk)
        divided = log_likelihoods(iter(np.split(samples[order], sorted(cuts))), points, sigmas)
    np.testing.assert_allclose(divided, whole, rtol=1e-10)


@pytest.mark.parametrize('sigma', [0.01, 0.15, 3])
def test_one_sample(sigma):
    """-d^2 / (2 sigma^2) - D log(sigma sqrt(2 pi)); a sample at the point itself has d = 0."""
    x = np.random.default_rng(0).random(784)
    points = x + np.array([0, 0.001, 0.5])[:, None]
    distances = 784 * np.array([0, 0.001, 0.5])**2
    expected = -distances / (2 * sigma**2) - 784 * np.log(sigma * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(log_likelihoods([x[None]], points, [sigma])[0], expected,
                               rtol=1e-10, atol=1e-7)


def test_float32_samples_and_points_are_measured_in_float64():
    """Exact multiples of 1/256, so that float32 holds them, and not their products."""
    rng = np.random.default_rng(0)
    samples, points = (rng.integers(0, 257, (20, 784)) / 256 for _ in range(2))
    low = log_likelihoods([samples.astype(np.float32)], points.astype(np.float32), [0.01])
    np.testing.assert_allclose(low, plain(samples, points, [0.01]), rtol=1e-12)


@pytest.mark.filterwarnings('error')
def test_far_points_are_finite():
    """Kernels that all underflow: -1e5 nats and less, and one sample far from the others."""
    rng = np.random.default_rng(0)
    samples = np.concatenate([rng.random((30, 10)), rng.random((1, 10)) + 50])
    points = np.concatenate([rng.random((5, 10)) + 5, rng.random((5, 10)) + 49])
    for order in (samples, samples[::-1]):
        result = log_likelihoods([order[:7], order[7:]], points, [0.03, 0.1])
        assert result.min() < -1e5
        np.testing.assert_allclose(result, plain(samples, points, [0.03, 0.1]), rtol=1e-10)


def test_many_equal_samples_are_as_one():
    x = np.random.default_rng(0).random((1, 20))
    points = x + 0.1
    np.testing.assert_allclose(log_likelihoods([np.repeat(x, 5000, 0)] * 3, points, [0.1, 0.2]),
                               log_likelihoods([x], points, [0.1, 0.2]), rtol=1e-10)


def test_a_generator_is_read_once_and_a_chunk_at_a_time():
    rng = np.random.default_rng(0)
    read = []

    def chunks():
        for index in range(5):
            read.append(index)
            yield rng.random((10, 3))

    generator = chunks()
    result = log_likelihoods(generator, np.zeros((2, 3)), np.linspace(0.1, 1, 7))
    assert read == list(range(5)) and list(generator) == []
    rng = np.random.default_rng(0)
    np.testing.assert_allclose(result, plain(rng.random((50, 3)), np.zeros((2, 3)),
                                             np.linspace(0.1, 1, 7)), rtol=1e-10)


def test_samples_that_are_too_far_to_count_are_left_out_and_no_others(monkeypatch):
    """40 clusters far from each other, points at some of them: their own cluster counts."""
    rng = np.random.default_rng(0)
    heads = 2 * rng.standard_normal((40, 150))
    samples = heads[np.arange(4000) % 40] + 0.1 * rng.standard_normal((4000, 150))
    points = heads[:15] + 0.1 * rng.standard_normal((15, 150))
    half_distances = np.square(points[:, None] - samples).sum(axis=2) / 2
    sigmas = [0.1, 0.2]
    expected = [logsumexp(-half_distances / sigma**2, axis=1) - np.log(4000)
                - 150 * np.log(sigma * np.sqrt(2 * np.pi)) for sigma in sigmas]
    chunks = np.split(samples, 10)
    np.testing.assert_allclose(log_likelihoods(chunks, points, sigmas), expected, rtol=1e-10)
    monkeypatch.setattr(parzen, 'LOWEST_EXPONENT', -1)      # leaves out what counts
    assert not np.allclose(log_likelihoods(chunks, points, sigmas), expected, rtol=1e-3)


def peak_mib(function, *args):
    tracemalloc.start()
    try:
        function(*args)
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize('chunk', [1000, 20_000])
def test_memory_is_bounded(chunk):
    """20,000 x 5,000 distances would be 763 MiB; also when all samples are one float32 chunk."""
    rng = np.random.default_rng(0)
    samples = rng.random((chunk, 20), np.float32)
    points = rng.random((5000, 20))
    assert peak_mib(log_likelihoods, [samples] * (20_000 // chunk), points, [0.1, 0.2]) < 32


def test_a_large_chunk_is_not_copied_whole():
    """In float64 it would be 120 MiB."""
    chunk = np.random.default_rng(0).random((20_000, 784), np.float32)
    assert peak_mib(log_likelihoods, [chunk], np.zeros((20, 784)), [0.1]) < 32


@pytest.mark.parametrize('samples, points, sigmas, message', [
    ([], np.zeros((2, 3)), [1], 'no samples'),
    ([np.zeros((0, 3))], np.zeros((2, 3)), [1], 'no samples'),
    ([np.zeros((4, 2))], np.zeros((2, 3)), [1], r'\(n, 3\)'),
    ([np.zeros((4, 3)), np.full((4, 3), np.nan)], np.zeros((2, 3)), [1], 'samples must be finite'),
    ([np.zeros((4, 3))], np.full((2, 3), np.inf), [1], 'points must be finite'),
    ([np.zeros((4, 3))], np.zeros((2, 3)), [1, 0], 'above 0'),
])
def test_what_cannot_be_measured_is_refused(samples, points, sigmas, message):
    with pytest.raises(ValueError, match=message):
        log_likelihoods(samples, points, sigmas)


class Model:
    """Draws of a Gaussian around `mean` in 10 dimensions, and what was asked for and given."""

    def __init__(self, std, mean=0.5):
        self.std, self.mean, self.rng = std, mean, np.random.default_rng(0)
        self.chunks = []

    def __call__(self, m):
        self.chunks.append(self.mean + self.std * self.rng.standard_normal((m, 10)))
        return self.chunks[-1]


def images(std, n, seed):
    return np.clip(0.5 + std * np.random.default_rng(seed).standard_normal((n, 10)), 0, 1)


def test_estimate_by_plain_sums():
    """sigma is the validation images' best, which is not that of the tighter test images."""
    model = Model(0.01)
    validation, test = images(0.2, 40, 1), images(0.1, 30, 2)
    result = estimate(model, 50, validation, test, progress=False)
    samples, = model.chunks
    assert json.loads(json.dumps(result)) == result and result['samples'] == 50
    for name, grid in (('usual', parzen.USUAL_SIGMAS), ('fine', parzen.FINE_SIGMAS)):
        means = plain(samples, validation, grid).mean(axis=1)
        best = means.argmax()
        assert plain(samples, test, grid).mean(axis=1).argmax() < best < len(grid) - 1
        nats, = plain(samples, test, grid[best:best + 1])
        assert result[name].pop('sigma') == grid[best]
        np.testing.assert_allclose(result[name].pop('curve'), np.stack([grid, means], axis=1))
        assert result[name] == pytest.approx({
            'log_likelihood': nats.mean(), 'validation': means[best],
            'standard_error': np.sqrt(((nats - nats.mean())**2).sum() / 29 / 30)}, rel=1e-9)


@pytest.mark.parametrize('n, passes', [(1, 1), (64, 1), (100, 1), (101, 2), (230, 2)])
def test_what_is_drawn(monkeypatch, n, passes):
    """Up to KEPT_SAMPLES both passes use the same samples; above, each draws its own n."""
    monkeypatch.setattr(parzen, 'CHUNK', 32)
    monkeypatch.setattr(parzen, 'KEPT_SAMPLES', 100)
    model, test = Model(0.1), images(0.1, 30, 2)
    result = estimate(model, n, images(0.1, 40, 1), test, progress=False)['fine']
    assert max(len(chunk) for chunk in model.chunks) <= 32
    drawn = np.concatenate(model.chunks)
    assert len(drawn) == passes * n
    assert result['log_likelihood'] == pytest.approx(
        log_likelihoods([drawn[-n:]], test, [result['sigma']]).mean())
    assert result['validation'] == pytest.approx(
        log_likelihoods([drawn[:n]], images(0.1, 40, 1), [result['sigma']]).mean())


def test_a_better_model_has_a_higher_estimate_and_more_samples_help():
    validation, test = images(0.1, 100, 1), images(0.1, 100, 2)

    def nats(model, n):
        return estimate(model, n, validation, test, progress=False)['fine']['log_likelihood']

    assert nats(Model(0.1), 2000) > nats(Model(0.1, mean=0.6), 2000) + 1
    assert nats(Model(0.1), 20_000) > nats(Model(0.1), 20) + 0.2


@pytest.mark.parametrize('name', ['validation', 'test'])
@pytest.mark.parametrize('bad', [np.full((3, 10), 255, np.uint8), np.full((3, 10), -1.0),
                                 np.zeros((3, 2, 5)), np.zeros((0, 10))])
def test_images_that_are_not_pixels_in_0_1_are_refused(name, bad):
    good = {'validation': images(0.1, 5, 0), 'test': images(0.1, 5, 0)}
    with pytest.raises(ValueError, match=f'{name} must be'):
        estimate(Model(0.1), 10, **(good | {name: bad}), progress=False)


def test_usual_grid_and_the_fine_grids_promise():
    """Off by half a step in log sigma: 0.15 nats in 784 dimensions."""
    np.testing.assert_allclose(parzen.USUAL_SIGMAS[:3], [0.1, 0.12915497, 0.16681005])
    half = np.log(parzen.FINE_SIGMAS[1] / parzen.FINE_SIGMAS[0]) / 2
    assert 784 * half**2 < 0.15
    x = np.full((1, 784), 0.5)
    distance = 784 * (parzen.FINE_SIGMAS[60] * np.exp(half))**2     # optimum between two of them
    result = log_likelihoods([x], x + np.sqrt(distance / 784),
                             [*parzen.FINE_SIGMAS, np.sqrt(distance / 784)])[:, 0]
    assert 0.1 < result[-1] - result[:-1].max() < 0.16


def test_kmeans_by_plain_steps():
    rng = np.random.default_rng(0)
    points = rng.random((200, 6))
    expected = points[np.random.default_rng(1).choice(200, 12, replace=False)]
    for _ in range(4):
        nearest = ((points[:, None] - expected)**2).sum(axis=2).argmin(axis=1)
        expected = np.array([points[nearest == index].mean(axis=0) for index in range(12)])
    result = kmeans_centroids(points, 12, np.random.default_rng(1), iterations=4)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_kmeans_keeps_a_centroid_without_images():
    """Of equal images all are nearest to one centroid."""
    result = kmeans_centroids(np.repeat(np.eye(3), 20, axis=0), 30, np.random.default_rng(0))
    assert result.shape == (30, 3)
    assert (np.sort(result, axis=1) == [0, 0, 1]).all()


def test_kmeans_memory_is_bounded_and_the_images_untouched():
    """20,000 x 4,000 distances would be 305 MiB in float32."""
    points = np.random.default_rng(0).random((20_000, 5), np.float32)
    before = points.copy()
    assert peak_mib(kmeans_centroids, points, 4000, np.random.default_rng(0), 1) < 32
    np.testing.assert_array_equal(points, before)


def test_centroids_score_better_than_the_data_itself():
    """The flaw that the control shows: noise is averaged away (Theis et al., 2015)."""
    def data(n, seed):
        rng = np.random.default_rng(seed)
        centres = np.random.default_rng(0).random((10, 30))
        return np.clip(centres[rng.integers(0, 10, n)] + 0.15 * rng.standard_normal((n, 30)), 0, 1)

    validation, test, train = data(100, 1), data(200, 2), data(2000, 3)
    centroids = kmeans_centroids(train, 100, np.random.default_rng(0))
    nats = {name: estimate(lambda m: samples[:m], 100, validation, test, False)['fine']
            for name, samples in (('data', train), ('centroids', centroids))}
    assert nats['centroids']['log_likelihood'] > nats['data']['log_likelihood'] + 3
