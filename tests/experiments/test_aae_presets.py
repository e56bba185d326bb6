"""The adversarial autoencoder's networks, rates and weights are those of appendix A; bad input."""

import numpy as np
import pytest

import train_mnist
from experiments.aae.clustering import Clustering
from experiments.aae.likelihood import Likelihood
from experiments.aae.prior import Prior
from experiments.aae.semisup import SemiSupervised
from experiments.aae.supervised import Supervised
from experiments.aae.vae import VariationalPrior
from nn.activations import ReLU, Sigmoid
from nn.batch_norm import BatchNorm
from nn.dense import Dense
from nn.noise import Dropout, GaussianNoise
from nn.optim import SGD
from nn.reparametrization import GaussianPosterior
from tests.runs import refused
from tests.smoke_runs import SMOKE

# The paper's presets


def appendix(experiment, **changes):
    """The Experiment of the paper's preset, with few units."""
    config = experiment.preset('paper', seed=0, device='cpu', pixels='unit', model='aae')
    few = {name: 30 for name in config if name.endswith('_units')}
    return experiment(config | few | changes, (28, 28, 1))


SCHEDULES = {   # epoch -> rate, of the phases (A.2.1, A.3)
    SemiSupervised: ((0, 1), (49, 1), (50, 0.1), (999, 0.1), (1000, 0.01), (4999, 0.01)),
    Clustering: ((0, 1), (49, 1), (50, 0.1), (1499, 0.1)),
}


@pytest.mark.parametrize('experiment', SCHEDULES, ids=lambda experiment: experiment.__name__)
def test_the_papers_optimizers_and_schedules(experiment):
    ours = appendix(experiment)
    optimizers, rates = ours.model.optimizers, ours.rates
    stated = {'encoder': (0.01, 0.9), 'decoder': (0.01, 0.9), 'discriminator': (0.1, 0.1),
              'generator': (0.1, 0.1)}
    if experiment is SemiSupervised:
        stated['semi_supervised'] = (0.1, 0.9)
    assert set(optimizers) == set(rates(0)) == set(stated)
    for name, (rate, momentum) in stated.items():
        assert type(optimizers[name]) is SGD and optimizers[name].momentum == momentum
        for epoch, factor in SCHEDULES[experiment]:
            assert rates(epoch)[name] == pytest.approx(factor * rate), (name, epoch)


def kinds(network):
    return [type(layer) for layer in network.layer]


def test_the_papers_networks():
    """What follows what; batch norm only where A.3 has it; noise only on the input."""
    for experiment, noise in ((SemiSupervised, (1, 0.3)), (Clustering, (0.8, 0)),
                              (Likelihood, (1, 0)), (Supervised, (1, 0))):
        ours = appendix(experiment)
        encoder, normed = ours.model.encoder, experiment is Clustering
        hidden = [Dense, BatchNorm, ReLU] if normed else [Dense, ReLU]
        assert kinds(encoder.trunk)[3:] == 2 * hidden
        dropout, gaussian = encoder.trunk.layer[:2]
        assert (dropout.keep, gaussian.std) == noise, experiment
        assert sum(isinstance(layer, (Dropout, GaussianNoise))
                   for _, layer in encoder.layers()) == 2
        for head in encoder.linear:
            assert (kinds(head) == [Dense, BatchNorm]) if normed else type(head) is Dense
        assert kinds(ours.model.decoder) == [Dense, ReLU, Dense, ReLU, Dense, Sigmoid]
        for network in ours.model.discriminators.values():
            assert kinds(network) == [Dense, ReLU, Dense, ReLU, Dense]
    parts = appendix(SemiSupervised).code.priors
    assert [prior.size for prior in parts.values()] == [10, 10] and parts['style'].std == 1
    parts = appendix(Clustering).code.priors
    assert [prior.size for prior in parts.values()] == [30, 5] and parts['label'].smoothing == 0
    assert appendix(Supervised).model.decoder.parameters()['layer.0/W'].shape[0] == 25


def test_a_fixed_scale_is_of_the_labels_logits_alone():
    for experiment in (SemiSupervised, Clustering):
        ours = appendix(experiment, batch_norm='encoder', logit_scale=3.0)
        images = np.random.default_rng(0).random((100, 28, 28, 1), np.float32)
        logits, _ = ours.model.encoder.logits.forward(images, train=True)
        np.testing.assert_allclose(logits.mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(logits.std(axis=0), 3, rtol=0.01)
        label, style = (head.layer[1] for head in ours.model.encoder.linear)
        assert not label.params and set(style.params) == {'gamma', 'beta'}


def test_the_variational_autoencoder_is_comparable():
    """The same networks, prior and cost as the adversarial one's (section 2.1)."""
    for preset in ('paper', 'quick'):
        ours, other = (each.preset(preset) for each in (VariationalPrior, Prior))
        for name in ('prior', 'prior_std', 'cost', 'encoder_units', 'decoder_units', 'epochs'):
            assert ours[name] == other[name]
    ours, other = appendix(VariationalPrior), appendix(Prior)
    assert kinds(ours.model.decoder) == kinds(other.model.decoder)
    statistics, posterior = ours.model.encoder.layer
    assert kinds(statistics.layer[0]) == kinds(other.model.encoder.trunk)
    assert isinstance(posterior, GaussianPosterior)
    assert not any(layer.std for layer in statistics.layer[0].layer
                   if isinstance(layer, GaussianNoise))


def test_the_papers_initial_weights():
    """N(0, 0.01^2) in all three networks, biases 0 (A.1)."""
    units = {f'{name}_units': 100 for name in ('encoder', 'decoder', 'discriminator')}
    assert_initial_weights(appendix(Likelihood, **units).model, 0.01, 0.01)
    # And each network has the deviation of its own flag.
    assert_initial_weights(appendix(Likelihood, **units, init_std=0.03, discriminator_init_std=0.2
                                    ).model, 0.03, 0.2)


def assert_initial_weights(model, std, discriminator_std):
    for name, network in model.networks.items():
        expected = discriminator_std if 'discriminator' in name else std
        for array in network.parameters().values():
            if array.ndim == 2 and array.size >= 800:
                assert abs(array.std() / expected - 1) < 5 / np.sqrt(2 * array.size)
                assert abs(array.mean()) < 5 * expected / np.sqrt(array.size)
            elif array.ndim == 1:
                assert not array.any()


# Bad input


@pytest.mark.parametrize('flags, words', [
    (['--mode', 'prior', '--labels', '20'], '--labels goes with --prior mixture or swiss-roll'),
    (['--mode', 'prior', '--prior', 'mixture,gaussian', '--labels', '20'], 'goes with --prior'),
    (['--mode', 'prior', '--prior', 'mixture', '--labels', '25'], 'not a multiple of the 10'),
    (['--mode', 'prior', '--prior', 'mixtur'], 'did you mean mixture'),
    (['--mode', 'prior', '--eval-images', '3'], '3 validation images (--eval-images, '),
    (['--model', 'vae', '--eval-images', '3'], '3 validation images (--eval-images, '),
    (['--model', 'vae', '--prior', 'swiss-roll'], '--prior swiss-roll has no density'),
    (['--model', 'vae', '--prior', 'gaussian,swiss-roll'], '--prior swiss-roll has no density'),
    (['--model', 'vae', '--labels', '20'],
     '--labels is not a flag of --mode prior with --model vae; '
     'it is one of --mode semisup (--model pixelgan) and crossdomain (--model pixelgan)'),
    (['--mode', 'embedding', '--heads', 'fixed', '--dims', '3'],
     '--heads fixed needs as many --dims as clusters, 10, not 3'),
    (['--mode', 'embedding', '--dims', '1'], '--dims: 1 is less than 2'),
    (['--mode', 'semisup', '--posterior', 'gaussian'],
     '--posterior gaussian is not there with --model pixelgan'),
    (['--model', 'mlp', '--posterior', 'gaussian'],
     '--posterior gaussian is not there with --model mlp'),
    (['--model', 'aae', '--mode', 'semisup', '--decay-epoch', '9', '--second-decay-epoch', '5'],
     '--second-decay-epoch 5 must come after --decay-epoch 9'),
    (['--mode', 'clustering', '--animate'], '--animate: there is no walk through the code of '
     '--model pixelgan --mode clustering'),
    (['--model', 'mlp', '--animate'], '--animate: there is no walk'),
    (['--model', 'aae', '--mode', 'semisup', '--labels', '0'], 'needs labels'),
    (['--model', 'mlp', '--labels', '0'], '--labels 0: --mode semisup needs labels'),
    (['--model', 'aae', '--mode', 'semisup', '--label-choice', 'random', '--labels', '201'],
     '--labels 201 is more than the 200 training images'),
    (['--model', 'aae', '--mode', 'density'], '--mode density is not there with --model aae'),
    (['--model', 'aae', '--pixels', 'binary'], '--pixels binary is not there with'),
    (['--mode', 'likelihood', '--samples', '0'], '--samples: 0 is less than 1'),
    (['--mode', 'likelihood', '--noise-std', '0.3'],
     '--noise-std changes nothing with --posterior deterministic'),
    (['--mode', 'likelihood', '--posterior', 'deterministic,gaussian', '--noise-std', '0.3'],
     '--noise-std changes nothing with --posterior deterministic,gaussian'),
    (['--mode', 'prior', '--reconstruction-optimizer', 'adam', '--reconstruction-momentum', '0'],
     'leave it out, or choose sgd'),
    (['--mode', 'prior', '--adversarial-optimizer', 'adam', '--adversarial-momentum', '0'],
     'choose sgd or adam-momentum'),
    (['--mode', 'clustering', '--model', 'aae', '--batch-norm', 'none', '--logit-scale', '3'],
     '--logit-scale changes nothing with --batch-norm none'),
    (['--mode', 'embedding', '--clusters', '10,30'],
     '--clusters changes nothing with --labels 20: leave it out, or choose 0'),
    (['--mode', 'prior', '--prior', 'mixture', '--prior-std', '3'],
     '--prior-std changes nothing with --prior mixture'),
    (['--mode', 'embedding', '--dims', '10', '--heads', 'fixed', '--heads-rate', '0.2'],
     '--heads-rate changes nothing with --heads fixed: leave it out, or choose auto or learnt'),
    (['--mode', 'likelihood', '--eval-images', '1'], 'needs at least 2'),
])
def test_bad_flags(tmp_path, capsys, flags, words):
    out = tmp_path / 'run'
    assert words in refused(capsys, [*SMOKE, '--out', str(out), *flags])
    assert not out.exists()


def test_what_contradicts_a_run(made, capsys):
    out = made('supervised')
    before = {path: path.read_bytes() for path in out.iterdir()}
    for flags, words in ((['--style-size', '4'], '--style-size 4 contradicts'),
                         (['--mode', 'semisup'], '--mode semisup contradicts'),
                         (['--init-std', '0.01'], '--init-std 0.01 contradicts'),
                         (['--seed', '0,1'], '--seed 0,1 contradicts')):
        assert words in refused(capsys, ['--out', str(out), '--resume', *flags])
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_resumed_run_says_what_has_an_effect(tmp_path, capsys):
    """Not the preset, whose posterior is deterministic."""
    run = ['--mode', 'likelihood', '--out', str(tmp_path / 'run')]
    noisy = ['--posterior', 'universal', '--noise-std', '1']
    assert train_mnist.main([*SMOKE, *run, *noisy]) == 0
    assert train_mnist.main([*SMOKE, *run, '--resume', '--noise-std', '1']) == 0
    capsys.readouterr()
    assert '--noise-std 0.5 contradicts' in refused(capsys, [*SMOKE, *run, '--resume',
                                                             '--noise-std', '0.5'])
