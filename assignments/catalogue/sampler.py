"""Drawing from a PixelCNN, each layer computed once per pixel."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import Broken
from models import sampler
from models.pixelcnn import PixelCNN, PixelCNNLayer
from nn.conditioning import LocationDependentBias, LocationInvariantBias


def drawn(layer, seed):
    """The layer with parameters from a seed."""
    rng = np.random.default_rng(seed)
    for path, parameter in layer.parameters().items():
        size = 0.15 if 'code_map' in path else 0.4      # the map has 1,000 units
        parameter[...] = size * rng.standard_normal(parameter.shape)
    return layer


def uniform(dtype):
    def inputs(rng):
        return {'logits': 2 * rng.standard_normal((int(rng.integers(40, 80)), 1)).astype(dtype),
                'seed': int(rng.integers(1 << 31))}
    return inputs


def bernoulli(logits, seed):
    return {'pixels': sampler.bernoulli(logits, np.random.default_rng(seed))}


def one_layer(first, bias='', activation='relu'):
    def inputs(rng):
        n, height, width, features = (2 + rng.permutation(4)).tolist()
        channels = 1 if first else features
        kernel_size = [(2, 3), (3, 5)][rng.integers(2)]
        top, left = kernel_size[0] - 1, kernel_size[1] // 2
        return {'first': int(first), 'bias': bias, 'activation': activation,
                'kernel_height': kernel_size[0], 'kernel_width': kernel_size[1],
                'seed': int(rng.integers(1 << 31)), 'z': rng.standard_normal((n, 2)),
                'x': np.zeros((n, height, width, channels)), 'features': features,
                'v_in': rng.standard_normal((n, top + height, width + 2 * left, channels)),
                'h_in': rng.standard_normal((n, left + width, channels))}
    return inputs


def cached_layer(first, bias, activation, kernel_height, kernel_width, seed, z, x, features, v_in,
                 h_in):
    """With drawn inputs everywhere: in places that it must not see, too."""
    _, height, width, channels = x.shape
    rng = np.random.default_rng(0)
    make_bias = {
        '': None, 'invariant': lambda outputs: LocationInvariantBias(2, outputs, rng,
                                                                     dtype=np.float64),
        'dependent': lambda outputs: LocationDependentBias(2, height, width, outputs, rng, 2,
                                                           dtype=np.float64)}[bias]
    layer = drawn(PixelCNNLayer(channels, features, (kernel_height, kernel_width), activation,
                                bool(first), make_bias, rng, np.float64), seed)
    cached = sampler._CachedLayer(layer, z, x)
    cached.v_in[...], cached.h_in[...] = v_in, h_in
    return cached


def row(**inputs):
    cached = cached_layer(**inputs)
    v, h_start = [], []
    for i in range(inputs['x'].shape[1]):
        v.append(cached.compute_row(i).copy())
        h_start.append(cached.h_start.copy())
    return {'v': np.stack(v, axis=1), 'h_start': np.stack(h_start, axis=1)}


def pixel(**inputs):
    cached = cached_layer(**inputs)
    h = []
    for i in range(inputs['x'].shape[1]):
        cached.compute_row(i)
        h.append([cached.compute_pixel(j).copy() for j in range(inputs['x'].shape[2])])
    return {'h': np.array(h)}


def whole(conditioning, activation='relu', channels=1, dtype='float64'):
    def inputs(rng):
        n, height, width = (2 + rng.permutation(4)[:3]).tolist()
        code = {'z': rng.standard_normal((n, 2)).astype(dtype)} if conditioning else {}
        return {'conditioning': conditioning, 'activation': activation,
                'blocks': int(rng.integers(1, 3)), 'seed': int(rng.integers(1 << 31)),
                'x': rng.standard_normal((n, height, width, channels)).astype(dtype)} | code
    return inputs


def whole_pass(*inputs, **flags):
    raise Broken('a pass over the whole image is not for the sampler: compute_row and '
                 'compute_pixel do what is new')


def scan(conditioning, activation, blocks, seed, x, z=None):
    """The logits at each pixel of x, which scan is told pixel by pixel."""
    n, *shape = x.shape
    decoder = drawn(PixelCNN(shape, 0 if z is None else 2, blocks, np.random.default_rng(0), 8,
                             (3, 5), activation, conditioning or 'location-invariant', 2, 2,
                             dtype=x.dtype), seed)
    calls = {'row': 0, 'pixel': 0}

    def counting(forward, what):
        def count(*inputs, **flags):
            calls[what] += 1
            return forward(*inputs, **flags)
        return count

    decoder.forward = whole_pass
    for layer in decoder.layer:
        layer.forward = layer.conv_v.forward = layer.conv_h.forward = whole_pass
        layer.out.forward = counting(layer.out.forward, 'pixel')
        layer.v_to_h.forward = counting(layer.v_to_h.forward, 'row')
    logits = np.full((*x.shape[:3], 2), np.nan, x.dtype)

    def choose(i, j, here):
        logits[:, i, j] = here
        return x[:, i, j]

    images = sampler.scan(decoder, z, choose, n if z is None else None)
    return {'images': images, 'logits': logits} | {
        f'calls of compute_{what}': number for what, number in calls.items()}


FILE = 'models/sampler.py'
LAYERS = {'first layer': one_layer(True), 'residual block': one_layer(False),
          'gate': one_layer(False, activation='gated'),
          'location-invariant bias': one_layer(False, 'invariant'),
          'location-dependent bias': one_layer(True, 'dependent')}

ASSIGNMENT = Assignment(
    name='sampler',
    title='The cached sampler of a PixelCNN',
    learns='Which value of a causal network depends on which pixel, and what need not be computed '
           'twice.',
    sources='PixelGAN, sections 2 and 2.2 (sampling p(x|z)), its reference [15] (the stacks)',
    hours=5,
    parts=(
        Part('bernoulli', f'{FILE}:bernoulli', 1, bernoulli,
             {'float64': uniform('float64'), 'float32': uniform('float32')}),
        Part('row', f'{FILE}:_CachedLayer.compute_row', 3, row, LAYERS),
        Part('pixel', f'{FILE}:_CachedLayer.compute_pixel', 3, pixel, LAYERS),
        Part('scan', f'{FILE}:scan', 4, scan, {
            'no code': whole(''), 'location-invariant': whole('location-invariant'),
            'location-dependent': whole('location-dependent'),
            'input-channel': whole('input-channel'),
            'gate and three channels': whole('location-invariant', 'gated', 3),
            'float32': whole('location-invariant', dtype='float32'),
            'no code, float32': whole('', dtype='float32')})),
    after=('pixelcnn-block', 'conditioning'),
    gives=('nn.activations', 'nn.backend', 'nn.conv'))
