"""The discretized mixture of logistics: the likelihood of 8-bit grey or RGB pixels.

Reference: Salimans et al., PixelCNN++, 2017, sections 2.1 and 2.2 (PixelGAN's [40]).

A logistic distribution of mean m and scale s has the distribution function S((x - m) / s), S the
sigmoid. A byte v is x = (v - 127.5) / 127.5 and has the bin from x - h to x + h, h = 1 / 255; the
first and the last bin are open-ended. With a = (x + h - m) / s and b = (x - h - m) / s,

    log p = -softplus(-a)                                        first bin: S(a)
    log p = -softplus(b)                                         last bin: 1 - S(b) = S(-b)
    log p = -softplus(-a) - softplus(b) + log(1 - exp(b - a))    between: S(a) - S(b), exactly

With d = a - b = 2 h / s the derivatives are, of the first term (all but the last bin), the second
(all but the first) and the third (where there are both):

    d/dm      -S(-a) / s      S(b) / s      0
    d/dlog s  -a S(-a)        b S(b)        -d / (exp(d) - 1)

A pixel is a mixture of K such components. In RGB a component's mean of green is shifted by
c0 * red, that of blue by c1 * red + c2 * green, of the true red and green, c = tanh(raw).

Parameters, along the last axis, in blocks of K: [logits | C of means | C of log-scales | RGB: raw
c0, c1, c2]. Log-scales below -7 count as -7 and get no gradient.
"""
import math

from nn.activations import sigmoid
from nn.backend import array_module, like
from nn.fast.elementwise import elementwise
from nn.losses import softplus

HALF_BIN = 1 / 255
MIN_LOG_SCALE = -7.0
MAX_LOG_SCALE = 30.0    # in draws only: beyond it exp overflows, and only 0 and 255 are drawn


def mixture_outputs(channels, components):
    """Numbers per pixel for a mixture of `components`: 3 each for grey, 10 each for RGB."""
    if channels not in (1, 3):
        raise ValueError(f'images have 1 or 3 channels, got {channels}')
    return (1 + 2 * channels + channels * (channels - 1) // 2) * components


def discretized_logistic_mixture(parameters, x):
    """-log p(x), in nats per image: summed over pixels, averaged over the batch.

    parameters: (N, H, W, mixture_outputs(C, K)); x: (N, H, W, C), bytes as (v - 127.5) / 127.5.
    Returns (loss, dparameters). Finite at parameters of 1e4.
    """
    xp = array_module(parameters, x)
    if parameters.shape[:-1] != x.shape[:-1]:
        raise ValueError(f'parameters {parameters.shape} and images {x.shape} do not match')
    channels = x.shape[-1]
    logits, means, log_scales, raw = _blocks(parameters, channels)
    coefficients = [xp.tanh(block) for block in raw]
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_prior = shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))
    joint, derivatives = log_prior, []
    for c in range(channels):
        mean = _conditional_mean(c, means, coefficients, x)
        log_p, *derivative = _log_bin(x[..., c, None], mean, log_scales[c])
        joint = joint + log_p
        derivatives.append(derivative)

    peak = joint.max(axis=-1, keepdims=True)
    posterior = xp.exp(joint - peak)
    total = posterior.sum(axis=-1, keepdims=True)
    loss = -(peak + xp.log(total)).sum() / len(x)
    posterior /= total     # of the components, given the pixel

    dlogits = (xp.exp(log_prior) - posterior) / len(x)
    dlog_p = posterior / -len(x)
    dmeans = [dlog_p * dmean for dmean, _ in derivatives]
    dlog_scales = [dlog_p * dlog_scale for _, dlog_scale in derivatives]
    dcoefficients = (dmeans[c] * x[..., earlier, None]
                     for c in range(channels) for earlier in range(c))
    through_tanh = [dt * (1 - t * t) for dt, t in zip(dcoefficients, coefficients)]
    dparameters = xp.empty_like(parameters)
    places = _blocks(dparameters, channels)
    for place, values in zip((places[0], *sum(places[1:], [])),
                             (dlogits, *dmeans, *dlog_scales, *through_tanh), strict=True):
        place[...] = values
    return loss, dparameters


def draw_logistic_mixture(parameters, rng, channels=1):
    """Pixels (N, C) of 8 bits, (v - 127.5) / 127.5, from parameters (N, mixture_outputs(C, K)).

    Draws the component, then its channels in order, each given those drawn before it. rng: a NumPy
    Generator; the uniform numbers are drawn on the host.
    """
    xp = array_module(parameters)
    n, dtype = len(parameters), parameters.dtype
    logits, *blocks = _blocks(parameters, channels)
    weights = xp.exp(logits - logits.max(axis=-1, keepdims=True))
    cumulative = xp.cumsum(weights, axis=-1)
    uniform = like(rng.random((n, 1)).astype(dtype), parameters)
    component = (uniform * cumulative[:, -1:] >= cumulative[:, :-1]).sum(axis=-1)[:, None]
    means, log_scales, raw = ([xp.take_along_axis(block, component, axis=-1) for block in group]
                              for group in blocks)
    coefficients = [xp.tanh(block) for block in raw]

    # NumPy's logistic is the inverse distribution function, log(u / (1 - u)), of a uniform u that
    # is never 0; in float32 u could round to 1.
    noise = like(rng.logistic(size=(n, channels)).astype(dtype), parameters)
    x = xp.zeros((n, channels), dtype)
    for c in range(channels):
        scale = xp.exp(xp.clip(log_scales[c], MIN_LOG_SCALE, MAX_LOG_SCALE))
        drawn = _conditional_mean(c, means, coefficients, x) + scale * noise[:, c, None]
        byte = xp.rint(127.5 * xp.clip(drawn, -1, 1) + 127.5)
        x[:, c] = (byte[:, 0] - 127.5) / 127.5
    return x


def _blocks(parameters, channels):
    """(logits, means, log-scales, raw coefficients): an array (..., K), then lists of such."""
    outputs = parameters.shape[-1]
    per_component = mixture_outputs(channels, 1)
    components, rest = divmod(outputs, per_component)
    if rest or not components:
        raise ValueError(f'a mixture for {channels} channels has {per_component} numbers per '
                         f'component, but there are {outputs}')
    blocks = [parameters[..., k * components:(k + 1) * components] for k in range(per_component)]
    return blocks[0], blocks[1:1 + channels], blocks[1 + channels:1 + 2 * channels], \
        blocks[1 + 2 * channels:]


def _conditional_mean(channel, means, coefficients, x):
    """The means (..., K) of one channel given the earlier channels of x (..., C)."""
    mean = means[channel]
    first = channel * (channel - 1) // 2      # green has c0, blue c1 and c2
    for earlier in range(channel):
        mean = mean + coefficients[first + earlier] * x[..., earlier, None]
    return mean


@elementwise
def _log_bin(x, mean, log_scale):
    """log p(x) of each component, and its derivatives in mean and log-scale.

    x: (..., 1); mean, log_scale and the three results: (..., K).
    """
    xp = array_module(x)
    not_first, not_last = x > HALF_BIN - 1, x < 1 - HALF_BIN
    between = not_first & not_last
    clamped = xp.maximum(log_scale, MIN_LOG_SCALE)
    inverse = xp.exp(-clamped)
    centred = x - mean
    a, b = (centred + HALF_BIN) * inverse, (centred - HALF_BIN) * inverse
    # log(1 - exp(-d)) = log d + log(ratio), where log d stays finite when the scale overflows and
    # d vanishes; the ratio is then 1.
    d = xp.maximum(2 * HALF_BIN * inverse, 1e-30)
    ratio = -xp.expm1(-d) / d
    log_p = between * (math.log(2 * HALF_BIN) - clamped + xp.log(ratio))
    log_p -= not_last * softplus(-a)
    log_p -= not_first * softplus(b)
    above, below = not_last * sigmoid(-a), not_first * sigmoid(b)
    dmean = (below - above) * inverse
    # d / (exp(d) - 1) = 1 / ratio - d
    dlog_scale = (b * below - a * above - between * (1 / ratio - d)) * (log_scale > MIN_LOG_SCALE)
    return log_p, dmean, dlog_scale
