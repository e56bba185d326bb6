"""Every hyperparameter of clustering reaches the model."""
import numpy as np
import pytest

from experiments.pixelgan.clustering import Clustering
from nn.batch_norm import BatchNorm
from nn.conv import Conv2D
from nn.noise import Dropout, GaussianNoise


def test_every_hyperparameter_reaches_the_model():
    config = Clustering.preset('smoke') | {
        'seed': 0, 'device': 'cpu', 'clusters': 7, 'blocks': 2, 'filter_size': [2, 3],
        'features': 6, 'conditioning': 'input-channel', 'encoder_features': 5,
        'encoder_filter': 4, 'keep': 0.7, 'noise_std': 0.2, 'logit_scale': 1.25,
        'discriminator_units': 11, 'prior_smoothing': 0.35, 'encoder_rate': 0.01,
        'decoder_rate': 0.02, 'discriminator_rate': 0.03, 'generator_rate': 0.04,
        'adversarial_momentum': 0.6, 'decay_epoch': 3}
    experiment = Clustering(config, (28, 28, 1))
    model = experiment.model
    layers = model.encoder.logits.layer
    kinds = {kind: [layer for layer in layers if isinstance(layer, kind)]
             for kind in (Dropout, GaussianNoise, Conv2D, BatchNorm)}
    assert kinds[Dropout][0].keep == 0.7 and kinds[GaussianNoise][0].std == 0.2
    assert [conv.params['W'].shape for conv in kinds[Conv2D]] == [(4, 4, 1, 5), (4, 4, 5, 5)]
    assert [norm.scale for norm in kinds[BatchNorm]] == [None, None, 1.25]
    decoder = model.decoder
    assert len(decoder.layer) == 3 and decoder.code_map is not None
    assert decoder.layer[1].conv_v.params['W'].shape == (2, 3, 6, 6)
    assert decoder.layer[1].conv_h.params['W'].shape == (1, 2, 6, 6)
    assert model.discriminator.layer[2].params['W'].shape == (11, 11)
    assert model.prior.size == 7 and model.prior.smoothing == 0.35
    assert model.prior.sample(1, np.random.default_rng(0)).max() == np.float32(0.65 + 0.35 / 7)
    expected = {'encoder': 0.01, 'decoder': 0.02, 'discriminator': 0.03, 'generator': 0.04}
    for name, rate in expected.items():
        assert model.optimizers[name].learning_rate == experiment.rates(2)[name] == rate
        assert experiment.rates(3)[name] == pytest.approx(rate / 10, rel=1e-12, abs=0)
    assert list(model.optimizers['generator'].networks) == ['encoder']
    assert list(model.optimizers['discriminator'].networks) == ['discriminator']
    assert model.optimizers['generator'].momentum == 0.6
    assert model.optimizers['discriminator'].momentum == 0.6
