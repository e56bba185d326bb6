"""Cross-domain maps: the domains' arithmetic, the adversarial autoencoder, every method."""
import json

import numpy as np
import pytest

import train_mnist
from experiments.common.saved_run import open_run
from experiments.pixelgan import domains
from experiments.pixelgan.crossdomain import METHODS, CrossDomain
from models.aae import AdversarialAutoencoder, MultiHeadEncoder, dense_decoder
from models.encoders import convolutional_features
from models.priors import Samples
from nn.activations import Sigmoid, Softmax
from nn.dense import Dense
from nn.gradcheck import check_layer, check_loss
from nn.layer import Sequential
from tests import stand_in
from tests.helpers import draw_biases, model_to_float64

SMOKE = CrossDomain.preset('smoke') | {'seed': 0, 'device': 'cpu'}
FLAGS = ['--mode', 'crossdomain', '--preset', 'smoke', '--data', 'synthetic']


def make(method, task='labels', **overrides):
    experiment = CrossDomain(SMOKE | {'method': method, 'task': task} | overrides, (28, 28, 1))
    experiment.domain.prior.array = np.random.default_rng(2).random((40, 49), np.float32)
    return experiment.model


def images(n=12):
    return (np.random.default_rng(5).random((n, 28, 28, 1)) > 0.8).astype(np.float32)


def snapshot(model):
    return {f'{name}/{path}': array.copy() for name, network in model.networks.items()
            for path, array in network.parameters().items()}


def moved(model, before):
    """Parts of the networks whose parameters changed."""
    return {path.split('/')[0] for path, array in snapshot(model).items()
            if not np.array_equal(array, before[path])}


def failed(checks):
    return [check for check in checks if not check.passed]


def test_gradients():
    rng = np.random.default_rng(0)
    layers, features = convolutional_features((8, 8, 1), rng, 2, 2, 2, 3, np.float64)
    draw_biases(*layers)
    x = rng.standard_normal((6, 8, 8, 1))
    for activation in (Softmax, Sigmoid):
        heads = [(Dense(features, 3, rng, dtype=np.float64), activation()),
                 (Dense(features, 2, rng, dtype=np.float64), None)]
        encoder = MultiHeadEncoder(Sequential(*layers), heads)
        assert not failed(check_layer(encoder, x, input_gradient=False))
        assert not failed(check_layer(MultiHeadEncoder(Sequential(), heads),
                                      rng.standard_normal((5, features))))
    decoder, = draw_biases(dense_decoder(4, (3, 2, 1), rng, 7, dtype=np.float64))
    assert not failed(check_layer(decoder, rng.standard_normal((5, 4))))
    assert not failed(check_loss(domains.sigmoid_squared_error, rng.standard_normal((5, 4)),
                                 constants=(rng.random((5, 4)),)))


def test_the_code_is_the_heads_side_by_side():
    model, x = make('aae'), images()
    code, _ = model.encoder.forward(x)
    parts = model.parts(code)
    logits, _ = model.encoder.logits.forward(x)
    np.testing.assert_allclose(parts['code'], Softmax().forward(logits)[0], rtol=1e-5)
    assert parts['style'].shape == (12, 3) and code.shape == (12, 13)
    assert (parts['style'] < 0).any()


def test_what_each_phase_of_the_adversarial_autoencoder_moves():
    model, x = make('aae'), images()
    before = snapshot(model)
    model.reconstruction_phase(x)
    assert moved(model, before) == {'encoder', 'decoder'}

    code, cache = model.encoder.forward(x, train=True)
    fake = model.parts(code)
    real = {part: prior.sample(len(x), model.rng) for part, prior in model.priors.items()}
    before = snapshot(model)
    model.discriminator_phase(real, fake)
    assert moved(model, before) == {'code_discriminator', 'style_discriminator'}
    before = snapshot(model)
    model.generator_phase(fake, cache)
    assert moved(model, before) == {'encoder'}
    before = snapshot(model)
    model.semi_supervised_phase(x, np.arange(12) % 10)
    changed = {path for path, array in snapshot(model).items()
               if not np.array_equal(array, before[path])}
    assert {path.split('/')[0] for path in changed} == {'encoder'}
    assert not any(path.startswith('encoder/linear.1') for path in changed)    # the style's head


def test_no_phase_uses_gradients_left_by_another():
    results = []
    for left_over in (0, 1):
        model, x = make('aae'), images()
        code, cache = model.encoder.forward(x, train=True)
        fake = model.parts(code)
        real = {part: prior.sample(len(x), model.rng) for part, prior in model.priors.items()}
        for phase in (lambda: model.reconstruction_phase(x),
                      lambda: model.discriminator_phase(real, fake),
                      lambda: model.generator_phase(fake, cache),
                      lambda: model.semi_supervised_phase(x, np.arange(12) % 10)):
            for network in model.networks.values():
                for gradient in network.gradients().values():
                    gradient.fill(left_over)
            phase()
        results.append(snapshot(model))
    for path, array in results[0].items():
        np.testing.assert_array_equal(array, results[1][path], err_msg=path)


def test_each_discriminator_pays_the_encoder_for_its_own_part():
    """Repeating the generator phase alone raises every D(fake)."""
    model, x = make('aae', generator_rate=0.3), images(40)
    losses = []
    for _ in range(60):
        code, cache = model.encoder.forward(x, train=True)
        losses.append(model.generator_phase(model.parts(code), cache))
    for part in ('code', 'style'):
        assert losses[-1][part] < losses[0][part] - 0.02, part


def test_output_distribution_matching_has_no_decoder():
    model, x = make('odm'), images()
    assert set(model.networks) == {'encoder', 'discriminator'}
    assert set(model.step(x, x, np.arange(12) % 10)) == {
        'discriminator', 'generator', 'semi_supervised'}
    before = snapshot(model)
    model.adversarial_phase(x)
    assert moved(model, before) == {'encoder', 'discriminator'}
    model = make('odm', adversarial='off')      # the control: the labels alone
    assert set(model.step(x, x, np.arange(12) % 10)) == {'semi_supervised'}
    assert set(make('aae', adversarial='off').networks) == {'encoder', 'decoder'}
    assert 'code_generator' not in make('aae', adversarial='off').step(x)


def test_the_methods_start_from_the_same_encoder_and_discriminator():
    models = [make(method) for method in METHODS]
    starts = [{path: array for path, array in snapshot(model).items() if '.1/' not in path}
              for model in models]
    shared = [path for path in starts[0] if path.startswith('encoder')]
    assert shared and all(np.array_equal(starts[0][path], start[path])
                          for start in starts for path in shared)
    ours = [model.networks.get('discriminator', model.networks.get('code_discriminator'))
            for model in models]
    for path, array in ours[0].parameters().items():
        assert all(np.array_equal(array, other.parameters()[path]) for other in ours)


@pytest.mark.parametrize('task', ['labels', 'thumbnails'])
def test_a_step_of_the_adversarial_autoencoder_on_device_arrays(task, monkeypatch):
    for target in ('nn.fast.flat.to_device', 'experiments.common.experiment.to_device'):
        monkeypatch.setattr(target, lambda array, device: stand_in.module.asarray(array))
    device_model = model_to_float64(make('aae', task, device='gpu'))
    monkeypatch.undo()
    host_model, x = model_to_float64(make('aae', task)), images()
    targets = np.arange(12) % 10 if task == 'labels' else domains.thumbnails(x)
    host = host_model.step(x, x, targets)
    device = device_model.step(*map(stand_in.module.asarray, (x, x, targets)))
    assert isinstance(device_model, AdversarialAutoencoder)
    for phase, loss in host.items():
        assert isinstance(device[phase], stand_in.DeviceArray)
        assert float(device[phase]) == pytest.approx(float(loss), rel=1e-9), phase


def test_thumbnails():
    x = np.zeros((2, 28, 28, 1), np.float32)
    x[0, :4, 24:] = 1               # upper right corner
    x[1, 0, 0] = 1                  # one pixel, upper left
    y = domains.thumbnails(x)
    assert y.shape == (2, 49) and y[0, 6] == 1 and y[0].sum() == 1 and y[1, 0] == 1 / 16
    turned = domains.turn(x)
    assert turned[0, 24:, 24:].all() and turned[1, 0, 27]      # clockwise: right is now below
    np.testing.assert_array_equal(domains.turn(turned, back=True), x)
    np.testing.assert_array_equal(domains.Thumbnails(0).truth(turned, None), y)
    assert domains.enlarged(y).shape == x.shape
    np.testing.assert_array_equal(domains.enlarged(y)[0], x[0])
    with pytest.raises(ValueError, match='no thumbnails of 30x28x1'):
        domains.thumbnails(np.zeros((1, 30, 28, 1)))


def test_nearest():
    rng = np.random.default_rng(0)
    queries, points = rng.random((1003, 5)), rng.random((17, 5))
    expected = np.square(queries[:, None] - points).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(domains.nearest(queries, points), expected)


def test_samples_are_rows_of_the_array():
    array = np.arange(12.0).reshape(6, 2)
    drawn = Samples(2, array).sample(500, np.random.default_rng(0))
    assert drawn.shape == (500, 2) and drawn.dtype == np.float32
    assert {tuple(row) for row in drawn} == {tuple(row) for row in array}


def test_no_pair_is_seen_but_the_given_ones():
    """No image of the first domain has its thumbnail among the samples of the second."""
    data = train_mnist.load({'data_dir': None, 'data': 'synthetic', 'seed': 0}, (200, 50, 50))
    experiment = CrossDomain(SMOKE | {'method': 'odm', 'task': 'thumbnails'}, (28, 28, 1))
    experiment.use(data)
    train = experiment.data.train
    samples = experiment.domain.prior.array
    assert train.images.shape == (100, 28, 28, 1) and samples.shape == (100, 49)
    originals = {image.tobytes() for image in data.train.images}
    assert {image.tobytes() for image in domains.turn(train.images, back=True)} < originals
    distances = np.square(experiment.truth(train)[:, None] - samples).sum(axis=2)
    assert (distances > 0).all()
    x, x_given, targets = experiment.batch(np.arange(20), 0, 0)
    assert x.shape == x_given.shape == (20, 28, 28, 1)
    np.testing.assert_array_equal(targets, experiment.domain.truth(x_given, None))
    # The truth itself has no error, and its digits that of the classifier.
    controls = experiment.domain.controls(experiment.data, np.random.default_rng(0))
    truth = experiment.truth(experiment.data.test)
    assert controls['error_true_thumbnail'] == domains.percentage(
        experiment.domain.digits(truth) != data.test.labels) < 50
    assert (controls['squared_error_random_thumbnail']
            > controls['squared_error_random_thumbnail_of_the_digit'] > 0)


def test_the_controls_of_thumbnails():
    """By their definitions; what is drawn, within five standard errors of its mean."""
    data = train_mnist.load({'data_dir': None, 'data': 'synthetic', 'seed': 0}, (600, 50, 300))
    experiment = CrossDomain(SMOKE | {'method': 'odm', 'task': 'thumbnails'}, (28, 28, 1))
    experiment.use(data)
    domain, truth = experiment.domain, experiment.truth(experiment.data.test)
    samples, labels = domain.prior.array, data.test.labels
    found = domain.controls(experiment.data, np.random.default_rng(1))
    assert found['squared_error_mean_thumbnail'] == pytest.approx(
        np.square(samples.mean(axis=0) - truth).mean(), rel=1e-6)
    pairs = np.square(truth[:, None] - samples).mean(axis=2)
    same = labels[:, None] == domain.labels
    for name, some in (('', np.ones_like(same)), ('_of_the_digit', same)):
        means = [row[chosen].mean() for row, chosen in zip(pairs, some)]
        variances = [row[chosen].var() for row, chosen in zip(pairs, some)]
        assert abs(found[f'squared_error_random_thumbnail{name}'] - np.mean(means)) < (
            5 * np.sqrt(np.sum(variances)) / len(labels))
    # A random thumbnail is of a random digit.
    right = same.mean()
    assert abs(found['error_random_thumbnail'] / 100 - (1 - right)) < 5 * np.sqrt(
        right * (1 - right) / len(labels))
    nearest = domain.labels[pairs.argmin(axis=1)]
    assert found['error_true_thumbnail'] == pytest.approx(100 * (nearest != labels).mean())


@pytest.mark.parametrize('task', ['labels', 'thumbnails'])
def test_every_method_end_to_end(task, tmp_path):
    assert train_mnist.main([*FLAGS, '--task', task, '--out', str(tmp_path / 'run')]) == 0
    summary = json.loads((tmp_path / 'run' / 'summary.json').read_text())
    assert [row['setting'] for row in summary] == [f'method {method}' for method in METHODS]
    assert all(0 <= row['error'] <= 100 and 0 <= row['squared_error'] < 1 for row in summary)
    pictures = {'synthetic-errors.png'} | ({'synthetic-map.png'} if task == 'thumbnails' else set())
    assert pictures == {path.name for path in (tmp_path / 'run').glob('*.png')}
    for method in METHODS:
        names = {path.name for path in (tmp_path / 'run' / f'method-{method}').glob('*.png')}
        assert names == {'synthetic-curves.png', 'synthetic-map.png'} | (
            set() if method == 'odm' else {'synthetic-samples.png'})
        experiment = open_run(tmp_path / 'run' / f'method-{method}')
        assert experiment.decoder_draws() == (method == 'pixelgan')
    # A complete run is drawn again, and nothing contradicts.
    assert train_mnist.main(['--out', str(tmp_path / 'run'), '--resume']) == 0


def test_errors_are_messages(tmp_path, capsys):
    out = ['--out', str(tmp_path / 'run')]
    assert train_mnist.main([*FLAGS, '--task', 'thumbnails', '--batch-size', '150', *out]) == 2
    assert 'images of the first domain' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        train_mnist.main([*FLAGS, '--method', 'pixelgna', *out])
    assert 'did you mean pixelgan' in capsys.readouterr().err
