"""What each phase's cost is, from the networks' outputs, written out; a step has them in order.

A twin, a copy with the same parameters and the same draws to come, says what the model must do.
"""
import copy

import numpy as np
import pytest
from scipy.special import log_expit, log_softmax

from experiments.aae.semisup import SemiSupervised as AAESemiSupervised
from experiments.pixelgan.clustering import Clustering
from experiments.pixelgan.density import Density
from experiments.pixelgan.semisup import SemiSupervised
from models.aae import one_hot
from models.vae import VAE
from tests.helpers import model_to_float64
from tests.models.test_aae import CLASSES, LABELS, make
from tests.models.test_aae import images as small_images
from tests.smoke_runs import small

NOISE = {'noise_std': 0.3, 'posterior': 'universal'}
AAE = ['two parts', 'conditional', 'supervised', 'informed', 'learnt heads']


def pixelgan(experiment, **changes):
    changes = {name: value for name, value in (NOISE | changes).items()
               if name in {row.name for row in experiment.TABLE}}
    config = experiment.preset('smoke', seed=0, device='cpu', **changes)
    return model_to_float64(experiment(config, (28, 28, 1)).model)


def images(n=12, seed=5):
    return (np.random.default_rng(seed).random((n, 28, 28, 1)) > 0.8).astype(np.float64)


def exactly(value):
    return pytest.approx(value, rel=1e-10, abs=0)


def binary_cost(logits, x):
    """-log p(x) of binary pixels with these logits, in nats per image."""
    return -(x * log_expit(logits) + (1 - x) * log_expit(-logits)).sum() / len(x)


def squared_cost(output, x):
    return 0.5 * np.square(output.reshape(x.shape) - x).sum() / len(x)


def label_cost(logits, labels):
    return -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean()


def code(model, x):
    """The code of a training step: noise is drawn and batch norm has the batch's statistics."""
    assert (model.encoder.forward(x, train=True)[0] != model.encoder.forward(x)[0]).any()
    twin = copy.deepcopy(model)
    return twin, twin.encoder.forward(x, train=True)[0]


# Costs


def test_the_reconstruction_cost_of_a_pixelgan_is_minus_log_p():
    model, x = pixelgan(Clustering, keep=0.8), images()
    twin, z = code(model, x)
    assert model.reconstruction_phase(x) == exactly(binary_cost(twin.decoder.forward(x, z)[0], x))


def test_the_cost_of_a_pixelcnn_is_minus_log_p():
    model, x = pixelgan(Density), images()
    expected = binary_cost(model.decoder.forward(x)[0], x)
    assert model.step(x) == {'reconstruction': exactly(expected)}


@pytest.mark.parametrize('kind', [*AAE, 'vae'])
def test_the_reconstruction_cost_is_half_the_squared_error(kind):
    model, x = make(kind, dtype=np.float64), small_images(np.float64)
    twin, z = code(model, x)
    labels = one_hot(LABELS, CLASSES, x)
    given = np.concatenate([labels, z], axis=1) if kind == 'supervised' else z
    expected = squared_cost(twin.decoder.forward(given)[0], x)
    found = model.reconstruction_phase(*((x, labels) if kind == 'supervised' else (x,)))
    assert (found[0] if isinstance(model, VAE) else found) == exactly(expected)


def test_batch_norm_of_a_decoder_has_the_batch_s_statistics():
    """AAE, A.2.2: batch norm in the decoder, too."""
    model = model_to_float64(small(AAESemiSupervised, batch_norm='autoencoder', init_std=0).model)
    x = np.random.default_rng(0).random((12, 28, 28, 1))
    twin, z = code(model, x)
    output = twin.decoder.forward(z, train=True)[0]
    assert (output != twin.decoder.forward(z)[0]).any()
    assert model.reconstruction_phase(x) == exactly(squared_cost(output, x))


# The discriminator, then the generator


def discriminator_cost(network, real, fake):
    real_logits, fake_logits = (network.forward(codes)[0] for codes in (real, fake))
    return -log_expit(real_logits).mean() - log_expit(-fake_logits).mean()


def generator_cost(network, fake):
    return -log_expit(network.forward(fake)[0]).mean()


def test_a_pixelgans_generator_plays_against_the_discriminator_that_was_just_updated():
    model, x = pixelgan(Clustering, keep=0.8, discriminator_rate=1.0), images()
    twin, fake = code(model, x)
    real = twin.prior.sample(len(x), twin.rng, np.float64)
    expected = discriminator_cost(twin.discriminator, real, fake)
    before = generator_cost(twin.discriminator, fake)
    twin.discriminator_phase(real, fake)
    after = generator_cost(twin.discriminator, fake)
    assert abs(after - before) > 1e-3
    assert model.adversarial_phase(x) == {'discriminator': exactly(expected),
                                          'generator': exactly(after)}


@pytest.mark.parametrize('kind', AAE)
def test_an_aaes_generator_plays_against_the_discriminators_that_were_just_updated(kind):
    model, x = make(kind, rate=1.0, dtype=np.float64), small_images(np.float64)
    given = (x, np.array([0, 3, 1, 3, 2, 1])) if kind == 'informed' else (x,)
    _, z = code(model, x)
    seen, twin = {}, copy.deepcopy(model)
    twin.discriminator_phase = lambda real, fake: seen.update(real=real, fake=fake) or dict(real)
    twin.generator_phase = lambda fake, cache: dict(fake)
    twin.adversarial_phase(*given)
    del twin.discriminator_phase
    if kind != 'informed':      # whose positive samples have labels
        other = copy.deepcopy(model)
        other.encoder.forward(x, train=True)
        for part, prior in other.priors.items():
            np.testing.assert_array_equal(
                seen['real'][part][:, :prior.size], prior.sample(len(x), other.rng, np.float64))
    for part, columns in twin.parts(z).items():
        np.testing.assert_array_equal(seen['fake'][part][:, :columns.shape[1]], columns)
    parts, expected = twin.discriminators, {}
    for part in parts:
        expected[f'{part}_discriminator'] = exactly(
            discriminator_cost(parts[part], seen['real'][part], seen['fake'][part]))
    before = {part: generator_cost(parts[part], seen['fake'][part]) for part in parts}
    twin.discriminator_phase(**seen)
    for part in parts:
        after = generator_cost(parts[part], seen['fake'][part])
        assert abs(after - before[part]) > 1e-3
        expected[f'{part}_generator'] = exactly(after)
    assert model.adversarial_phase(*given) == expected


# Labels


def test_the_labels_cost_of_a_pixelgan_is_of_noisy_images():
    model, x, labels = pixelgan(SemiSupervised), images(), np.arange(12) % 10
    twin = copy.deepcopy(model)
    logits = twin.encoder.logits.forward(x, train=True)[0]
    assert model.semi_supervised_phase(x, labels) == exactly(label_cost(logits, labels))
    # Batch norm's running averages are taken in this phase, too.
    for path, array in twin.encoder.state().items():
        if 'running' in path:
            np.testing.assert_array_equal(model.encoder.state()[path], array)


@pytest.mark.parametrize('kind', ['two parts', 'classifier', 'learnt heads'])
def test_the_labels_cost_of_dense_encoders_is_of_noisy_images(kind):
    model, x = make(kind, dtype=np.float64), small_images(np.float64)
    assert (model.encoder.logits.forward(x, train=True)[0]
            != model.encoder.logits.forward(x)[0]).any()
    logits = copy.deepcopy(model).encoder.logits.forward(x, train=True)[0]
    found = (model.step(x, LABELS)['semi_supervised'] if kind == 'classifier' else
             model.semi_supervised_phase(x, LABELS))
    assert found == exactly(label_cost(logits, LABELS))


# Steps


def assert_equal_models(model, twin):
    for name, network in model.networks.items():
        for path, array in network.state().items():
            np.testing.assert_array_equal(array, twin.networks[name].state()[path],
                                          err_msg=f'{name}/{path}')


def test_a_step_of_a_pixelgan_is_its_phases_in_the_papers_order():
    model, x, labels = pixelgan(SemiSupervised), images(), np.arange(7)
    twin, x_labelled = copy.deepcopy(model), images(7, seed=6)
    expected = {'reconstruction': twin.reconstruction_phase(x), **twin.adversarial_phase(x),
                'semi_supervised': twin.semi_supervised_phase(x_labelled, labels)}
    assert model.step(x, x_labelled, labels) == expected
    assert_equal_models(model, twin)


@pytest.mark.parametrize('kind', AAE)
def test_a_step_of_an_aae_is_its_phases_in_the_papers_order(kind):
    model, x = make(kind, dtype=np.float64), small_images(np.float64)
    twin, x_labelled = copy.deepcopy(model), 1 - small_images(np.float64, 3)
    labels = np.arange(3)
    if kind == 'supervised':
        found = model.step(x, LABELS)
        expected = {'reconstruction': twin.reconstruction_phase(x, np.eye(CLASSES)[LABELS]),
                    **twin.adversarial_phase(x)}
    elif kind == 'informed':
        found = model.step(x, x_labelled, labels)
        expected = {'reconstruction': twin.reconstruction_phase(x), **twin.adversarial_phase(
            np.concatenate([x, x_labelled]), np.append(np.full(len(x), CLASSES), labels))}
    else:
        found = model.step(x, x_labelled, labels)
        expected = {'reconstruction': twin.reconstruction_phase(x), **twin.adversarial_phase(x),
                    'semi_supervised': twin.semi_supervised_phase(x_labelled, labels)}
        if kind == 'learnt heads':
            expected['heads'] = twin.heads_phase()
    assert found == expected
    assert_equal_models(model, twin)
