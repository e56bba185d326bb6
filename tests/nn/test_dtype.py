"""float32 in, float32 out and in the gradients, for every layer and loss."""
import numpy as np
import pytest

from models.pixelcnn import PixelCNN
from models.priors import Gaussian, GaussianMixture, SwissRoll
from models.vae import monte_carlo_kl
from nn import losses
from nn.activations import Flatten, GatedUnit, ReLU, Sigmoid, Softmax, Tanh
from nn.affine_noise import AffineNoise
from nn.batch_norm import BatchNorm
from nn.causal_conv import CausalConv2D
from nn.conditioning import CodeMap, LocationDependentBias, LocationInvariantBias
from nn.conv import Conv2D
from nn.dense import Dense
from nn.layer import Residual, Sequential
from nn.noise import Dropout, GaussianNoise
from nn.optim import SGD, Adam
from nn.pooling import MaxPool2D
from nn.reparametrization import GaussianPosterior

RNG = np.random.default_rng(0)
IMAGE, CODE = (4, 4, 4, 2), (4, 3)
LAYERS = {
    'Dense': (Dense(2, 3, RNG), IMAGE),
    'Conv2D': (Conv2D(2, 3, 3, RNG, stride=2), IMAGE),
    'CausalConv2D': (CausalConv2D(2, 3, (3, 5), 'vertical', True, RNG), IMAGE),
    'MaxPool2D': (MaxPool2D(2), IMAGE),
    'BatchNorm': (BatchNorm(2), IMAGE),
    'ReLU': (ReLU(), IMAGE), 'Tanh': (Tanh(), IMAGE), 'Sigmoid': (Sigmoid(), IMAGE),
    'GatedUnit': (GatedUnit(), IMAGE), 'Softmax': (Softmax(), CODE), 'Flatten': (Flatten(), IMAGE),
    'Dropout': (Dropout(0.7, RNG), IMAGE), 'GaussianNoise': (GaussianNoise(0.3, RNG), IMAGE),
    'AffineNoise': (AffineNoise(0.1, RNG), IMAGE),
    'GaussianPosterior': (GaussianPosterior(RNG), (4, 6)),
    'LocationInvariantBias': (LocationInvariantBias(3, 2, RNG), IMAGE, CODE),
    'LocationDependentBias': (LocationDependentBias(3, 4, 4, 2, RNG, k=2, hidden=5), IMAGE, CODE),
    'CodeMap': (CodeMap(3, 4, 4, 2, RNG, hidden=5), CODE),
    'Residual': (Residual(Sequential(Dense(2, 2, RNG), Tanh())), IMAGE),
    'PixelCNN': (PixelCNN((4, 4, 2), 3, 1, RNG, features=4), IMAGE, CODE),
    'PixelCNN gated': (PixelCNN((4, 4, 2), 3, 1, RNG, features=4, activation='gated',
                                conditioning='location-dependent'), IMAGE, CODE),
}


def normal(shape):
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize('train', [True, False])
@pytest.mark.parametrize('name', LAYERS)
def test_layers(name, train):
    layer, *shapes = LAYERS[name]
    y, cache = layer.forward(*map(normal, shapes), train=train)
    assert y.dtype == np.float32
    gradients = layer.backward(normal(y.shape), cache)
    for gradient in gradients if isinstance(gradients, tuple) else (gradients,):
        assert gradient.dtype == np.float32
    for arrays in (layer.state(), layer.gradients()):
        assert all(array.dtype == np.float32 for array in arrays.values())


@pytest.mark.parametrize('call', [
    lambda: losses.sigmoid_cross_entropy(normal(CODE), np.ones(CODE, np.float32)),
    lambda: losses.softmax_cross_entropy(normal(CODE), np.array([0, 1, 2, 0])),
    lambda: losses.half_squared_error(normal(CODE), normal(CODE)),
    lambda: losses.discriminator_cost(normal((4, 1)), normal((4, 1))),
    lambda: losses.generator_cost(normal((4, 1))),
    lambda: losses.gaussian_kl(normal((4, 6)), std=5.0),
    lambda: monte_carlo_kl(normal((4, 4)), normal((4, 2)), GaussianMixture())])
def test_losses(call):
    assert all(result.dtype == np.float32 for result in call())


@pytest.mark.parametrize('prior', [Gaussian(2, std=5.0), GaussianMixture(), SwissRoll()])
def test_priors(prior):
    assert prior.sample(4, RNG).dtype == np.float32
    if hasattr(prior, 'log_density'):
        assert all(result.dtype == np.float32 for result in prior.log_density(normal((4, 2))))


@pytest.mark.parametrize('make', [lambda n: SGD(n, 0.1, 0.9), lambda n: Adam(n, 0.1)])
def test_optimizers(make):
    layer = Dense(3, 2, RNG)
    optimizer = make({'layer': layer})
    layer.grads['W'][...] = 1
    optimizer.step()
    assert layer.params['W'].dtype == np.float32
    assert all(array.dtype == np.float32 for array in optimizer.state().values())
