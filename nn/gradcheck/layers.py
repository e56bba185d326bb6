"""check_layer: the gradients of a layer, and the promises of the layer protocol."""
import copy

import numpy as np

from nn.backend import array_module, like
from nn.gradcheck.calls import call, close, describe, finite, is_array, require_float64, same
from nn.gradcheck.differences import compare, whole_gradient
from nn.gradcheck.hints import Hints, one_mode_only
from nn.gradcheck.report import Complaint, facts, failed
from nn.gradcheck.subject import Subject

# Streams of random numbers that no caller has: with default_rng(seed) the upstream gradient would
# equal an input that the caller drew with the same seed, and a backward that mixes them up passes.
STREAM = tuple(b'nn.gradcheck')


def check_layer(layer, *inputs, train=None, input_gradient=True, seed=0, name=None):
    """Check the gradients of `layer` at `inputs` (float64 arrays), of every input and parameter.

    forward(*inputs, train) -> (y, cache) and backward(dy, cache) -> dx; several outputs, a tuple in
    the place of y, have as many gradients, backward(dy_1, dy_2, ..., cache), and several inputs a
    tuple in the place of dx. An input of None is passed on, and its gradient must be None.
    train: True or False; None: in training, and in evaluation where that gives another y.
    input_gradient=False: the inputs are data and backward must return None for them.

    Also checks that forward and backward leave inputs, dy, cache, parameters and what they returned
    before as they are, that backward adds to the gradients' arrays in place and a second one
    doubles them, that nothing of a forward is kept on the layer, that backward_to_input agrees with
    backward, and that masked weights get exactly zero.

    While it is checked, an array of parameters or running statistics whose elements are all equal
    is varied, because at gamma = 1 or beta = 0 a wrong factor does not show; afterwards the layer
    and the inputs are as they were. Raises nothing: whatever is wrong is a row that failed. Returns
    a list of Check.
    """
    name = name or getattr(type(layer), '__name__', 'layer')
    rng = np.random.default_rng([*STREAM, seed])
    try:
        subject = Subject(layer, _usable(inputs))
    except Complaint as complaint:
        return [failed(name, complaint)]
    with subject:
        checks = _independent(name, subject, rng)
        first, rows = None, {}
        for mode in (True, False) if train is None else (train,):
            title = name if mode or train is not None else f'{name}, evaluation'
            try:
                y = _forward(subject, mode)
                if first is not None and same(first, y):
                    continue        # the same function: checked already
                first = y
                rows[mode] = _check(title, subject, mode, y, input_gradient, rng, seed)
                checks += rows[mode]
            except Complaint as complaint:
                checks.append(failed(title, complaint))
                break
        if len(rows) == 2:
            one_mode_only(rows[True], rows[False])
    return checks


def _usable(inputs):
    """The inputs; those that cannot be changed apart from others are copied."""
    if not inputs:
        raise Complaint('inputs', 'no input was given: check_layer(layer, x)')
    usable = []
    for i, x in enumerate(inputs):
        if x is not None:
            require_float64(f'input {i}', x, 'give it as np.array(x, dtype=np.float64)')
            if isinstance(x, np.ndarray) and not x.flags.writeable or any(x is y for y in usable):
                x = x.copy()
        usable.append(x)
    return tuple(usable)


def _independent(name, subject, rng):
    """Vary what is constant, then: could a backward that takes one array for another pass?"""
    subject.vary(rng)
    arrays = [(f'input {i}', x) for i, x in enumerate(subject.inputs) if x is not None]
    label = 'arrays' if subject.parameters else 'no parameter registered'
    notes = []
    for which, x in arrays:
        if x.size > 1 and float(x.max()) == float(x.min()):
            notes.append(f'all elements of {which} are equal, which hides mistakes: draw them')
        elif x.ndim > 1 and len(x) == 1:
            notes.append(f'{which} is a batch of one, which hides sums over the batch')
    arrays += subject.parameters.items()
    equal = [f'{one} equals {other}, so a mix-up of them would pass: draw both from one generator'
             for i, (one, x) in enumerate(arrays) for other, y in arrays[:i]
             if x.size > 1 and x.shape == y.shape and float((x == y).sum()) == x.size]
    if subject.parameters and not equal and not notes:
        return []
    return [facts(name, label, {complaint: False for complaint in equal}, '; '.join(notes))]


def _forward(subject, train):
    """The outputs, a tuple, of a forward pass that is as it should be."""
    returned = call('forward', subject.forward, train)
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise Complaint('forward', f'forward returned {describe(returned)}; it must return the '
                        'pair (y, cache)')
    y, _ = returned
    outputs = _tuple(y)
    for k, output in enumerate(outputs):
        label = 'y' if len(outputs) == 1 else f'output {k}'
        if not is_array(output):
            raise Complaint('forward', f'{label} is {describe(output)}, not an array')
        if output.dtype != np.float64:
            raise Complaint('forward', f'{label} is {output.dtype} where the inputs are float64: '
                            'an array or a number in forward is of another type')
        if not finite(output):
            raise Complaint('forward', f'{label} has numbers that are not finite')
    kept = copy.deepcopy(outputs)
    if not same(subject.inputs_before, subject.inputs):
        raise Complaint('forward', 'forward changes its input: work on a copy')
    again = call('forward', subject.forward, train)[0]
    if not same(kept, _tuple(again)):
        raise Complaint('forward', 'forward differs from call to call: it draws random numbers '
                        'that cannot be repeated; draw from a numpy.random.Generator that is an '
                        'attribute, as self.rng')
    return kept


def _check(name, subject, train, y, input_gradient, rng, seed):
    """The rows of one mode."""
    inputs, layer = subject.inputs, subject.layer
    dy = tuple(_upstream(output, [*inputs, *subject.parameters.values()], rng) for output in y)
    _, cache = subject.forward(train)
    cache_before = call('cache', copy.deepcopy, cache)
    layer.zero_grads()
    given = copy.deepcopy(dy)       # so that nothing here is spoiled where backward changes it
    returned = call('backward', layer.backward, *given, cache)
    gradients = call('backward', copy.deepcopy, returned)
    once = call('gradients', subject.gradients)
    call('backward', layer.backward, *(2 * dy_k for dy_k in dy), cache)
    not_reused = same(gradients, returned)
    layer.zero_grads()
    parameters = copy.deepcopy(subject.parameters)
    for _ in range(2):
        call('backward', layer.backward, *copy.deepcopy(dy), cache)
    twice = call('gradients', subject.gradients)
    not_trained = same(parameters, subject.parameters)
    call('forward', subject.forward, train)
    not_zeroed = same(twice, call('gradients', subject.gradients))
    replaced = subject.replaced()
    inputs_untouched = same((subject.inputs_before, dy), (inputs, given))
    cache_untouched = same(cache_before, cache)
    gradients = _tuple(gradients)
    checks = [facts(name, 'protocol', {
        'an input or dy was changed': inputs_untouched,
        'the cache was changed': cache_untouched,
        'backward changes a parameter, which is the optimiser\'s work': not_trained,
        'forward changes the gradients: whoever trains sets them to zero': not_zeroed,
        'the next backward changes what this one returned: return a new array': not_reused,
        'a second backward does not double the gradients: ' + (
            'it replaces them, with = in the place of +=' if all(
                close(once[path], twice[path]) for path in once) else 'add to self.grads'):
            all(close(2 * once[path], twice[path]) for path in once),
        f'{" and ".join(replaced)} became another array: write into the one that is there, as '
        "self.grads['W'] += dW does": not replaced,
        'a forward on other inputs changes the gradients of this one: what backward needs belongs '
        'in the cache, not on the layer': _keeps_nothing(subject, train, dy, gradients, once),
        'backward_to_input differs from backward': len(dy) > 1 or _close(
            gradients, _tuple(call('backward_to_input', layer.backward_to_input,
                                   *copy.deepcopy(dy), cache))),
        f'{len(gradients)} gradients for {len(inputs)} inputs': len(gradients) == len(inputs),
    })]
    for path, mask in subject.masks():
        masked = like(~mask, once[path])
        checks.append(facts(name, f'{path}, masked', {
            'a masked weight has a gradient': float((masked & (once[path] != 0)).sum()) == 0,
            'a masked weight is not zero':
                float((masked & (subject.parameters[path] != 0)).sum()) == 0}))

    def objective(dy=dy):
        outputs = _tuple(call('forward', subject.forward, train)[0])
        products = [dy_k * y_k for dy_k, y_k in zip(dy, outputs)]
        return (sum(float(product.sum()) for product in products),
                sum(float(abs(product).sum()) for product in products))

    targets = []
    for i, (x, dx) in enumerate(zip(inputs, gradients)):
        if x is None or not input_gradient:
            checks.append(facts(name, f'input {i}', {
                f'backward returned {describe(dx)} for it; it must be None': dx is None}))
        else:
            targets.append((f'input {i}', x, dx))
    targets += [(path, array, once[path]) for path, array in subject.parameters.items()]
    arrays = {label: array for label, array, _ in targets}
    hints = Hints(lambda label, dy: whole_gradient(lambda: objective(dy), arrays[label]), dy,
                  arrays, len(dy[0]) if dy[0].ndim else 1)
    return checks + [hints.add_to(compare(name, label, objective, array, gradient, rng, seed),
                                  gradient) for label, array, gradient in targets]


def _upstream(output, arrays, rng):
    """A random dy, and not ones: with ones, a softmax or a batch norm whose backward returns zero
    passes. Another one where it equals one of the arrays, which then could stand in for it."""
    while True:
        dy = like(rng.standard_normal(output.shape), output)
        if not any(array is not None and dy.size and same(array, dy) for array in arrays):
            return dy


def _keeps_nothing(subject, train, dy, gradients, once):
    """Whether y and what backward gives are the same after a forward on other inputs: a layer holds
    nothing of a pass (nn/layer.py)."""
    y, cache = subject.forward(train)
    before = copy.deepcopy(y)
    # The same numbers in other places: other signs, another order.
    others = (None if x is None else 0.7 * array_module(x).roll(x, 1) for x in subject.inputs)
    try:
        subject.layer.forward(*others, train=train)
    except Exception:
        return True     # those inputs are not for this layer
    if not same(before, y):
        return False
    subject.layer.zero_grads()
    later = _tuple(call('backward', subject.layer.backward, *copy.deepcopy(dy), cache))
    return _close(gradients, later) and all(
        close(once[path], gradient) for path, gradient in subject.gradients().items())


def _close(one, other):
    """Of what backward returned twice; of what is no gradient, `compare` says so."""
    return len(one) == len(other) and all(
        close(a, b) for a, b in zip(one, other) if is_array(a) and is_array(b)
        and a.shape == b.shape)


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)
