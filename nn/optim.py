"""Optimisers: they hold layers, look the parameters up by name, and update them in place.

After `network.to(device)` its parameters lie side by side in memory, and so do its gradients: an
update is then a few operations on one large array (nn/fast/flat.py), on a GPU one kernel.
"""
import math
from functools import partial

import numpy as np

from nn.backend import array_module
from nn.draws import from_host
from nn.fast.elementwise import elementwise
from nn.fast.flat import Joined, side_by_side
from nn.fast.parallel import by_rows
from nn.processes import total


class Optimizer:
    """What the two optimisers share: `step`, which updates all parameters.

    networks: name -> Layer, those that a phase updates together. slots: the names of what is
    remembered of each parameter, such as its velocity: an array of the parameter's shape.
    An optimiser says what is done in place to a parameter, its gradient and its slots, arrays of
    one shape: `update`; and with which `numbers`, a dict: those of step `self.steps`, which is 1
    for the first.
    """

    slots = ()

    def __init__(self, networks, learning_rate):
        if learning_rate < 0:
            raise ValueError(f'learning rate must not be negative, got {learning_rate}')
        self.networks, self.learning_rate, self.steps = networks, learning_rate, 0
        parameters = {path: parameter for path, parameter, _ in self._parameters()}
        self.slot_arrays = {
            slot: dict(zip(parameters, side_by_side([array_module(p).zeros_like(p)
                                                     for p in parameters.values()])))
            for slot in self.slots}
        self._joined = Joined()

    def _parameters(self):
        """(path, parameter, gradient) of every parameter of every network; those of a layer that
        stands in two places once."""
        seen = set()
        for name, network in self.networks.items():
            for path, layer in network.layers():
                for key, parameter in layer.params.items():
                    gradient = layer.grads[key]
                    if id(gradient) not in seen:
                        seen.add(id(gradient))
                        yield f'{name}/{path}{key}', parameter, gradient

    def _arrays(self):
        """Tuples (parameter, gradient, *slots); neighbours in memory are joined to one."""
        slots = self.slot_arrays.values()
        return self._joined((parameter, gradient, *(arrays[path] for arrays in slots))
                            for path, parameter, gradient in self._parameters())

    def step(self):
        """Update all parameters by their gradients."""
        if not (rows := self._arrays()):
            return
        reference = rows[0][0]
        # An array, as a step that a GPU replays is given another one each time.
        values = from_host(lambda: self._next_numbers(reference.dtype), reference)
        numbers = dict(zip(self.numbers(), values))
        for parameter, gradient, *slots in rows:
            total(gradient)         # over the processes, where there are several
            by_rows(partial(self.update, **numbers), parameter, gradient, *slots)

    def _next_numbers(self, dtype):
        self.steps += 1
        return np.array([*self.numbers().values()], dtype)

    def zero_grads(self):
        """What `zero_grads` of its networks does, in fewer calls."""
        for _, gradient, *_ in self._arrays():
            by_rows(lambda part: part.fill(0), gradient)

    def state(self):
        """Arrays to save, by path (the number of steps is `self.steps`)."""
        return {f'{slot}/{path}': array for slot, arrays in self.slot_arrays.items()
                for path, array in arrays.items()}


class SGD(Optimizer):
    """Gradient descent with momentum: v <- momentum v + g, w <- w - rate v."""

    slots = ('velocity',)

    def __init__(self, networks, learning_rate, momentum=0.0):
        super().__init__(networks, learning_rate)
        self.momentum = momentum

    def numbers(self):
        return {'momentum': self.momentum, 'rate': self.learning_rate}

    @staticmethod
    @elementwise
    def update(parameter, gradient, velocity, momentum, rate):
        velocity *= momentum
        velocity += gradient
        parameter -= rate * velocity


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2014; PixelGAN's [42]): w <- w - rate m^ / (sqrt(v^) + eps), with
    m^ = m / (1 - beta1^t) and v^ = v / (1 - beta2^t).

    The corrections are numbers, so they go into the rate and into eps (the paper's section 2, at
    its end): that spares operations on the arrays.
    """

    slots = ('m', 'v')

    def __init__(self, networks, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(networks, learning_rate)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps

    def numbers(self):
        correction1 = 1 - self.beta1 ** self.steps
        correction2 = math.sqrt(1 - self.beta2 ** self.steps)
        return {'step_size': self.learning_rate * correction2 / correction1,
                'beta1': self.beta1, 'rest1': 1 - self.beta1,
                'beta2': self.beta2, 'rest2': 1 - self.beta2, 'eps': self.eps * correction2}

    @staticmethod
    @elementwise
    def update(parameter, gradient, m, v, step_size, beta1, rest1, beta2, rest2, eps):
        m *= beta1
        m += rest1 * gradient
        v *= beta2
        v += rest2 * (gradient * gradient)
        parameter -= step_size * m / (array_module(v).sqrt(v) + eps)
