"""Max pooling."""
from nn.backend import array_module
from nn.layer import Layer


class MaxPool2D(Layer):
    """The largest value of each size x size window; windows do not overlap.

    x: (N, H, W, C), y: (N, H / size, W / size, C). Where a window's largest value occurs twice,
    the gradient goes to the first. Raises ValueError where size does not divide H and W.
    """

    def __init__(self, size=2):
        super().__init__()
        self.size = size

    def _offsets(self, x):
        """The size^2 views of `x` that hold the same corner of every window."""
        size = self.size
        return [x[:, i::size, j::size] for i in range(size) for j in range(size)]

    def forward(self, x, train=False):
        xp = array_module(x)
        if x.shape[1] % self.size or x.shape[2] % self.size:
            raise ValueError(f'MaxPool2D({self.size}) does not divide images of '
                             f'{x.shape[1]}x{x.shape[2]}')
        views = self._offsets(x)
        y = views[0].copy()
        for view in views[1:]:
            xp.maximum(y, view, out=y)
        return y, (x, y)

    def backward(self, dy, cache):
        x, y = cache
        xp = array_module(dy)
        dx = xp.empty_like(x)
        remaining = dy.copy()
        for x_view, dx_view in zip(self._offsets(x), self._offsets(dx)):
            dx_view[...] = remaining * (x_view == y)
            remaining -= dx_view
        return dx
