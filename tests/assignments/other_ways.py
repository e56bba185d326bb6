"""Right solutions that are not the reference's, of activations, losses and gradient-checker:
assignment -> function -> text (test_other_ways.py has the others)."""
COSTS_AND_CHECKS = {
    'activations': {'ReLU.forward': '''
        def forward(self, x, train=False):
            return (x + abs(x)) / 2, x
        ''', 'ReLU.backward': '''
        def backward(self, dy, y):
            dx = dy.copy()
            dx[y <= 0] = 0
            return dx
        ''', 'Softmax.forward': '''
        def forward(self, x, train=False):
            import numpy as np
            from scipy.special import logsumexp
            log_y = x - logsumexp(x, axis=-1, keepdims=True)
            return np.exp(log_y), log_y
        ''', 'Softmax.backward': '''
        def backward(self, dy, y):
            import numpy as np
            p = np.exp(y)
            matrix = p[..., None] * (np.eye(p.shape[-1]) - p[..., None, :])
            return np.einsum('...i,...ik->...k', dy, matrix)
        ''', 'GatedUnit.forward': '''
        def forward(self, x, train=False):
            import numpy as np
            a, b = np.split(x, 2, axis=-1)      # a ValueError where it is odd
            return np.tanh(a) / (1 + np.exp(-b)), x
        ''', 'GatedUnit.backward': '''
        def backward(self, dy, cache):
            import numpy as np
            a, b = np.split(cache, 2, axis=-1)
            s, dx = 1 / (1 + np.exp(-b)), np.empty_like(cache)
            dx[..., :a.shape[-1]] = dy * s / np.cosh(a) ** 2
            dx[..., a.shape[-1]:] = dy * np.tanh(a) * s * (1 - s)
            return dx
        '''},
    'gradient-checker': {'_Probe._values': '''
        def _values(self, direction, shifts):
            kept, found = self.array.copy(), []
            def at(shift):
                np.copyto(self.array, kept + shift * direction)
                return self.objective()[0]
            try:
                found = [at(shift) for shift in shifts]
            finally:
                np.copyto(self.array, kept)
            return found
        ''', '_Probe.central': '''
        def central(self, direction, h):
            below, above = self._values(direction, [-h, h])
            return above / (2 * h) - below / (2 * h)
        ''', '_Probe._relative': '''
        def _relative(self, a, b):
            return abs(a - b) / np.max([abs(a), abs(b), self.floor])
        ''', '_Probe.along': '''
        def along(self, where, direction):
            analytic = np.vdot(self.gradient, direction)
            numeric = self.central(direction, STEP)
            error, kink = self._relative(analytic, numeric), False
            if not error <= TOLERANCE:
                kink = self._kink(direction, analytic, numeric)
            return _Difference(f'{where}: {analytic} and {numeric}, {error}', error, kink)
        ''', '_upstream': '''
        def _upstream(output, arrays, rng):
            while True:
                dy = rng.uniform(-1, 1, output.shape)
                if not any(same(dy, array) for array in arrays):
                    return dy
        ''', 'compare': '''
        def compare(name, label, objective, array, gradient, rng, seed):
            def failure(detail):
                return Check(name, label, np.nan, False, 0, detail)
            if not is_array(gradient):
                return failure('no array')
            if gradient.shape != array.shape or gradient.dtype != np.float64 or array.size == 0:
                return failure('not of its kind')
            kinks, found = 0, []
            try:
                probe = _Probe(objective, array, gradient)
                for number, (where, direction) in enumerate(_directions(array, rng)):
                    if number == DIRECTIONS and array.size > SMALL and kinks == 0:
                        break
                    difference = probe.along(where, direction)
                    if difference.kink:
                        kinks += 1
                    else:
                        found.append(difference)
            except Complaint as complaint:
                return failure(complaint.detail)
            if not found:
                return Check(name, label, np.nan, False, kinks, 'kinks everywhere')
            worst = sorted(found, key=lambda each: (np.isnan(each.error), each.error))[-1]
            passed = worst.error <= TOLERANCE
            return Check(name, label, worst.error, passed, kinks,
                         '' if passed else f'{worst.text}, seed {seed}')
        '''},
    'losses': {'softplus': '''
        def softplus(x):
            import numpy as np
            return np.maximum(x, 0) + np.log(1 + np.exp(-abs(x)))
        ''', 'sigmoid_cross_entropy': '''
        def sigmoid_cross_entropy(logits, targets):
            cost = targets * softplus(-logits) + (1 - targets) * softplus(logits)
            return cost.sum() / len(logits), (sigmoid(logits) - targets) / len(logits)
        ''', 'softmax_cross_entropy': '''
        def softmax_cross_entropy(logits, labels):
            import numpy as np
            n, rows = len(logits), np.arange(len(logits))
            largest = logits.max(axis=1)
            sums = np.exp(logits - largest[:, None]).sum(axis=1)
            gradient = np.exp(logits - largest[:, None]) / sums[:, None]
            gradient[rows, labels] -= 1
            return (largest + np.log1p(sums - 1) - logits[rows, labels]).mean(), gradient / n
        ''', 'discriminator_cost': '''
        def discriminator_cost(real_logits, fake_logits):
            import numpy as np
            def cost(x):
                with np.errstate(over='ignore'):
                    loss = np.maximum(x, 0) + np.log(1 + np.exp(-abs(x)))
                    return loss.mean(), 1 / (1 + np.exp(-x)) / len(x)
            (real, d_real), (fake, d_fake) = cost(-real_logits), cost(fake_logits)
            return real + fake, -d_real, d_fake
        ''', 'generator_cost': '''
        def generator_cost(fake_logits):
            import numpy as np
            x = -fake_logits[:, 0]
            with np.errstate(over='ignore'):
                loss = np.maximum(x, 0) + np.log(1 + np.exp(-abs(x)))
                return loss.mean(), -1 / (1 + np.exp(fake_logits)) / len(x)
        '''}}
