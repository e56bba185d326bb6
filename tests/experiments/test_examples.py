"""The pages in examples/ do what the trainer does: the same numbers, bit for bit."""
from functools import partial

import numpy as np
import pytest
from PIL import Image

import train_mnist
from examples import aae, pixelgan
from nn.fast.parallel import Shards
from tests.runs import checkpoint

SMOKE = ['--preset', 'smoke', '--data', 'synthetic', '--epochs', '2']


def trained(out, flags):
    assert train_mnist.main([*SMOKE, *flags, '--out', str(out)]) == 0
    arrays, progress = checkpoint(out)
    return arrays, progress['history'][-1]['error']


def assert_same(networks, arrays):
    for name, network in networks.items():
        state = network.state()
        assert state and {path for path in arrays if path.startswith(f'{name}/')} == {
            f'{name}/{path}' for path in state}
        for path, array in state.items():
            np.testing.assert_array_equal(array, arrays[f'{name}/{path}'], err_msg=path)


def settings(monkeypatch, module, **values):
    for name, value in values.items():
        assert hasattr(module, name)
        monkeypatch.setattr(module, name, value)


def data(train_images):
    return train_mnist.load({'data_dir': None, 'data': 'synthetic'}, (train_images, 100, 100))


def test_pixelgan(monkeypatch, tmp_path):
    # The trainer gives parts of a batch to threads; a sum in another order has other last bits.
    monkeypatch.setattr('models.pixelgan.Shards', partial(Shards, images=20, threads=1))
    arrays, error = trained(tmp_path / 'run', ['--mode', 'clustering', '--seed', '3'])
    settings(monkeypatch, pixelgan, CLUSTERS=5, BLOCKS=1, FEATURES=8, ENCODER_FEATURES=8,
             ENCODER_FILTER=3, DISCRIMINATOR_UNITS=30, ADVERSARIAL_RATE=0.1, BATCH=20, SEED=3)
    encoder, decoder = pixelgan.train(data(60), np.random.default_rng([3, 2**31]), epochs=2)
    assert_same({'encoder': encoder, 'decoder': decoder}, arrays)
    assert pixelgan.clustering_error(encoder, data(60))[0] == pytest.approx(error, rel=1e-12)
    pixelgan.draw(encoder, data(60), *pixelgan.clustering_error(encoder, data(60))[1:],
                  tmp_path / 'clusters.png')
    assert (tmp_path / 'clusters.png').stat().st_size > 1000


def test_aae(monkeypatch, tmp_path):
    arrays, error = trained(tmp_path / 'run', ['--model', 'aae', '--mode', 'semisup', '--seed', '3',
                                               '--decay-epoch', '1'])
    settings(monkeypatch, aae, LABELS=20, STYLE=3, UNITS=30, DECAY=(1,), BATCH=20, SEED=3)
    encoder, decoder = aae.train(data(200), np.random.default_rng([3, 2**31]), epochs=2)
    assert_same({'encoder': encoder, 'decoder': decoder}, arrays)
    assert aae.error_rate(encoder, data(200)) == pytest.approx(error, rel=1e-12)
    aae.draw(decoder, tmp_path / 'styles.png')
    with Image.open(tmp_path / 'styles.png') as picture:
        assert picture.size == (280, 280)       # ten images of 28 pixels a side, and no margin
