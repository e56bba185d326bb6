"""The variational autoencoder: its KL by definition, its gradients, and that it learns."""
import copy

import numpy as np
import pytest
from scipy import stats

from models.aae import dense_decoder
from models.encoders import dense_encoder
from models.priors import Gaussian, GaussianMixture, SwissRoll
from models.vae import VAE, monte_carlo_kl
from nn.gradcheck import check_loss
from nn.layer import Sequential
from nn.losses import gaussian_kl, half_squared_error
from nn.optim import SGD
from nn.reparametrization import GaussianPosterior
from tests import stand_in

PRIORS = {'Gaussian': Gaussian(2, std=1.5), 'mixture': GaussianMixture()}


def rng(seed=0):
    return np.random.default_rng(seed)


def make(prior, rate=0.002, cost=half_squared_error, dtype=np.float32, change=lambda net: net):
    """A VAE of 4x4 images. change: what is done to the networks before the optimisers see them."""
    generator = rng()
    encoder = change(Sequential(dense_encoder((4, 4, 1), 2 * prior.size, generator, 20,
                                              dtype=dtype), GaussianPosterior(generator)))
    decoder = change(dense_decoder(prior.size, (4, 4, 1), generator, 20, dtype=dtype))
    optimizers = {'encoder': SGD({'encoder': encoder}, rate, 0.9),
                  'decoder': SGD({'decoder': decoder}, rate, 0.9)}
    return VAE(encoder, decoder, prior, optimizers, generator, cost)


def images(n=30, dtype=np.float32):
    """One bright row or column of four, with noise."""
    x = 0.1 * rng(5).random((n, 4, 4, 1))
    for image, which in zip(x, rng(6).integers(8, size=n)):
        (image if which < 4 else image.swapaxes(0, 1))[which % 4] += 0.8
    return x.astype(dtype)


def statistics(n=3, size=2):
    return rng(3).standard_normal((n, 2 * size))


def test_the_posterior():
    x = np.tile([[1.0, -2.0, 2 * np.log(0.5), 2 * np.log(3.0)]], (20000, 1)).astype(np.float32)
    layer = GaussianPosterior(rng())
    np.testing.assert_array_equal(layer.forward(x)[0], x[:, :2])
    z, _ = layer.forward(x, train=True)
    for values, mu, sigma in zip(z.T, (1, -2), (0.5, 3)):
        assert stats.kstest(values, stats.norm(mu, sigma).cdf).pvalue > 1e-6
    with pytest.raises(ValueError, match='got 3 numbers'):
        layer.forward(x[:, :3])


def test_the_closed_form_by_integration():
    mu, log_variance, std = 0.7, -0.4, 1.5
    q, p = stats.norm(mu, np.exp(0.5 * log_variance)), stats.norm(0, std)
    z = np.linspace(-12, 12, 20001)
    integral = (q.pdf(z) * (q.logpdf(z) - p.logpdf(z))).sum() * (z[1] - z[0])
    row = np.array([[mu, mu, log_variance, log_variance]])
    assert gaussian_kl(row, std)[0] == pytest.approx(2 * integral, rel=1e-9)
    kl, dstatistics = gaussian_kl(np.array([[0.0, 2 * np.log(std)]]), std)
    assert kl == 0 and not dstatistics.any()
    doubled = gaussian_kl(np.concatenate([row, row]), std)      # a mean over the batch
    assert doubled[0] == pytest.approx(2 * integral, rel=1e-9)


def test_monte_carlo_estimates_the_closed_form():
    prior, draws = PRIORS['Gaussian'], 20000
    for row in statistics():
        x = np.tile(row, (draws, 1))
        z, _ = GaussianPosterior(rng()).forward(x, train=True)
        estimates = [monte_carlo_kl(x[i:i + 1], z[i:i + 1], prior)[0] for i in range(500)]
        kl, _, _ = monte_carlo_kl(x, z, prior)
        assert abs(kl - gaussian_kl(row[None], prior.std)[0]) < \
            4 * np.std(estimates) / draws**0.5


def test_monte_carlo_gradients_average_to_the_closed_form_s():
    prior, draws = PRIORS['Gaussian'], 20000
    for row in statistics():
        x = np.tile(row, (draws, 1))
        posterior = GaussianPosterior(rng())
        z, noise = posterior.forward(x, train=True)
        _, dstatistics, dz = monte_carlo_kl(x, z, prior)
        each = draws * (dstatistics + posterior.backward(dz, noise))
        expected = gaussian_kl(row[None], prior.std)[1][0]
        assert (abs(each.mean(axis=0) - expected) <= 4 * each.std(axis=0) / draws**0.5 + 1e-12
                ).all()


@pytest.mark.parametrize('prior', PRIORS.values(), ids=PRIORS)
def test_the_gradient_of_log_q_minus_log_p_with_eps_fixed(prior):
    """The cost here is the plain one-sample estimate, log q(z|x) by SciPy; the gradient is ours,
    which left eps^2 out of it."""
    def estimate(x):
        mu, sigma = x[:, :2], np.exp(0.5 * x[:, 2:])
        posterior = GaussianPosterior(rng(8))
        z, noise = posterior.forward(x, train=True)
        log_q = stats.norm(mu, sigma).logpdf(z).sum()
        _, dstatistics, dz = monte_carlo_kl(x, z, prior)
        return ((log_q - prior.log_density(z)[0].sum()) / len(x),
                dstatistics + posterior.backward(dz, noise))

    checks = check_loss(estimate, statistics(6))
    assert all(check.passed for check in checks), checks


@pytest.mark.parametrize('prior', PRIORS.values(), ids=PRIORS)
def test_the_gradients_of_a_step(prior):
    """The whole bound, by differences in float64 along a random direction of all parameters."""
    model, x = make(prior, rate=0.0, dtype=np.float64), images(6, np.float64)
    start = copy.deepcopy(model.rng.bit_generator.state)

    def bound():
        model.rng.bit_generator.state = copy.deepcopy(start)
        return float(sum(model.step(x).values()))

    bound()
    arrays = {(name, path): array for name, network in model.networks.items()
              for path, array in network.parameters().items()}
    gradients = {(name, path): gradient.copy() for name, network in model.networks.items()
                 for path, gradient in network.gradients().items()}
    for key, array in arrays.items():
        direction, original = rng(9).standard_normal(array.shape), array.copy()
        array[...] = original + 1e-6 * direction
        above = bound()
        array[...] = original - 1e-6 * direction
        difference = (above - bound()) / 2e-6
        array[...] = original
        assert (gradients[key] * direction).sum() == pytest.approx(difference, rel=1e-6,
                                                                   abs=1e-8), key


@pytest.mark.parametrize('prior', PRIORS.values(), ids=PRIORS)
def test_the_gradients_of_a_step_against_pytorch(prior):
    torch = pytest.importorskip('torch')
    from torch import distributions as d
    model, x = make(prior, rate=0.0, dtype=np.float64), images(6, np.float64)
    eps = torch.tensor(copy.deepcopy(model.rng).standard_normal((6, 2), dtype='float32')).double()
    ours = model.step(x)

    tensors = {name: {path: torch.tensor(array, requires_grad=True)
                      for path, array in network.parameters().items()}
               for name, network in model.networks.items()}

    def mlp(h, parameters):
        weights, biases = ([tensor for path, tensor in parameters.items() if path.endswith(end)]
                           for end in ('W', 'b'))
        for weight, bias in zip(weights[:-1], biases[:-1]):
            h = torch.relu(h @ weight + bias)
        return h @ weights[-1] + biases[-1]

    pixels = torch.tensor(x.reshape(6, -1))
    mu, log_variance = mlp(pixels, tensors['encoder']).chunk(2, dim=1)
    sigma = torch.exp(log_variance / 2)
    z = mu + sigma * eps
    reconstruction = ((torch.sigmoid(mlp(z, tensors['decoder'])) - pixels)**2).sum() / 2 / 6
    q = d.Independent(d.Normal(mu, sigma), 1)
    if isinstance(prior, Gaussian):
        p = d.Independent(d.Normal(torch.zeros(2).double(), prior.std), 1)
        kl = d.kl_divergence(q, p.expand((6,))).mean()
    else:
        angle = 2 * np.pi * torch.arange(prior.components).double() / prior.components
        rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1)
        rotation = rotation.reshape(-1, 2, 2)
        variances = torch.diag(torch.tensor([prior.radial_std, prior.tangential_std],
                                            dtype=torch.float64)**2)
        p = d.MixtureSameFamily(
            d.Categorical(torch.ones(prior.components).double()),
            d.MultivariateNormal(prior.radius * rotation[:, :, 0],
                                 rotation @ variances @ rotation.transpose(1, 2)))
        kl = (q.entropy().neg() - p.log_prob(z)).mean()
    (reconstruction + kl).backward()
    assert ours['reconstruction'] == pytest.approx(reconstruction.item(), rel=1e-10)
    assert ours['kl'] == pytest.approx(kl.item(), rel=1e-10)
    for name, network in model.networks.items():
        assert len(network.gradients()) == 6
        for path, gradient in network.gradients().items():
            np.testing.assert_allclose(gradient, tensors[name][path].grad.numpy(), rtol=1e-8,
                                       atol=1e-10, err_msg=f'{name}/{path}')


def sharp(output, targets):
    """-log p(x|z) of a Gaussian of deviation 0.2 on each pixel."""
    return tuple(25 * result for result in half_squared_error(output, targets))


@pytest.mark.parametrize('prior', PRIORS.values(), ids=PRIORS)
def test_it_learns(prior):
    """The bound falls below what the best single picture costs, a code that tells nothing."""
    model, x = make(prior, rate=0.005, cost=sharp), images()
    bounds = []
    for _ in range(1000):
        losses = model.step(x)
        assert set(losses) == {'reconstruction', 'kl'}
        assert all(loss.dtype == np.float32 for loss in losses.values())
        bounds.append(float(sum(losses.values())))
    blind, _ = sharp(np.broadcast_to(x.mean(axis=0), x.shape), x)
    assert np.mean(bounds[-50:]) < 0.4 * blind < np.mean(bounds[:5])


def test_codes_are_the_means():
    model, x = make(PRIORS['mixture']), images()
    codes, _ = model.encoder.forward(x, train=False)
    assert codes.shape == (30, 2) and codes.dtype == np.float32
    np.testing.assert_array_equal(codes, model.encoder.forward(x)[0])
    assert not np.array_equal(codes, model.encoder.forward(x, train=True)[0])


@pytest.mark.parametrize('prior', PRIORS.values(), ids=PRIORS)
def test_a_step_moves_both_networks_whatever_gradients_were_left(prior):
    results = []
    for left_over in (0, 1):
        model = make(prior)
        before = [array.copy() for network in model.networks.values()
                  for array in network.parameters().values()]
        for network in model.networks.values():
            for gradient in network.gradients().values():
                gradient.fill(left_over)
        model.step(images())
        results.append([array for network in model.networks.values()
                        for array in network.parameters().values()])
        assert not any(np.array_equal(*pair) for pair in zip(before, results[-1]))
    for first, second in zip(*results):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize('prior', PRIORS.values(), ids=PRIORS)
def test_a_step_on_device_arrays(prior, monkeypatch):
    host_model, x = make(prior, dtype=np.float64), images(dtype=np.float64)
    with monkeypatch.context() as patch:
        stand_in.install(patch)
        device_model = make(prior, dtype=np.float64, change=lambda network: network.to('gpu'))
    for _ in range(2):
        host = host_model.step(x)
        for phase, loss in device_model.step(stand_in.module.asarray(x)).items():
            assert isinstance(loss, stand_in.DeviceArray)
            assert float(loss) == pytest.approx(float(host[phase]), rel=1e-12)


def test_a_prior_without_a_density():
    with pytest.raises(TypeError, match='SwissRoll can only be sampled from'):
        make(SwissRoll())
