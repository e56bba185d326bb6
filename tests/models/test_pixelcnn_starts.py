"""How a PixelCNN starts: the size of what its stacks hold, and what the first batch costs."""
import numpy as np
import pytest

from benchmarks.starts import best_constant, coin, make, measure
from datasets import binarize
from datasets.synthetic import synthetic_dataset
from models.pixelcnn import ACTIVATIONS, CONDITIONINGS

SEEDS = (0, 1)
COINS = {'zero': 1.2, 'scaled': 1.25}      # the first batch's cost at most, in coins


@pytest.fixture(scope='module')
def batch():
    """Images and one-hot codes."""
    split = synthetic_dataset(0, sizes=(4, 1, 1)).train
    return binarize(split.images), np.eye(10, dtype=np.float32)[split.labels]


@pytest.mark.parametrize('start', COINS)
@pytest.mark.parametrize('blocks', [2, 6, 15])
@pytest.mark.parametrize('conditioning', [*CONDITIONINGS, 'none'])
@pytest.mark.parametrize('activation', ACTIVATIONS)
def test_a_deep_decoder_starts_small(activation, conditioning, blocks, start, batch):
    """The first batch costs little more than a coin for each pixel, as a mean over seeds, and no
    layer's values are three times larger or smaller than the first one's.

    The best constant probability for each image costs little more than half of a coin. A start
    cannot come near it unless the bias of the logits is taken from the data, which a model does not
    see when it is made. Some sixteen steps of training find that bias.
    """
    costs = []
    for seed in SEEDS:
        v, h, nats = measure(make(activation, conditioning, blocks, start, seed), *batch)
        for sizes in (v, h):
            assert sizes[0] / 3 < min(sizes) and max(sizes) < 3 * sizes[0], (seed, sizes)
        costs.append(nats)
    assert np.mean(costs) < COINS[start] * coin(batch[0]), costs
    assert best_constant(batch[0]) < 0.6 * coin(batch[0])
