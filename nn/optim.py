"""Optimisers: they hold layers, look the parameters up by name, and update them in place."""
import math

from nn.backend import array_module
from nn.fast.parallel import by_rows


class Optimizer:
    """What the two optimisers share: the arrays of state per parameter, saved and restored.

    networks: name -> Layer; a phase that trains two networks is given both.
    """

    slots = ()

    def __init__(self, networks, learning_rate):
        if learning_rate < 0:
            raise ValueError(f'learning rate must not be negative, got {learning_rate}')
        self.networks, self.learning_rate, self.steps = networks, learning_rate, 0
        self.slot_arrays = {
            slot: {path: array_module(p).zeros_like(p) for path, p, _ in self._parameters()}
            for slot in self.slots}

    def _parameters(self):
        """(path, parameter, gradient) of every parameter of every network."""
        for name, network in self.networks.items():
            gradients = network.gradients()
            for path, parameter in network.parameters().items():
                yield f'{name}/{path}', parameter, gradients[path]

    def zero_grads(self):
        for network in self.networks.values():
            network.zero_grads()

    def state(self):
        """Arrays to save, by path (the number of steps is `self.steps`)."""
        return {f'{slot}/{path}': array for slot, arrays in self.slot_arrays.items()
                for path, array in arrays.items()}


class SGD(Optimizer):
    """Gradient descent with momentum: v <- m v + g, w <- w - lr v."""

    slots = ('velocity',)

    def __init__(self, networks, learning_rate, momentum=0.0):
        super().__init__(networks, learning_rate)
        self.momentum = momentum

    def step(self):
        self.steps += 1
        for path, parameter, gradient in self._parameters():
            by_rows(self._update, parameter, gradient, self.slot_arrays['velocity'][path])

    def _update(self, parameter, gradient, velocity):
        velocity *= self.momentum
        velocity += gradient
        parameter -= self.learning_rate * velocity


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2014; PixelGAN's [42]), its algorithm 1 in the order of the end of its
    section 2: m^ / (sqrt(v^) + eps), m^ and v^ the corrected moments."""

    slots = ('m', 'v')

    def __init__(self, networks, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(networks, learning_rate)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps

    def step(self):
        self.steps += 1
        correction1 = 1 - self.beta1 ** self.steps
        correction2 = math.sqrt(1 - self.beta2 ** self.steps)
        step_size = self.learning_rate * correction2 / correction1

        def update(parameter, gradient, m, v):
            m *= self.beta1
            m += (1 - self.beta1) * gradient
            v *= self.beta2
            v += (1 - self.beta2) * (gradient * gradient)
            root = array_module(v).sqrt(v)
            parameter -= step_size * m / (root + self.eps * correction2)

        for path, parameter, gradient in self._parameters():
            by_rows(update, parameter, gradient, self.slot_arrays['m'][path],
                    self.slot_arrays['v'][path])


def piecewise_constant(values, boundaries):
    """The function epoch -> values[number of boundaries reached]; epochs count from 0.

    piecewise_constant([0.01, 0.001], [25]) is 0.01 for 25 epochs, then 0.001.
    Raises ValueError unless there is one more value than boundaries, in ascending order.
    """
    if len(values) != len(boundaries) + 1 or list(boundaries) != sorted(boundaries):
        raise ValueError(f'{len(values)} values need {len(values) - 1} ascending boundaries, '
                         f'got {list(boundaries)}')
    return lambda epoch: values[sum(epoch >= boundary for boundary in boundaries)]
