"""Priors: densities against SciPy, samples against the densities, each label in its own part."""
import numpy as np
import pytest
from scipy import stats

from models.priors import Categorical, Gaussian, GaussianMixture, SwissRoll
from nn.gradcheck import check_loss
from tests import stand_in

ALPHA = 1e-6        # of the tests below: with the thousands of draws that they have, what is wrong
                    # is far below it, and no seed is luckier than another


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize('std', [0.3, 1.0, 5.0])
def test_draws_of_a_gaussian(std):
    z = Gaussian(3, std).sample(5000, rng(7), np.float64)
    for values in z.T:
        assert stats.kstest(values / std, 'norm').pvalue > ALPHA
    assert (np.abs(np.corrcoef(z.T) - np.eye(3)) < 5 / np.sqrt(5000)).all()


@pytest.mark.parametrize('smoothing', [0.0, 0.3])
def test_draws_of_a_categorical(smoothing):
    z = Categorical(7, smoothing).sample(7000, rng(), np.float64)
    assert stats.chisquare(np.bincount(z.argmax(axis=1), minlength=7)).pvalue > ALPHA
    np.testing.assert_allclose(np.sort(z, axis=1), np.tile(
        [smoothing / 7] * 6 + [1 - smoothing * 6 / 7], (7000, 1)), rtol=1e-12)


def test_the_part_of_a_code_is_the_likeliest_component_or_the_nearest_tenth():
    z = 4 * rng(3).standard_normal((2000, 2))
    for mixture in (GaussianMixture(), GaussianMixture(3, 2.0, 0.5, 0.9)):
        densities = [component_of_scipy(mixture, k).logpdf(z) for k in range(mixture.components)]
        np.testing.assert_array_equal(mixture.part(z), np.argmax(densities, axis=0))
    roll = SwissRoll(4)
    tenths = roll.points((np.arange(4000) + 0.5) / 4000)
    nearest = np.square(z[:, None] - tenths).sum(axis=2).argmin(axis=1) // 1000
    assert (roll.part(z) == nearest).mean() > 0.99        # the axis is sampled, here finer
    middles = roll.points((np.arange(8) + 0.5) / 8)
    np.testing.assert_array_equal(roll.part(middles), np.arange(8) // 2)


def component_of_scipy(mixture, k):
    angle = 2 * np.pi * k / mixture.components
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    variances = np.diag([mixture.radial_std**2, mixture.tangential_std**2])
    return stats.multivariate_normal(rotation @ [mixture.radius, 0],
                                     rotation @ variances @ rotation.T)


def own_axes(mixture, z, k):
    """(N, 2): outwards and counter-clockwise from the centre of component k, in deviations."""
    angle = 2 * np.pi * k / mixture.components
    turned = z.astype(np.float64) @ np.array([[np.cos(angle), -np.sin(angle)],
                                              [np.sin(angle), np.cos(angle)]])
    return (turned - [mixture.radius, 0]) / [mixture.radial_std, mixture.tangential_std]


def test_densities_against_scipy():
    z = 4 * rng().standard_normal((200, 3))
    log_p, _ = Gaussian(3, std=2.5).log_density(z)
    np.testing.assert_allclose(log_p, stats.norm(scale=2.5).logpdf(z).sum(axis=1), rtol=1e-12)
    for mixture in (GaussianMixture(), GaussianMixture(3, 2.0, 0.5, 0.9)):
        log_p, _ = mixture.log_density(z[:, :2])
        components = [component_of_scipy(mixture, k).logpdf(z[:, :2])
                      for k in range(mixture.components)]
        expected = np.logaddexp.reduce(components) - np.log(mixture.components)
        np.testing.assert_allclose(log_p, expected, rtol=1e-10)


@pytest.mark.parametrize('prior', [Gaussian(2, std=1.5), GaussianMixture(),
                                   GaussianMixture(3, 2.0, 0.5, 0.9)])
def test_densities_integrate_to_one(prior):
    axis = np.linspace(-10, 10, 401)
    z = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    total = np.exp(prior.log_density(z)[0]).sum() * (axis[1] - axis[0])**2
    assert total == pytest.approx(1, rel=0, abs=1e-9)


@pytest.mark.parametrize('prior', [Gaussian(2, std=1.5), GaussianMixture(),
                                   GaussianMixture(3, 2.0, 0.5, 0.9)])
@pytest.mark.parametrize('scale', [1, 4, 100])
def test_gradients_of_densities(prior, scale):
    weights = rng(1).standard_normal(7)

    def weighted(z):
        log_p, dz = prior.log_density(z)
        return (weights * log_p).sum(), weights[:, None] * dz
    checks = check_loss(weighted, scale * rng().standard_normal((7, 2)))
    assert all(check.passed for check in checks), checks


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_a_density_is_finite_far_away(dtype):
    z = np.array([[1e4, 1e4], [-1e4, 3.0], [0, 0], [200, -200]], dtype)
    with np.errstate(all='raise', under='ignore'):
        for result in GaussianMixture().log_density(z):
            assert np.isfinite(result).all()


def test_densities_on_device_arrays():
    z = rng().standard_normal((5, 2)).astype(np.float32)
    for prior in (Gaussian(2, std=1.5), GaussianMixture()):
        for host, device in zip(prior.log_density(z),
                                prior.log_density(stand_in.module.asarray(z))):
            assert isinstance(device, stand_in.DeviceArray)
            np.testing.assert_allclose(stand_in.to_host(device), host, rtol=1e-5)


def test_the_mixture_s_samples_follow_its_density():
    """The log density at the samples averages to minus the entropy, integrated on a grid."""
    mixture = GaussianMixture()
    axis = np.linspace(-10, 10, 401)
    log_p, _ = mixture.log_density(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2))
    expected = (np.exp(log_p) * log_p).sum() * (axis[1] - axis[0])**2
    z = mixture.sample(20000, rng())
    assert z.shape == (20000, 2) and z.dtype == np.float32
    drawn = mixture.log_density(z.astype(np.float64))[0]
    assert abs(drawn.mean() - expected) < 4 * drawn.std() / 20000**0.5
    assert np.quantile(np.hypot(*z.T), 0.99) < 6
    turned = np.arctan2(z[:, 1], z[:, 0]) / (2 * np.pi) * 10
    assert stats.chisquare(np.bincount(np.rint(turned).astype(int) % 10)).pvalue > ALPHA


def test_a_label_draws_from_its_component():
    mixture = GaussianMixture()
    labels = rng(2).integers(0, 11, size=22000)
    z = mixture.sample_each(22000, rng(), np.float64)[np.arange(22000), labels]
    for k in range(10):
        for offsets in own_axes(mixture, z[labels == k], k).T:
            assert stats.kstest(offsets, 'norm').pvalue > ALPHA
    unknown = np.rint(np.arctan2(*z[labels == 10].T[::-1]) / (2 * np.pi) * 10).astype(int) % 10
    assert stats.chisquare(np.bincount(unknown, minlength=10)).pvalue > ALPHA


def test_percentile_grids():
    """Row by row: the first axis grows rightwards, the second upwards, by equal probabilities."""
    percentiles = (np.arange(5) + 0.5) / 5
    expected = np.stack(np.meshgrid(percentiles, percentiles[::-1]), axis=-1)
    grid = Gaussian(2, std=3).percentile_grid(5)
    assert grid.shape == (25, 2) and grid.dtype == np.float32
    np.testing.assert_allclose(stats.norm.cdf(grid.reshape(5, 5, 2) / 3), expected, atol=1e-6)
    mixture = GaussianMixture()
    for k in (0, 3, 9):
        grid = mixture.percentile_grid(k, 5)
        assert grid.shape == (25, 2) and grid.dtype == np.float32
        deviations = own_axes(mixture, grid, k).reshape(5, 5, 2)
        np.testing.assert_allclose(stats.norm.cdf(deviations), expected, atol=1e-5)
        np.testing.assert_allclose(mixture.place(deviations, k).reshape(25, 2), grid, rtol=1e-5,
                                   atol=1e-5)
    with pytest.raises(ValueError, match='2 dimensions, got 3'):
        Gaussian(3).percentile_grid(5)


def fraction_of_length(roll, z):
    """Where on the axis of the roll the points z (N, 2) of the axis lie, by the arc length of an
    Archimedean spiral in closed form."""
    b = (roll.outer - roll.inner) / (2 * np.pi * roll.turns)        # r = inner + b angle

    def length(r):
        return (r * np.hypot(r, b) + b * b * np.arcsinh(r / b)) / (2 * b)
    start, end = length(roll.inner), length(roll.outer)
    assert roll.length == pytest.approx(end - start, rel=1e-6)
    return (length(np.hypot(*z.T)) - start) / (end - start)


@pytest.mark.parametrize('options', [{}, {'inner': 0.2, 'outer': 3.0, 'turns': 1.5}])
def test_the_swiss_roll_is_uniform_in_length(options):
    roll = SwissRoll(std=0.0, **options)
    fractions = fraction_of_length(roll, roll.sample(20000, rng(), np.float64))
    assert stats.kstest(fractions, 'uniform').pvalue > ALPHA
    axis = roll.axis(101)
    assert axis.shape == (101, 2) and axis.dtype == np.float32
    np.testing.assert_allclose(fraction_of_length(roll, axis.astype(float)),
                               np.linspace(0, 1, 101), atol=1e-5)
    np.testing.assert_allclose(np.hypot(*axis[[0, -1]].T), [roll.inner, roll.outer], rtol=1e-6)
    steps = np.linalg.norm(np.diff(roll.axis(2001).astype(float), axis=0), axis=1)
    np.testing.assert_allclose(steps, roll.length / 2000, rtol=2e-3)     # chords, float32


def test_a_label_draws_from_its_tenth_of_the_roll():
    roll = SwissRoll(std=0.0)
    labels = rng(2).integers(0, 11, size=22000)
    z = roll.sample_each(22000, rng(), np.float64)[np.arange(22000), labels]
    fractions = fraction_of_length(roll, z)
    for k in range(10):
        within = 10 * fractions[labels == k] - k
        assert -1e-4 < within.min() and within.max() < 1 + 1e-4
        assert stats.kstest(within, 'uniform').pvalue > ALPHA
    assert stats.kstest(fractions[labels == 10], 'uniform').pvalue > ALPHA


def test_the_noise_of_the_swiss_roll():
    """The same generator draws the same means: the difference is the noise."""
    noisy, clean = (SwissRoll(std=std).sample(5000, rng(), np.float64) for std in (0.25, 0.0))
    for noise in (noisy - clean).T:
        assert stats.kstest(noise / 0.25, 'norm').pvalue > ALPHA
    assert abs(noisy).max() < 5.5 + 6 * 0.25
    assert not hasattr(SwissRoll(), 'log_density')
