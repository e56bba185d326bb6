"""Drawing images from a PixelCNN, each layer computed once per pixel.

The naive sampler runs the whole network on the whole image for each pixel: H x W full passes. But
a layer's value at a pixel never changes once the pixels before it are drawn. So we keep all values:
when a row is complete, the vertical stack is computed for the next row, and within a row the
horizontal stack moves one pixel at a time. The weights are the decoder's own, and the conditionals
equal those of the full pass.

Reference: van den Oord et al., 2016 (PixelGAN's [15]) for the stacks; the paper says nothing of how
it samples. v, h: the two stacks, as in models.pixelcnn.
"""
from nn.activations import sigmoid
from nn.backend import array_module, like
from nn.conv import correlate


def bernoulli(logits, rng):
    """Binary pixels (N, 1) from logits (N, 1), by uniform numbers drawn on the host."""
    uniform = like(rng.random(logits.shape).astype(logits.dtype), logits)
    return (uniform < sigmoid(logits)).astype(logits.dtype)


def sample(decoder, z, rng, n=None, draw=bernoulli):
    """Images (N, H, W, channels) ~ p(x|z) for z (N, code_size), or n from p(x) where z is None."""
    return scan(decoder, z, lambda i, j, logits: draw(logits, rng), n)


def scan(decoder, z, choose, n=None):
    """Visit the pixels in raster order; choose(i, j, logits (N, out)) returns pixel (N, channels).

    Returns the images (N, H, W, channels). This is what `sample` and its proof have in common.
    """
    reference = z if z is not None else decoder.parameters()['layer.0/conv_v/W']
    n = len(z) if z is not None else n
    height, width, channels = decoder.image_shape
    x = array_module(reference).zeros((n, height, width, channels), reference.dtype)
    code_map = None
    if decoder.code_map is not None:
        code_map, _ = decoder.code_map.forward(z)
    layers = [_CachedLayer(layer, z, x) for layer in decoder.layer]
    for i in range(height):
        for k, layer in enumerate(layers):
            v_row = layer.compute_row(i)
            if k + 1 < len(layers):
                layers[k + 1].set_v(i, slice(None), v_row)
        for j in range(width):
            h = None
            for k, layer in enumerate(layers):
                if k:
                    layer.set_h(j, h)
                h = layer.compute_pixel(j)
            logits, _ = decoder.head.forward(h)
            x[:, i, j] = choose(i, j, logits)
            pixel = x[:, i, j]
            if code_map is not None:
                pixel = array_module(x).concatenate([pixel, code_map[:, i, j]], axis=1)
            layers[0].set_h(j, pixel)
            layers[0].set_v(i, j, pixel)
    return x


class _CachedLayer:
    """What one PixelCNNLayer must remember: its vertical inputs so far, with their border of zeros,
    and its horizontal inputs of the current row."""

    def __init__(self, layer, z, x):
        xp = array_module(x)
        n, height, width, _ = x.shape
        self.layer = layer
        self.top, self.left_v = layer.conv_v.reach
        _, self.left_h = layer.conv_h.reach
        weight_v, weight_h = layer.conv_v.params['W'], layer.conv_h.params['W']
        self.live_v = weight_v[layer.conv_v.live]
        live_h = weight_h[layer.conv_h.live]
        self.live_width = live_h.shape[1]
        self.matrix_h = live_h.reshape(-1, live_h.shape[3])
        in_channels, outputs = weight_v.shape[2:]
        self.v_in = xp.zeros((n, self.top + height, width + 2 * self.left_v, in_channels), x.dtype)
        self.h_in = xp.zeros((n, self.left_h + width, in_channels), x.dtype)

        def everywhere(bias):
            zeros = xp.zeros((n, 1, 1, outputs), x.dtype)
            values = zeros if bias is None else bias.forward(zeros, z)[0]
            return xp.broadcast_to(values, (n, height, width, outputs))

        self.bias_v = everywhere(layer.bias_v)
        self.bias_h = everywhere(layer.bias_h)

    def set_v(self, i, j, value):
        """Store the vertical input at row i, at pixel j or (j = slice(None)) in the whole row."""
        width = self.v_in.shape[2] - 2 * self.left_v
        self.v_in[:, self.top + i, self.left_v:self.left_v + width][:, j] = value

    def set_h(self, j, value):
        self.h_in[:, self.left_h + j] = value

    def compute_row(self, i):
        """The vertical stack at row i (N, W, features); starts the horizontal stack's new row."""
        rows = self.v_in[:, i:i + len(self.live_v)]
        v_pre = correlate(rows, self.live_v)[:, 0]
        v_pre += self.layer.conv_v.params['b'] + self.bias_v[:, i]
        from_v, _ = self.layer.v_to_h.forward(v_pre)
        self.h_start = from_v + self.layer.conv_h.params['b'] + self.bias_h[:, i]
        return self.layer.activation.forward(v_pre)[0]

    def compute_pixel(self, j):
        """The horizontal stack at pixel j of the current row (N, features)."""
        window = self.h_in[:, j:j + self.live_width].reshape(len(self.h_in), -1)
        h_pre = window @ self.matrix_h + self.h_start[:, j]
        h, _ = self.layer.out.forward(self.layer.activation.forward(h_pre)[0])
        return h if self.layer.first else h + self.h_in[:, self.left_h + j]
