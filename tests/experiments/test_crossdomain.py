"""Cross-domain maps: the adversarial autoencoder, every method."""
import json

import numpy as np
import pytest

import train_mnist
from experiments import encode, sample
from experiments.pixelgan.crossdomain import METHODS, CrossDomain
from experiments.saved_run import open_run
from models.aae import AdversarialAutoencoder
from tests import stand_in
from tests.helpers import binary_images, model_to_float64, moved, snapshot
from tests.runs import refused

SMOKE = CrossDomain.preset('smoke') | {'seed': 0, 'device': 'cpu'}
FLAGS = ['--mode', 'crossdomain', '--preset', 'smoke', '--data', 'synthetic']


def make(method, **overrides):
    return CrossDomain(SMOKE | {'method': method} | overrides, (28, 28, 1)).model


def test_output_distribution_matching_has_no_decoder():
    model, x = make('odm'), binary_images()
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
    host_model, x = model_to_float64(make('aae')), binary_images()
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
