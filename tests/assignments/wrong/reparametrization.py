from tests.assignments.wrong import Wrong

DRAW, BACK, KL = 'GaussianPosterior.forward', 'GaussianPosterior.backward', 'gaussian_kl'
COST, GRADIENT = 'cost', 'gradient of the cost'
NOISE = 'noise = array_module(x).exp(0.5 * log_variance) * eps'

WRONG = [
    Wrong('the variance in the place of sigma', {DRAW: [('exp(0.5 * log_variance)',
                                                         'exp(log_variance)')]},
          {'draw': 'training: z: it is'}),
    Wrong('the logarithm in the place of sigma', {DRAW: [
        ('array_module(x).exp(0.5 * log_variance)', '0.5 * log_variance')]},
        {'draw': 'right for: evaluation'}),
    Wrong('a draw in evaluation', {DRAW: [('if not train:', 'if False:')]},
          {'draw': 'evaluation: z: it is'}),
    Wrong('one eps for each image', {DRAW: [('(rows, n)', '(rows, 1)')]},
          {'draw': 'training: z: it is'}),
    Wrong('the statistics taken in turns', {DRAW: [
        ('x[:, :n], x[:, n:]', 'x[:, ::2], x[:, 1::2]')]}, {'draw': 'z: it is'}),
    Wrong('an odd number passes', {DRAW: [('if x.shape[1] != 2 * n:', 'if False:')]},
          {'odd statistics': 'forward must raise a ValueError, and does not'}),
    Wrong('sigma is no logarithm', {BACK: [('0.5 * dz * noise', 'dz * noise')]},
          {'gradient': 'dL/dlog sigma^2: looks like this: every element is 2 times'}),
    Wrong('the upstream gradient for both', {BACK: [('0.5 * dz * noise', 'dz')]},
          {'gradient': 'dL/dlog sigma^2: looks like this: it is the upstream gradient, passed'}),
    Wrong('evaluation is not thought of', {BACK: [
        ('xp.zeros_like(dz) if noise is None else ', '')]}, {'gradient': 'right for: training'}),
    Wrong('the halves exchanged', {BACK: [('[dz, dlog_variance]', '[dlog_variance, dz]')]},
          {'gradient': 'dL/dlog sigma^2: looks like this: it is the upstream gradient, passed'}),
    Wrong('the draw is kept in the layer', {
        DRAW: [(NOISE, 'noise = self.noise = array_module(x).exp(0.5 * log_variance) * eps')],
        BACK: [('xp = array_module(dz)',
                'xp = array_module(dz); noise = noise if noise is None else self.noise')]},
        {'gradient': 'training: after a forward pass of other inputs backward finds another'}),
    Wrong('the cost alone', {KL: [
        ('return 0.5 * terms.sum() / len(statistics), dstatistics',
         'return 0.5 * terms.sum() / len(statistics)')]},
        {COST: 'it must return (cost, gradient)', GRADIENT: 'it must return (cost, gradient)'}),
    Wrong('the other divergence', {KL: [
        ('terms = scaled * scaled + ratio - 1 - (log_variance - 2 * math.log(std))',
         'terms = scaled * scaled / ratio + 1 / ratio - 1 + (log_variance - 2 * math.log(std))')]},
        {COST: 'loss: '}),
    Wrong('log sigma in the place of its square', {KL: [
        ('- 1 - (log_variance - 2', '- 1 - 0.5 * (log_variance - 2')]}, {COST: 'loss: '}),
    Wrong('the prior has std 1', {KL: [
        ('xp = array_module(statistics)', 'xp = array_module(statistics); std = 1.0')]},
        {COST: 'right for: std 1', GRADIENT: 'right for: std 1'}),
    Wrong('a sum over the batch', {KL: [
        ('0.5 * terms.sum() / len(statistics)', '0.5 * terms.sum()'),
        ('axis=1) / len(statistics)', 'axis=1)')]},
        {COST: 'times what it should be: the batch',
         GRADIENT: 'times what it should be: the batch'}),
    Wrong('the mean over the dimensions', {KL: [
        ('0.5 * terms.sum() / len(statistics)', '0.5 * terms.mean()'),
        ('axis=1) / len(statistics)', 'axis=1) / scaled.size')]},
        {COST: 'loss: ', GRADIENT: 'dL/dmu: looks like this: every element is'}),
    Wrong('the gradient in sigma^2', {KL: [('0.5 * (ratio - 1)', '0.5 * (1 / std**2 - 1 / '
                                            'xp.exp(log_variance))')]},
          {GRADIENT: 'std 1: dL/dlog sigma^2: it is'}),
    Wrong('a minimum at sigma = 0', {KL: [('0.5 * (ratio - 1)', '0.5 * ratio')]},
          {GRADIENT: 'std 1: dL/dlog sigma^2: it is'}),
]
