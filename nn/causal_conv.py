"""The causal convolutions of a PixelCNN (van den Oord et al., 2016; PixelGAN's [15]).

A pixel may depend only on the pixels above it and to its left. Two stacks reach all of those:
the vertical one sees whole rows above, the horizontal one the rest of the current row. In the
first layer neither may see the current pixel; from the second layer on the horizontal stack's
own value at a pixel depends on earlier pixels alone, and may be seen.
"""
import numpy as np

from nn.conv import correlate, correlate_input, correlate_weight, pad
from nn.fast.products import sum_rows
from nn.initializers import kaiming_normal
from nn.layer import Layer


def causal_mask(kernel_size, stack, first):
    """Which taps of a causal kernel are live: a boolean array (k_h, k_w).

    PixelGAN's filter 'k_h x k_w' is the causal half of a k_w x k_w filter. For 3x5 (1: a live tap,
    0: a masked one; [ ] around the pixel that is computed):

        vertical, 3x5                        horizontal, 1x3

        first             later              first       later

        1  1  1  1  1     1  1  1  1  1
        1  1  1  1  1     1  1  1  1  1
        0  0 [0] 0  0     1  1 [1] 1  1      1  1 [0]    1  1 [1]

    The vertical stack's own value at row i stands for rows up to i - 1, because its first layer
    leaves out row i. So a later layer may include its own row without seeing the current pixel.
    stack: 'vertical' or 'horizontal'. kernel_size: that of the kernel itself. (A k_h x k_w filter
    of the paper has a horizontal kernel of 1 x (k_w + 1) / 2.)
    """
    mask = np.ones(kernel_size, bool)
    if first and stack == 'vertical':
        mask[-1, :] = False
    elif first:
        mask[:, -1] = False
    return mask


class CausalConv2D(Layer):
    """One stack's convolution; the output keeps the image's height and width.

    x: (N, H, W, in_channels), y: (N, H, W, out_channels), W: (k_h, k_w, in_channels,
    out_channels) with `causal_mask` over its first two axes. The live taps are a rectangle, and
    only they are multiplied; masked weights are zero and get a gradient of exactly zero.
    Raises ValueError where no tap is live, and for a vertical kernel of even width.
    """

    def __init__(self, in_channels, out_channels, kernel_size, stack, first, rng,
                 init=kaiming_normal, dtype=np.float32):
        super().__init__()
        if stack not in ('vertical', 'horizontal'):
            raise ValueError(f"stack must be 'vertical' or 'horizontal', got {stack!r}")
        if stack == 'vertical' and kernel_size[1] % 2 == 0:
            raise ValueError(f'CausalConv2D: a vertical kernel needs an odd width, '
                             f'got {kernel_size[1]}')
        mask = causal_mask(kernel_size, stack, first)
        if not mask.any():
            raise ValueError(f'CausalConv2D: no live tap in the first layer of a '
                             f'{kernel_size[0]}x{kernel_size[1]} {stack} kernel')
        kh, kw = kernel_size
        self.live = (slice(0, mask.any(axis=1).sum()), slice(0, mask.any(axis=0).sum()))
        # (top, left): how far the kernel reaches up and to the left (the sampler needs it too).
        self.reach = top, left = (kh - 1, kw // 2 if stack == 'vertical' else kw - 1)
        # The border of zeros with which a correlation with the live taps comes out at H x W.
        live_h, live_w = mask[self.live].shape
        self.border = (top, live_h - 1 - top, left, live_w - 1 - left)
        taps = int(mask.sum())
        weight = np.zeros((kh, kw, in_channels, out_channels), dtype)
        live_shape = weight[self.live].shape
        weight[self.live] = init(rng, live_shape, taps * in_channels, taps * out_channels, dtype)
        self.add_param('W', weight)
        self.add_param('b', np.zeros(out_channels, dtype))
        self.masks['W'] = np.broadcast_to(mask[:, :, None, None], weight.shape)

    def forward(self, x, train=False):
        padded = pad(x, *self.border)
        y = correlate(padded, self.params['W'][self.live])
        y += self.params['b']
        return y, (padded, x.shape)

    def backward(self, dy, cache):
        padded, x_shape = cache
        live = self.params['W'][self.live]
        self.grads['b'] += sum_rows(dy.reshape(-1, dy.shape[3]))
        self.grads['W'][self.live] += correlate_weight(padded, dy, live.shape[:2])
        return correlate_input(dy, live, x_shape, self.border)
