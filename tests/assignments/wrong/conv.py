from tests.assignments.wrong import Wrong

CORRELATE, WEIGHT, INPUT = 'correlate', 'gradient of W', 'gradient of x'
BORDER, FORWARD, BACKWARD = 'border', 'layer forward', 'layer backward'


def taps(index='a:a + (out_h - 1) * sh + 1:sh, b:b + (out_w - 1) * sw + 1:sw', weight='[a, b]',
         out='out_h, out_w'):
    """A right correlation, tap by tap, where nothing is given."""
    return f'''
        def correlate(x, weight, stride=(1, 1)):
            (kh, kw), (sh, sw) = weight.shape[:2], stride
            out_h, out_w = output_size(x.shape, weight.shape[:2], stride)
            y = np.zeros((len(x), {out}, weight.shape[3]), x.dtype)
            for a in range(kh):
                for b in range(kw):
                    y += x[:, {index}] @ weight{weight}
            return y
        '''


def weight_taps(index='a:a + (out_h - 1) * sh + 1:sh, b:b + (out_w - 1) * sw + 1:sw',
                part='part.reshape(-1, c).T @ dy.reshape(-1, features)', factor='1'):
    return f'''
        def correlate_weight(x, dy, kernel_size, stride=(1, 1)):
            n, out_h, out_w, features = dy.shape
            (kh, kw), (sh, sw), c = kernel_size, stride, x.shape[3]
            dw = np.zeros((kh, kw, c, features))
            for a in range(kh):
                for b in range(kw):
                    part = x[:, {index}]
                    dw[a, b] = {part}
            return {factor} * dw
        '''


def input_taps(add='+=', weight='weight[a, b].T',
               result='dp[:, top:top + h, left:left + w]'):
    return f'''
        def correlate_input(dy, weight, x_shape, border, stride=(1, 1)):
            (n, h, w, c), (top, bottom, left, right), (sh, sw) = x_shape, border, stride
            _, out_h, out_w, _ = dy.shape
            (kh, kw) = weight.shape[:2]
            dp = np.zeros((n, top + h + bottom, left + w + right, c))
            for a in range(kh):
                for b in range(kw):
                    dp[:, a:a + (out_h - 1) * sh + 1:sh, b:b + (out_w - 1) * sw + 1:sw] {add} (
                        dy @ {weight})
            return {result}
        '''


WRONG = [
    Wrong('the kernel is flipped', {'correlate': taps(weight='[kh - 1 - a, kw - 1 - b]')},
          {CORRELATE: 'right for: 1x1 kernel, symmetric kernel'}),
    Wrong('the stride is forgotten', {'correlate': taps('a:a + out_h, b:b + out_w')},
          {CORRELATE: 'right for: stride 1, 1x1 kernel, symmetric kernel'}),
    Wrong('the row stride in both directions', {'correlate': [
        ('stride=(1, 1)', 'stride=(1, 1)'), ('windows(x, kernel_size, stride)',
                                             'windows(x, kernel_size, (stride[0],) * 2)')]},
        {CORRELATE: 'right for: stride 1, 1x1 kernel, stride 2, symmetric kernel'}),
    Wrong('dW: only the first image', {'correlate_weight': weight_taps(
        part='part[0].reshape(-1, c).T @ dy[0].reshape(-1, features)')},
        {WEIGHT: "it is that of the first image alone: the sum over the batch is missing"}),
    Wrong('dW: the mean over the positions', {'correlate_weight': weight_taps(
        factor='1 / (out_h * out_w)')}, {WEIGHT: 'positions'}),
    Wrong('dW: the stride is forgotten', {'correlate_weight': weight_taps(
        'a:a + out_h, b:b + out_w')}, {WEIGHT: 'right for: stride 1, 1x1 kernel'}),
    Wrong('dx: windows that overlap overwrite each other', {'correlate_input': input_taps('=')},
          {INPUT: 'right for: 1x1 kernel'}),
    Wrong('dx: the border is kept', {'correlate_input': input_taps(result='dp')},
          {INPUT: 'a border: dx: its shape is'}),
    Wrong('dx: the border is cut off at the wrong side', {'correlate_input': input_taps(
        result='dp[:, bottom:bottom + h, right:right + w]')},
        {INPUT: 'right for: stride 1, 1x1 kernel, stride 2, strides (1, 3), symmetric kernel'}),
    Wrong('dx: the kernel the wrong way round', {'correlate_input': input_taps(
        weight='weight[kh - 1 - a, kw - 1 - b].T')},
        {INPUT: 'right for: 1x1 kernel, symmetric kernel'}),
    Wrong('x is changed', {'correlate': taps().replace('return y', 'x *= 2; return y')},
          {CORRELATE: 'it changes one of its arguments'}),
    Wrong('dy is changed', {'correlate_weight': weight_taps().replace('return', 'dy *= 2; return')},
          {WEIGHT: 'it changes one of its arguments'}),
    Wrong('W is changed', {'correlate_input': input_taps().replace(
        'return', 'weight *= 2; return')}, {INPUT: 'it changes one of its arguments'}),
    Wrong('the odd row above', {'Conv2D._border': [
        ('[total // 2, total - total // 2]', '[total - total // 2, total // 2]')]},
        {BORDER: 'even kernel: border: it is'}),
    Wrong('half a kernel at each side', {'Conv2D._border': [
        ('max(0, (-(-length // s) - 1) * s + k - length)', 'k // 2 * 2')]},
        {BORDER: 'right for: valid, odd kernel'}),
    Wrong('a negative border', {'Conv2D._border': [
        ('max(0, (-(-length // s) - 1) * s + k - length)',
         '(-(-length // s) - 1) * s + k - length')]}, {BORDER: 'border: it is -'}),
    Wrong('no bias', {'Conv2D.forward': [("y += self.params['b']", 'pass')]},
          {FORWARD: 'right for: no bias'}),
    Wrong('a bias is taken for granted', {'Conv2D.forward': [("if 'b' in self.params", 'if True')]},
          {FORWARD: "no bias: KeyError: 'b'"}),
    Wrong('db is the mean over the batch', {'Conv2D.backward': [
        ('sum_rows(dy.reshape(-1, dy.shape[3]))', 'dy.mean(axis=0).sum(axis=(0, 1))')]},
        {BACKWARD: 'one over the batch'}),
    Wrong('dW is assigned', {'Conv2D.backward': [
        ("self.grads['W'] += correlate_weight", "self.grads['W'][...] = correlate_weight")]},
        {BACKWARD: "'] is added to, in place (+=): it is False"}),
    Wrong('a new array of gradients', {'Conv2D.backward': [
        ("self.grads['W'] += correlate_weight",
         "self.grads['W'] = self.grads['W'] + correlate_weight")]},
        {BACKWARD: "'] is added to, in place (+=): it is False"}),
    Wrong('dx of an input that is data', {'Conv2D.backward': [
        ('if not self.input_gradient', 'if False')]}, {BACKWARD: 'dx without input_gradient'}),
]
