from tests.assignments.wrong import Wrong

BIN, COST, MEAN = '_log_bin', 'discretized_logistic_mixture', '_conditional_mean'
LOG_P, DERIVATIVES = 'log p of a bin', 'derivatives of a bin'
GREY, RGB = 'gradient of grey images', 'gradient of RGB images'

WRONG = [
    Wrong('the difference of two sigmoids', {BIN: [
        ('log_p = between * (math.log(2 * HALF_BIN) - clamped + xp.log(ratio))',
         'log_p = between * (xp.log(sigmoid(a) - sigmoid(b)) + softplus(-a) + softplus(b))')]},
        {LOG_P: 'far from the mean: log_p: it is'}),
    Wrong('1 - exp(-d)', {BIN: [('-xp.expm1(-d) / d', '(1 - xp.exp(-d)) / d')]},
          {LOG_P: 'log-scales of 20: log_p: it is', DERIVATIVES: 'log-scales of 20: dlog_scale'}),
    Wrong('the first and the last bin are bins like others', {BIN: [
        ('not_first, not_last = x > HALF_BIN - 1, x < 1 - HALF_BIN',
         'not_first, not_last = x > -2, x < 2')]},
        {LOG_P: 'bytes 0 and 255: log_p', DERIVATIVES: 'bytes 0 and 255: dmean'}),
    Wrong('the first and the last bin exchanged', {BIN: [
        ('not_first, not_last = x > HALF_BIN - 1, x < 1 - HALF_BIN',
         'not_last, not_first = x > HALF_BIN - 1, x < 1 - HALF_BIN')]},
        {LOG_P: 'bytes 0 and 255: log_p', DERIVATIVES: 'bytes 0 and 255: dmean'}),
    Wrong('log-scales below -7 are used', {BIN: [
        ('xp.maximum(log_scale, MIN_LOG_SCALE)', 'log_scale')]},
        {LOG_P: 'log-scales around -7: log_p', DERIVATIVES: 'log-scales around -7: dmean'}),
    Wrong('log-scales below -7 get a gradient', {BIN: [
        (' * (log_scale > MIN_LOG_SCALE)', '')]},
        {DERIVATIVES: 'log-scales around -7: dlog_scale'}),
    Wrong('a log-scale of -7 gets a gradient', {BIN: [
        ('(log_scale > MIN_LOG_SCALE)', '(log_scale >= MIN_LOG_SCALE)')]},
        {DERIVATIVES: 'log-scales of -7: dlog_scale: it is'}),
    Wrong('images that do not match', {COST: [
        ('parameters.shape[:-1] != x.shape[:-1]', 'False')]},
        {'shapes that do not match': 'one image: discretized_logistic_mixture must raise a Value'}),
    Wrong('the number of images is all that must match', {COST: [
        ('parameters.shape[:-1] != x.shape[:-1]', 'len(parameters) != len(x)')]},
        {'shapes that do not match': '(right for: images, rows, columns, one image)'}),
    Wrong('the means are changed', {MEAN: [('mean = mean +', 'mean +=')]},
          {'conditional mean': '_conditional_mean changes what it is given: work on a copy'}),
    Wrong('the parameters are changed', {COST: [
        ('shifted = logits - logits.max(axis=-1, keepdims=True)',
         'logits -= logits.max(axis=-1, keepdims=True); shifted = 1 * logits')]},
        {'cost': 'discretized_logistic_mixture changes what it is given',
         GREY: 'discretized_logistic_mixture changes what it is given',
         RGB: 'discretized_logistic_mixture changes what it is given'}),
    Wrong('float64 of float32', {
        BIN: [('math.log(2 * HALF_BIN)', 'xp.log(2 * HALF_BIN)'),
              ('inverse = xp.exp(-clamped)', 'inverse = xp.exp(-clamped) * xp.exp(0.0)')],
        MEAN: [('mean = means[channel]', 'mean = 1.0 * means[channel].astype(float)')]},
        {LOG_P: 'float32: log_p: it is float64', DERIVATIVES: 'float32: dmean: it is float64',
         'conditional mean': 'float32: mean: it is float64'}),
    Wrong('no derivatives', {BIN: '''
        def _log_bin(x, mean, log_scale):
            return mean
        '''}, {LOG_P: 'it must return (log_p, dmean, dlog_scale)',
               DERIVATIVES: 'it must return (log_p, dmean, dlog_scale)'}),
    Wrong('the derivative in s', {BIN: [
        ('* (log_scale > MIN_LOG_SCALE)', '* (log_scale > MIN_LOG_SCALE) * inverse')]},
        {DERIVATIVES: 'dlog_scale: it is'}),
    Wrong('the mean has the sign of x', {BIN: [('(below - above)', '(above - below)')]},
          {DERIVATIVES: 'dmean: looks like this: the sign is wrong'}),
    Wrong('the means of the earlier channels', {MEAN: [
        ('x[..., earlier, None]', 'means[earlier]')]}, {'conditional mean': 'right for: red'}),
    Wrong('blue has the coefficient of green', {MEAN: [
        ('channel * (channel - 1) // 2', '0')]}, {'conditional mean': 'right for: red, green'}),
    Wrong('the logits are no probabilities', {COST: [
        ('log_prior = shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))',
         'log_prior = logits')]},
        {'cost': 'loss: ', GREY: 'dL/dlogits: it is', RGB: 'dL/dlogits: it is'}),
    Wrong('averaged over the pixels', {COST: [
        ('.sum() / len(x)', '.mean()'), ('posterior) / len(x)', 'posterior) / x[..., 0].size'),
        ('-len(x)', '-x[..., 0].size')]},
        {'cost': 'loss: it is',
         GREY: 'dL/dmeans: looks like this: every element is',
         RGB: 'dL/dmeans: looks like this: every element is'}),
    Wrong('the sum of exponentials overflows', {COST: [
        ('joint.max(axis=-1, keepdims=True)', '0')]},
        {'cost': 'parameters of 1e4: loss: it is inf',
         GREY: 'parameters of 1e4: dL/dlogits: it is nan'}),
    Wrong('the weights in the place of the posterior', {COST: [
        ('dlog_p = posterior /', 'dlog_p = xp.exp(log_prior) /')]},
        {GREY: 'grey: dL/dmeans: it is', RGB: 'dL/dmeans: it is'}),
    Wrong('the gradient has the other sign', {COST: [
        ('(xp.exp(log_prior) - posterior)', '(posterior - xp.exp(log_prior))'),
        ('posterior / -len(x)', 'posterior / len(x)')]},
        {GREY: 'the sign is wrong', RGB: 'the sign is wrong'}),
    Wrong('the gradient of the logits has the other sign', {COST: [
        ('(xp.exp(log_prior) - posterior)', '(posterior - xp.exp(log_prior))')]},
        {GREY: 'dL/dlogits: looks like this: the sign is wrong',
         RGB: 'dL/dlogits: looks like this: the sign is wrong'}),
    Wrong('the derivative of tanh is forgotten', {COST: [('dt * (1 - t * t)', 'dt')]},
          {RGB: 'dL/dcoefficients: it is'}),
]
