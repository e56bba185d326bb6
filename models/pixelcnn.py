"""The conditional PixelCNN decoder p(x | z): an image, pixel by pixel, given a code.

    p(x | z) = prod_i p(x_i | x_1 .. x_{i-1}, z)        in raster order

References: PixelGAN, section 2, appendices A.2 and B.1; van den Oord et al., 2016 ('Conditional
image generation with PixelCNN decoders', PixelGAN's [15]) for the two stacks and the gate.

    paper                          here
    x, z                           x (N, H, W, channels), z (N, code_size)
    residual blocks                blocks
    filter size k_h x k_w          kernel_size (k_h, k_w): see nn.causal_conv
    vertical / horizontal stack    v, h
    feature maps                   features

How this differs from the paper: the paper says 'ReLU non-linearity as in [15]', where the
non-linearity is a gate; we keep that wiring and put a ReLU in the gate's place. The first layer
(which leaves out the current pixel and has no residual) comes before the `blocks` residual blocks,
so that three blocks of 3x5 see nine rows: the 'receptive field of size 9' of figure 2. The
code's biases are added where a spatial convolution ends; the 1x1 convolutions and the head have no
bias by the code.
With the location-dependent bias each stack has a map of its own. With the input channel the map is
masked like the pixels it stands beside, so the very first pixel does not depend on the code.
"""
import math

import numpy as np

from nn.activations import GatedUnit, ReLU
from nn.backend import array_module
from nn.causal_conv import CausalConv2D
from nn.conditioning import CodeMap, LocationDependentBias, LocationInvariantBias
from nn.dense import Dense
from nn.fast.memory import check_room
from nn.initializers import xavier_normal
from nn.layer import Layer, Sequential

CONDITIONINGS = ('location-invariant', 'location-dependent', 'input-channel')
ACTIVATIONS = {'relu': ReLU, 'gated': GatedUnit}
RESIDUAL_STARTS = ('zero', 'scaled', 'full')


class PixelCNNLayer(Layer):
    """One layer of both stacks; with first=False it is a residual block.

        v_pre = conv_v(v) + bias_v(z)                       v' = f(v_pre)
        h_pre = conv_h(h) + W_vh v_pre + bias_h(z)          h' = h + W_out f(h_pre)

    f is a ReLU, or the gate (for which conv_v and conv_h have 2 x features outputs). The first
    layer has h' = W_out f(h_pre). v, h: (N, H, W, features); biases only where `make_bias`.
    """

    def __init__(self, in_channels, features, kernel_size, activation, first, make_bias, rng,
                 dtype=np.float32):
        super().__init__()
        kh, kw = kernel_size
        self.first = first
        self.activation = ACTIVATIONS[activation]()
        outputs = 2 * features if activation == 'gated' else features
        self.conv_v = CausalConv2D(in_channels, outputs, (kh, kw), 'vertical', first, rng,
                                   dtype=dtype)
        self.conv_h = CausalConv2D(in_channels, outputs, (1, (kw + 1) // 2), 'horizontal', first,
                                   rng, dtype=dtype)
        self.v_to_h = Dense(outputs, outputs, rng, bias=False, init=xavier_normal, dtype=dtype)
        self.out = Dense(features, features, rng, init=xavier_normal, dtype=dtype)
        self.bias_v = make_bias(outputs) if make_bias else None
        self.bias_h = make_bias(outputs) if make_bias else None

    def forward(self, v, h, z, train=False):
        v_pre, conv_v = self.conv_v.forward(v)
        v_pre, bias_v = self._add_bias(self.bias_v, v_pre, z)
        h_pre, conv_h = self.conv_h.forward(h)
        from_v, v_to_h = self.v_to_h.forward(v_pre)
        h_pre += from_v
        h_pre, bias_h = self._add_bias(self.bias_h, h_pre, z)
        v_out, act_v = self.activation.forward(v_pre)
        h_act, act_h = self.activation.forward(h_pre)
        h_out, out = self.out.forward(h_act)
        if not self.first:
            h_out += h
        return (v_out, h_out), (conv_v, bias_v, conv_h, v_to_h, bias_h, act_v, act_h, out)

    def backward(self, dv_out, dh_out, cache):
        """Returns (dv, dh, dz); dz is None without a bias."""
        conv_v, bias_v, conv_h, v_to_h, bias_h, act_v, act_h, out = cache
        dh_pre = self.activation.backward(self.out.backward(dh_out, out), act_h)
        dh_pre, dz_h = self._bias_backward(self.bias_h, dh_pre, bias_h)
        dv_pre = self.activation.backward(dv_out, act_v)
        dv_pre += self.v_to_h.backward(dh_pre, v_to_h)
        dv_pre, dz_v = self._bias_backward(self.bias_v, dv_pre, bias_v)
        dv = self.conv_v.backward(dv_pre, conv_v)
        dh = self.conv_h.backward(dh_pre, conv_h)
        if not self.first:
            dh += dh_out
        return dv, dh, None if dz_v is None else dz_v + dz_h

    @staticmethod
    def _add_bias(bias, x, z):
        return (x, None) if bias is None else bias.forward(x, z)

    @staticmethod
    def _bias_backward(bias, dy, cache):
        return (dy, None) if bias is None else bias.backward(dy, cache)


def keep_vertical_size(layers, height, width):
    """Scale conv_v of each layer but the first so that the root mean square of v, on made-up pixels
    and without a code, stays that of the first layer (the idea of Mishkin and Matas, 2016).

    The vertical stack has no residual that would carry it. By the sizes of the layers it shrinks,
    unless the code feeds it: taps beside the image are counted and add nothing, and a gate near 0
    halves what it is given.
    """
    weights = layers[0].conv_v.params['W']
    v = np.random.default_rng(0).integers(2, size=(4, height, width, weights.shape[2]))
    v, wanted = v.astype(weights.dtype), None
    for layer in layers:
        before = layer.conv_v.forward(v)[0]
        v = layer.activation.forward(before)[0]
        size = math.sqrt(np.square(v).mean())
        if wanted is None:
            wanted = size
        elif size:
            layer.conv_v.params['W'] *= wanted / size
            v = layer.activation.forward(before * (wanted / size))[0]


class PixelCNN(Layer):
    """logits of p(x_i | x_<i, z) at every pixel in one pass.

    image_shape: (H, W, channels). code_size 0 is the unconditional PixelCNN (pass z=None).
    conditioning: 'location-invariant' (a bias at every layer), 'location-dependent' (a bias map at
    the first layer), 'input-channel' (the map joined to the input); `code_channels` is k of
    appendix A.2. out_channels: numbers per pixel that the cost asks for (1 for binary pixels).
    The head is ReLU, 1x1, ReLU, 1x1 on the horizontal stack.
    residual_start: how the residual blocks start. The papers state no initial weights; what each
    choice does is measured in results/pixelgan.md. 'full': every layer by its sizes; a block then
    about doubles the variance of h, and v shrinks. 'scaled': W_out is divided by sqrt(2 blocks).
    'zero': W_out is zero, so a block leaves h as it is. With these two v keeps its size, but for
    what the code adds.
    Raises ValueError on an unknown conditioning, activation or residual_start.
    """

    def __init__(self, image_shape, code_size, blocks, rng, features=32, kernel_size=(3, 5),
                 activation='relu', conditioning='location-invariant', code_channels=1,
                 out_channels=1, residual_start='full', dtype=np.float32):
        super().__init__()
        if residual_start not in RESIDUAL_STARTS:
            raise ValueError(f'residual_start {residual_start!r} is not one of {RESIDUAL_STARTS}')
        if conditioning not in CONDITIONINGS:
            raise ValueError(f'conditioning {conditioning!r} is not one of {CONDITIONINGS}')
        if activation not in ACTIVATIONS:
            raise ValueError(f'activation {activation!r} is not one of {tuple(ACTIVATIONS)}')
        check_room(blocks * math.prod(kernel_size) * features**2)   # of the vertical stack alone
        height, width, channels = image_shape
        self.image_shape, self.code_size = tuple(image_shape), code_size

        def invariant(outputs):
            return LocationInvariantBias(code_size, outputs, rng, dtype=dtype)

        def dependent(outputs):
            return LocationDependentBias(code_size, height, width, outputs, rng, code_channels,
                                         dtype=dtype)

        first_bias = later_bias = self.code_map = None
        if code_size and conditioning == 'location-invariant':
            first_bias = later_bias = invariant
        elif code_size and conditioning == 'location-dependent':
            first_bias = dependent
        elif code_size:
            self.code_map = CodeMap(code_size, height, width, code_channels, rng, dtype=dtype)
            channels += code_channels
        self.layer = [PixelCNNLayer(channels, features, kernel_size, activation, True, first_bias,
                                    rng, dtype)]
        for _ in range(blocks):
            self.layer.append(PixelCNNLayer(features, features, kernel_size, activation, False,
                                            later_bias, rng, dtype))
            if residual_start != 'full':
                self.layer[-1].out.params['W'] *= (0 if residual_start == 'zero' else
                                                   1 / math.sqrt(2 * blocks))
        if residual_start != 'full':
            keep_vertical_size(self.layer, height, width)
        self.head = Sequential(ReLU(), Dense(features, features, rng, dtype=dtype),
                               ReLU(), Dense(features, out_channels, rng, init=xavier_normal,
                                             dtype=dtype))

    def forward(self, x, z=None, train=False):
        """x: (N, H, W, channels), z: (N, code_size) -> logits (N, H, W, out_channels)."""
        map_cache = None
        if self.code_map is not None:
            code_map, map_cache = self.code_map.forward(z)
            x = array_module(x).concatenate([x, code_map], axis=3)
        v = h = x
        caches = []
        for layer in self.layer:
            (v, h), cache = layer.forward(v, h, z)
            caches.append(cache)
        logits, head_cache = self.head.forward(h)
        return logits, (map_cache, caches, head_cache)

    def backward(self, dlogits, cache):
        """Returns (dx, dz); dz is None for the unconditional PixelCNN."""
        map_cache, caches, head_cache = cache
        dh = self.head.backward(dlogits, head_cache)
        dv = array_module(dh).zeros_like(dh)      # nothing reads the vertical stack's last output
        dz = None
        for layer, layer_cache in zip(reversed(self.layer), reversed(caches)):
            dv, dh, dz_layer = layer.backward(dv, dh, layer_cache)
            if dz_layer is not None:
                dz = dz_layer if dz is None else dz + dz_layer
        dx = dv + dh
        if self.code_map is not None:
            dz = self.code_map.backward(dx[..., self.image_shape[2]:], map_cache)
            dx = dx[..., :self.image_shape[2]]
        return dx, dz
