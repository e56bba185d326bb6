from tests.assignments.wrong import Wrong

VERTICAL, HORIZONTAL, FORWARD, CAUSALITY = (
    'vertical mask', 'horizontal mask', 'forward', 'causality')
PARAMETERS, DX = 'gradients of W and b', 'gradient of x'
LAYER, BACKWARD = 'CausalConv2D.forward', 'CausalConv2D.backward'
LIVE = "self.params['W'][self.live]"
SAW = ', which it must not'

WRONG = [
    Wrong('the mask of a single stack', {'causal_mask': [
        ('mask[-1, :] = False', 'mask[-1, kernel_size[1] // 2:] = False')]},
        {VERTICAL: 'right for: later vertical'}),
    Wrong('later layers are masked, too', {'causal_mask': [
        ("if first and stack == 'vertical'", "if stack == 'vertical'"), ('elif first', 'else')]},
        {VERTICAL: 'right for: first vertical', HORIZONTAL: 'right for: first horizontal'}),
    Wrong('the first layer sees the pixel itself', {'causal_mask': [
        ('mask[:, -1] = False', 'pass')]}, {HORIZONTAL: 'right for: later horizontal'}),
    Wrong('the mask is upside down', {'causal_mask': [
        ('mask[-1, :]', 'mask[0, :]'), ('mask[:, -1]', 'mask[:, 0]')]},
        {VERTICAL: 'mask: it is', HORIZONTAL: 'mask: it is'}),
    Wrong('the border of an ordinary convolution', {LAYER: '''
        def forward(self, x, train=False):
            kh, kw = self.params['W'].shape[:2]
            padded = pad(x, kh // 2, kh - 1 - kh // 2, kw // 2, kw - 1 - kw // 2)
            y = correlate(padded, self.params['W'] * self.masks['W'])
            return y + self.params['b'], (padded, x.shape)
        '''}, {FORWARD: 'y: it is', CAUSALITY: SAW}),
    Wrong('masked weights are multiplied, too', {LAYER: '''
        def forward(self, x, train=False):
            kh, kw = self.params['W'].shape[:2]
            top, left = self.reach
            padded = pad(x, top, kh - 1 - top, left, kw - 1 - left)
            return correlate(padded, self.params['W']) + self.params['b'], (padded, x.shape)
        '''}, {FORWARD: 'right for: later vertical, later horizontal',
               CAUSALITY: 'right for: later vertical, later horizontal'}),
    Wrong('all zeros to the left', {LAYER: '''
        def forward(self, x, train=False):
            kh, kw = self.params['W'].shape[:2]
            padded = pad(x, self.reach[0], 0, kw - 1, 0)
            y = correlate(padded, self.params['W'] * self.masks['W'])
            return y + self.params['b'], (padded, x.shape)
        '''}, {FORWARD: 'right for: first horizontal, later horizontal',
               CAUSALITY: ', a blind spot'}),
    Wrong('the kernel is flipped', {LAYER: [(LIVE, LIVE + '[::-1, ::-1]')]}, {FORWARD: 'y: it is'}),
    Wrong('no bias', {LAYER: [("y += self.params['b']", 'pass')]}, {FORWARD: 'y: it is'}),
    Wrong('a blind spot', {LAYER: [('correlate(padded, ' + LIVE + ')',
                                    'correlate(padded[:, :, :, :1], ' + LIVE + '[:, :, :1]) if 0 '
                                    'else correlate(padded * (np.arange(padded.shape[2]) '
                                    '!= self.border[2])[:, None], ' + LIVE + ')')]},
          {FORWARD: 'y: it is', CAUSALITY: ', a blind spot'}),
    Wrong('masked weights get a gradient', {BACKWARD: [
        ("self.grads['W'][self.live] += correlate_weight(padded, dy, live.shape[:2])",
         "kh, kw = self.params['W'].shape[:2]\n"
         "        top, left = self.reach\n"
         "        whole = pad(padded, top - self.border[0], kh - 1 - top - self.border[1],\n"
         "                    left - self.border[2], kw - 1 - left - self.border[3])\n"
         "        self.grads['W'] += correlate_weight(whole, dy, (kh, kw))")]},
        {PARAMETERS: "right for: later vertical, later horizontal"}),
    Wrong('db is a mean over the batch', {BACKWARD: [
        ('sum_rows(dy.reshape(-1, dy.shape[3]))', 'dy.sum(axis=(0, 1, 2)) / len(dy)')]},
        {PARAMETERS: 'one over the batch'}),
    Wrong('gradients are assigned', {BACKWARD: [
        ("self.grads['b'] +=", "self.grads['b'][...] =")]},
        {PARAMETERS: "'] is added to, in place (+=): it is False"}),
    Wrong('dx in the direction of the forward pass', {BACKWARD: [
        ('return correlate_input(dy, live, x_shape, self.border)',
         'return correlate(pad(dy, *self.border), live.swapaxes(2, 3))')]}, {DX: 'dx: it is'}),
    Wrong('dx of a convolution without a border', {BACKWARD: [
        ('x_shape, self.border)', 'padded.shape, (0, 0, 0, 0))')]}, {DX: 'dx: its shape is'}),
]
