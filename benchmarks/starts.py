"""How a PixelCNN starts: the size of what its stacks hold, and what the first batch costs.

    python -m benchmarks.starts        a table, in a minute

The decoder of B.1.2 with other numbers of blocks, non-linearities and conditionings, for each
--residual-start, on 100 binary images of MNIST with their labels as codes. Sizes are root mean
squares. Where there is no MNIST, drawn digits take its place.
"""
import sys

import numpy as np

from datasets import binarize, load_mnist
from models.pixelcnn import ACTIVATIONS, CONDITIONINGS, RESIDUAL_STARTS, PixelCNN
from nn.losses import sigmoid_cross_entropy
from training.flags import Parser

BLOCKS = (2, 6, 15)
HEAD = """\
| f | conditioning | blocks | v first | last: full | zero, scaled | h first | last: full | scaled \
| zero | nats: full | scaled | zero |
|---|---|---|---|---|---|---|---|---|---|---|---|---|"""


def make(activation, conditioning, blocks, start, seed=0, features=32):
    """A decoder of 28x28 images with codes of size 10; conditioning 'none': without codes."""
    without = conditioning == 'none'
    return PixelCNN((28, 28, 1), 0 if without else 10, blocks, np.random.default_rng(seed),
                    features, (3, 5), activation, CONDITIONINGS[0] if without else conditioning,
                    residual_start=start)


def measure(decoder, x, z):
    """(sizes of v, sizes of h, one a layer; nats per image), on images x with codes z."""
    z = z if decoder.code_size else None
    v = x
    if decoder.code_map is not None:
        v = np.concatenate([x, decoder.code_map.forward(z)[0]], axis=3)
    h, sizes = v, []
    for layer in decoder.layer:
        (v, h), _ = layer.forward(v, h, z)
        sizes.append([float(np.sqrt(np.square(a).mean())) for a in (v, h)])
    nats, _ = sigmoid_cross_entropy(decoder.head.forward(h)[0], x)
    return *zip(*sizes), float(nats)


def coin(x):
    """Nats per image of a coin for each pixel."""
    return x[0].size * np.log(2)


def best_constant(x):
    """The same of the best probability for all pixels of an image; a mean over the images."""
    p = x.reshape(len(x), -1).mean(axis=1)
    return float(-x[0].size * (p * np.log(p) + (1 - p) * np.log(1 - p)).mean())


def main(arguments=None):
    Parser(prog='python -m benchmarks.starts', description=__doc__).parse_args(arguments)
    data = load_mnist(sizes=(100, 1, 1))
    x, z = binarize(data.train.images), np.eye(10, dtype=np.float32)[data.train.labels]
    print(f'{data.name}, nats per image: a coin {coin(x):.0f}, the best constant of each image '
          f'{best_constant(x):.0f}\n\n{HEAD}')
    for activation in ACTIVATIONS:
        for conditioning in (*CONDITIONINGS, 'none'):
            for blocks in BLOCKS:
                v, h, nats = (dict(zip(RESIDUAL_STARTS, each)) for each in zip(*(
                    measure(make(activation, conditioning, blocks, start), x, z)
                    for start in RESIDUAL_STARTS)))
                sizes = [v['full'][0], v['full'][-1], v['zero'][-1], h['full'][0], h['full'][-1],
                         h['scaled'][-1], h['zero'][-1]]
                print('|', ' | '.join([activation, conditioning, str(blocks),
                                       *(f'{size:.3g}' for size in sizes),
                                       *(f'{nats[start]:.0f}' for start in
                                         ('full', 'scaled', 'zero'))]), '|', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
