"""How parts ask: calls of layers that also hold the promises of the layer protocol (nn/layer.py).

A complaint here becomes the line of the mark. What these functions return is compared elsewhere, in
a process that the student's code is not in.
"""
import copy

import numpy as np

from nn.gradcheck.calls import describe, same

TWICE = ' of two backward passes'


class Broken(Exception):
    """A promise that code does not keep; the text is what its mark says."""


def ask_forward(layer, *inputs, train=False, name='y'):
    """{'y': ...}, or name_0, name_1 of a layer with several outputs."""
    y, _ = _forward(layer, inputs, train)
    if isinstance(y, tuple):
        return {f'{name}_{k}': output for k, output in enumerate(y)}
    return {name: y}


def ask_backward(layer, dy, train=False, **inputs):
    """{'dx': ..., "grads['W']": ..., ...} of a layer's backward pass; inputs: in forward's order.
    The gradients of all parameters that hold still, and those of two passes, which add up. dy: an
    array, or a tuple of them for several outputs."""
    _, cache = _forward(layer, tuple(inputs.values()), train)
    dy = dy if isinstance(dy, tuple) else (dy,)
    before = copy.deepcopy((tuple(inputs.values()), dy))
    layer.zero_grads()
    returned = layer.backward(*dy, cache)
    returned = returned if isinstance(returned, tuple) else (returned,)
    if len(returned) != len(inputs):
        raise Broken(f'backward returned {len(returned)} gradients for {len(inputs)} inputs')
    answers = {f'd{name}': gradient for name, gradient in zip(inputs, copy.deepcopy(returned))
               if inputs[name] is not None}
    once = {f"grads['{path}']": grad.copy() for path, grad in layer.gradients().items()}
    layer.backward(*dy, cache)
    if not same(before, (tuple(inputs.values()), dy)):
        raise Broken('backward changes x or dy: work on a copy')
    twice = {f"grads['{path}']{TWICE}": grad for path, grad in layer.gradients().items()}
    return answers | once | twice


def set_parameters(layer, **arrays):
    """Put float64 arrays in the place of the layer's own parameters and buffers; returns it."""
    for name, array in arrays.items():
        registers = layer.params if name in layer.params else layer.buffers
        registers[name] = np.array(array)
        if name in layer.params:
            layer.grads[name] = np.zeros_like(array)
    return layer


def _forward(layer, inputs, train):
    before = copy.deepcopy(inputs)
    returned = layer.forward(*inputs, train=train)
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise Broken(f'forward returned {describe(returned)}; it must return the pair (y, cache)')
    if not same(before, inputs):
        raise Broken('forward changes its input: work on a copy')
    return returned
