"""A small case for each layer and loss of nn/, for `python -m nn.gradcheck`.

The tests draw many more shapes; here each case is one that a person can follow by hand. A case is a
function of the device ('cpu' or 'gpu') that returns a list of Check.
"""
import functools

import numpy as np

from nn import losses
from nn.activations import Flatten, GatedUnit, ReLU, Sigmoid, Softmax, Tanh
from nn.affine_noise import AffineNoise
from nn.backend import to_device
from nn.batch_norm import BatchNorm
from nn.causal_conv import CausalConv2D
from nn.conditioning import CodeMap, LocationDependentBias, LocationInvariantBias
from nn.conv import Conv2D
from nn.dense import Dense
from nn.gradcheck import causality
from nn.gradcheck.layers import check_layer
from nn.gradcheck.losses import check_loss
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


def layer_case(make, *inputs, **options):
    """check_layer of make() at `inputs`, both on the device of the case. The layer is made afresh
    each time that it is checked."""
    def case(device='cpu'):
        return check_layer(make().to(device), *(None if x is None else to_device(x, device)
                                                for x in inputs), **options)
    return case


def loss_case(function, *logits, constants=(), **options):
    """check_loss of function(*logits, *constants), all arrays on the device of the case."""
    def case(device='cpu'):
        moved = [to_device(x, device) if isinstance(x, np.ndarray) else x for x in constants]
        return check_loss(function, *(to_device(x, device) for x in logits), constants=moved,
                          **options)
    return case


def together(*cases):
    return lambda device='cpu': [check for case in cases for check in case(device)]


def _conv2d():
    return together(*(
        layer_case(lambda options=(stride, padding): Conv2D(2, 3, (3, 2), _rng(), *options,
                                                            dtype=np.float64),
                   _x(2, 6, 5, 2), name=f'Conv2D {padding}, stride {stride}')
        for padding, stride in (('same', 1), ('valid', 1), ('same', (2, 3)), ('valid', (3, 2)))))


def _causal():
    cases = []
    for stack, kernel_size in (('vertical', (3, 5)), ('horizontal', (1, 3))):
        for first in (True, False):
            def make(options=(kernel_size, stack, first)):
                return CausalConv2D(2, 3, *options, _rng(), dtype=np.float64)

            def sees(device, make=make, options=(kernel_size, first), stack=stack, name=None):
                return causality.check_causality(
                    make().to(device), to_device(_x(1, 4, 5, 2), device), name=name,
                    sees=getattr(causality, stack)(*options))
            name = f'CausalConv2D {stack}, {"first" if first else "later"}'
            cases += [layer_case(make, _x(2, 5, 6, 2), name=name),
                      functools.partial(sees, name=name)]
    return together(*cases)


def _batch_norm():
    def make(**options):
        layer, rng = BatchNorm(3, dtype=np.float64, **options), _rng()
        for array in (*layer.params.values(), *layer.buffers.values()):
            array[...] = rng.uniform(0.5, 2, array.shape)
        return layer
    return together(
        *(layer_case(make, _x(*shape), name=f'BatchNorm {len(shape)}-D')
          for shape in ((6, 3), (2, 3, 4, 3))),
        layer_case(lambda: make(scale=1.5), _x(6, 3), name='BatchNorm, fixed scale'))


def _location_dependent():
    return together(*(
        layer_case(lambda k=k: LocationDependentBias(4, 3, 4, 5, _rng(), k=k, hidden=6,
                                                     dtype=np.float64),
                   _x(2, 3, 4, 5), _z(2, 4), name=f'LocationDependentBias k={k}')
        for k in (1, 2)))


def _logistic_mixture():
    cases = []
    for channels, components, shape in ((1, 3, (3, 1, 2)), (3, 2, (3, 1, 1))):
        first = (1 + channels) * components
        levels = _rng().integers(0, 256, (*shape, channels))
        levels.flat[:2] = 0, 255
        x = (levels - 127.5) / 127.5
        name = f'logistic mixture, {"grey" if channels == 1 else "RGB"}'
        for title, clamped in ((name, False), (f'{name}, clamped', True)):
            parameters = _x(*shape, mixture_outputs(channels, components))
            log_scales = parameters[..., first:first + channels * components]
            log_scales -= 3
            if clamped:
                log_scales[1:] = -8
            cases.append(loss_case(discretized_logistic_mixture, parameters, constants=(x,),
                                   name=title))
    return together(*cases)


CASES = {
    'Dense': layer_case(lambda: Dense(4, 3, _rng(), dtype=np.float64), _x(5, 4)),
    'Conv2D': _conv2d(),
    'CausalConv2D': _causal(),
    'MaxPool2D': layer_case(lambda: MaxPool2D(2), _x(2, 4, 6, 3)),
    'BatchNorm': _batch_norm(),
    'ReLU': layer_case(ReLU, _x(5, 4)),
    'Tanh': layer_case(Tanh, _x(5, 4)),
    'Sigmoid': layer_case(Sigmoid, _x(5, 4)),
    'GatedUnit': layer_case(GatedUnit, _x(5, 4)),
    'Softmax': layer_case(Softmax, _x(5, 4)),
    'Dropout': layer_case(lambda: Dropout(0.7, _rng()), _x(5, 4)),
    'GaussianNoise': layer_case(lambda: GaussianNoise(0.3, _rng()), _x(5, 4)),
    'AffineNoise': layer_case(lambda: AffineNoise(0.3, _rng()), _x(3, 5, 4, 2)),
    'GaussianPosterior': layer_case(lambda: GaussianPosterior(_rng()), _x(5, 6)),
    'Flatten': layer_case(Flatten, _x(2, 3, 4)),
    'LocationInvariantBias': layer_case(
        lambda: LocationInvariantBias(4, 5, _rng(), dtype=np.float64), _x(2, 3, 4, 5), _z(2, 4)),
    'LocationDependentBias': _location_dependent(),
    'CodeMap': layer_case(lambda: CodeMap(4, 3, 4, 2, _rng(), hidden=6, dtype=np.float64), _z(2, 4)),
    'Sequential': layer_case(
        lambda: Sequential(Dense(4, 6, _rng(), dtype=np.float64), Tanh(),
                           Dense(6, 3, _rng(), dtype=np.float64)), _x(5, 4)),
    'Residual': layer_case(
        lambda: Residual(Sequential(Tanh(), Dense(4, 4, _rng(), dtype=np.float64))), _x(5, 4)),
    'sigmoid_cross_entropy': loss_case(
        losses.sigmoid_cross_entropy, _x(3, 4, 2), constants=(_rng().random((3, 4, 2)),)),
    'softmax_cross_entropy': loss_case(
        losses.softmax_cross_entropy, _x(5, 4), constants=(np.array([0, 3, 1, 3, 2]),)),
    'half_squared_error': loss_case(
        losses.half_squared_error, _x(3, 4, 2), constants=(_z(3, 4, 2),)),
    'discriminator_cost': loss_case(losses.discriminator_cost, _x(5, 1), _z(4, 1)),
    'generator_cost': loss_case(losses.generator_cost, _x(5, 1)),
    'gaussian_kl': loss_case(losses.gaussian_kl, _x(5, 6), constants=(1.7,)),
    'discretized_logistic_mixture': _logistic_mixture(),
}
