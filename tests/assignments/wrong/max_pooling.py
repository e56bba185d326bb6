from tests.assignments.wrong import Wrong

FORWARD, SIZES, BACKWARD, EQUAL = (
    'forward', 'sizes that do not divide', 'backward', 'backward with equal values')
REMAINING = 'remaining -= dx_view'
GIVEN = 'remaining * (x_view == y)'

WRONG = [
    Wrong('the maximum begins at zero', {'MaxPool2D.forward': [
        ('views[0].copy()', 'xp.zeros_like(views[0])'), ('views[1:]', 'views')]},
        {FORWARD: 'negative pixels: y: looks like this: it is zero'}),
    Wrong('the mean', {'MaxPool2D.forward': [
        ('return y, (x, y)', 'return sum(views) / len(views), (x, y)')]}, {FORWARD: 'y: it is'}),
    Wrong('windows of 2', {'MaxPool2D.forward': [
        ('views = self._offsets(x)',
         'views = [x[:, a::2, b::2] for a in (0, 1) for b in (0, 1)]')]},
        {FORWARD: 'right for: negative pixels, size 2'}),
    Wrong('rows that are left over fall away', {'MaxPool2D.forward': '''
        def forward(self, x, train=False):
            n, h, w, c = x.shape
            s = self.size
            whole = x[:, :h // s * s, :w // s * s]
            y = whole.reshape(n, h // s, s, w // s, s, c).max(axis=(2, 4))
            return y, (x, y)
        '''}, {SIZES: 'forward must raise a ValueError, and does not'}),
    Wrong('columns that are left over fall away', {'MaxPool2D.forward': [
        (' or x.shape[2] % self.size', ''),
        ('views =', 'x = x[:, :, :x.shape[2] // self.size * self.size]; views =')]},
        {SIZES: 'right for: rows, both'}),
    Wrong('dy goes to all pixels', {'MaxPool2D.backward': [(GIVEN, 'remaining'), (REMAINING, '')]},
          {BACKWARD: 'dx: it is', EQUAL: 'dx: it is'}),
    Wrong('dy is divided among all pixels', {'MaxPool2D.backward': '''
        def backward(self, dy, cache):
            x, y = cache
            dx = array_module(dy).empty_like(x)
            for view in self._offsets(dx):
                view[...] = dy / self.size ** 2
            return dx
        '''}, {BACKWARD: 'dx: it is', EQUAL: 'dx: it is'}),
    Wrong('ones in the place of dy', {'MaxPool2D.backward': [
        ('dy.copy()', 'xp.ones_like(dy)')]}, {BACKWARD: 'dx: it is', EQUAL: 'dx: it is'}),
    Wrong('all that are equal get dy', {'MaxPool2D.backward': [(REMAINING, '')]},
          {EQUAL: 'dx: it is'}),
    Wrong('the last of those that are equal', {'MaxPool2D.backward': [
        ('zip(self._offsets(x), self._offsets(dx))',
         'zip(self._offsets(x)[::-1], self._offsets(dx)[::-1])')]}, {EQUAL: 'dx: it is'}),
    Wrong('half of dy', {'MaxPool2D.backward': [('dy.copy()', '0.5 * dy')]},
          {BACKWARD: 'every element is 0.5 times what it should be', EQUAL: 'dx: '}),
    Wrong('x, which is in the cache, is changed', {'MaxPool2D.backward': [
        ('remaining -= dx_view', 'remaining -= dx_view; x_view[...] = 0')]},
        {BACKWARD: 'backward changes x or dy', EQUAL: 'backward changes x or dy'}),
    Wrong('dy is changed', {'MaxPool2D.backward': [('dy.copy()', 'dy')]},
          {BACKWARD: 'backward changes', EQUAL: 'backward changes'}),
]
