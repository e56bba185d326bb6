"""PixelGAN's phases: what each one moves, on every kind of array, whole or in parts."""
import copy

import numpy as np
import pytest

from datasets import binarize, synthetic_digits
from experiments.pixelgan.clustering import Clustering
from models.encoders import categorical_encoder
from models.pixelgan import reconstruct
from models.sampler import sample
from nn import backend
from nn.batch_norm import BatchNorm
from nn.fast.parallel import Shards, parallel_map
from nn.losses import sigmoid_cross_entropy
from nn.noise import Dropout
from tests import stand_in
from tests.helpers import (
    binary_images,
    draw_biases,
    model_to_float64,
    moved,
    snapshot,
    to_float64,
)

SMOKE = Clustering.preset('smoke') | {'seed': 0, 'device': 'cpu'}


def make(**overrides):
    return Clustering(SMOKE | overrides, (28, 28, 1)).model


def test_what_each_phase_moves():
    model, x = make(), binary_images()
    before = snapshot(model)
    model.reconstruction_phase(x)
    assert moved(model, before) == {'encoder', 'decoder'}

    fake, cache = model.encoder.forward(x, train=True)
    real = model.prior.sample(len(x), model.rng)
    before = snapshot(model)
    model.discriminator_phase(real, fake)
    assert moved(model, before) == {'discriminator'}
    before = snapshot(model)
    model.generator_phase(fake, cache)
    assert moved(model, before) == {'encoder'}


def test_no_phase_uses_gradients_left_by_another():
    """Each phase gives the same update whatever the gradients hold when it begins."""
    results = []
    for left_over in (0, 1):
        model, x = make(), binary_images()
        fake, cache = model.encoder.forward(x, train=True)
        real = model.prior.sample(len(x), model.rng)
        for phase in (lambda: model.reconstruction_phase(x),
                      lambda: model.discriminator_phase(real, fake),
                      lambda: model.generator_phase(fake, cache)):
            for network in model.networks.values():
                for gradient in network.gradients().values():
                    gradient.fill(left_over)
            phase()
        results.append(snapshot(model))
    for path, array in results[0].items():
        np.testing.assert_array_equal(array, results[1][path], err_msg=path)


def test_the_generator_is_paid_for_codes_that_the_discriminator_takes_for_the_prior():
    """Repeating the generator phase alone raises D(fake); repeating D's alone separates."""
    model, x = make(generator_rate=0.5), binary_images(40)
    losses = [float(model.generator_phase(*model.encoder.forward(x, train=True)))
              for _ in range(100)]
    assert losses[-1] < losses[0] - 0.02
    model = make()
    fake, _ = model.encoder.forward(x)
    losses = [float(model.discriminator_phase(model.prior.sample(40, model.rng), fake))
              for _ in range(60)]
    assert losses[-1] < losses[0] - 0.1


def test_reconstruction_learns():
    model, x = make(), binarize(synthetic_digits(20, seed=0)[0])
    losses = [float(model.reconstruction_phase(x)) for _ in range(60)]
    assert losses[0] > 400 and losses[-1] < 0.6 * losses[0]     # 784 log 2 = 543 at the start


def test_gradients_of_the_reconstruction_cost():
    """The gradient of the whole chain (encoder through decoder), by differences in float64."""
    model, x = make(), binary_images(6).astype(np.float64)
    encoder, decoder = to_float64(model.encoder, model.decoder)
    draw_biases(encoder, decoder)
    noise_state = copy.deepcopy(model.rng.bit_generator.state)

    def cost():
        model.rng.bit_generator.state = copy.deepcopy(noise_state)
        z, cache = encoder.forward(x, train=True)
        loss, dz = reconstruct(decoder, x, z, sigmoid_cross_entropy, len(x))
        return loss, dz, cache

    encoder.zero_grads()
    decoder.zero_grads()
    _, dz, cache = cost()
    encoder.backward(dz, cache)
    gradients = {**encoder.gradients(), **{'d/' + k: v for k, v in decoder.gradients().items()}}
    gradients = {path: gradient.copy() for path, gradient in gradients.items()}
    parameters = {**encoder.parameters(),
                  **{'d/' + k: v for k, v in decoder.parameters().items()}}
    rng = np.random.default_rng(3)
    for path, parameter in parameters.items():
        direction = rng.standard_normal(parameter.shape) * (gradients[path] != 0)
        if not direction.any():
            continue
        direction /= np.linalg.norm(direction)
        original, h = parameter.copy(), 1e-7
        parameter[...] = original + h * direction
        above = cost()[0]
        parameter[...] = original - h * direction
        below = cost()[0]
        parameter[...] = original
        numeric, analytic = (above - below) / (2 * h), (gradients[path] * direction).sum()
        assert analytic == pytest.approx(numeric, rel=1e-4, abs=1e-5), path


def test_an_encoder_needs_sides_that_can_be_halved():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match='divisible by 4'):
        categorical_encoder((30, 28, 1), 3, rng)


def test_parts_give_the_gradients_of_the_whole():
    model, x = make(blocks=2), binary_images(11).astype(np.float64)
    decoder, = to_float64(model.decoder)
    z = np.eye(5)[np.arange(11) % 5]

    def run(shards):
        decoder.zero_grads()
        parts = shards.run(lambda d, x, z: reconstruct(d, x, z, sigmoid_cross_entropy, 11), x, z)
        return (sum(loss for loss, _ in parts), np.concatenate([dz for _, dz in parts]),
                {path: gradient.copy() for path, gradient in decoder.gradients().items()})

    loss, dz, gradients = run(Shards(decoder, images=11, threads=1))
    for size, threads in ((3, 1), (3, 2), (2, 4)):
        parts_loss, parts_dz, parts_gradients = run(Shards(decoder, size, threads))
        assert parts_loss == pytest.approx(loss, rel=1e-12)
        np.testing.assert_allclose(parts_dz, dz, rtol=1e-9, atol=1e-12)
        for path, gradient in gradients.items():
            np.testing.assert_allclose(parts_gradients[path], gradient, rtol=1e-9, atol=1e-9)


def test_a_step_is_deterministic_with_threads():
    results = []
    for _ in range(3):
        model = make(blocks=2)
        model.decoder_shards = Shards(model.decoder, images=2, threads=3)
        model.step(binary_images())
        results.append(snapshot(model))
    for path, array in results[0].items():
        np.testing.assert_array_equal(array, results[1][path])
        np.testing.assert_array_equal(array, results[2][path])


def test_batch_statistics_cannot_be_divided():
    with pytest.raises(ValueError, match='batch statistics'):
        Shards(BatchNorm(3))
    with pytest.raises(ValueError, match='noise'):
        Shards(Dropout(0.5, np.random.default_rng(0)))


def test_parallel_map_keeps_order_and_nests():
    assert parallel_map(lambda i: sum(parallel_map(lambda j: i * j, range(4), 2)),
                        range(10), 3) == [6 * i for i in range(10)]
    with pytest.raises(ZeroDivisionError):
        parallel_map(lambda i: 1 // i, range(3), 2)


def test_the_step_needs_nothing_that_a_device_array_refuses(monkeypatch):
    """The whole training step and the sampler on the stand-in for CuPy, against NumPy."""
    stand_in.install(monkeypatch)
    device_model = model_to_float64(make(device='gpu'))
    host_model, x = model_to_float64(make()), binary_images()
    for _ in range(2):
        host = host_model.step(x)
        device = device_model.step(stand_in.module.asarray(x))
        assert all(isinstance(loss, stand_in.DeviceArray) for loss in device.values())
        assert {phase: float(loss) for phase, loss in device.items()} == pytest.approx(host,
                                                                                       rel=1e-9)
    z = np.eye(5)
    drawn = sample(device_model.decoder, stand_in.module.asarray(z), np.random.default_rng(0))
    assert isinstance(drawn, stand_in.DeviceArray)
    host_drawn = sample(host_model.decoder, z, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn._array, host_drawn)


def test_the_stand_in_refuses():
    array = stand_in.module.asarray(np.ones(3))
    for attempt in (lambda: np.exp(array), lambda: array + np.ones(3), lambda: np.ones(3) * array,
                    lambda: np.asarray(array), lambda: stand_in.module.add(array, np.ones(3)),
                    lambda: np.concatenate([array, array])):
        with pytest.raises(TypeError):
            attempt()


def test_mixed_devices_are_a_clear_error():
    with pytest.raises(TypeError, match='different devices are mixed'):
        backend.array_module(np.ones(3), stand_in.module.asarray(np.ones(3)))
    with pytest.raises(TypeError, match='list'):
        backend.array_module([1, 2])
