"""The layer that is checked: its arrays, its random generators, and how it was before."""
import copy

import numpy as np

from nn.backend import like
from nn.gradcheck.calls import describe, is_array, require_float64
from nn.gradcheck.report import Complaint
from nn.layer import Layer

REGISTERS = ('params', 'grads', 'buffers', 'masks')


class Subject:
    """A layer and its inputs. Within it, as a context, forward repeats its random draws and its
    running statistics; at the end all arrays and generators are as they were.

    Raises Complaint where the layer is not made as nn.layer asks.
    """

    def __init__(self, layer, inputs):
        self.layer, self.inputs = layer, inputs
        if isinstance(layer, type):
            raise Complaint('layer', f'{layer.__name__} is a class: give an instance of it')
        if not isinstance(layer, Layer):
            raise Complaint('layer', f'{describe(layer)} is not a Layer: subclass nn.layer.Layer')
        self.inner = list(_every_layer(layer))
        for path, inner in self.inner:
            _require_registered(path, inner)
        self.parameters = layer.parameters()
        self._generators = [
            generator for _, inner in self.inner for generator in vars(inner).values()
            if isinstance(generator, (np.random.Generator, np.random.RandomState))]
        self._draws = [copy.deepcopy(_state(generator)) for generator in self._generators]
        self._arrays = list(self._all_arrays())     # (registers, key, array, its copy)
        self.inputs_before = tuple(None if x is None else x.copy() for x in inputs)
        self._statistics = []

    def _all_arrays(self):
        for _, inner in self.inner:
            for registers in (inner.params, inner.grads, inner.buffers):
                for key, array in registers.items():
                    yield registers, key, array, array.copy()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        _put_back(self._arrays)
        self._repeat_draws()
        for x, before in zip(self.inputs, self.inputs_before):
            if x is not None:
                x[...] = before

    def _repeat_draws(self):
        for generator, state in zip(self._generators, self._draws):
            if isinstance(generator, np.random.RandomState):
                generator.set_state(state)
            else:
                generator.bit_generator.state = copy.deepcopy(state)

    def forward(self, train):
        """What layer.forward returns, as at the first call."""
        self._repeat_draws()
        _put_back(self._statistics)
        return self.layer.forward(*self.inputs, train=train)

    def gradients(self):
        return {path: gradient.copy() for path, gradient in self.layer.gradients().items()}

    def replaced(self):
        """Names of the parameters and gradients that are other arrays than at first."""
        return [f'{path}{kind}[{key!r}]' for path, inner in self.inner
                for kind in ('params', 'grads')
                for registers, key, array, _ in self._arrays
                if registers is getattr(inner, kind) and registers.get(key) is not array]

    def masks(self):
        return [(path + key, mask) for path, inner in self.inner
                for key, mask in inner.masks.items()]

    def vary(self, rng):
        """Spread the parameters and the running statistics whose live elements are all equal: by
        up to a half of their value, of their sign, or around zero."""
        for _, inner in self.inner:
            for registers in (inner.params, inner.buffers):
                for key, array in registers.items():
                    live = inner.masks.get(key, np.ones(array.shape, bool))
                    if not live.any():
                        continue
                    first = float(array[tuple(int(i) for i in np.argwhere(live)[0])])
                    live = like(live, array)
                    if float(((array != first) & live).sum()) == 0:
                        draws = like(rng.uniform(-0.5, 0.5, array.shape), array)
                        array[...] = (first * (1 + draws) if first else draws) * live
        self._statistics = [(inner.buffers, key, array, array.copy()) for _, inner in self.inner
                            for key, array in inner.buffers.items()]


def _every_layer(layer, path=''):
    """layer.layers(); raises Complaint for one that did not call super().__init__()."""
    if not all(hasattr(layer, name) for name in REGISTERS):
        raise Complaint(path or 'layer', f'{type(layer).__name__} has no params: call '
                        'super().__init__() at the start of __init__')
    yield path, layer
    for name, child in layer.children():
        yield from _every_layer(child, f'{path}{name}/')


def _require_registered(path, layer):
    """Raises Complaint where an array or a layer would not be found."""
    for key in layer.params | layer.grads:
        if key not in layer.params or key not in layer.grads:
            raise Complaint(path + key, f'{key!r} is not in both params and grads: register it '
                            f"with self.add_param({key!r}, ...)")
        require_float64(path + key, layer.params[key],
                        'make the layer with dtype=np.float64')
        if layer.grads[key].shape != layer.params[key].shape:
            raise Complaint(path + key, f'its gradient has the shape {layer.grads[key].shape}, and '
                            f'the parameter {layer.params[key].shape}')
    for key, array in layer.buffers.items():
        require_float64(path + key, array, 'make the layer with dtype=np.float64')
    registered = {id(array) for registers in (layer.params, layer.grads, layer.buffers)
                  for array in registers.values()}
    for name, value in vars(layer).items():
        if name in REGISTERS:
            continue
        for item in _flatten(value):
            if is_array(item) and item.dtype.kind == 'f' and id(item) not in registered:
                raise Complaint(path + name, f'{name} is or holds a float array that is not '
                                'registered, so no gradient of it is checked, saved or learnt: '
                                f"self.add_param({name!r}, ...), or self.buffers[{name!r}] = ... "
                                'where it is not learnt')
        if isinstance(value, (tuple, dict)) or isinstance(value, list) and any(
                isinstance(item, (tuple, dict, list)) for item in value):
            if any(isinstance(item, Layer) for item in _flatten(value)):
                raise Complaint(path + name, f'the layers in {name} are not found: hold them in a '
                                'list, or each as an attribute')


def _flatten(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from _flatten(item)
    else:
        yield value


def _put_back(arrays):
    """(registers, key, array, copy): the array itself under its key, with its old contents."""
    for registers, key, array, before in arrays:
        array[...] = before
        registers[key] = array


def _state(generator):
    if isinstance(generator, np.random.RandomState):
        return generator.get_state()
    return generator.bit_generator.state
