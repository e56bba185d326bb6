from tests.assignments.wrong import Wrong

WRONG = [
    Wrong('ReLU lets dy through', {'ReLU.backward': [('dy * (y > 0)', '1 * dy')]},
          {'ReLU backward': 'it is the upstream gradient, passed through'}),
    Wrong('the absolute value', {'ReLU.forward': [('.maximum(x, 0)', '.abs(x)')]},
          {'ReLU forward': 'y: it is'}),
    Wrong('softmax of everything', {'Softmax.forward': [
        ('e.sum(axis=-1, keepdims=True)', 'e.sum()')]}, {'softmax forward': 'y: it is'}),
    Wrong('softmax overflows', {'Softmax.forward': [
        ('x - x.max(axis=-1, keepdims=True)', 'x')]},
        {'softmax forward': 'x of 1e4: y: it is nan'}),
    Wrong('the diagonal alone', {'Softmax.backward': [
        ('y * (dy - (dy * y).sum(axis=-1, keepdims=True))', 'dy * y * (1 - y)')]},
        {'softmax backward': 'dx: looks like this: it is the diagonal alone'}),
    Wrong('softmax backward has the other sign', {'Softmax.backward': [
        ('y * (dy - (dy * y).sum(axis=-1, keepdims=True))',
         'y * ((dy * y).sum(axis=-1, keepdims=True) - dy)')]},
        {'softmax backward': 'the sign is wrong'}),
    Wrong('the halves exchanged', {'GatedUnit.backward': [('cache), axis', 'cache)[::-1], axis')]},
          {'gate backward': 'the halves of its last axis are exchanged'}),
    Wrong('tanh of the second half', {'GatedUnit.forward': [
        ('.tanh(x[..., :features])', '.tanh(x[..., features:])'),
        ('sigmoid(x[..., features:])', 'sigmoid(x[..., :features])')]},
        {'gate forward': 'the halves are exchanged: tanh takes the first'}),
    Wrong('the sigmoid of both', {'GatedUnit.forward': [
        ('array_module(x).tanh(x[..., :features])', 'sigmoid(x[..., :features])')]},
        {'gate forward': 'y: it is'}),
    Wrong('an odd axis passes', {'GatedUnit.forward': [
        ('if x.shape[-1] != 2 * features:', 'if False:'),
        ('s = sigmoid(x[..., features:])', 's = sigmoid(x[..., features:2 * features])')]},
        {'gate of an odd axis': 'forward must raise a ValueError, and does not'}),
    Wrong('softmax backward changes its cache', {'Softmax.backward': [
        ('return y * (dy - (dy * y).sum(axis=-1, keepdims=True))',
         'total = (dy * y).sum(axis=-1, keepdims=True); y *= dy - total; return y')]},
        {'softmax backward': 'backward changes its cache'}),
    Wrong('the gate backward changes dy', {'GatedUnit.backward': [
        ('return array_module', 'dy *= 1.5; return array_module')]},
        {'gate backward': 'backward changes'}),
]
