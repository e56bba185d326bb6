"""Gradient descent with momentum, and Adam."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import Broken
from nn.gradcheck.calls import describe
from nn.layer import Layer
from nn.optim import SGD, Adam


def draw(axes, first=False, **slots):
    """Arrays of one parameter, of lengths that are drawn, too. slots: what is remembered of it,
    and the least number in it; zeros where it is the first step."""
    def inputs(rng):
        shape = (2 + rng.permutation(4)[:axes]).tolist()
        shape[0] += 5       # a factor of 2 is not a size
        return {name: rng.standard_normal(shape) for name in ('parameter', 'gradient')} | {
            name: np.zeros(shape) if first else np.maximum(rng.standard_normal(shape), least)
            for name, least in slots.items()}
    return inputs


def with_numbers(draw, **ranges):
    def inputs(rng):
        return draw(rng) | {name: rng.uniform(*limits) for name, limits in ranges.items()}
    return inputs


def cases(slots, **ranges):
    return {name: with_numbers(draw(axes, name == 'first step', **slots), **ranges)
            for name, axes in (('a vector', 1), ('a kernel', 4), ('first step', 2))}


SGD_CASES = cases({'velocity': -9}, momentum=(0.5, 0.9), rate=(0.1, 0.5))
# rest1 and rest2 are what is left of 1 (adam, below); step_size and eps come from `numbers`.
ADAM_CASES = cases({'m': -9, 'v': 0.1}, step_size=(0.1, 0.5), beta1=(0.3, 0.9), beta2=(0.5, 0.99),
                   eps=(0.1, 0.5))


def of_steps(count, eps):
    """Gradients of so many steps for a matrix W and a vector b."""
    def inputs(rng):
        n, m = (2 + rng.permutation(3)[:2]).tolist()
        return {'W': rng.standard_normal((n, m)), 'b': rng.standard_normal(m),
                'gradients_W': rng.standard_normal((count, n, m)),
                'gradients_b': rng.standard_normal((count, m)),
                'learning_rate': rng.uniform(0.1, 0.5), 'beta1': rng.uniform(0.3, 0.9),
                'beta2': rng.uniform(0.9, 0.99), 'eps': eps * rng.uniform(0.5, 1)}
    return inputs


def update(optimizer, parameter, gradient, slots, numbers):
    """What an update makes of the parameter and of the slots, all of which it works on in place."""
    arrays = {'parameter': parameter.copy(), 'gradient': gradient.copy()} | {
        name: array.copy() for name, array in slots.items()}
    optimizer.update(*arrays.values(), **numbers)
    if not np.array_equal(arrays.pop('gradient'), gradient):
        raise Broken('update changes the gradient')
    for name, before in (('parameter', parameter), *slots.items()):
        if np.array_equal(arrays[name], before):
            raise Broken(f'{name} is as it was: change it in place')
    return arrays


def sgd(parameter, gradient, velocity, **numbers):
    return update(SGD, parameter, gradient, {'velocity': velocity}, numbers)


def adam(parameter, gradient, m, v, **numbers):
    rest = {'rest1': 1 - numbers['beta1'], 'rest2': 1 - numbers['beta2']}
    return update(Adam, parameter, gradient, {'m': m, 'v': v}, numbers | rest)


def steps(W, b, gradients_W, gradients_b, **numbers):
    layer = Layer()
    layer.add_param('W', W.copy())
    layer.add_param('b', b.copy())
    optimizer = Adam({'network': layer}, **numbers)
    for step in 1, 2:
        optimizer.steps = step
        found = optimizer.numbers()
        if not isinstance(found, dict):
            raise Broken(f'numbers returned {describe(found)}; it must return a dict')
        if optimizer.numbers() != found or optimizer.steps != step:
            raise Broken('numbers changes something: asked again in the same step, it must return '
                         'the same')
    optimizer.steps = 0
    for gradient_W, gradient_b in zip(gradients_W, gradients_b):
        layer.grads['W'][...] = gradient_W
        layer.grads['b'][...] = gradient_b
        optimizer.step()
    return layer.params | {'steps': optimizer.steps}


ASSIGNMENT = Assignment(
    name='optimizers',
    title='Momentum and Adam',
    learns='What an optimiser remembers; an average that begins at zero, and how to correct it.',
    sources="PixelGAN, appendices B.1.1 and B.1.2, its reference [42]; AAE, appendix A.2",
    hours=2,
    parts=(
        Part('momentum', 'nn/optim.py:SGD.update', 2, sgd, SGD_CASES,
             doc='Changes parameter and velocity, arrays of one shape, in place. Returns nothing.'),
        Part('Adam update', 'nn/optim.py:Adam.update', 3, adam, ADAM_CASES,
             doc='Changes parameter, m and v, arrays of one shape, in place. Returns nothing.\n'
                 'step_size and eps are already corrected; rest1 = 1 - beta1, rest2 = 1 - beta2.'),
        Part('Adam numbers', 'nn/optim.py:Adam.numbers', 3, steps,
             {'one step': of_steps(1, 1e-12), 'five steps': of_steps(5, 1e-12),
              'a large eps': of_steps(3, 1.0)},
             doc='The numbers that `update` is given in step self.steps, 1 for the first: a\n'
                 'dict with step_size, beta1, rest1, beta2, rest2, eps.')))
