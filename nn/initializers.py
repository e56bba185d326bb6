"""Initial weights: functions (rng, shape, fan_in, fan_out, dtype) -> array.

Neither paper states its initialisation except AAE's likelihood runs: Gaussian(0, 0.01)
(AAE, appendix A.1), which is `gaussian(0.01)`.
"""
import math

import numpy as np

from nn.backend import like
from nn.fast.memory import check_room


def kaiming_normal(rng, shape, fan_in, fan_out, dtype=np.float32):
    """N(0, 2 / fan_in): keeps the variance through ReLUs (He et al., 2015)."""
    return _normal(rng, shape, math.sqrt(2.0 / fan_in), dtype)


def xavier_normal(rng, shape, fan_in, fan_out, dtype=np.float32):
    """N(0, 2 / (fan_in + fan_out)): for linear outputs and tanh (Glorot and Bengio, 2010)."""
    return _normal(rng, shape, math.sqrt(2.0 / (fan_in + fan_out)), dtype)


def gaussian(std):
    """N(0, std^2), whatever the fans."""
    def initializer(rng, shape, fan_in, fan_out, dtype=np.float32):
        return _normal(rng, shape, std, dtype)
    return initializer


def redraw(network, std, rng):
    """Draw the weight matrices of a network again, those of dense layers and of 1x1 convolutions,
    from N(0, std^2), in place."""
    for parameter in network.parameters().values():
        if parameter.ndim == 2:
            drawn = gaussian(std)(rng, parameter.shape, None, None, parameter.dtype)
            parameter[...] = like(drawn, parameter)


def _normal(rng, shape, std, dtype):
    check_room(math.prod(shape))
    return (std * rng.standard_normal(shape)).astype(dtype)
