"""Gradient checks: is what `backward` returns the derivative of what `forward` computes?

    python -m nn.gradcheck                     every layer, network and loss
    python -m nn.gradcheck Conv2D BatchNorm    some of them

    from nn.gradcheck import check_layer, report
    report(check_layer(Dense(4, 3, rng, dtype=np.float64), rng.standard_normal((5, 4))))

For a random upstream gradient dy, the scalar f = sum(dy * y) has dL/dx = backward(dy); central
differences give the same number another way (differences.py). All in float64: in float32 nothing
is provable.

    layers.py        check_layer, and the promises of the layer protocol
    losses.py        check_loss
    hints.py         what a wrong gradient looks like
    causality.py     check_causality: which pixels an output sees
    cases.py         a small case for each layer and loss of nn/; models/gradcheck_cases.py: models/
"""
from nn.gradcheck.causality import check_causality
from nn.gradcheck.layers import check_layer
from nn.gradcheck.losses import check_loss
from nn.gradcheck.report import Check, report

__all__ = ['Check', 'check_causality', 'check_layer', 'check_loss', 'report']
