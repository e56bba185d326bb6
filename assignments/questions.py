"""How parts ask: calls of the student's code that also hold what it promises (nn/layer.py).

A complaint here becomes the line of the mark. What these functions return is compared elsewhere, in
a process that the student's code is not in.
"""
import copy

import numpy as np

from nn.gradcheck.calls import describe, is_array, same


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
    dy: an array, or a tuple of them for several outputs."""
    _, cache = _forward(layer, tuple(inputs.values()), train)
    dy = dy if isinstance(dy, tuple) else (dy,)
    given = tuple(inputs.values()), dy
    before = copy.deepcopy((given, cache))

    def backward():
        returned = layer.backward(*dy, cache)
        for what, one, other in ('x or dy', before[0], given), ('its cache', before[1], cache):
            if not same(one, other):
                raise Broken(f'backward changes {what}: work on a copy')
        return returned

    def of_other_inputs():
        held, running = dict(layer.buffers), copy.deepcopy(layer.buffers)
        for mode in train, not train:
            layer.forward(*(None if x is None else 1 - x for x in given[0]), train=mode)
        layer.buffers |= held
        for name, array in running.items():     # which a cache may hold
            held[name][...] = array

    returned, gradients = ask_gradients(layer, backward, of_other_inputs)
    returned = returned if isinstance(returned, tuple) else (returned,)
    if len(returned) != len(inputs):
        raise Broken(f'backward returned {len(returned)} gradients for {len(inputs)} inputs')
    return {f'd{name}': gradient for name, gradient in zip(inputs, returned)
            if inputs[name] is not None} | gradients


def ask_gradients(layer, backward, between=None):
    """What backward() returns, and "grads['W']" -> what it adds to the gradient of each parameter,
    with whether it adds it: in a second call as much again, to the same array. between(): another
    forward pass, after which backward() must find the same."""
    held = layer.gradients()
    layer.zero_grads()
    returned, answers = copy.deepcopy(backward()), {}
    once = copy.deepcopy(layer.gradients())
    if not _close(returned, backward()):
        raise Broken('a second backward returns another gradient: it must not depend on what '
                     'self.grads holds')
    for path, twice in layer.gradients().items():
        answers |= {f"grads['{path}']": once[path],
                    f"grads['{path}'] is added to, in place (+=)": twice is held[path] and (
                        np.allclose(twice, 2 * once[path], equal_nan=True))}
    if between:
        between()
        layer.zero_grads()
        if not _close((returned, once), (backward(), layer.gradients())):
            raise Broken('after a forward pass of other inputs backward finds another gradient: '
                         'what it needs goes into the cache, not into self')
    return returned, answers


def only(ask, *names):
    """ask, but of its answers those whose names begin with one of `names`."""
    return lambda **inputs: {name: answer for name, answer in ask(**inputs).items()
                             if name.startswith(names)}


def refuses(function, *inputs):
    """That it raises a ValueError."""
    try:
        function(*inputs)
    except ValueError:
        return {'ValueError': True}
    raise Broken(f'{function.__name__} must raise a ValueError, and does not')


def returned(names, function, *inputs):
    """name -> value of the tuple that it returns."""
    values = unchanged(f'{function.__name__} changes what it is given', function, *inputs)
    if not isinstance(values, tuple) or len(values) != len(names):
        raise Broken(f'it returned {describe(values)}; it must return ({", ".join(names)})')
    return dict(zip(names, values))


def unchanged(complaint, function, *inputs):
    """What it returns; none of the inputs may be changed."""
    before = copy.deepcopy(inputs)
    result = function(*inputs)
    if not same(before, inputs):
        raise Broken(f'{complaint}: work on a copy')
    return result


def set_parameters(layer, **arrays):
    """Put float64 arrays in the place of the layer's own parameters and buffers; returns it."""
    for name, array in arrays.items():
        registers = layer.params if name in layer.params else layer.buffers
        registers[name] = np.array(array)
        if name in layer.params:
            layer.grads[name] = np.zeros_like(array)
    return layer


def _close(one, other):
    """Through tuples, lists and dicts of arrays."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return _close([*one.values()], [*other.values()])
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(_close, one, other))
    return not is_array(one) or one.shape == other.shape and np.allclose(
        one, other, rtol=1e-7, equal_nan=True)


def _forward(layer, inputs, train):
    returned = unchanged('forward changes its input', lambda *inputs: layer.forward(
        *inputs, train=train), *inputs)
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise Broken(f'forward returned {describe(returned)}; it must return the pair (y, cache)')
    return returned
