from tests.assignments.wrong import Wrong

VALUES, CENTRAL, RELATIVE = '_Probe._values', '_Probe.central', '_Probe._relative'
GRADIENTS, FEW, OTHERS, KINKS = (
    f'verdict {what}' for what in ('on gradients', 'in few steps', 'on other things', 'at kinks'))
MEAN = '''
    def compare(name, label, objective, array, gradient, rng, seed):
        if not is_array(gradient) or (gradient.shape, gradient.dtype) != (array.shape, np.float64):
            return Check(name, label, np.nan, False, 0, describe(gradient))
        if not array.size:
            return Check(name, label, np.nan, False)
        errors, kinks, text = [], 0, ''
        try:
            probe = _Probe(objective, array, gradient)
            for tried, (where, direction) in enumerate(_directions(array, rng)):
                if array.size > SMALL and tried == DIRECTIONS and not kinks:
                    break
                found = probe.along(where, direction)
                kinks += found.kink
                if not found.kink:
                    if not found.error <= max(errors, default=0):
                        text = f'{found.text}, seed {seed}'
                    errors.append(found.error)
        except Complaint as complaint:
            return Check(name, label, np.nan, False, 0, complaint.detail)
        if not errors:
            return Check(name, label, 0.0, False, kinks)
        mean = np.mean(errors)
        passed = bool(mean <= TOLERANCE)
        return Check(name, label, mean, passed, kinks, '' if passed else text)
    '''

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
        {'one direction': '1% too large: no kink, but it was asked: it is False',
         'one direction at a kink': 'a kink: it is False'}),
    Wrong('every large error is a kink', {'_Probe.along': [
        ('not error <= TOLERANCE and self._kink(direction, analytic, numeric)',
         'error > TOLERANCE')]},
        {'one direction': '1% too large: no kink, but it was asked: it is False',
         'one direction at a kink': 'no kink explains it: it is False'}),
    Wrong('a kink is asked for in every direction', {'_Probe.along': [
        ('not error <= TOLERANCE and self._kink(direction, analytic, numeric)',
         'self._kink(direction, analytic, numeric)')]},
        {'one direction': 'a right one: no kink, and none was asked for: it is False'}),
    Wrong('no text', {'_Probe.along': [("f'{where}: backward", "f'backward")]},
          {'one direction': 'the text names the direction: it is False'}),
    Wrong('a generator of its own', {'_upstream': '''
        def _upstream(output, arrays, rng):
            return np.random.default_rng().standard_normal(output.shape)
        '''}, {'upstream gradient': 'comes from rng: it is False'}),
    Wrong('drawn once, of another distribution', {'_upstream': '''
        def _upstream(output, arrays, rng):
            return rng.uniform(-1, 1, output.shape)
        '''}, {'upstream gradient': 'is none of the arrays: it is False'}),
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
        '''}, {GRADIENTS: 'rejects: 1% too large: it is False',
               OTHERS: 'rejects a gradient: of float32: it is False',
               KINKS: 'rejects one that is wrong beside the kink'}),
    Wrong('everything fails', {'compare': '''
        def compare(name, label, objective, array, gradient, rng, seed):
            return Check(name, label, np.nan, False)
        '''}, {GRADIENTS: 'accepts the right gradient: it is False',
               OTHERS: 'detail is that of the Complaint',
               KINKS: 'accepts a right gradient at a kink: it is False'}),
    Wrong('types are not looked at', {'compare': [
        ('or gradient.dtype != np.float64', 'or False')]},
        {OTHERS: 'rejects a gradient: of float32: it is False'}),
    Wrong('None is not thought of', {'compare': [('not is_array(gradient) or ', '')]},
          {OTHERS: 'AttributeError'}),
    Wrong('no elements are not thought of', {'compare': [('if not array.size:', 'if False:')]},
          {OTHERS: 'ValueError'}),
    Wrong('a Complaint goes on', {'compare': [
        ('except Complaint as', 'except ZeroDivisionError as')]}, {OTHERS: 'Complaint'}),
    Wrong('a Complaint at once goes on', {'compare': [
        ('    try:\n        probe = _Probe(objective, array, gradient)\n',
         '    probe = _Probe(objective, array, gradient)\n    try:\n')]}, {OTHERS: 'Complaint'}),
    Wrong('a Complaint has no text', {'compare': [('detail=complaint.detail', "detail=''")]},
          {OTHERS: 'detail is that of the Complaint at once: it is False'}),
    Wrong('a tolerance of 0.05%', {'compare': [
        ('worst.error <= TOLERANCE', 'worst.error <= 5e-4')]},
        {GRADIENTS: 'rejects: 0.01% too large: it is False'}),
    Wrong('the mean error', {'compare': MEAN}, {
        GRADIENTS: 'rejects: one element is 0.003% too large: it is False'}),
    Wrong('the mean error decides, the worst is shown', {'compare': MEAN.replace(
        'label, mean, mean', 'label, max(errors), mean')},
        {GRADIENTS: 'rejects: one element is 0.003% too large: it is False'}),
    Wrong('NaN is forgotten', {'compare': [
        ('not difference.error <= worst.error and not np.isnan(worst.error)',
         'difference.error > worst.error')]},
        {GRADIENTS: 'rejects NaN at the first element: it is False'}),
    Wrong('a NaN after a number is lost', {'compare': [
        ('not difference.error <= worst.error and not np.isnan(worst.error)',
         'tried == 1 or difference.error > worst.error')]},
        {GRADIENTS: 'rejects NaN at the last element: it is False'}),
    Wrong('a number takes the place of a NaN', {'compare': [
        (' and not np.isnan(worst.error)', '')]},
        {GRADIENTS: 'rejects NaN at the first element: it is False'}),
    Wrong('the error is always 0', {'compare': [
        ('worst.error, False, kinks', '0.0, False, kinks')]},
        {GRADIENTS: 'error: 1% too large: looks like this: it is zero'}),
    Wrong('no detail', {'compare': [("f'{worst.text}, seed {seed}')", "'')")]},
          {GRADIENTS: 'detail names the worst element, and the seed: it is False'}),
    Wrong('the first element alone', {'compare': [
        ('for where, direction in _directions(array, rng):',
         'for where, direction in [next(iter(_directions(array, rng)))]:')]},
        {GRADIENTS: 'small arrays: ', KINKS: 'accepts a right gradient at a kink'}),
    Wrong('one direction of a large array', {'compare': [
        ('tried == DIRECTIONS and', 'tried == 1 and')]},
        {GRADIENTS: 'large arrays: rejects: in the last direction alone: it is False'}),
    Wrong('one direction too few', {'compare': [
        ('tried == DIRECTIONS and', 'tried == DIRECTIONS - 1 and')]},
        {GRADIENTS: 'large arrays: rejects: in the last direction alone: it is False'}),
    Wrong('no element of a large array', {'compare': [
        ('tried == DIRECTIONS and not kinks', 'tried == DIRECTIONS')]},
        {KINKS: 'large arrays: accepts a right gradient at a kink: it is False'}),
    Wrong('always the elements, too', {'compare': [
        ('tried == DIRECTIONS and not kinks', 'False')]},
        {FEW: 'no single elements where no direction is at a kink: it is False'}),
    Wrong('a kink is an error', {'compare': [('if difference.kink:', 'if False:')]},
          {KINKS: 'accepts a right gradient at a kink: it is False'}),
    Wrong('kinks are not counted', {'compare': [
        ('worst.error, True, kinks,', 'worst.error, True, 0,')]},
        {KINKS: 'how many at a kink: it is 0'}),
    Wrong('kinks everywhere pass', {'compare': [('if kinks == tried:', 'if False:')]},
          {KINKS: 'rejects where every direction is at a kink: it is False'}),
]
