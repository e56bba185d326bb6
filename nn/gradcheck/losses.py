"""check_loss: the gradients of a cost."""
import copy
import math

import numpy as np

from nn.gradcheck.calls import call, describe, require_float64, same
from nn.gradcheck.differences import compare, whole_gradient
from nn.gradcheck.hints import Hints
from nn.gradcheck.layers import STREAM
from nn.gradcheck.report import Complaint, facts, failed


def check_loss(function, *logits, constants=(), seed=0, name=None):
    """Check a cost (loss, gradient, ...) = function(*logits, *constants), one gradient a logit.

    logits: float64 arrays. The loss is one number. Raises nothing: whatever is wrong is a row that
    failed. Returns a list of Check.
    """
    name = name or getattr(function, '__name__', 'loss')
    rng = np.random.default_rng([*STREAM, seed])

    def evaluate():
        returned = call('loss', function, *logits, *constants)
        if not isinstance(returned, tuple) or len(returned) != 1 + len(logits):
            raise Complaint('loss', f'it returned {describe(returned)}; it must return the loss '
                            f'and one gradient for each of the {len(logits)} inputs')
        return returned

    def objective():
        loss = evaluate()[0]
        if np.ndim(loss) or loss is None:
            raise Complaint('loss', f'the loss is {describe(loss)}; it must be one number')
        if getattr(loss, 'dtype', np.float64) != np.float64:
            raise Complaint('loss', f'the loss is {loss.dtype}; gradient checks need float64')
        if not math.isfinite(loss):
            raise Complaint('loss', f'the loss is {float(loss)}')
        return float(loss), abs(float(loss))

    try:
        for i, x in enumerate(logits):
            require_float64(f'input {i}', x, 'give it as np.array(x, dtype=np.float64)')
        arrays = [x for x in (*logits, *constants) if hasattr(x, 'shape') and x.size > 1]
        equal = any(x.shape == y.shape and float(x.max()) != float(x.min())
                    and float((x == y).sum()) == x.size
                    for i, x in enumerate(arrays) for y in arrays[:i])
        before = copy.deepcopy((logits, constants))
        gradients = evaluate()[1:]
        checks = [facts(name, 'protocol', {
            'an input was changed': same(before, (logits, constants)),
            'two inputs are equal, so a mix-up of them would pass: draw both from one generator':
                not equal,
            'the loss differs from call to call': objective() == objective()})]
    except Complaint as complaint:
        return [failed(name, complaint)]
    arrays = {f'input {i}': x for i, x in enumerate(logits)}
    hints = Hints(lambda label, dy: whole_gradient(objective, arrays[label]), (), arrays,
                  len(logits[0]) if logits[0].ndim else 1, '; or the cost is wrong')
    return checks + [hints.add_to(compare(name, label, objective, x, dx, rng, seed), dx)
                     for (label, x), dx in zip(arrays.items(), gradients)]
