from tests.assignments.wrong import Wrong

V, H = 'vertical stack', 'horizontal stack'
DV, DH, DZ, PARAMETERS = (
    'gradient of v', 'gradient of h', 'gradient of z', 'gradients of parameters')
FORWARD, BACKWARD = 'PixelCNNLayer.forward', 'PixelCNNLayer.backward'
LINK = 'from_v, v_to_h = self.v_to_h.forward(v_pre)'
LINK_BACK = 'dv_pre += self.v_to_h.backward(dh_pre, v_to_h)'

WRONG = [
    Wrong('no link', {FORWARD: [('h_pre += from_v', 'pass')]}, {H: "h': it is"}),
    Wrong('the link takes v after f', {FORWARD: [
        (LINK, 'from_v, v_to_h = self.v_to_h.forward(self.activation.forward(v_pre)[0])')]},
        {V: 'gated: ValueError', H: "h': it is"}),
    Wrong('the link takes v before the code', {FORWARD: [
        (LINK, 'from_v, v_to_h = self.v_to_h.forward(self.conv_v.forward(v)[0])')]},
        {H: 'right for: no code'}),
    Wrong('no residual', {FORWARD: [('if not self.first', 'if False')]},
          {H: "residual block: h': it is"}),
    Wrong('a residual in the first layer, too', {FORWARD: [('if not self.first', 'if True')]},
          {H: 'right for: residual block, gated, no code'}),
    Wrong('a residual of v, too', {FORWARD: [
        ('h_out, out = self', 'v_out = v_out if self.first else v_out + v; h_out, out = self')]},
        {V: 'right for: first layer'}),
    Wrong('no code in the vertical stack', {FORWARD: [
        ('v_pre, bias_v = self._add_bias(self.bias_v, v_pre, z)', 'bias_v = z')]},
        {V: 'right for: no code', H: 'right for: no code'}),
    Wrong('h is changed', {FORWARD: [('h_out += h', 'h += h_out; h_out = h')]},
          {V: 'forward changes its input', H: 'forward changes its input'}),
    Wrong('only one output', {FORWARD: [('(v_out, h_out), (conv_v', 'h_out, (conv_v')]},
          {V: 'TypeError: forward must', H: 'TypeError: forward must'}),
    Wrong('dh lacks the residual', {BACKWARD: [('dh += dh_out', 'pass')]},
          {DH: "right for: first layer, no gradient of h'"}),
    Wrong('the gradient of the residual goes through the block', {BACKWARD: [
        ('dh += dh_out', 'pass'),
        ('dh_pre, dz_h = self', 'if not self.first and dh_pre.shape == dh_out.shape:\n'
                                '            dh_pre = dh_pre + dh_out\n'
                                '        dh_pre, dz_h = self')]},
        {DH: 'dh: it is', DV: 'dv: it is', DZ: 'dz: it is', PARAMETERS: 'it is'}),
    Wrong('the link gives nothing back', {BACKWARD: [(LINK_BACK, 'pass')]},
          {DV: "right for: no gradient of h'", DZ: "right for: no gradient of h'",
           PARAMETERS: "grads['v_to_h/W']: looks like this: it is zero"}),
    Wrong('what comes back through the link goes through f', {BACKWARD: [
        ('dv_pre = self.activation.backward(dv_out, act_v)',
         'link = self.v_to_h.backward(dh_pre, v_to_h)\n'
         '        dv_pre = self.activation.backward(dv_out, act_v) + self.activation.backward(\n'
         '            link[..., :dv_out.shape[3]], act_v)'), (LINK_BACK, 'pass')]},
        {DV: 'dv: it is', DZ: 'dz: it is', PARAMETERS: "grads['conv_v/W']: it is"}),
    Wrong('dz of one stack', {BACKWARD: [('dz_v + dz_h', 'dz_h')]}, {DZ: 'dz: it is'}),
    Wrong('dz where there is no code', {BACKWARD: [
        ('None if dz_v is None else dz_v + dz_h', 'dz_v + dz_h')]},
        {DV: 'right for: first layer, residual block, gated',
         DH: 'right for: first layer, residual block, gated',
         PARAMETERS: 'no code: TypeError'}),
    Wrong('dv and dh exchanged', {BACKWARD: [('return dv, dh', 'return dh, dv')]},
          {DV: 'dv: it is', DH: 'dh: it is'}),
    Wrong('a box is gone through twice', {BACKWARD: [
        ('dh_pre = self', 'self.out.backward(dh_out, out); dh_pre = self')]},
        {PARAMETERS: "grads['out/W']: looks like this: every element is 2 times"}),
]
