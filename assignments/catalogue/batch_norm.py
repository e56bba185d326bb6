"""Batch normalisation."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import ask_backward, ask_forward, only, set_parameters
from nn.batch_norm import BatchNorm
from nn.gradcheck import check_layer


def layer(gamma, momentum, eps, **arrays):
    made = BatchNorm(len(gamma), momentum=momentum, eps=eps, dtype=np.float64)
    return set_parameters(made, gamma=gamma, **arrays)


def draw(axes, train):
    """Inputs with so many axes, of lengths that are drawn, too. eps is large enough to be seen."""
    def inputs(rng):
        shape = (2 + rng.permutation(axes + 1)[:axes]).tolist()
        shape[0] += 3       # no small batch: a factor of 2 is not its size
        features = shape[-1]
        return {'x': 1 + 2 * rng.standard_normal(shape), 'dy': rng.standard_normal(shape),
                'gamma': rng.uniform(0.5, 2, features), 'beta': rng.standard_normal(features),
                'running_mean': rng.standard_normal(features),
                'running_var': rng.uniform(0.5, 2, features),
                'momentum': rng.uniform(0.6, 0.9), 'eps': rng.uniform(0.01, 0.1), 'train': train}
    return inputs


def at_right_angles(draw, *ways):
    """Where nothing goes through the mean (the sum of dy is 0), or through the variance (that of dy
    times the centred x is): what a solution is right for tells what it forgets."""
    def inputs(rng):
        drawn = draw(rng)
        centred = drawn['x'] - drawn['x'].mean(axis=0)
        for way in ways:
            along = centred if way == 'variance' else np.ones_like(centred)
            drawn['dy'] -= along * (drawn['dy'] * along).sum(axis=0) / (along * along).sum(axis=0)
        return drawn
    return inputs


TRAINING = {'x (N, C)': draw(2, True), 'images': draw(4, True)}
EVALUATION = {'x (N, C)': draw(2, False), 'images': draw(4, False)}
WAYS = TRAINING | {
    'nothing through the mean': at_right_angles(draw(2, True), 'mean'),
    'nothing through the variance': at_right_angles(draw(2, True), 'variance'),
    'nothing through either': at_right_angles(draw(2, True), 'mean', 'variance')}
BOTH = {'training': draw(2, True), 'images': draw(4, True), 'evaluation': draw(2, False)}


def forward(x, dy, train, **arrays):
    return ask_forward(layer(**arrays), x, train=train)


def running(x, dy, train, **arrays):
    """After a pass in training, one in evaluation, and one more in training where `train`."""
    made = layer(**arrays)
    for image, mode in ((x, True), (x + 1, False), (2 * x, True))[:2 + train]:
        made.forward(image, mode)
    return {name: made.buffers[name] for name in ('running_mean', 'running_var')}


def backward(x, dy, train, **arrays):
    return ask_backward(layer(**arrays), dy, train=train, x=x)


def gradcheck():
    made, rng = BatchNorm(3, dtype=np.float64), np.random.default_rng(1)
    for array in (*made.params.values(), *made.buffers.values()):
        array[...] = rng.uniform(0.5, 2, array.shape)
    return [check for shape in ((6, 3), (5, 2, 4, 3)) for check in check_layer(
        made, rng.standard_normal(shape), name=f'BatchNorm {len(shape)}-D')]


FORWARD, BACKWARD = (f'nn/batch_norm.py:BatchNorm.{name}' for name in ('forward', 'backward'))
ASSIGNMENT = Assignment(
    name='batch-norm',
    title='Batch normalisation',
    learns='A layer that is another one in training; a gradient through statistics of the batch.',
    sources="PixelGAN, appendices B.1.2 and B.1.3, its reference [41]; AAE, appendix A.3",
    hours=3,
    after=('dense',),
    parts=(
        Part('forward in training', FORWARD, 2, forward, TRAINING,
             doc='x: (N, C) or (N, H, W, C) -> (y, cache), y of the same shape. cache: (the\n'
                 'normalised x as rows (rows, C), 1 / sqrt(var + eps), train).'),
        Part('running averages', FORWARD, 2, running,
             {'training and evaluation': draw(2, False), 'two steps of training': draw(4, True)}),
        Part('forward in evaluation', FORWARD, 1, forward, EVALUATION),
        Part('gradients of gamma and beta', BACKWARD, 2, only(backward, 'grads'), BOTH,
             own='forward in training',
             doc="dy: of the shape of y. Adds to self.grads['gamma'] and self.grads['beta'], and\n"
                 'returns dL/dx.'),
        Part('gradient of x in training', BACKWARD, 4, only(backward, 'dx'), WAYS,
             own='forward in training'),
        Part('gradient of x in evaluation', BACKWARD, 1, only(backward, 'dx'), EVALUATION,
             own='forward in evaluation')),
    gradcheck=gradcheck)
