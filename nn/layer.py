"""The layer protocol, and the two compositions that need no names: Sequential and Residual.

    y, cache = layer.forward(x, train=False)
    dx       = layer.backward(dy, cache)      # adds to layer.grads

The cache is returned and not kept: a layer holds nothing of a pass, so another forward, of other
images or in another thread, disturbs none that still waits for its backward. Branches (two stacks,
two heads) are written out in the models: run both, add the gradients.
"""
import copy

import numpy as np

from nn.fast.flat import pack
from nn.fast.parallel import by_rows


class Layer:
    """Parameters, their gradients, and the layers inside.

    params:  name -> array, changed in place by an optimiser
    grads:   the same names and shapes; `backward` adds to them
    buffers: running statistics; saved with the parameters, never optimised
    masks:   name -> boolean array, False where a parameter takes no part (see CausalConv2D)

    train=True is for a step of training. It matters to layers that draw or that look at the batch
    (noise, BatchNorm, GaussianPosterior), and to those that hold one; others ignore it.
    """

    def __init__(self):
        self.params, self.grads, self.buffers, self.masks = {}, {}, {}, {}

    def add_param(self, name, value):
        self.params[name] = value
        self.grads[name] = np.zeros_like(value)

    def children(self):
        """Pairs (name, layer) of the layers that are attributes of this one, or in lists."""
        for name, value in vars(self).items():
            if isinstance(value, Layer):
                yield name, value
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, Layer):
                        yield f'{name}.{i}', item

    def layers(self, path=''):
        """Pairs (path, layer) of this layer and of all layers inside, in a fixed order."""
        yield path, self
        for name, child in self.children():
            yield from child.layers(f'{path}{name}/')

    def _gather(self, attribute):
        return {path + name: array for path, layer in self.layers()
                for name, array in getattr(layer, attribute).items()}

    def parameters(self):
        """All parameters as path -> array; the arrays themselves, not copies."""
        return self._gather('params')

    def gradients(self):
        """All gradients, under the same paths as `parameters`."""
        return self._gather('grads')

    def zero_grads(self):
        for grad in self.gradients().values():
            by_rows(lambda part: part.fill(0), grad)

    def backward_to_input(self, dy, cache):
        """dL/dx alone, for a layer that is not to learn from this pass. It may add to `grads` or
        not: zero them before they are used again."""
        return self.backward(dy, cache)

    def state(self):
        """Everything to save: parameters and buffers as path -> array."""
        return {**self.parameters(), **self._gather('buffers')}

    def to(self, device):
        """Move all arrays to 'cpu' or 'gpu'; returns self. The parameters come to lie in one block
        of memory, the gradients and the buffers in one each. They are new arrays: those that were
        taken from the layers before are no longer in use."""
        for kind in ('params', 'grads', 'buffers'):
            pack(self, kind, device)
        return self

    def replica(self):
        """A copy with gradients of its own that shares the parameters (for threads)."""
        # What stands in deepcopy's memo counts as copied: the same dicts go into the copy.
        shared = {id(layer.params): layer.params for _, layer in self.layers()}
        return copy.deepcopy(self, shared)


class Sequential(Layer):
    """Layers one after the other. backward ends, and returns None, at a layer whose input is data
    (Conv2D or Dense with input_gradient=False)."""

    def __init__(self, *layers):
        super().__init__()
        self.layer = list(layers)

    def forward(self, x, train=False):
        caches = []
        for layer in self.layer:
            x, cache = layer.forward(x, train)
            caches.append(cache)
        return x, caches

    def backward(self, dy, caches):
        for layer, cache in zip(reversed(self.layer), reversed(caches)):
            dy = layer.backward(dy, cache)
            if dy is None:
                return None
        return dy

    def backward_to_input(self, dy, caches):
        for layer, cache in zip(reversed(self.layer), reversed(caches)):
            dy = layer.backward_to_input(dy, cache)
            if dy is None:
                return None
        return dy


class Residual(Layer):
    """y = x + inner(x); `inner` must keep the shape."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x, train=False):
        y, cache = self.inner.forward(x, train)
        if y.shape != x.shape:
            raise ValueError(f'Residual: the inner layer turns {x.shape} into {y.shape}')
        return x + y, cache

    def backward(self, dy, cache):
        return dy + self.inner.backward(dy, cache)
