"""A small case for each network of models/ and its costs, for `python -m nn.gradcheck`, as
nn/gradcheck/cases.py has them for nn/."""
import numpy as np

from models.aae import dense_decoder
from models.discriminator import discriminator
from models.embedding import ClusterHeads, distance_cost
from models.encoders import (
    MultiHeadEncoder,
    categorical_encoder,
    dense_encoder,
    dense_features,
    linear_head,
)
from models.pixelcnn import ACTIVATIONS, CONDITIONINGS, PixelCNN, PixelCNNLayer
from nn.activations import Softmax
from nn.backend import to_device
from nn.conditioning import LocationInvariantBias
from nn.gradcheck import causality
from nn.gradcheck.cases import layer_case, loss_case, together
from nn.reparametrization import GaussianPosterior

F64 = {'dtype': np.float64}


def _rng():
    return np.random.default_rng(17)


def _x(*shape):
    return np.random.default_rng(19).standard_normal(shape)


def _z(*shape):
    return np.random.default_rng(23).standard_normal(shape)


def _block():
    """One layer of both stacks, with and without a code: inputs v, h, z and outputs v, h."""
    cases = []
    for activation in ACTIVATIONS:
        for first, code_size in ((True, 2), (False, 2), (False, 0)):
            def make(activation=activation, first=first, code_size=code_size):
                rng = _rng()
                bias = (lambda outputs: LocationInvariantBias(code_size, outputs, rng, **F64)
                        ) if code_size else None
                return PixelCNNLayer(3, 3, (2, 3), activation, first, bias, rng, **F64)
            name = (f'PixelCNNLayer {activation}, {"first" if first else "later"}'
                    + ', no code' * (not code_size))
            cases.append(layer_case(make, _x(2, 3, 4, 3), _z(2, 3, 4, 3),
                                    _z(2, 2) if code_size else None, name=name))
    return together(*cases)


def _pixelcnn():
    cases = []
    for activation in ACTIVATIONS:
        for conditioning, code_size in (*((each, 2) for each in CONDITIONINGS), ('no code', 0)):
            def make(activation=activation, conditioning=conditioning, code_size=code_size):
                conditioning = conditioning if code_size else CONDITIONINGS[0]
                return PixelCNN((4, 4, 1), code_size, 2, _rng(), 3, (2, 3), activation,
                                conditioning, code_channels=2, **F64)

            def sees(device, make=make, code_size=code_size, name=None):
                return _sees_what_comes_before(make(), code_size, device, name)
            name = f'PixelCNN {activation}, {conditioning}'
            code = _z(2, code_size) if code_size else None
            cases += [layer_case(make, _x(2, 4, 4, 1), code, name=name),
                      lambda device, sees=sees, name=name: sees(device, name=name)]
    return together(*cases)


def _sees_what_comes_before(decoder, code_size, device, name):
    """check_causality of a decoder whose weights, pixels and codes are positive, so that no ReLU
    is at zero, and small, so that no gate is at one."""
    rng = _rng()
    for path, parameter in decoder.parameters().items():
        size = 0.001 if 'code_map' in path else 0.1     # the map has 1,000 units
        live = parameter != 0 if parameter.ndim == 4 else True
        parameter[...] = size * live * rng.uniform(0.5, 1.5, parameter.shape)
    codes = [to_device(rng.uniform(0.5, 1.5, (1, code_size)), device)] if code_size else []
    x = to_device(rng.random((1, 4, 4, 1)), device)
    return causality.check_causality(decoder.to(device), x, *codes, sees=causality.before,
                                     name=name)


def _categorical_encoder():
    return together(*(
        layer_case(lambda options=options: categorical_encoder(
            (8, 8, 1), 3, _rng(), features=2, filter_size=3, **options, **F64),
            _x(4, 8, 8, 1), input_gradient=False, name=f'categorical_encoder {title}'.strip())
        for title, options in (('', {'noise_std': 0.3, 'convolutions': 2}),
                               ('logit batch norm', {'logit_batch_norm': True, 'keep': 0.8}),
                               ('logit scale', {'logit_batch_norm': True, 'logit_scale': 1.5}))))


def _multi_head_encoder():
    def make(second):
        rng = _rng()
        trunk = dense_features((4, 3, 1), rng, 7, **F64)
        return MultiHeadEncoder(trunk, [(linear_head(7, 3, rng, **F64), Softmax()),
                                        (linear_head(7, 4, rng, **F64), second)])
    return together(*(
        layer_case(lambda second=second: make(second and second(_rng())), _x(5, 4, 3, 1),
                   input_gradient=False, name=f'MultiHeadEncoder, {title} style')
        for title, second in (('linear', None), ('Gaussian', GaussianPosterior))))


CASES = {
    'PixelCNNLayer': _block(),
    'PixelCNN': _pixelcnn(),
    'categorical_encoder': _categorical_encoder(),
    'dense_encoder': layer_case(lambda: dense_encoder((4, 4, 1), 2, _rng(), hidden=7, **F64),
                                _x(5, 4, 4, 1), input_gradient=False, name='dense_encoder'),
    'MultiHeadEncoder': _multi_head_encoder(),
    'dense_decoder': layer_case(lambda: dense_decoder(3, (4, 3, 1), _rng(), 7, batch_norm=True,
                                                      **F64), _z(5, 3), name='dense_decoder'),
    'discriminator': layer_case(lambda: discriminator(3, 7, _rng(), **F64), _z(5, 3),
                                name='discriminator'),
    'ClusterHeads': layer_case(lambda: ClusterHeads(_x(3, 2)), _z(5, 5)),
    'distance_cost': loss_case(distance_cost, 2 * _x(6, 2), constants=(2.5,)),
}
