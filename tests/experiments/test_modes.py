"""Every mode at smoke size, and runs with several values of a flag."""
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

import train_mnist
from datasets import DataError, Split, balanced_indices
from datasets.synthetic import synthetic_digits
from experiments.aae import semisup as aae
from experiments.aae.mlp import Baseline
from experiments.common import elbo
from experiments.pixelgan.clustering import Clustering
from experiments.pixelgan.cnn import ConvolutionalBaseline
from experiments.pixelgan.density import Density
from experiments.pixelgan.gaussian import GaussianCode
from experiments.pixelgan.semisup import RealSemiSupervised, SemiSupervised
from experiments.pixelgan.simplex import Simplex
from experiments.registry import MODES
from experiments.saved_run import open_run
from models.pixelcnn import CONDITIONINGS
from models.pixelgan import PixelGAN
from nn.affine_noise import AffineNoise
from nn.optim import SGD, Adam
from tests import stand_in
from tests.helpers import model_to_float64
from tests.runs import (
    assert_same_end,
    assert_same_numbers,
    in_float64,
    refused,
    stop_at,
)
from tests.smoke_runs import SMOKE, rows, run
from training.configuration import default_folder
from training.loop import steps_in_epoch


@pytest.mark.parametrize('flags, pictures, metrics', [
    ('pixelgan --mode simplex --pixels binary', {
        'adversarial-on/synthetic-samples', 'synthetic-simplex',
        'adversarial-off/synthetic-simplex'}, None),
    ('pixelgan --mode semisup --pixels binary', {'synthetic-samples', 'synthetic-curves'},
     {'error', 'validation_error', 'marginal_kl', 'mutual_information', 'semi_supervised'}),
    ('pixelgan --mode semisup --pixels real', {'synthetic-samples'}, {'error'}),
    ('pixelgan --mode gaussian --pixels binary',
     {'synthetic-samples', 'synthetic-codes', 'synthetic-grid'},
     {'marginal_kl', 'mutual_information', 'validation_nats'}),
    (['--mode', 'gaussian', '--noise-std', '0.1', '--code-size', '3', '--decoder-rate',
      '1e-4', '--encoder-rate', '1e-4'], {'synthetic-samples'}, {'mutual_information'}),
    ('pixelcnn --mode density --pixels binary', {'synthetic-samples'},
     {'validation_nats', 'test_nats'}),
])
def test_every_mode_makes_its_pictures_and_numbers(smoke, tmp_path, flags, pictures, metrics):
    if isinstance(flags, str):
        out = smoke(f'mnist --model {flags}')
    else:
        out = tmp_path / 'run'
        assert run(out, *flags) == 0
    for name in pictures:
        assert (out / f'{name}.png').read_bytes().startswith(b'\x89PNG')
    if metrics:
        assert metrics <= rows(out)[-1].keys()


def test_several_values_make_a_run_each_and_a_comparison(tmp_path, capsys):
    out = tmp_path / 'run'
    assert run(out, '--mode', 'semisup', '--labels', '20,all', '--seed', '0,1') == 0
    folders = {f'seed-{seed}_labels-{labels}' for seed in (0, 1) for labels in ('20', 'all')}
    assert {path.name for path in out.iterdir()} == {
        'config.json', 'summary.json', 'synthetic-comparison.png', *folders}
    summary = json.loads((out / 'summary.json').read_text())
    assert [row['setting'] for row in summary] == ['labels 20', 'labels all']
    errors = [rows(out / f'seed-{seed}_labels-20')[-1]['error'] for seed in (0, 1)]
    assert summary[0]['error'] == pytest.approx(np.mean(errors))
    assert summary[0]['error_deviation'] == pytest.approx(np.std(errors, ddof=1))
    assert 'labels 20  error' in capsys.readouterr().out
    # Each is the run that the same flags with one value make.
    assert run(tmp_path / 'one', '--mode', 'semisup', '--labels', 'all', '--seed', '1') == 0
    assert_same_end(tmp_path / 'one', out / 'seed-1_labels-all')


def test_several_runs_stop_and_resume_exactly(tmp_path, monkeypatch, capsys):
    whole, out = tmp_path / 'whole', tmp_path / 'run'
    flags = ['--mode', 'simplex', '--epochs', '2']
    assert run(whole, *flags) == 0
    stop_at(monkeypatch, 5)         # in the second epoch of the first run
    assert run(out, *flags) == 130
    monkeypatch.undo()
    assert f'--out {out} --resume' in capsys.readouterr().err
    assert not (out / 'adversarial-off').exists()
    assert 'contradicts' in refused(capsys, ['--out', str(out), '--resume', '--adversarial', 'on'])
    assert 'contradicts' in refused(capsys, ['--out', str(out), '--resume', '--mode', 'semisup'])
    assert train_mnist.main(['--out', str(out), '--resume']) == 0
    for name in ('adversarial-on', 'adversarial-off'):
        assert_same_end(out / name, whole / name)


@pytest.mark.parametrize('flags', [
    ['--mode', 'simplex'], ['--mode', 'semisup', '--affine-noise-std', '0.1'],
    ['--mode', 'semisup', '--pixels', 'real'],
    ['--mode', 'gaussian', '--reconstruction-optimizer', 'adam'], ['--model', 'pixelcnn'],
], ids=' '.join)
def test_every_mode_on_device_arrays(tmp_path, monkeypatch, no_pictures, flags):
    """Training, evaluation and pictures on the stand-in for CuPy give the CPU's numbers."""
    in_float64(monkeypatch)
    assert run(tmp_path / 'host', *flags) == 0
    stand_in.install(monkeypatch)
    assert run(tmp_path / 'device', *flags, '--device', 'gpu') == 0
    hosts = list((tmp_path / 'host').rglob('metrics.jsonl'))
    assert len(hosts) == (2 if 'simplex' in flags else 1)
    for host in hosts:
        assert_same_numbers(host.parent,
                            (tmp_path / 'device' / host.relative_to(tmp_path / 'host')).parent)


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('experiment', [Clustering, SemiSupervised, RealSemiSupervised,
                                        GaussianCode, Density])
def test_a_step_on_device_arrays_moves_every_parameter_alike(monkeypatch, experiment, seed):
    config = experiment.preset('smoke', seed=seed, device='cpu')
    host = model_to_float64(experiment(config, (28, 28, 1)).model)
    stand_in.install(monkeypatch)
    device = model_to_float64(experiment(config | {'device': 'gpu'}, (28, 28, 1)).model)
    rng = np.random.default_rng(seed)
    batch = [(rng.random((10, 28, 28, 1)) > 0.8).astype(np.float64)]
    if experiment in (SemiSupervised, RealSemiSupervised):
        batch += [(rng.random((7, 28, 28, 1)) > 0.8).astype(np.float64), np.arange(7)]
    losses = host.step(*batch), device.step(*map(stand_in.module.asarray, batch))
    assert {name: float(loss) for name, loss in losses[1].items()} == pytest.approx(
        {name: float(loss) for name, loss in losses[0].items()}, rel=1e-10)
    for name, network in host.networks.items():
        theirs = device.networks[name].state()
        for path, array in network.state().items():
            assert isinstance(theirs[path], stand_in.DeviceArray) and array.dtype == np.float64
            np.testing.assert_allclose(stand_in.to_host(theirs[path]), array, rtol=1e-8,
                                       atol=1e-12, err_msg=f'{name}/{path}')


@pytest.mark.parametrize('flags, words', [
    (['--mode', 'semisup', '--labels', '25'], '--labels 25 is not a multiple of the 10 classes'),
    (['--mode', 'semisup', '--labels', '20,0'], '--labels 0: --mode semisup needs labels'),
    (['--mode', 'semisup', '--labels', '20,20'], 'has a value twice'),
    (['--mode', 'semisup', '--labels', '20,2000'], 'choose fewer, or take more --train-images'),
    (['--mode', 'semisup', '--epochs', '1,2'], 'not a whole number'),
    (['--mode', 'simplex', '--clusters', '4'], 'it is one of --mode clustering'),
    (['--mode', 'gaussian', '--eval-images', '3'], '3 validation images (--eval-images, or all '),
    (['--mode', 'gaussian', '--labels', '20'],
     '--labels is not a flag of --mode gaussian with --model pixelgan; it is one of --mode semisup '
     'and crossdomain'),
    (['--mode', 'density', '--model', 'pixelgan'], '--mode density is not there with --model'),
    (['--mode', 'gaussian', '--pixels', 'real'], '--pixels real is not there with'),
    (['--mode', 'clustering', '--code-channels', '2'], '--code-channels changes nothing with '
     '--conditioning location-invariant: leave it out, or choose location-dependent or input-'),
    (['--mode', 'crossdomain', '--method', 'aae,odm', '--blocks', '2'],
     '--blocks changes nothing with --method aae,odm: leave it out, or choose pixelgan'),
    (['--mode', 'crossdomain', '--method', 'odm', '--decoder-rate', '1'], 'or choose aae or pixel'),
    (['--mode', 'crossdomain', '--method', 'pixelgan', '--style-size', '2'], 'or choose aae'),
    (['--mode', 'gaussian', '--code-channels', '0'], '--code-channels: 0 is less than 1'),
    (['--model', 'pixelcnn', '--code-channels', '2'], '--code-channels is not a flag of --mode'),
    (['--model', 'pixelcn'], 'did you mean pixelcnn'),
])
def test_bad_flags_of_the_modes(tmp_path, capsys, flags, words):
    out = tmp_path / 'run'
    assert words in refused(capsys, [*SMOKE, '--out', str(out), *flags])
    assert not out.exists()


def test_default_folders_differ():
    folders = []
    for model, modes in MODES['mnist'].items():
        for mode, variants in modes.items():
            for pixels in variants:
                experiment = variants[pixels]
                for changes in ({}, {'seed': (0, 1)}, {'seed': 1}, {'train_images': 900},
                                {'train_images': (300, 1200)}):
                    folders.append(default_folder(
                        experiment.preset('quick', seed=0) | changes | {
                            'dataset': 'mnist', 'model': model, 'mode': mode, 'pixels': pixels,
                            'preset': 'quick'}, train_mnist.main.catalogue))
    assert len(set(folders)) == len(folders)
    assert 'runs/mnist-clustering-quick-seed0' in folders       # what README says


def small(experiment, **changes):
    config = experiment.preset('smoke', seed=0, device='cpu', **changes)
    return experiment(config, (28, 28, 1))


def test_the_gaussian_modes_optimizers_and_rates():
    experiment = small(GaussianCode, decay_epoch=25)
    optimizers, rates = experiment.model.optimizers, experiment.rates
    assert all(isinstance(optimizer, SGD) for optimizer in optimizers.values())
    assert optimizers['decoder'].momentum == optimizers['encoder'].momentum == 0.9
    assert rates(25)['decoder'] == pytest.approx(1e-4) and rates(24)['encoder'] == 0.001
    assert rates(100)['generator'] == rates(100)['discriminator'] == 0.1      # these stay (B.1.1)
    weights = experiment.model.encoder.layer[3].params['W']
    assert abs(weights.std() / 0.01 - 1) < 5 / np.sqrt(2 * weights.size)       # standard errors
    assert experiment.model.prior.std == 5
    optimizers = small(GaussianCode, reconstruction_optimizer='adam').model.optimizers
    assert isinstance(optimizers['decoder'], Adam)
    grid = experiment.code.grid(16)
    assert grid.shape[1] == 2 and (grid[0] == [grid[:, 0].min(), grid[:, 1].max()]).all()
    assert (np.diff(grid[:16, 0]) > 0).all() and (grid[:16, 1] == grid[0, 1]).all()


def test_the_posterior_flag_takes_the_noise_away():
    x = np.random.default_rng(0).random((4, 28, 28, 1)).astype(np.float32)
    for experiment, changes in ((Clustering, {'keep': 0.5}), (SemiSupervised, {}),
                                (GaussianCode, {'noise_std': 0.2})):
        noisy = small(experiment, **changes).model.encoder
        quiet = small(experiment, **{**changes, 'posterior': 'deterministic'}).model.encoder

        def differ(encoder):
            return not np.array_equal(encoder.forward(x, train=True)[0],
                                      encoder.forward(x, train=True)[0])
        assert differ(noisy) and not differ(quiet)


@pytest.mark.parametrize('experiment', [SemiSupervised, aae.SemiSupervised, Baseline,
                                        ConvolutionalBaseline])
def test_affine_noise_reaches_the_encoders(experiment):
    assert experiment.preset('paper')['affine_noise_std'] == 0

    def noise(**changes):
        pixels = {'pixels': 'unit'} if experiment is aae.SemiSupervised else {}
        encoder = small(experiment, **pixels, **changes).model.encoder
        return [layer.std for _, layer in encoder.layers() if isinstance(layer, AffineNoise)]
    assert noise(affine_noise_std=0.2) == [0.2]
    assert noise() == noise(affine_noise_std=0.2, posterior='deterministic') == []


def test_code_channels_reach_the_decoder():
    """k maps of the code (A.2)."""
    for k in (1, 3):
        bias = small(GaussianCode, code_channels=k).model.decoder.layer[0].bias_v
        assert bias.code_map.shape == (28, 28, k) and (bias.project is None) == (k == 1)
    decoder = small(SemiSupervised, code_channels=3, conditioning='input-channel').model.decoder
    assert decoder.code_map.shape == (28, 28, 3)


def test_a_run_from_before_code_channels_goes_on(smoke, tmp_path, capsys):
    new, old = (shutil.copytree(smoke('mnist --model pixelgan --mode gaussian --pixels binary'),
                                tmp_path / name) for name in ('new', 'old'))
    config = json.loads((old / 'config.json').read_text())
    assert config.pop('code_channels') == 1
    (old / 'config.json').write_text(json.dumps(config))
    with np.load(old / 'checkpoint.npz') as file:
        arrays = dict(file)
    progress = json.loads(arrays.pop('progress').tobytes())
    del progress['config']['code_channels']
    np.savez(old / 'checkpoint.npz', **arrays,
             progress=np.frombuffer(json.dumps(progress).encode(), np.uint8))
    assert '--code-channels 2 contradicts the run' in refused(
        capsys, ['--out', str(old), '--resume', '--code-channels', '2'])
    assert open_run(old).model.networks.keys() == open_run(new).model.networks.keys()
    for out in (old, new):
        assert train_mnist.main(['--out', str(out), '--resume', '--epochs', '2']) == 0
    assert_same_end(old, new)
    assert open_run(old).trained == (2, 0)


@pytest.mark.parametrize('conditioning', CONDITIONINGS)
def test_the_weights_on_wide_codes_start_smaller(conditioning):
    """Unless --init-std says how all weights start."""
    def weights(**changes):
        decoder = small(GaussianCode, conditioning=conditioning, **changes).model.decoder
        return {name: array for name, array in decoder.parameters().items()
                if name.endswith(('/V', 'code_map/network/layer.0/W'))}
    wide, narrow = weights(init_std=0, prior_std=5), weights(init_std=0, prior_std=1)
    assert wide and wide.keys() == narrow.keys()
    for name, array in wide.items():
        np.testing.assert_allclose(5 * array, narrow[name], rtol=1e-6)
        assert np.abs(array).max() > 1e-3
    assert all(abs(array.std() / 0.01 - 1) < 5 / np.sqrt(2 * array.size)
               for array in weights(prior_std=5).values())


def test_semi_supervised_phase_moves_the_encoder_alone_and_learns():
    model = small(SemiSupervised).model
    x, labels = np.zeros((20, 28, 28, 1), np.float32), np.arange(20) % 10
    for image, label in zip(x, labels):
        image[2 * label:2 * label + 4] = 1
    before = {name: {path: array.copy() for path, array in network.parameters().items()}
              for name, network in model.networks.items()}
    losses = [float(model.semi_supervised_phase(x, labels)) for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]
    for name, network in model.networks.items():
        same = all(np.array_equal(array, before[name][path])
                   for path, array in network.parameters().items())
        assert same == (name != 'encoder')


def test_without_a_discriminator_there_is_no_adversarial_phase():
    model = small(Simplex, adversarial='off').model
    losses = model.step(np.zeros((4, 28, 28, 1), np.float32))
    assert list(losses) == ['reconstruction']
    assert set(model.networks) == set(model.optimizers) == {'encoder', 'decoder'}


def test_labelled_images_are_training_images_and_balanced(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(np.arange(10), [5, 9, 7, 30, 6, 8, 5, 20, 10, 11]))
    chosen = balanced_indices(labels, 50, np.random.default_rng(1))
    assert len(set(chosen)) == 50 and (np.bincount(labels[chosen]) == 5).all()
    other = balanced_indices(labels, 50, np.random.default_rng(2))
    assert not np.array_equal(chosen, other)
    for n, words in ((55, 'not a multiple'), (60, 'has 5'), (0, 'not a multiple')):
        with pytest.raises(DataError, match=words):
            balanced_indices(labels, n, rng)


def test_ctrl_c_in_the_last_step_of_a_part_keeps_the_next_from_starting(tmp_path, monkeypatch):
    out, flags = tmp_path / 'run', ['--mode', 'simplex']
    stop_at(monkeypatch, 3)
    assert run(out, *flags) == 130
    monkeypatch.undo()
    assert (out / 'adversarial-on' / 'synthetic-samples.png').exists()
    assert not (out / 'adversarial-off').exists()
    assert run(out, '--resume') == 0 and (out / 'summary.json').exists()


def test_codes_of_many_dimensions_have_no_picture(tmp_path):
    assert run(tmp_path / 'run', '--mode', 'gaussian', '--code-size', '2,40', '--noise-std',
               '0.1', '--encoder-rate', '1e-5', '--decoder-rate', '1e-5') == 0
    assert (tmp_path / 'run' / 'synthetic-codes.png').exists()
    assert not (tmp_path / 'run' / 'code-size-40' / 'synthetic-grid.png').exists()


def test_simplex_takes_three_digits_and_keeps_the_splits_apart():
    config = Simplex.preset('smoke')

    def load(sizes):
        return train_mnist.load_mnist(None, 'synthetic', 0, sizes=sizes)
    # As many as there are, and some still validate.
    all_of_them = Simplex.select(config | {'train_images': 100, 'eval_images': 10}, load)
    assert len(all_of_them.validation.labels) >= 15 and len(all_of_them.train.labels) > 90
    data = Simplex.select(config, load)
    assert len(data.train.labels) == 60 and len(data.test.labels) == 100
    assert set(np.concatenate([split.labels for split in (data.train, data.validation,
                                                          data.test)])) == {0, 1, 2}
    train = {image.tobytes() for image in data.train.images}
    assert not any(image.tobytes() in train for image in data.validation.images)


def test_the_density_of_a_run_is_that_of_its_decoder(tmp_path):
    """The evaluated nats are the training cost of the same images at the same parameters."""
    experiment = small(Density)
    x = (np.random.default_rng(0).random((30, 28, 28, 1)) > 0.7)
    nats = elbo.nats(experiment, 255 * x.astype(np.uint8))
    loss = experiment.model.step(x.astype(np.float32))['reconstruction']
    assert nats == pytest.approx(float(loss), rel=1e-5)


def test_code_nats_are_zero_where_the_decoder_ignores_the_code():
    experiment = small(SemiSupervised)
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28, 1), dtype=np.uint8)
    codes = np.eye(10, dtype=np.float32)[np.arange(30) % 10]
    experiment.data = SimpleNamespace(validation=Split(images, None))
    used = elbo.reconstruction_term(experiment, codes)
    assert used['validation_nats'] == elbo.nats(experiment, images, codes)
    # What an image costs with the code of the one before it, less what it costs with its own.
    others = elbo.nats(experiment, images, codes[np.arange(30) - 1])
    assert used['code_nats'] == others - used['validation_nats'] != 0
    for path, array in experiment.model.decoder.parameters().items():
        if 'bias_' in path:
            array.fill(0)
    assert elbo.reconstruction_term(experiment, codes)['code_nats'] == 0


def test_training_counts_steps_over_the_selected_images(tmp_path):
    experiment = small(Clustering)
    experiment.use(train_mnist.load_mnist(None, 'synthetic', 0, sizes=(70, 20, 20)))
    assert steps_in_epoch(experiment) == 3
    assert isinstance(experiment.model, PixelGAN)


def test_the_first_steps_of_gradient_descent_with_a_gaussian_code():
    """B.1.1's rates of 0.1: the discriminator's loss stays near that of a coin."""
    images = synthetic_digits(20, 0)[0]
    config = GaussianCode.preset('paper', seed=0, device='cpu', pixels='binary', blocks=1,
                                 features=2)
    experiment = GaussianCode(config, images.shape[1:])
    for _ in range(3):
        losses = experiment.model.step(experiment.pixels.prepare(images))
        assert losses['discriminator'] < 1.5 and losses['generator'] < 1, losses
