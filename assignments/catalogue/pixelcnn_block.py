"""One layer of a PixelCNN: both stacks, the link between them, the residual, the code's bias."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import ask_backward, ask_forward, only
from models.pixelcnn import PixelCNNLayer
from nn.gradcheck import check_layer
from nn.layer import Layer


class ByCode(Layer):
    """Stands in the place of the bias by a code, which is a later assignment: y = x (1 + u s), with
    s the mean square of the code of an image. x: (N, H, W, features), z: (N, code_size)."""

    def __init__(self, features, rng):
        super().__init__()
        self.add_param('u', rng.standard_normal(features))

    def forward(self, x, z, train=False):
        s = np.square(z).mean(axis=1).reshape(-1, 1, 1, 1)
        return x * (1 + self.params['u'] * s), (x, z, s)

    def backward(self, dy, cache):
        x, z, s = cache
        self.grads['u'] += (dy * x * s).sum(axis=(0, 1, 2))
        ds = np.einsum('nijc,nijc,c->n', dy, x, self.params['u'])
        return dy * (1 + self.params['u'] * s), 2 * ds[:, None] * z / z.shape[1]


def layer(features, activation, first, code, weights, kernel_size=(2, 3)):
    """weights: the seed of the layer's parameters. code: whether there is one."""
    rng = np.random.default_rng(weights)
    return PixelCNNLayer(features, features, kernel_size, activation, bool(first),
                         (lambda outputs: ByCode(outputs, rng)) if code else None, rng,
                         dtype=np.float64)


def draw(activation, first, code=True):
    """Inputs of sizes that are drawn, too."""
    def inputs(rng):
        n, (features, code_size) = rng.integers(5, 7), 2 + rng.permutation(3)[:2]
        shape = (n, *(3 + rng.permutation(2)), features)
        inputs = {name: rng.standard_normal(shape) for name in ('v', 'h', 'dv_out', 'dh_out')}
        return inputs | ({'z': rng.standard_normal((n, code_size))} if code else {}) | {
            'activation': activation, 'first': first, 'weights': int(rng.integers(1 << 30))}
    return inputs


def without(draw, name):
    def inputs(rng):
        drawn = draw(rng)
        return drawn | {name: 0 * drawn[name]}
    return inputs


def made(v, activation, first, weights, z=None):
    return layer(v.shape[3], activation, first, z is not None, weights)


def forward(v, h, dv_out, dh_out, z=None, **options):
    answers = ask_forward(made(v, z=z, **options), v, h, z)
    if len(answers) != 2:
        raise TypeError("forward must return the pair ((v', h'), cache)")
    return {"v'": answers['y_0'], "h'": answers['y_1']}


def backward(v, h, dv_out, dh_out, z=None, **options):
    return ask_backward(made(v, z=z, **options), (dv_out, dh_out), v=v, h=h, z=z)


CASES = {'first layer': draw('relu', True), 'residual block': draw('relu', False),
         'gated': draw('gated', False), 'no code': draw('relu', False, code=False)}
# The last layer of a PixelCNN has no gradient of v'.
BACKWARD_CASES = CASES | {"no gradient of v'": without(CASES['residual block'], 'dv_out'),
                          "no gradient of h'": without(CASES['residual block'], 'dh_out')}
WITH_CODE = {name: case for name, case in BACKWARD_CASES.items() if name != 'no code'}


def gradcheck():
    checks, rng = [], np.random.default_rng(1)
    for activation, first, code in (('relu', True, True), ('gated', False, True),
                                    ('relu', False, False)):
        name = f'{activation}, {"first" if first else "later"}' + ', no code' * (not code)
        checks += check_layer(
            layer(3, activation, first, code, weights=4), rng.standard_normal((5, 3, 4, 3)),
            rng.standard_normal((5, 3, 4, 3)),
            rng.standard_normal((5, 2)) if code else None, name=name)
    return checks


FORWARD, BACKWARD = (f'models/pixelcnn.py:PixelCNNLayer.{name}' for name in ('forward', 'backward'))
ASSIGNMENT = Assignment(
    name='pixelcnn-block',
    title='A block of the PixelCNN',
    learns='A layer with two inputs, two outputs and branches: where paths join, gradients add.',
    sources='PixelGAN, section 2, appendices A.2 and B.1, its reference [15]',
    hours=3,
    after=('dense', 'activations', 'causal-mask'),
    parts=(
        Part('vertical stack', FORWARD, 2, only(forward, "v'"), CASES,
             doc="v, h: (N, H, W, in_channels), z: (N, code_size) or None -> ((v', h'), cache),\n"
                 "v', h': (N, H, W, features). cache: what the forward passes of conv_v, bias_v,\n"
                 'conv_h, v_to_h, bias_h, activation (of v), activation (of h) and out keep, in\n'
                 'this order; None for a bias that is not there.'),
        Part('horizontal stack', FORWARD, 3, only(forward, "h'"), CASES),
        Part('gradient of v', BACKWARD, 2, only(backward, 'dv'), BACKWARD_CASES,
             own='horizontal stack'),
        Part('gradient of h', BACKWARD, 2, only(backward, 'dh'), BACKWARD_CASES,
             own='horizontal stack'),
        Part('gradient of z', BACKWARD, 2, only(backward, 'dz'), WITH_CODE,
             own='horizontal stack'),
        Part('gradients of parameters', BACKWARD, 2, only(backward, 'grads'), BACKWARD_CASES,
             own='horizontal stack')),
    gradcheck=gradcheck)
