"""The three ways in which a PixelCNN is given a code, and the decoder that they are in."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import ask_backward, ask_forward, only, set_parameters
from models.pixelcnn import PixelCNN
from nn.conditioning import LocationDependentBias, LocationInvariantBias
from nn.gradcheck import check_layer

F64 = {'dtype': np.float64}


def invariant(V):
    return set_parameters(LocationInvariantBias(*V.shape, np.random.default_rng(0), **F64), V=V)


def dependent(code_size, shape, k, weights):
    """weights: the seed of the layer's parameters."""
    return LocationDependentBias(code_size, *shape, np.random.default_rng(weights), k, hidden=5,
                                 **F64)


def decoder(code_size, image_shape, conditioning, k, weights):
    """Its own biases are drawn, too: with few features all ReLUs of its head could be at zero."""
    rng = np.random.default_rng(weights)
    made = PixelCNN(image_shape, code_size, 2, rng, features=8, kernel_size=(2, 3),
                    conditioning=conditioning, code_channels=k, out_channels=2, **F64)
    for parameter in made.parameters().values():
        if parameter.ndim == 1:
            parameter[...] = rng.uniform(-0.5, 0.5, len(parameter))
    return made


def draw(code=True, **options):
    """x, z and dy of sizes that are drawn, too."""
    def inputs(rng):
        n, (channels, code_size) = rng.integers(5, 7), 2 + rng.permutation(3)[:2]
        shape = (n, *(3 + rng.permutation(2)), channels)
        arrays = {'x': rng.standard_normal(shape), 'dy': rng.standard_normal(shape)}
        if code:
            arrays['z'] = rng.standard_normal((n, code_size))
        return arrays | options | {'weights': int(rng.integers(1 << 30))}
    return inputs


def of_invariant(rng):
    inputs = draw()(rng)
    return inputs | {'V': rng.standard_normal((inputs['z'].shape[1], inputs['x'].shape[3]))}


def of_decoder(conditioning, **options):
    def inputs(rng):
        inputs = draw(conditioning=conditioning, **options)(rng)
        return inputs | {'dy': rng.standard_normal((*inputs['x'].shape[:3], 2))}
    return inputs


def invariant_forward(x, z, dy, V, weights):
    return ask_forward(invariant(V), x, z)


def invariant_backward(x, z, dy, V, weights):
    return ask_backward(invariant(V), dy, x=x, z=z)


def dependent_forward(x, z, dy, k, weights):
    return ask_forward(dependent(z.shape[1], x.shape[1:], k, weights), x, z)


def dependent_backward(x, z, dy, k, weights):
    return ask_backward(dependent(z.shape[1], x.shape[1:], k, weights), dy, x=x, z=z)


def made(x, z, conditioning, k, weights):
    return decoder(0 if z is None else z.shape[1], x.shape[1:], conditioning, k, weights)


def decoder_forward(x, dy, z=None, **options):
    return ask_forward(made(x, z, **options), x, z, name='logits')


def decoder_backward(x, dy, z=None, **options):
    return ask_backward(made(x, z, **options), dy, x=x, z=z)


def gradcheck():
    rng = np.random.default_rng(1)
    x, z = rng.standard_normal((5, 3, 4, 3)), rng.standard_normal((5, 2))
    checks = check_layer(LocationInvariantBias(2, 3, rng, **F64), x, z)
    for k in (1, 2):
        checks += check_layer(dependent(2, (3, 4, 3), k, 4), x, z,
                              name=f'LocationDependentBias k={k}')
    for conditioning in ('location-invariant', 'input-channel'):
        checks += check_layer(decoder(2, (3, 4, 3), conditioning, 1, 4), x, z,
                              name=f'PixelCNN {conditioning}')
    return checks


INVARIANT = {'x (N, H, W, C)': of_invariant}
DEPENDENT = {'k = 1': draw(k=1), 'k = 4': draw(k=4)}
BIASES = {'location-invariant': of_decoder('location-invariant', k=1),
          'location-dependent': of_decoder('location-dependent', k=1)}
NO_CODE = {'no code': of_decoder('location-invariant', k=1, code=False)}
INPUT = {'k = 1': of_decoder('input-channel', k=1), 'k = 2': of_decoder('input-channel', k=2)}
ASSIGNMENT = Assignment(
    name='conditioning',
    title='A code for the PixelCNN',
    learns='Broadcasting and its gradient, a sum; how the cost of the decoder reaches the encoder.',
    sources='PixelGAN, section 2, appendix A.2, figure 3',
    hours=4,
    after=('dense', 'pixelcnn-block'),
    parts=(
        Part('location-invariant bias', 'nn/conditioning.py:LocationInvariantBias.forward', 1,
             invariant_forward, INVARIANT,
             doc='x: (N, H, W, channels), z: (N, code_size) -> (y, cache). cache: z.'),
        Part('location-invariant gradients', 'nn/conditioning.py:LocationInvariantBias.backward', 3,
             invariant_backward, INVARIANT, own='location-invariant bias',
             doc="dy: (N, H, W, channels). Adds to self.grads['V'] and returns (dL/dx, dL/dz)."),
        Part('location-dependent bias', 'nn/conditioning.py:LocationDependentBias.forward', 2,
             dependent_forward, DEPENDENT,
             doc='x: (N, H, W, channels), z: (N, code_size) -> (y, cache).\n'
                 "cache: (code_map's, project's); the second is None for k = 1."),
        Part('location-dependent gradients', 'nn/conditioning.py:LocationDependentBias.backward',
             3, dependent_backward, DEPENDENT, own='location-dependent bias',
             doc='dy: (N, H, W, channels). Returns (dL/dx, dL/dz).'),
        Part('decoder with biases', 'models/pixelcnn.py:PixelCNN.forward', 2, decoder_forward,
             BIASES | NO_CODE),
        Part('decoder with an input channel', 'models/pixelcnn.py:PixelCNN.forward', 2,
             decoder_forward, INPUT),
        Part('gradient of x', 'models/pixelcnn.py:PixelCNN.backward', 2,
             only(decoder_backward, 'dx'), BIASES | NO_CODE | INPUT, own='decoder with biases'),
        Part('gradient of z by biases', 'models/pixelcnn.py:PixelCNN.backward', 2,
             only(decoder_backward, 'dz'), BIASES, own='decoder with biases'),
        Part('gradient of z by an input channel', 'models/pixelcnn.py:PixelCNN.backward', 2,
             only(decoder_backward, 'dz'), INPUT, own='decoder with an input channel')),
    gradcheck=gradcheck)
