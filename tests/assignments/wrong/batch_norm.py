from tests.assignments.wrong import Wrong

TRAINING, RUNNING, EVALUATION = 'forward in training', 'running averages', 'forward in evaluation'
PARAMETERS, DX, DX_EVALUATION = (
    'gradients of gamma and beta', 'gradient of x in training', 'gradient of x in evaluation')
FORWARD, BACKWARD = 'BatchNorm.forward', 'BatchNorm.backward'
VARIANCE = 'total(sum_rows(xp.square(normed))) / n'

WRONG = [
    Wrong('the unbiased variance', {FORWARD: [
        (VARIANCE, 'sum_rows(xp.square(normed)) / (n - 1)')]},
        {TRAINING: 'y: it is', RUNNING: 'running_var: it is'}),
    Wrong('eps is added to the standard deviation', {FORWARD: [
        ('xp.sqrt(var + self.eps)', '(xp.sqrt(var) + self.eps)')]},
        {TRAINING: 'y: it is', EVALUATION: 'y: it is'}),
    Wrong('statistics over the batch alone', {FORWARD: '''
        def forward(self, x, train=False):
            mean, var = self.buffers['running_mean'], self.buffers['running_var']
            if train:
                mean, var = x.mean(axis=0), x.var(axis=0)
                for name, batch in (('running_mean', mean), ('running_var', var)):
                    self.buffers[name] = (self.momentum * self.buffers[name]
                                          + (1 - self.momentum) * batch)
            inv_std = 1 / np.sqrt(var + self.eps)
            normed = (x - mean) * inv_std
            y = self.params['gamma'] * normed + self.params['beta']
            return y, (normed.reshape(-1, x.shape[-1]), inv_std, train)
        '''}, {TRAINING: 'right for: x (N, C)', RUNNING: 'the sum over the first axes is missing'}),
    Wrong('momentum the other way round', {FORWARD: [
        ('running *= self.momentum', 'running *= 1 - self.momentum'),
        ('(1 - self.momentum) * batch', 'self.momentum * batch')]}, {RUNNING: 'running_mean: it'}),
    Wrong('the running averages move in evaluation, too', {FORWARD: [
        ('normed, var = rows - running_mean, running_var',
         'normed, var = rows - running_mean, running_var.copy(); '
         'running_mean *= self.momentum; '
         'running_mean += (1 - self.momentum) * rows.mean(axis=0)')]},
        {RUNNING: 'running_mean: it is'}),
    Wrong('the batch in evaluation, too', {FORWARD: [
        ('normed, var = rows - running_mean, running_var',
         'normed, var = rows - rows.mean(axis=0), rows.var(axis=0)')]},
        {EVALUATION: 'y: it is'}),
    Wrong('the running averages in training', {FORWARD: [
        ('inv_std = 1 / xp.sqrt(var + self.eps)',
         'normed, var = rows - running_mean, running_var\n'
         '        inv_std = 1 / xp.sqrt(var + self.eps)')]}, {TRAINING: 'y: it is'}),
    Wrong('no beta', {FORWARD: [("y += self.params.get('beta', 0)", 'pass')]},
          {TRAINING: 'y: it is', EVALUATION: 'y: it is'}),
    Wrong('dgamma without the normalised x', {BACKWARD: [
        ("self.grads['gamma'] += dgamma", "self.grads['gamma'] += dbeta")]},
        {PARAMETERS: "grads['gamma']: looks like this: it is the gradient of beta"}),
    Wrong('dbeta is a mean', {BACKWARD: [
        ("self.grads['beta'] += dbeta", "self.grads['beta'] += dbeta / len(dy)")]},
        {PARAMETERS: 'one over the batch'}),
    Wrong('dgamma is assigned', {BACKWARD: [
        ("self.grads['gamma'] += dgamma", "self.grads['gamma'][...] = dgamma")]},
        {PARAMETERS: "'] is added to, in place (+=): it is False"}),
    Wrong('dgamma in a new array', {BACKWARD: [
        ("self.grads['gamma'] += dgamma", "self.grads['gamma'] = self.grads['gamma'] + dgamma")]},
        {PARAMETERS: "grads['gamma'] is added to, in place (+=): it is False"}),
    Wrong('mean and variance are taken as constants', {BACKWARD: [
        ('if not train', 'if True')]}, {DX: 'right for: nothing through either'}),
    Wrong('the variance is taken as a constant', {BACKWARD: [
        ('normed * -mean_dgamma', '0 * normed')]},
        {DX: 'right for: nothing through the variance, nothing through either'}),
    Wrong('the mean is taken as a constant', {BACKWARD: [('dx -= mean_dbeta', 'pass')]},
          {DX: 'right for: nothing through the mean, nothing through either'}),
    Wrong('dx without gamma', {BACKWARD: [
        ("self.params.get('gamma', self.scale) * inv_std", 'inv_std')]},
        {DX: 'dx: it is', DX_EVALUATION: 'dx: it is'}),
    Wrong('the gradient of training in evaluation', {BACKWARD: [('if not train', 'if False')]},
          {DX_EVALUATION: 'dx: it is'}),
    Wrong('dy passes through in evaluation', {BACKWARD: [
        ('(dy_rows * scale).reshape(dy.shape)', 'dy')]},
        {DX_EVALUATION: 'it is the upstream gradient, passed through'}),
]
