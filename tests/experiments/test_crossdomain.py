"""Cross-domain maps: the adversarial autoencoder, every method."""
import json

import numpy as np
import pytest

import train_mnist
from experiments import encode, sample
from experiments.pixelgan.crossdomain import METHODS, CrossDomain
from experiments.saved_run import open_run
from models.aae import AdversarialAutoencoder, dense_decoder
from models.encoders import MultiHeadEncoder, convolutional_features
from nn.activations import Sigmoid, Softmax
from nn.dense import Dense
from nn.gradcheck import check_layer
from nn.layer import Sequential
from tests import stand_in
from tests.helpers import draw_biases, model_to_float64
from tests.runs import refused

SMOKE = CrossDomain.preset('smoke') | {'seed': 0, 'device': 'cpu'}
FLAGS = ['--mode', 'crossdomain', '--preset', 'smoke', '--data', 'synthetic']


def make(method, **overrides):
    return CrossDomain(SMOKE | {'method': method} | overrides, (28, 28, 1)).model


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


def test_a_step_of_the_adversarial_autoencoder_on_device_arrays(monkeypatch):
    stand_in.install(monkeypatch)
    device_model = model_to_float64(make('aae', device='gpu'))
    host_model, x = model_to_float64(make('aae')), images()
    targets = np.arange(12) % 10
    host = host_model.step(x, x, targets)
    device = device_model.step(*map(stand_in.module.asarray, (x, x, targets)))
    assert isinstance(device_model, AdversarialAutoencoder)
    for phase, loss in host.items():
        assert isinstance(device[phase], stand_in.DeviceArray)
        assert float(device[phase]) == pytest.approx(float(loss), rel=1e-9), phase


def test_every_method_end_to_end(tmp_path):
    assert train_mnist.main([*FLAGS, '--out', str(tmp_path / 'run')]) == 0
    summary = json.loads((tmp_path / 'run' / 'summary.json').read_text())
    assert [row['setting'] for row in summary] == [f'method {method}' for method in METHODS]
    assert all(0 <= row['error'] <= 100 and 0 <= row['squared_error'] < 1 for row in summary)
    assert {'synthetic-errors.png'} == {path.name for path in (tmp_path / 'run').glob('*.png')}
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
    with pytest.raises(SystemExit):
        train_mnist.main([*FLAGS, '--method', 'pixelgna', *out])
    assert 'did you mean pixelgan' in capsys.readouterr().err


def test_runs_of_the_task_that_is_gone_are_refused_in_a_line(tmp_path, capsys):
    """--task thumbnails: no flag, and a saved run is neither drawn from, encoded with nor resumed;
    one with --task labels goes on."""
    run = tmp_path / 'run'
    assert '--task' in refused(capsys, [*FLAGS, '--task', 'thumbnails', '--out', str(run)])
    assert not run.exists()
    assert train_mnist.main([*FLAGS, '--method', 'pixelgan', '--out', str(run)]) == 0
    images = tmp_path / 'images.npy'
    np.save(images, np.zeros((1, 28, 28, 1), np.uint8))
    commands = ((train_mnist.main, ['--out', str(run), '--resume']),
                (sample.main, [str(run), '--n', '1']), (encode.main, [str(run), str(images)]))
    for task in ('labels', 'thumbnails'):
        with np.load(run / 'checkpoint.npz') as file:
            arrays = dict(file)
        progress = json.loads(arrays['progress'].tobytes())
        for config in (progress['config'], json.loads((run / 'config.json').read_text())):
            config |= {'task': task, 'code_channels': 1, 'conditioning': 'location-invariant'}
        (run / 'config.json').write_text(json.dumps(config))
        arrays['progress'] = np.frombuffer(json.dumps(progress).encode(), np.uint8)
        np.savez(run / 'checkpoint.npz', **arrays)
        for main, arguments in commands:
            capsys.readouterr()
            assert main(arguments) == (0 if task == 'labels' else 2)
            err = capsys.readouterr().err.strip()
            assert task == 'labels' or '--task thumbnails' in err and len(err.splitlines()) == 1
