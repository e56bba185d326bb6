from tests.assignments.wrong import Wrong

ROW, PIXEL, SCAN = '_CachedLayer.compute_row', '_CachedLayer.compute_pixel', 'scan'

WRONG = [
    Wrong('the more probable pixel', {'bernoulli': [('uniform < sigmoid(logits)', 'logits > 0')]},
          {'bernoulli': 'pixels: it is'}),
    Wrong('1 where the uniform number is larger', {'bernoulli': [('uniform <', 'uniform >')]},
          {'bernoulli': 'pixels: it is'}),
    Wrong('the row below is seen', {ROW: [
        ('self.v_in[:, i:i + len', 'self.v_in[:, i + 1:i + 1 + len')]},
        {'row': 'v: '}),
    Wrong('the horizontal stack gets v after the non-linearity', {ROW: [
        ('v_to_h.forward(v_pre)', 'v_to_h.forward(v_pre * (v_pre > 0))')]},
        {'row': 'first layer: h_start: it is'}),
    Wrong('no bias by the code', {ROW: [(' + self.bias_v[:, i]', '')]},
          {'row': 'location-invariant bias: v: it is'}),
    Wrong('the bias of the first row everywhere', {ROW: [
        ('self.bias_h[:, i]', 'self.bias_h[:, 0]')]},
        {'row': 'right for: first layer, residual block, gate, location-invariant bias'}),
    Wrong('no residual', {PIXEL: [
        ('return h if self.layer.first else h + self.h_in[:, self.left_h + j]', 'return h')]},
        {'pixel': 'right for: first layer'}),
    Wrong('the residual is a pixel late', {PIXEL: [
        ('h + self.h_in[:, self.left_h + j]', 'h + self.h_in[:, self.left_h + j - 1]')]},
        {'pixel': 'residual block: h: it is'}),
    Wrong('a residual in the first layer', {PIXEL: [('h if self.layer.first else ', '')]},
          {'pixel': 'h: it is'}),
    Wrong('the first layer sees its own pixel', {PIXEL: [
        ('self.h_in[:, j:j + self.live_width]',
         'self.h_in[:, self.left_h + j + 1 - self.live_width:self.left_h + j + 1]')]},
        {'pixel': 'right for: residual block, gate, location-invariant bias'}),
    Wrong('the whole pass for each pixel', {SCAN: '''
        def scan(decoder, z, choose, n=None):
            height, width, channels = decoder.image_shape
            n = len(z) if z is not None else n
            x = array_module(decoder.parameters()['layer.0/conv_v/W']).zeros(
                (n, height, width, channels))
            for i in range(height):
                for j in range(width):
                    logits, _ = decoder.forward(x, z)
                    x[:, i, j] = choose(i, j, logits[:, i, j])
            return x
        '''}, {'scan': 'a pass over the whole image is not for the sampler'}),
    Wrong('all pixels of the row again for each pixel', {SCAN: [
        ('            h = None\n            for k, layer in enumerate(layers):\n'
         '                if k:\n                    layer.set_h(j, h)\n'
         '                h = layer.compute_pixel(j)\n',
         '            for jj in range(j + 1):\n'
         '                for k, layer in enumerate(layers):\n'
         '                    if k:\n                        layer.set_h(jj, h)\n'
         '                    h = layer.compute_pixel(jj)\n')]},
        {'scan': 'calls of compute_pixel: it is'}),
    Wrong('the vertical stack again for each pixel', {SCAN: [
        ('            h = None\n',
         '            for k, layer in enumerate(layers):\n'
         '                v_row = layer.compute_row(i)\n'
         '                if k + 1 < len(layers):\n'
         '                    layers[k + 1].set_v(i, slice(None), v_row)\n'
         '            h = None\n')]}, {'scan': 'calls of compute_row: it is'}),
    Wrong('n although there is a code', {SCAN: [('len(z) if z is not None else n', 'n')]},
          {'scan': 'right for: no code, no code, float32'}),
    Wrong('always float64', {SCAN: [
        ('channels), reference.dtype)', 'channels))')]},
        {'scan': 'float32: images: it is float64, and should be float32'}),
    Wrong('the later layers get no vertical input', {SCAN: [
        ('layers[k + 1].set_v(i, slice(None), v_row)', 'pass')]}, {'scan': 'logits: it is'}),
    Wrong('the drawn pixel is not shown to the vertical stack', {SCAN: [
        ('layers[0].set_v(i, j, pixel)', 'pass')]}, {'scan': 'logits: it is'}),
    Wrong('the horizontal stack of later layers gets nothing', {SCAN: [
        ('layer.set_h(j, h)', 'pass')]}, {'scan': 'logits: it is'}),
    Wrong('the vertical stack is computed a row at its end', {SCAN: [
        ('compute_row(i)', 'compute_row(max(i - 1, 0))')]}, {'scan': 'logits: it is'}),
    Wrong('the map of the code is left at its first row', {SCAN: [
        ('code_map[:, i, j]', 'code_map[:, 0, j]')]},
        {'scan': 'input-channel: logits: it is'}),
]
