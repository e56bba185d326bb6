"""One small case per layer and loss of nn/, for `python -m nn.gradcheck`.

The tests draw many more shapes; here each case is one that a person can follow by hand.
"""
import numpy as np

from nn import losses
from nn.activations import Flatten, GatedUnit, ReLU, Sigmoid, Softmax, Tanh
from nn.affine_noise import AffineNoise
from nn.batch_norm import BatchNorm
from nn.causal_conv import CausalConv2D
from nn.conditioning import CodeMap, LocationDependentBias, LocationInvariantBias
from nn.conv import Conv2D
from nn.dense import Dense
from nn.gradcheck import check_layer, check_loss
from nn.layer import Residual, Sequential
from nn.logistic_mixture import discretized_logistic_mixture, mixture_outputs
from nn.noise import Dropout, GaussianNoise
from nn.pooling import MaxPool2D
from nn.reparametrization import GaussianPosterior


def _rng():
    return np.random.default_rng(7)


def _x(*shape):
    return np.random.default_rng(11).standard_normal(shape)


def _z(*shape):
    return np.random.default_rng(13).standard_normal(shape)


def _layer(make, *inputs, **options):
    """A case: the layer is made afresh each time it is checked."""
    return lambda: check_layer(make(), *inputs, **options)


def _conv2d():
    checks = []
    for padding, stride in (('same', 1), ('valid', 1), ('same', (2, 3)), ('valid', (3, 2))):
        layer = Conv2D(2, 3, (3, 2), _rng(), stride, padding, dtype=np.float64)
        checks += check_layer(layer, _x(2, 6, 5, 2), name=f'Conv2D {padding}, stride {stride}')
    return checks


def _causal():
    checks = []
    for stack, kernel_size in (('vertical', (3, 5)), ('horizontal', (1, 3))):
        for first in (True, False):
            layer = CausalConv2D(2, 3, kernel_size, stack, first, _rng(), dtype=np.float64)
            checks += check_layer(layer, _x(2, 5, 6, 2),
                                  name=f'CausalConv2D {stack}, {"first" if first else "later"}')
    return checks


def _batch_norm():
    checks = []
    for shape in ((6, 3), (2, 3, 4, 3)):
        for train in (True, False):
            layer = BatchNorm(3, dtype=np.float64)
            rng = _rng()
            for array in (*layer.params.values(), *layer.buffers.values()):
                array[...] = rng.uniform(0.5, 2, array.shape)
            mode = 'train' if train else 'test'
            checks += check_layer(layer, _x(*shape), train=train,
                                  name=f'BatchNorm {len(shape)}-D, {mode}')
    checks += check_layer(BatchNorm(3, scale=1.5, dtype=np.float64), _x(6, 3),
                          name='BatchNorm, fixed scale')
    return checks


def _gaussian_posterior():
    return [check for train in (True, False)
            for check in check_layer(GaussianPosterior(_rng()), _x(5, 6), train=train,
                                     name=f'GaussianPosterior, {"train" if train else "test"}')]


def _location_dependent():
    checks = []
    for k in (1, 2):
        layer = LocationDependentBias(4, 3, 4, 5, _rng(), k=k, hidden=6, dtype=np.float64)
        checks += check_layer(layer, _x(2, 3, 4, 5), _z(2, 4), name=f'LocationDependentBias k={k}')
    return checks


def _logistic_mixture():
    checks = []
    for channels, components, shape in ((1, 3, (3, 1, 2)), (3, 2, (3, 1, 1))):
        parameters = _x(*shape, mixture_outputs(channels, components))
        first = (1 + channels) * components
        log_scales = parameters[..., first:first + channels * components]
        log_scales -= 3
        levels = _rng().integers(0, 256, (*shape, channels))
        levels.flat[:2] = 0, 255
        x = (levels - 127.5) / 127.5
        name = f'logistic mixture, {"grey" if channels == 1 else "RGB"}'
        checks += check_loss(discretized_logistic_mixture, parameters, constants=(x,), name=name)
        log_scales[1:] = -8
        checks += check_loss(discretized_logistic_mixture, parameters, constants=(x,),
                             name=f'{name}, clamped')
    return checks


CASES = {
    'Dense': _layer(lambda: Dense(4, 3, _rng(), dtype=np.float64), _x(5, 4)),
    'Conv2D': _conv2d,
    'CausalConv2D': _causal,
    'MaxPool2D': _layer(lambda: MaxPool2D(2), _x(2, 4, 6, 3)),
    'BatchNorm': _batch_norm,
    'ReLU': _layer(ReLU, _x(5, 4)),
    'Tanh': _layer(Tanh, _x(5, 4)),
    'Sigmoid': _layer(Sigmoid, _x(5, 4)),
    'GatedUnit': _layer(GatedUnit, _x(5, 4)),
    'Softmax': _layer(Softmax, _x(5, 4)),
    'Dropout': _layer(lambda: Dropout(0.7, _rng()), _x(5, 4)),
    'GaussianNoise': _layer(lambda: GaussianNoise(0.3, _rng()), _x(5, 4)),
    'AffineNoise': _layer(lambda: AffineNoise(0.3, _rng()), _x(3, 5, 4, 2)),
    'GaussianPosterior': _gaussian_posterior,
    'Flatten': _layer(Flatten, _x(2, 3, 4)),
    'LocationInvariantBias': _layer(
        lambda: LocationInvariantBias(4, 5, _rng(), dtype=np.float64), _x(2, 3, 4, 5), _z(2, 4)),
    'LocationDependentBias': _location_dependent,
    'CodeMap': _layer(lambda: CodeMap(4, 3, 4, 2, _rng(), hidden=6, dtype=np.float64), _z(2, 4)),
    'Sequential': _layer(
        lambda: Sequential(Dense(4, 6, _rng(), dtype=np.float64), Tanh(),
                           Dense(6, 3, _rng(), dtype=np.float64)), _x(5, 4)),
    'Residual': _layer(
        lambda: Residual(Sequential(Tanh(), Dense(4, 4, _rng(), dtype=np.float64))), _x(5, 4)),
    'sigmoid_cross_entropy': lambda: check_loss(
        losses.sigmoid_cross_entropy, _x(3, 4, 2), constants=(_rng().random((3, 4, 2)),)),
    'softmax_cross_entropy': lambda: check_loss(
        losses.softmax_cross_entropy, _x(5, 4), constants=(np.array([0, 3, 1, 3, 2]),)),
    'half_squared_error': lambda: check_loss(
        losses.half_squared_error, _x(3, 4, 2), constants=(_z(3, 4, 2),)),
    'discriminator_cost': lambda: check_loss(losses.discriminator_cost, _x(5, 1), _z(4, 1)),
    'generator_cost': lambda: check_loss(losses.generator_cost, _x(5, 1)),
    'gaussian_kl': lambda: check_loss(losses.gaussian_kl, _x(5, 6), constants=(1.7,)),
    'discretized_logistic_mixture': _logistic_mixture,
}
