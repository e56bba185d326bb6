"""The terms of the aggregated ELBO on cases with known answers."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import entr

from experiments.common import elbo
from experiments.common.elbo import categorical_terms, gaussian_terms, knn_entropy


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize('q, marginal_kl, information', [
    (np.eye(5)[np.arange(40) % 5], 0, np.log(5)),       # every cluster as often, always certain
    (np.full((40, 5), 0.2), 0, 0),                      # uniform whatever the image
    (np.eye(5)[np.full(40, 3)], np.log(5), 0),          # one cluster for all
    (np.eye(5)[np.arange(40) % 2], np.log(5 / 2), np.log(2)),
], ids=['used evenly', 'says nothing', 'collapsed', 'two of five'])
def test_categorical_by_hand(q, marginal_kl, information):
    result = categorical_terms(q.astype(np.float32))
    assert result['marginal_kl'] == pytest.approx(marginal_kl, abs=1e-6)
    assert result['mutual_information'] == pytest.approx(information, abs=1e-6)
    assert result['mutual_information_bound'] == pytest.approx(np.log(40))


@settings(deadline=None)
@given(n=st.integers(1, 30), k=st.integers(1, 12), sharpness=st.floats(0, 50),
       seed=st.integers(0, 2**32 - 1))
def test_equation_2_is_equation_1_split_in_two(n, k, sharpness, seed):
    q = softmax(sharpness * np.random.default_rng(seed).standard_normal((n, k)))
    result = categorical_terms(q)
    with np.errstate(divide='ignore', invalid='ignore'):
        kl = np.where(q > 0, q * np.log(q * k), 0).sum(axis=1).mean()     # of q(z|x_n) and p
    assert result['marginal_kl'] + result['mutual_information'] == pytest.approx(kl, abs=1e-9)
    assert result['marginal_kl'] > -1e-9
    assert -1e-9 < result['mutual_information'] < min(np.log(n), np.log(k)) + 1e-9


@pytest.mark.parametrize('q', [np.ones(3) / 3, np.zeros((0, 3)), np.full((2, 3), 0.4),
                               np.array([[1.5, -0.5]])])
def test_what_is_no_distribution_is_refused(q):
    with pytest.raises(ValueError, match='q must be|each row'):
        categorical_terms(q)
    with pytest.raises(FloatingPointError, match='not finite'):
        categorical_terms(np.full((2, 2), np.nan))


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('mean, std, prior_std', [
    ((0, 0), (5, 5), 5), ((3, -2), (1, 1), 1), ((0, 0), (0.5, 2), 1), ((10, 0), (1, 4), 5)])
def test_marginal_kl_of_a_gaussian(mean, std, prior_std, seed):
    """Five standard errors: of the entropy, psi'(3) + 1 = 1.4; of the cross-entropy, its own."""
    n, mean, std = 5000, np.array(mean), np.array(std)
    z = mean + std * np.random.default_rng(seed).standard_normal((n, 2))
    ratio = (std / prior_std)**2
    kl = ((mean / prior_std)**2 + ratio - 1 - np.log(ratio)).sum() / 2
    cross_variance = (ratio**2 / 2 + ratio * (mean / prior_std)**2).sum()
    tolerance = 5 * (np.sqrt(1.4) + np.sqrt(cross_variance)) / np.sqrt(n)
    assert gaussian_terms(z[None], prior_std)['marginal_kl'] == pytest.approx(
        kl, abs=tolerance)


@pytest.mark.parametrize('size', [1, 2, 3])
def test_knn_entropy_of_a_cube(size):
    """log of the volume, in any dimension; at its faces the estimator is a little too high."""
    points = 3 * np.random.default_rng(0).random((5000, size))
    assert knn_entropy(points, 1e-9) == pytest.approx(size * np.log(3), abs=0.03 + 0.06 * size)


def test_the_standard_error_of_the_docstring():
    for size in (1, 2, 4):
        rng = np.random.default_rng(size)
        estimates = [gaussian_terms(rng.standard_normal((1, 500, size)), 1)['marginal_kl']
                     for _ in range(60)]
        assert np.std(estimates) < 1.5 * np.sqrt((size / 2 + 0.4) / 500)
        assert abs(np.mean(estimates)) < 0.05 * size


def test_equal_codes_are_finite_and_count_once():
    z = np.random.default_rng(0).standard_normal((1, 500, 2))
    distinct = gaussian_terms(z, 1)
    assert distinct['mutual_information'] == pytest.approx(np.log(500))
    halved = gaussian_terms(np.repeat(z[:, :250], 2, axis=1), 1)
    assert halved['mutual_information'] == pytest.approx(np.log(250))
    assert halved['marginal_kl'] > distinct['marginal_kl']
    collapsed = gaussian_terms(np.ones((1, 500, 2)), 1)
    assert 10 < collapsed['marginal_kl'] < np.inf
    assert collapsed['mutual_information'] == 0
    noisy = gaussian_terms(np.ones((20, 500, 2)), 1)
    assert noisy['mutual_information'] == pytest.approx(0)


def channel(n, noise_std, n_draws, seed, size=2):
    """Draws (M, N, D) of z = x + noise, x from N(0, I)."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, size))
            + noise_std * rng.standard_normal((n_draws, n, size)))


@pytest.mark.parametrize('noise_std', [0.2, 0.5, 2])
def test_information_of_a_linear_gaussian_channel(noise_std):
    """D/2 log(1 + 1/noise^2) for x of a density, which is below log N here."""
    result = gaussian_terms(channel(2000, noise_std, 60, 0), 1)
    assert result['mutual_information'] == pytest.approx(np.log(1 + noise_std**-2), abs=0.15)


def test_information_of_two_clear_groups():
    """Noise that hides the image in its group and never the group: log 2."""
    centres = np.repeat([[-9.0, 0], [9, 0]], 50, axis=0)
    z = centres + np.random.default_rng(0).standard_normal((100, 100, 2))
    result = gaussian_terms(z, 5)
    assert result['mutual_information'] == pytest.approx(np.log(2), abs=0.1)


def test_information_when_the_noise_alone_tells_images_apart():
    """Half of the images with noise of 1, half with 10: against the integral."""
    std = np.tile([1.0, 10], 50)
    z = std[:, None] * np.random.default_rng(0).standard_normal((300, 100, 1))
    x = np.linspace(-80, 80, 40001)
    components = [np.exp(-(x / s)**2 / 2) / (s * np.sqrt(2 * np.pi)) for s in (1, 10)]
    mixture_entropy = entr(np.mean(components, axis=0)).sum() * (x[1] - x[0])
    information = mixture_entropy - np.mean([np.log(s) for s in (1, 10)]) - np.log(
        2 * np.pi * np.e) / 2
    estimates = [gaussian_terms(np.roll(z, shift, axis=0), 5)['mutual_information']
                 for shift in range(20)]
    assert np.mean(estimates) == pytest.approx(information, abs=0.05)


def test_information_does_not_change_with_the_axes_of_the_code():
    z = channel(300, 0.3, 20, 0)
    turned = z @ [[1, 0.9], [0.2, -0.7]]
    assert gaussian_terms(turned, 1)['mutual_information'] == pytest.approx(
        gaussian_terms(z, 1)['mutual_information'], abs=1e-6)


@pytest.mark.parametrize('n_draws', [4, 6, 10, 30])
def test_few_draws_give_a_little_too_low_an_information(n_draws):
    """About 1.3 D / M (the docstring), never much too high."""
    estimates = [gaussian_terms(channel(500, 0.5, n_draws, seed), 1)['mutual_information']
                 for seed in range(5)]
    assert np.log(5) - 2 * 2 / n_draws < np.mean(estimates) < np.log(5) + 0.05


@settings(deadline=None, max_examples=30)
@given(n=st.integers(4, 40), size=st.integers(1, 4), extra=st.integers(0, 5),
       scale=st.sampled_from([0, 1e-9, 1e-3, 1, 1e3]), seed=st.integers(0, 2**32 - 1))
def test_information_is_at_most_log_n(n, size, extra, scale, seed):
    z = channel(n, scale, size + 2 + extra, seed, size).astype(np.float32)
    for draws in (z, z[:1]):
        result = gaussian_terms(draws, 1.5)
        assert result['mutual_information'] <= result['mutual_information_bound'] + 1e-12
        assert result['mutual_information_bound'] == np.log(n)
        assert np.isfinite(list(result.values())).all()


def test_information_without_noise_is_log_n_by_both_estimators():
    z = channel(300, 0, 10, 0)
    for draws in (z, z[:1]):
        assert gaussian_terms(draws, 1)['mutual_information'] == pytest.approx(
            np.log(300))


def test_blocks_do_not_change_the_information(monkeypatch):
    z = channel(101, 0.5, 12, 0)
    whole = gaussian_terms(z, 1)['mutual_information']
    monkeypatch.setattr(elbo, 'BLOCK_ELEMENTS', 7 * 101 * 2)
    assert gaussian_terms(z, 1)['mutual_information'] == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize('draws, std, message', [
    (np.zeros((9, 2)), 1, r'draws must be \(M, N, D\)'),
    (np.zeros((1, 3, 2)), 1, 'N > 3'),
    (np.zeros((3, 9, 2)), 1, 'at least 4 of each image, not 3'),
    (np.zeros((1, 9, 2)), 0, 'std must be above 0'),
])
def test_what_cannot_be_measured_is_refused(draws, std, message):
    with pytest.raises(ValueError, match=message):
        gaussian_terms(draws, std)


def test_codes_that_are_not_finite_are_refused():
    with pytest.raises(FloatingPointError, match='not finite'):
        gaussian_terms(np.full((1, 9, 2), np.inf), 1)
