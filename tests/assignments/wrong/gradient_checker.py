from tests.assignments.wrong import Wrong

VALUES, CENTRAL, RELATIVE = '_Probe._values', '_Probe.central', '_Probe._relative'

WRONG = [
    Wrong('the array is shifted back', {VALUES: '''
        def _values(self, direction, shifts):
            values = []
            for shift in shifts:
                self.array += shift * direction
                values.append(self.objective()[0])
                self.array -= shift * direction
            return values
        '''}, {'values': 'the array is as before: it is False',
               'values after an exception': 'the array is as before: it is False'}),
    Wrong('not put back where it breaks', {VALUES: '''
        def _values(self, direction, shifts):
            original, values = self.array.copy(), []
            for shift in shifts:
                self.array[...] = original + shift * direction
                values.append(self.objective()[0])
            self.array[...] = original
            return values
        '''}, {'values after an exception': 'the array is as before: it is False'}),
    Wrong('shifts add up', {VALUES: [('= original + shift', '= self.array + shift')]},
          {'values': 'values: it is'}),
    Wrong('divided by h', {CENTRAL: [('(2 * h)', 'h')]},
          {'difference': 'difference: it is'}),
    Wrong('one side only', {CENTRAL: [
        ('(h, -h)', '(h, 0)'), ('(2 * h)', 'h')]}, {'difference': 'difference: it is'}),
    Wrong('by the first number', {RELATIVE: [
        ('max(abs(a), abs(b), self.floor)', 'max(abs(a), self.floor)')]},
        {'relative error': 'errors: it is'}),
    Wrong('no floor', {RELATIVE: [
        ('max(abs(a), abs(b), self.floor)', 'max(abs(a), abs(b), 1e-300)')]},
        {'relative error': 'errors: it is'}),
    Wrong('signed', {RELATIVE: [('abs(a - b)', '(a - b)')]}, {'relative error': 'errors: it is'}),
    Wrong('no kinks', {'_Probe.along': [
        ('not error <= TOLERANCE and self._kink(direction, analytic, numeric)', 'False')]},
        {'one direction at a kink': 'a kink: it is False'}),
    Wrong('every large error is a kink', {'_Probe.along': [
        ('not error <= TOLERANCE and self._kink(direction, analytic, numeric)',
         'error > TOLERANCE')]},
        {'one direction': 'that is at no kink: it is False',
         'one direction at a kink': 'no kink explains it: it is False'}),
    Wrong('ones', {'_upstream': '''
        def _upstream(output, arrays, rng):
            return np.ones(output.shape)
        '''}, {'upstream gradient': 'is another each time: it is False',
               'upstream gradient in use': 'rejects: the gradient of a centred row is zero'}),
    Wrong('always the same seed', {'_upstream': '''
        def _upstream(output, arrays, rng):
            return np.random.default_rng(5).standard_normal(output.shape)
        '''}, {'upstream gradient': 'is another each time: it is False'}),
    Wrong('everything passes', {'compare': '''
        def compare(name, label, objective, array, gradient, rng, seed):
            return Check(name, label, 0.0, True)
        '''}, {'verdict on gradients': 'rejects: one element of dw is zero: it is False',
               'verdict on other things': 'rejects: dx is of float32',
               'verdict at kinks': 'rejects: beside a kink the slope is 1'}),
    Wrong('types are not looked at', {'compare': [
        ('or gradient.dtype != np.float64', 'or False')]},
        {'verdict on other things': 'rejects: dx is of float32: it is False'}),
    Wrong('everything fails', {'compare': '''
        def compare(name, label, objective, array, gradient, rng, seed):
            return Check(name, label, 1.0, False)
        '''}, {'verdict on gradients': 'accepts a right layer: it is False',
               'verdict at kinks': 'accepts a right layer at a kink: it is False'}),
    Wrong('a tolerance of one percent', {'compare': [
        ('worst.error <= TOLERANCE', 'worst.error <= 1e-2')]},
        {'verdict on gradients': 'rejects: dw is 0.1% too large: it is False'}),
    Wrong('NaN is forgotten', {'compare': [
        ('not difference.error <= worst.error and not np.isnan(worst.error)',
         'difference.error > worst.error')]},
        {'verdict on gradients': 'rejects: dx is NaN: it is False'}),
    Wrong('the first element alone', {'compare': [
        ('for where, direction in _directions(array, rng):',
         'for where, direction in [next(iter(_directions(array, rng)))]:')]},
        {'verdict on gradients': 'small arrays: rejects: one element of dw is zero',
         'verdict at kinks': 'accepts a right layer at a kink'}),
    Wrong('a kink is an error', {'compare': [('if difference.kink:', 'if False:')]},
          {'verdict at kinks': 'accepts a right layer at a kink: it is False'}),
]
