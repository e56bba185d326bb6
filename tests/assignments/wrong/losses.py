from tests.assignments.wrong import Wrong

SIGMOID, SOFTMAX = 'sigmoid_cross_entropy', 'softmax_cross_entropy'
REAL, FAKE = 'discriminator_cost', 'generator_cost'

WRONG = [
    Wrong('softplus as it is written', {'softplus': '''
        def softplus(x):
            xp = array_module(x)
            return xp.log(1 + xp.exp(x))
        '''}, {'softplus': 'logits of 1e4: y: it is inf'}),
    Wrong('the mean over everything', {SIGMOID: [
        ('.sum() / len(logits)', '.mean()'), ('targets) / len(logits)', 'targets) / logits.size')]},
        {'sigmoid cost': 'loss: it is',
         'sigmoid gradient': 'dlogits: looks like this: every element is'}),
    Wrong('the gradient has the other sign', {SIGMOID: [
        ('(sigmoid(logits) - targets)', '(targets - sigmoid(logits))')]},
        {'sigmoid gradient': 'the sign is wrong'}),
    Wrong('the gradient is not averaged', {SOFTMAX: [
        ('(probabilities - one_hot) / len(logits)', 'probabilities - one_hot')]},
        {'softmax gradient': 'the batch'}),
    Wrong('exp of the logits', {SOFTMAX: [
        ('logits - logits.max(axis=1, keepdims=True)', 'logits')]},
        {'softmax cost': 'right for: logits (N, K)'}),
    Wrong('real and fake exchanged', {REAL: [
        ('return loss, d_real, d_fake', 'return loss, d_fake, d_real')]},
        {'discriminator gradient': 'shape'}),
    Wrong('the batch of the real ones divides the fake ones', {REAL: [
        ('softplus(fake_logits).sum() / len(fake_logits)',
         'softplus(fake_logits).sum() / len(real_logits)')]},
        {'discriminator cost': 'loss: '}),
    Wrong('a pair of gradients', {REAL: [
        ('return loss, d_real, d_fake', 'return loss, (d_real, d_fake)')]},
        {'discriminator cost': 'a tuple of length 2; it must return (cost, gradient of the real',
         'discriminator gradient': 'it must return (cost, gradient of the real logits'}),
    Wrong('softplus changes x', {'softplus': [('return', 'x += 0.5; return')]},
          {'softplus': 'softplus changes x: work on a copy'}),
    Wrong('logits, targets and labels are changed', {
        SIGMOID: [('(sigmoid(logits) - targets) / len(logits)',
                   'xp(sigmoid(logits), targets, out=targets) / len(logits)'),
                  ('loss = (', 'import numpy; xp = numpy.subtract; loss = (')],
        SOFTMAX: [('shifted = logits', 'labels += 0 * labels; logits += 1; shifted = logits')],
        FAKE: [('loss =', 'fake_logits += 1; loss =')]},
        {'sigmoid cost': 'sigmoid_cross_entropy changes what it is given',
         'sigmoid gradient': 'sigmoid_cross_entropy changes what it is given',
         'softmax cost': 'softmax_cross_entropy changes what it is given',
         'softmax gradient': 'softmax_cross_entropy changes what it is given',
         'generator cost': 'generator_cost changes what it is given: work on a copy',
         'generator gradient': 'generator_cost changes what it is given'}),
    Wrong('the saturating cost', {FAKE: '''
        def generator_cost(fake_logits):
            loss = -softplus(fake_logits).sum() / len(fake_logits)
            return loss, -sigmoid(fake_logits) / len(fake_logits)
        '''}, {'generator cost': 'loss: ', 'generator gradient': 'dfake_logits: '}),
]
