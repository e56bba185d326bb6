"""The discretized mixture of logistics: the PixelCNN's cost for 8-bit images."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import only, refuses, returned, unchanged
from nn import logistic_mixture
from nn.gradcheck import check_loss


def bins(bytes_, log_scales, distance=2.0, scales=True):
    """Pixels x (n, 1) out of `bytes_`, components (n, K) about `distance` scales away (or so much,
    where not `scales`); log-scales between two bounds."""
    def inputs(rng):
        n, components = (5 + rng.permutation(4)[:2]).tolist()
        x = (np.resize(rng.permutation(bytes_), (n, 1)) - 127.5) / 127.5
        log_scale = rng.uniform(*log_scales, (n, components))
        away = distance * rng.choice([-1, 1], log_scale.shape) * rng.uniform(0.2, 1, (
            n, components))
        away = away * np.exp(log_scale) if scales else away
        return {'x': x, 'mean': x - away, 'log_scale': log_scale}
    return inputs


def at_the_bound(draw):
    """Some log-scales are exactly -7."""
    def inputs(rng):
        drawn = draw(rng)
        drawn['log_scale'][::2] = -7
        return drawn
    return inputs


def single(draw):
    """In float32."""
    def inputs(rng):
        return {name: array.astype('float32') for name, array in draw(rng).items()}
    return inputs


INNER = np.arange(1, 255)
BINS = {'bytes 1 to 254': bins(INNER, (-5, -2)), 'bytes 0 and 255': bins((0, 255), (-5, -2)),
        'log-scales around -7': bins(INNER, (-8.5, -5.5), 3 / 255, False),
        'log-scales of -7': at_the_bound(bins(INNER, (-6.9, -5.5), 3 / 255, False)),
        'far from the mean': bins(INNER, (-6.9, -6.5), 1.9, False),
        'log-scales of 20': bins(INNER, (18, 22)),
        'numbers of 1e4': bins(INNER, (-1e4, 1e4), 1e4, False),
        'float32': single(bins(INNER, (-5, -2)))}


def of_bin(x, mean, log_scale):
    return returned(('log_p', 'dmean', 'dlog_scale'), logistic_mixture._log_bin, x, mean,
                    log_scale)


def channel(index, dtype='float64'):
    def inputs(rng):
        n, components = (2 + rng.permutation(4)[:2]).tolist()
        return {'channel': index, 'means': rng.standard_normal((3, n, components)).astype(dtype),
                'coefficients': rng.uniform(-1, 1, (3, n, components)).astype(dtype),
                'x': rng.uniform(-1, 1, (n, 3)).astype(dtype)}
    return inputs


def conditional_mean(channel, means, coefficients, x):
    return {'mean': unchanged(
        '_conditional_mean changes what it is given', logistic_mixture._conditional_mean, channel,
        list(means), list(coefficients), x)}


def images(channels, size=1.0, dtype='float64'):
    def inputs(rng):
        shape = [int(rng.choice([5, 6])), *rng.permutation([2, 4]).tolist()]
        components = int(rng.integers(2, 4)) if channels == 1 else 2
        x = (rng.choice([0, 255, *rng.integers(1, 255, 4)], (*shape, channels)) - 127.5) / 127.5
        parameters = rng.standard_normal(
            (*shape, logistic_mixture.mixture_outputs(channels, components)))
        scales = slice((1 + channels) * components, (1 + 2 * channels) * components)
        parameters[..., scales] -= 2
        return {'parameters': (size * parameters).astype(dtype), 'x': x.astype(dtype)}
    return inputs


def large(rng):
    """Parameters of 1e4; the log-scales of the first pixel are positive, as a cost of negative ones
    alone has no gradient in them."""
    drawn = images(1, 1e4)(rng)
    drawn['x'][0, 0, 0] = (rng.integers(1, 255) - 127.5) / 127.5
    log_scales = np.split(drawn['parameters'][0, 0, 0], 3)[2]
    log_scales[...] = abs(log_scales)
    return drawn


GREY, RGB = {'grey': images(1)}, {'RGB': images(3)}
LARGE = {'parameters of 1e4': large}


def of_images(parameters, x):
    return returned(('cost', 'gradient'), logistic_mixture.discretized_logistic_mixture,
                    parameters, x)


def cost(parameters, x):
    return {'loss': of_images(parameters, x)['cost']}


def gradient(parameters, x):
    """Of each kind of parameter apart."""
    dparameters = of_images(parameters, x)['gradient']
    if dparameters.shape != parameters.shape:
        return {'dparameters': dparameters}
    channels = x.shape[-1]
    ends = np.cumsum([1, channels, channels]) * (parameters.shape[-1] // (
        3 if channels == 1 else 10))
    names = ('dL/dlogits', 'dL/dmeans', 'dL/dlog-scales', 'dL/dcoefficients')
    return dict(zip(names[:3 + (channels > 1)], np.split(dparameters, ends, axis=-1)))


def mismatched(axis):
    """The parameters have one image, row or column too many."""
    def inputs(rng):
        drawn = images(1)(rng)
        parameters = drawn['parameters']
        return {'x': drawn['x'], 'parameters': np.concatenate(
            [parameters, parameters.take([0], axis)], axis)}
    return inputs


def one(axis):
    """One image, row or column, which NumPy would take for all of them."""
    def inputs(rng):
        drawn = images(1)(rng)
        return drawn | {'x': drawn['x'].take([0], axis)}
    return inputs


def refusal(parameters, x):
    return refuses(logistic_mixture.discretized_logistic_mixture, parameters, x)


def gradcheck():
    checks = []
    for channels in (1, 3):
        inputs = images(channels)(np.random.default_rng(7))
        checks += check_loss(logistic_mixture.discretized_logistic_mixture, inputs['parameters'],
                             constants=(inputs['x'],), name=f'cost, {channels} channels')
    return checks


BIN = 'nn/logistic_mixture.py:_log_bin'
COST = 'nn/logistic_mixture.py:discretized_logistic_mixture'

ASSIGNMENT = Assignment(
    name='logistic-mixture',
    title='The discretized mixture of logistics',
    learns='A likelihood of bytes: probabilities that are differences, mixtures in logarithms.',
    sources='PixelGAN, appendices B.1 and B.1.3; its reference [40], sections 2.1 and 2.2',
    hours=5,
    parts=(
        Part('log p of a bin', BIN, 3, only(of_bin, 'log_p'), BINS),
        Part('derivatives of a bin', BIN, 3, only(of_bin, 'dmean', 'dlog_scale'), BINS),
        Part('conditional mean', 'nn/logistic_mixture.py:_conditional_mean', 1, conditional_mean,
             {'red': channel(0), 'green': channel(1), 'blue': channel(2),
              'float32': channel(2, 'float32')}),
        Part('cost', COST, 2, cost,
             GREY | RGB | LARGE | {'float32': images(1, dtype='float32')}),
        Part('shapes that do not match', COST, 1, refusal,
             {'images': mismatched(0), 'rows': mismatched(1), 'columns': mismatched(2),
              'one image': one(0), 'one row': one(1), 'one column': one(2)}),
        Part('gradient of grey images', COST, 2, gradient,
             GREY | LARGE | {'float32': images(1, dtype='float32')}),
        Part('gradient of RGB images', COST, 2, gradient, RGB)),
    after=('activations', 'losses'),
    gives=('nn.activations', 'nn.losses'),
    hides=('nn/losses.py:gaussian_kl',),
    gradcheck=gradcheck)
