"""Gradient checks: is what `backward` returns the derivative of what `forward` computes?

    python -m nn.gradcheck                     every layer and loss of nn/
    python -m nn.gradcheck Conv2D BatchNorm    some of them

For a random upstream gradient dy, the scalar f = sum(dy * y) has dL/dx = backward(dy); central
differences (f(x + h d) - f(x - h d)) / 2h give the same number another way. dy is random and not
ones, because with ones a softmax or a batch norm whose backward returns zero would pass. All in
float64: in float32 nothing is provable.
"""
import copy
import sys
from dataclasses import dataclass

import numpy as np

STEP = 1e-5        # the optimum between truncation (h^2) and rounding (1 / h) in float64
TOLERANCE = 1e-5   # of the relative error
SMALL = 60         # up to this many elements each is checked; beyond it, random directions are
DIRECTIONS = 8


@dataclass
class Check:
    """One row of the report. error: the largest relative error; kinks: how many differences were
    taken across a kink (such as ReLU's at 0), where no derivative exists to compare with."""
    layer: str
    array: str
    error: float
    passed: bool
    kinks: int = 0
    detail: str = ''


def check_layer(layer, *inputs, train=True, input_gradient=True, seed=0, name=None):
    """Check the gradients of `layer` at `inputs` (float64 arrays), of every input and parameter.

    Also checks that forward and backward change neither inputs, dy nor cache, that a second
    backward doubles the parameters' gradients, and that masked weights get exactly zero.
    input_gradient=False: the inputs are data and backward must return None for them.
    Returns a list of Check. Raises TypeError where something is not float64.
    """
    name = name or type(layer).__name__
    rng = np.random.default_rng(seed)
    parameters = layer.parameters()
    _require_float64(name, [*inputs, *parameters.values()])
    generators = [inner.rng for _, inner in layer.layers() if hasattr(inner, 'rng')]
    start = [copy.deepcopy(generator.bit_generator.state) for generator in generators]

    def forward(inputs=inputs):
        for generator, state in zip(generators, start):
            generator.bit_generator.state = copy.deepcopy(state)   # the same noise every time
        return layer.forward(*inputs, train=train)

    before = copy.deepcopy(inputs)
    y, cache = forward()
    dy = rng.standard_normal(y.shape)
    dy_before, cache_before = dy.copy(), copy.deepcopy(cache)
    layer.zero_grads()
    gradients = layer.backward(dy, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    once = {path: gradient.copy() for path, gradient in layer.gradients().items()}
    layer.backward(dy, cache)
    twice = {path: gradient.copy() for path, gradient in layer.gradients().items()}

    checks = [_facts(name, 'protocol', {
        'an input was changed': _same(before, inputs),
        'dy was changed': _same(dy_before, dy),
        'the cache was changed': _same(cache_before, cache),
        'a second backward does not double the gradients': all(
            np.allclose(2 * once[path], twice[path], rtol=1e-12, atol=1e-300) for path in once),
        f'{len(gradients)} gradients for {len(inputs)} inputs': len(gradients) == len(inputs),
    })]
    for path, inner in layer.layers():
        for key, mask in inner.masks.items():
            checks.append(_facts(name, f'{path}{key}, masked', {
                'a masked weight has a gradient': not once[path + key][~mask].any(),
                'a masked weight is not zero': not parameters[path + key][~mask].any()}))

    def objective():
        return float((dy * forward()[0]).sum())

    if not input_gradient:
        checks.append(_facts(name, 'input', {'a gradient of data': gradients == (None,)}))
        inputs = ()
    targets = [(f'input {i}', x, dx) for i, (x, dx) in enumerate(zip(inputs, gradients))]
    targets += [(path, parameters[path], once[path]) for path in parameters]
    checks += [_compare(name, label, objective, array, gradient, rng, seed)
               for label, array, gradient in targets]
    return checks


def check_loss(function, *logits, constants=(), seed=0, name=None):
    """Check a cost (loss, gradient, ...) = function(*logits, *constants), one gradient a logit."""
    name = name or function.__name__
    rng = np.random.default_rng(seed)
    _require_float64(name, logits)
    before = copy.deepcopy((logits, constants))
    _, *gradients = function(*logits, *constants)
    checks = [_facts(name, 'protocol', {
        'an input was changed': _same(before, (logits, constants))})]

    def objective():
        return float(function(*logits, *constants)[0])

    return checks + [_compare(name, f'input {i}', objective, x, dx, rng, seed)
                     for i, (x, dx) in enumerate(zip(logits, gradients))]


def _compare(name, label, objective, array, gradient, rng, seed):
    """Differences of `objective` along elements or random directions of `array`, in place."""
    if gradient is None or gradient.shape != array.shape:
        return _facts(name, label, {f'the gradient is not of shape {array.shape}': False})
    scale = float(np.abs(gradient).max(initial=0))
    worst, detail, kinks = 0.0, '', 0
    for where, direction in _directions(array, rng):
        analytic = float((gradient * direction).sum())

        def relative_error(a, b):
            return abs(a - b) / max(abs(a), abs(b), 1e-3 * scale, 1e-4)

        numeric = _difference(objective, array, direction, STEP)
        error = relative_error(analytic, numeric)
        if error > TOLERANCE:
            halved = _difference(objective, array, direction, STEP / 2)
            sides = _one_sided(objective, array, direction, STEP)
            between = min(sides) - 1e-3 * scale <= analytic <= max(sides) + 1e-3 * scale
            if relative_error(numeric, halved) > TOLERANCE and between:
                kinks += 1
                continue
        if not error <= worst and not np.isnan(worst):      # a NaN is the worst, and stays
            worst = error
            detail = (f'{where}: backward {analytic:.8g}, difference {numeric:.8g}, '
                      f'relative error {error:.2g}, seed {seed}')
    tried = array.size if array.size <= SMALL else DIRECTIONS
    passed = worst <= TOLERANCE and (kinks < tried or tried == 0)
    if kinks == tried > 0:
        detail = f'every difference crosses a kink: choose other inputs, seed {seed}'
    return Check(name, label, worst, passed, kinks, '' if passed else detail)


def _directions(array, rng):
    if array.size <= SMALL:
        for index in np.ndindex(array.shape):
            direction = np.zeros(array.shape)
            direction[index] = 1
            yield f'index {index}', direction
    else:
        for k in range(DIRECTIONS):
            direction = rng.standard_normal(array.shape)
            yield f'direction {k}', direction / np.linalg.norm(direction)


def _difference(objective, array, direction, h):
    """(f(x + h d) - f(x - h d)) / 2h; `array` is put back exactly."""
    original = array.copy()
    try:
        array[...] = original + h * direction
        above = objective()
        array[...] = original - h * direction
        below = objective()
    finally:
        array[...] = original
    return (above - below) / (2 * h)


def _one_sided(objective, array, direction, h):
    """The differences to the left and to the right: a derivative beside a kink is one of them."""
    original = array.copy()
    values = []
    try:
        for shift in (-h, 0, h):
            array[...] = original + shift * direction
            values.append(objective())
    finally:
        array[...] = original
    return (values[1] - values[0]) / h, (values[2] - values[1]) / h


def _facts(name, label, facts):
    """One row for several statements: what is said of those that do not hold is the detail."""
    detail = '; '.join(complaint for complaint, holds in facts.items() if not holds)
    return Check(name, label, 0.0, not detail, detail=detail)


def _same(a, b):
    """Equal bit for bit, through tuples, lists and dicts of arrays."""
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b, equal_nan=a.dtype.kind == 'f')
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b))
    return a == b


def _require_float64(name, arrays):
    for array in arrays:
        if array.dtype != np.float64:
            raise TypeError(f'{name}: gradient checks need float64, got {array.dtype}')


def report(checks):
    """Print the table (layer, array, largest relative error, result); True when all pass."""
    for check in checks:
        result = 'pass' if check.passed else 'FAIL'
        kinks = f' ({check.kinks} at a kink)' if check.kinks else ''
        print(f'{check.layer:<32} {check.array:<28} {check.error:9.2e}  {result}{kinks}')
        if not check.passed:
            print(f'    {check.detail}')
    failed = sum(not check.passed for check in checks)
    print(f'{len(checks)} checks, {failed} failed')
    return not failed


def main(names):
    """Check the named cases (all when none); 0 when all pass, 1 when one fails, 2 on a bad name."""
    from nn.gradcheck_cases import CASES  # the cases import this module's functions
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f'gradcheck: no layer or loss named {unknown[0]!r}; choose from {", ".join(CASES)}',
              file=sys.stderr)
        return 2
    checks = [check for name in names or CASES for check in CASES[name]()]
    return 0 if report(checks) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
