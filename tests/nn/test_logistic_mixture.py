"""The mixture of logistics against its definition, its gradients, and the frequencies of its draws.

`naive` writes PixelCNN++'s formulas out, a component at a time; nothing in it is shared with the
code under test but the order of the parameters.
"""
import math

import numpy as np
import pytest
from scipy.special import expit

from nn.gradcheck import check_loss
from nn.logistic_mixture import discretized_logistic_mixture, draw_logistic_mixture, mixture_outputs
from tests import stand_in

BYTES = np.arange(256)


def to_x(levels):
    return (np.asarray(levels) - 127.5) / 127.5


def random_parameters(rng, shape, channels, components, log_scale=-3.0):
    """Components all over the range, log-scales of `log_scale` +- 1."""
    parameters = rng.standard_normal((*shape, mixture_outputs(channels, components)))
    parameters[..., scales_of(channels, components)] += log_scale
    return parameters


def scales_of(channels, components):
    return slice((1 + channels) * components, (1 + 2 * channels) * components)


def random_x(rng, *shape):
    """Bytes, a third of them 0 or 255."""
    return to_x(rng.choice([0, 255, *rng.integers(0, 256, 4)], size=shape))


def log_p(parameters, x):
    """log p(x), x (C,), of one pixel by the code under test."""
    loss, _ = discretized_logistic_mixture(parameters.reshape(1, 1, 1, -1),
                                           np.reshape(x, (1, 1, 1, -1)).astype(parameters.dtype))
    return -float(loss)


def bin_probability(x, mean, log_scale):
    scale = math.exp(max(log_scale, -7))
    upper, lower = (x + 1 / 255 - mean) / scale, (x - 1 / 255 - mean) / scale
    if x < -0.999:
        return expit(upper)
    if x > 0.999:
        return expit(-lower)
    if lower > 0:       # by symmetry; a difference of numbers near 1 has no digits
        upper, lower = -lower, -upper
    return expit(upper) - expit(lower)


def naive(parameters, x):
    """log p(x), x (C,), of one pixel by the definition."""
    channels = len(x)
    components = len(parameters) // (3 if channels == 1 else 10)
    rows = parameters.reshape(-1, components)
    weights = np.exp(rows[0]) / np.exp(rows[0]).sum()
    total = 0.0
    for k, weight in enumerate(weights):
        if channels == 1:
            total += weight * bin_probability(x[0], rows[1, k], rows[2, k])
        else:
            _, red_mean, green_mean, blue_mean, *log_scales, c0, c1, c2 = rows[:, k]
            red, green, blue = x
            total += (weight * bin_probability(red, red_mean, log_scales[0])
                      * bin_probability(green, green_mean + math.tanh(c0) * red, log_scales[1])
                      * bin_probability(blue, blue_mean + math.tanh(c1) * red
                                        + math.tanh(c2) * green, log_scales[2]))
    return math.log(total)


def test_number_of_outputs():
    assert mixture_outputs(1, 10) == 30 and mixture_outputs(3, 10) == 100
    for channels in (0, 2, 4):
        with pytest.raises(ValueError, match='1 or 3 channels'):
            mixture_outputs(channels, 10)
    for channels, outputs in ((1, 31), (3, 99), (3, 0), (2, 30)):
        with pytest.raises(ValueError, match='channels'):
            discretized_logistic_mixture(np.zeros((2, 4, outputs)), np.zeros((2, 4, channels)))
    with pytest.raises(ValueError, match='do not match'):
        discretized_logistic_mixture(np.zeros((2, 4, 30)), np.zeros((1, 4, 1)))
    with pytest.raises(ValueError, match='channels'):
        draw_logistic_mixture(np.zeros((2, 100)), np.random.default_rng(0))


@pytest.mark.parametrize('components, log_scale', [(1, -5), (1, 0), (2, -3), (5, -6), (10, -2)])
def test_grey_probabilities_sum_to_one(components, log_scale):
    parameters = random_parameters(np.random.default_rng(0), (), 1, components, log_scale)
    assert sum(math.exp(log_p(parameters, x)) for x in to_x(BYTES)) == pytest.approx(1, abs=1e-12)


def test_rgb_probabilities_sum_to_one():
    """Two components so narrow (8.6 bins a scale) that all their mass lies within 5 bins of their
    centres, wherever the coefficients have moved those: 11^3 colours each."""
    red, green, blue = to_x(200), to_x(90), to_x(40)
    c = np.tanh([[1.5, -0.4], [-1.1, 0.3], [0.8, 2.0]])
    centres = np.array([[red, -0.5], [green, 0.3], [blue, -0.1]])
    means = centres.copy()
    means[1] -= c[0] * centres[0]
    means[2] -= c[1] * centres[0] + c[2] * centres[1]
    parameters = np.concatenate([[0.3, -0.2], means.ravel(), np.full(6, -8.0),
                                 np.arctanh(c).ravel()])
    total = 0.0
    for component in range(2):
        middle = np.rint(centres[:, component] * 127.5 + 127.5).astype(int)
        for shift in np.ndindex(11, 11, 11):
            total += math.exp(log_p(parameters, to_x(middle + shift - np.array(5))))
    assert total == pytest.approx(1, abs=1e-12)


def test_blue_sums_out():
    """The sum over all blues is p(red, green), which knows nothing of blue's parameters."""
    rng = np.random.default_rng(1)
    for _ in range(5):
        parameters = random_parameters(rng, (), 3, 3)
        red, green = random_x(rng, 2)
        logits, red_mean, green_mean, _, red_scale, green_scale, _, c0, _, _ = \
            parameters.reshape(-1, 3)
        expected = sum(math.exp(logits[k]) / np.exp(logits).sum()
                       * bin_probability(red, red_mean[k], red_scale[k])
                       * bin_probability(green, green_mean[k] + math.tanh(c0[k]) * red,
                                         green_scale[k]) for k in range(3))
        total = sum(math.exp(log_p(parameters, (red, green, blue))) for blue in to_x(BYTES))
        assert total == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize('log_scale', [-7, -4, -2, 0])
def test_by_definition(channels, log_scale):
    rng = np.random.default_rng(2)
    parameters = random_parameters(rng, (3, 4, 5), channels, 4, log_scale)
    x = random_x(rng, 3, 4, 5, channels)
    if log_scale < -3:      # elsewhere the probabilities themselves would vanish
        drawn = draw_logistic_mixture(parameters.reshape(60, -1), rng, channels)
        x = drawn.reshape(3, 4, 5, channels)
    loss, _ = discretized_logistic_mixture(parameters, x)
    expected = -sum(naive(parameters[i], x[i]) for i in np.ndindex(3, 4, 5)) / 3
    assert float(loss) == pytest.approx(expected, rel=1e-9)


def test_very_wide_bins_have_the_density_times_the_width():
    """Where the difference of two sigmoids has no digits left."""
    for log_scale in (10, 30, 100):
        parameters = np.array([0, 0.2, log_scale])
        density = math.log(2 / 255) - log_scale - 2 * math.log(2)
        assert log_p(parameters, to_x(100)) == pytest.approx(density, abs=1e-7)


@pytest.mark.parametrize('channels, components, shape', [
    (1, 1, (2, 1, 3)), (1, 4, (2, 3, 3)), (3, 1, (2, 1, 2)), (3, 2, (3, 1, 1)), (3, 5, (2, 2, 3))])
@pytest.mark.parametrize('log_scale', [-4, -1, 3])
def test_gradients(channels, components, shape, log_scale):
    rng = np.random.default_rng(3)
    parameters = random_parameters(rng, shape, channels, components, log_scale)
    parameters[..., components:(1 + channels) * components] *= 0.3
    checks = check_loss(discretized_logistic_mixture, parameters,
                        constants=(random_x(rng, *shape, channels),))
    assert not [check for check in checks if not check.passed]


@pytest.mark.parametrize('channels', [1, 3])
def test_clamped_log_scales(channels):
    rng = np.random.default_rng(4)
    parameters, x = random_parameters(rng, (2, 3, 3), channels, 3), random_x(rng, 2, 3, 3, channels)
    log_scales = parameters[..., scales_of(channels, 3)]
    # All components of a channel: a narrow one among wide ones has no share in the pixel.
    clamped = np.repeat(rng.random(x.shape) < 0.4, 3, axis=-1)
    log_scales[clamped] = -7.5
    loss, gradient = discretized_logistic_mixture(parameters, x)
    in_scales = gradient[..., scales_of(channels, 3)]
    assert not in_scales[clamped].any() and in_scales[~clamped].any()
    log_scales[clamped] = -7
    assert discretized_logistic_mixture(parameters, x)[0] == loss


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('channels', [1, 3])
def test_finite_at_extreme_parameters(channels, dtype):
    rng = np.random.default_rng(5)
    outputs = mixture_outputs(channels, 3)
    parameters = rng.choice([-1e4, -500, 0, 500, 1e4], size=(4, 16, 16, outputs)).astype(dtype)
    x = to_x(rng.choice([0, 1, 127, 254, 255], size=(4, 16, 16, channels))).astype(dtype)
    with np.errstate(all='raise', under='ignore'):
        for everywhere in (None, -1e4, 1e4):
            if everywhere is not None:
                parameters[...] = everywhere
            for result in discretized_logistic_mixture(parameters, x):
                assert np.isfinite(result).all() and result.dtype == dtype
            drawn = draw_logistic_mixture(parameters.reshape(-1, outputs), rng, channels)
            assert np.abs(drawn).max() <= 1 and drawn.dtype == dtype


@pytest.mark.parametrize('channels', [1, 3])
def test_float32(channels):
    rng = np.random.default_rng(6)
    parameters = random_parameters(rng, (3, 5, 5), channels, 4)
    x = random_x(rng, 3, 5, 5, channels)
    loss, gradient = discretized_logistic_mixture(parameters, x)
    single_loss, single = discretized_logistic_mixture(parameters.astype(np.float32),
                                                       x.astype(np.float32))
    assert single_loss.dtype == single.dtype == np.float32 and single_loss.shape == ()
    assert float(single_loss) == pytest.approx(float(loss), rel=1e-5)
    np.testing.assert_allclose(single, gradient, rtol=1e-3, atol=1e-4 * np.abs(gradient).max())


def repeated_draws(parameters, channels, n=40000):
    drawn = draw_logistic_mixture(np.tile(parameters, (n, 1)), np.random.default_rng(7), channels)
    levels = drawn * 127.5 + 127.5
    np.testing.assert_array_equal(drawn, to_x(np.rint(levels)))
    assert drawn.shape == (n, channels) and np.abs(drawn).max() <= 1
    return np.rint(levels).astype(int)


def chi_square_deviation(observed, probabilities, n):
    """Standard deviations of the chi-square statistic; rare cells (below 5) are put together."""
    expected = n * np.asarray(probabilities)
    common = expected >= 5
    observed = np.append(observed[common], n - observed[common].sum())
    expected = np.append(expected[common], n - expected[common].sum())
    keep = expected > 1
    statistic = ((observed - expected)[keep]**2 / expected[keep]).sum()
    degrees = keep.sum() - 1
    return (statistic - degrees) / math.sqrt(2 * degrees)


@pytest.mark.parametrize('parameters', [
    [0.5, -0.5, 0.0, -0.7, 0.1, 1.1, -3, -4.5, -2], [0, 0.3, -1], [0, -2, 0.5], [0, 0, -9]])
def test_frequencies_of_grey_draws(parameters):
    parameters = np.array(parameters, np.float64)
    levels = repeated_draws(parameters, 1)
    probabilities = [math.exp(log_p(parameters, x)) for x in to_x(BYTES)]
    observed = np.bincount(levels[:, 0], minlength=256)
    assert abs(chi_square_deviation(observed, probabilities, len(levels))) < 4


def test_frequencies_of_rgb_draws():
    """Of whole colours, so that each channel's dependence on the earlier ones counts."""
    parameters = np.concatenate([[0.4, -0.4], [0.6, -0.5, -0.7, 0.1, 0.4, -0.3], np.full(6, -5.5),
                                 [1.2, -0.5, -0.6, 0.9, 1.5, -2.0]])
    levels = repeated_draws(parameters, 3)
    colours, observed = np.unique(levels, axis=0, return_counts=True)
    probabilities = [math.exp(log_p(parameters, to_x(colour))) for colour in colours]
    assert abs(chi_square_deviation(observed, probabilities, len(levels))) < 4


def test_rgb_draws_are_conditioned_on_what_was_drawn():
    """Red is wide; green and blue follow it, and each other, within 3 bins (30 scales)."""
    c0, c1, c2 = 0.8, -0.5, 0.6
    parameters = np.array([0, 0.1, -0.05, 0.2, -2, -9, -9, *np.arctanh([c0, c1, c2])])
    red, green, blue = to_x(repeated_draws(parameters, 3)).T
    assert np.std(red) > 0.2
    assert np.abs(green - np.clip(-0.05 + c0 * red, -1, 1)).max() < 6 / 255
    assert np.abs(blue - np.clip(0.2 + c1 * red + c2 * green, -1, 1)).max() < 6 / 255


@pytest.mark.parametrize('channels', [1, 3])
def test_a_device_array_gives_the_same(channels):
    """On the stand-in for CuPy, which refuses what CuPy refuses."""
    rng = np.random.default_rng(8)
    parameters = random_parameters(rng, (3, 4, 4), channels, 4).astype(np.float32)
    x = random_x(rng, 3, 4, 4, channels).astype(np.float32)
    device = [stand_in.module.asarray(array) for array in (parameters, x)]
    for ours, theirs in zip(discretized_logistic_mixture(parameters, x),
                            discretized_logistic_mixture(*device)):
        assert isinstance(theirs, stand_in.DeviceArray)
        np.testing.assert_array_equal(ours, stand_in.to_host(theirs))
    drawn = draw_logistic_mixture(parameters[:, 0, 0], np.random.default_rng(0), channels)
    theirs = draw_logistic_mixture(device[0][:, 0, 0], np.random.default_rng(0), channels)
    assert drawn.dtype == np.float32 and isinstance(theirs, stand_in.DeviceArray)
    np.testing.assert_array_equal(drawn, stand_in.to_host(theirs))


@pytest.mark.parametrize('channels', [1, 3])
def test_against_pytorch(channels):
    """The loss of PixelCNN++'s published code, in its moderate range, with autograd."""
    torch = pytest.importorskip('torch')
    rng = np.random.default_rng(9)
    parameters = random_parameters(rng, (2, 3, 3), channels, 4)
    parameters[..., scales_of(channels, 4)] = rng.normal(-1, 0.3, (2, 3, 3, 4 * channels))
    x = random_x(rng, 2, 3, 3, channels)
    leaf = torch.tensor(parameters, requires_grad=True)
    target = torch.tensor(x)[..., None]
    logits, means, log_scales, raw = torch.split(
        leaf, [4, 4 * channels, 4 * channels, parameters.shape[-1] - 4 - 8 * channels], dim=-1)
    means, log_scales = (part.reshape(2, 3, 3, channels, 4) for part in (means, log_scales))
    if channels == 3:
        c = torch.tanh(raw).reshape(2, 3, 3, 3, 4)
        red, green = target[..., 0, :], target[..., 1, :]
        means = torch.stack([means[..., 0, :], means[..., 1, :] + c[..., 0, :] * red,
                             means[..., 2, :] + c[..., 1, :] * red + c[..., 2, :] * green], dim=-2)
    centred, inverse = target - means, torch.exp(-torch.clamp(log_scales, min=-7))
    plus, minus = inverse * (centred + 1 / 255), inverse * (centred - 1 / 255)
    between = torch.log(torch.sigmoid(plus) - torch.sigmoid(minus))
    log_probs = torch.where(target < -0.999, plus - torch.nn.functional.softplus(plus),
                            torch.where(target > 0.999, -torch.nn.functional.softplus(minus),
                                        between)).sum(dim=-2)
    expected = -torch.logsumexp(log_probs + torch.log_softmax(logits, dim=-1), dim=-1).sum() / 2
    expected.backward()
    loss, gradient = discretized_logistic_mixture(parameters, x)
    assert float(loss) == pytest.approx(expected.item(), rel=1e-10)
    np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-6, atol=1e-9)
