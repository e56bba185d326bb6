"""Flags: huge numbers, names that other programs have, what --help lists."""
import re
from fnmatch import fnmatch

import numpy as np
import pytest

import train_mnist
import train_norb
import train_svhn
import train_tfd
from experiments import sample
from experiments.common.hyperparameters import OTHER_NAMES as hyperparameter_names
from experiments.registry import MODES
from tests.runs import refused
from training.flags import LARGEST_SEED, integer
from training.flags import OTHER_NAMES as flag_names

HUGE = ('9' * 40, '9' * 5000)


@pytest.mark.parametrize('main, dataset', [(train_mnist.main, 'mnist'), (train_svhn.main, 'svhn'),
                                           (train_norb.main, 'norb'), (train_tfd.main, 'tfd')])
def test_huge_numbers_of_every_flag_of_every_mode(tmp_path, capsys, monkeypatch, main, dataset):
    """No size, count or seed is so large that an array of it would be tried."""
    def tried(config, sizes):
        raise AssertionError(f'{config} was accepted')
    monkeypatch.setattr(main, 'load', tried)
    for model, modes in MODES[dataset].items():
        for mode, variants in modes.items():
            for pixels, experiment in variants.items():
                values = {'seed': 0} | experiment.preset('quick')
                for name, value in values.items():
                    for text in (() if isinstance(value, (str, tuple)) and value != 'all' else
                                 ('1e31', '1e400') if isinstance(value, float) else HUGE):
                        flag = '--' + name.replace('_', '-')
                        given = f'{text}x{text}' if name == 'filter_size' else text
                        words = refused(capsys, [
                            '--model', model, '--mode', mode, '--pixels', pixels, '--out',
                            str(tmp_path / 'run'), flag, given], main)
                        assert flag in words and len(words) < 200
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('flag', ['--n', '--per-cluster', '--cluster', '--seed'])
def test_huge_numbers_of_sample(capsys, flag):
    for text in HUGE:
        with pytest.raises(SystemExit) as end:
            sample.main(['run', flag, text])
        words = capsys.readouterr().err
        assert end.value.code == 2 and f'argument {flag}: 999' in words and 'is more than' in words


def test_the_largest_seed_is_one():
    rng = np.random.default_rng([LARGEST_SEED, 3])
    assert rng.random() != np.random.default_rng([LARGEST_SEED, 4]).random()
    assert integer(0, LARGEST_SEED)(str(np.random.SeedSequence().entropy)) > 0


RATES = '--decoder-rate, --encoder-rate, --discriminator-rate or --generator-rate'


@pytest.mark.parametrize('flags, meant', [
    ('--learning-rate 0.3', RATES), ('--lr 0.3', RATES), ('-lr 0.3', RATES),
    ('--learning 1', RATES),
    ('--learning_rate=0.3', RATES), ('--d-lr 0.3', RATES), ('--encoder-lr 0.3', '--encoder-rate'),
    ('--model aae --mode embedding --lr 1',
     '--heads-rate, --decoder-rate, --encoder-rate, --semi-supervised-rate, --discriminator-rate '
     'or --generator-rate'),
    ('--batch 3', '--batch-size'), ('--batchSize 3', '--batch-size'), ('--epoch 3', '--epochs'),
    ('--n-epochs 3', '--epochs'), ('--num_epochs 3', '--epochs'), ('--iterations 3', '--epochs'),
    ('--gpu', '--device gpu'), ('--cuda', '--device gpu'), ('--no-cuda', '--device cpu'),
    ('--dataset mnist', '--data'), ('--data-path x', '--data-dir'), ('--output x', '--out'),
    ('--name x', '--out'), ('--log-dir x', '--out'), ('--random-seed 3', '--seed'),
    ('--force', '--overwrite'), ('--checkpoint x', '--resume'), ('--arch aae', '--model'),
    ('--hidden 3', '--discriminator-units'), ('--dropout 0.5', '--keep'),
    ('--model aae --mode semisup --z-dim 3', '--style-size'), ('--n-classes 3', '--clusters'),
    ('--lr-decay 3', '--decay-epoch'), ('--momentum 0', '--adversarial-momentum'),
    ('--kernel-size 3', '--filter-size or --encoder-filter'), ('--smoke', '--preset smoke'),
    ('simplex', '--mode simplex'), ('--animation', '--animate'), ('--feature 3', '--features'),
    # Nothing is like these.
    ('--weight-decay 1', None), ('--save-every 3', None), ('--', None),
    ('--no-resume', None), ('--data-augmentation', None), ('--keep-checkpoints 3', None),
])
def test_flags_of_other_programs(tmp_path, capsys, flags, meant):
    words = refused(capsys, ['--out', str(tmp_path / 'run'), *flags.split()])
    assert words.endswith(f'; did you mean {meant}?' if meant else
                          '; python train_mnist.py --help lists the flags')


def test_every_other_name_is_of_some_flag():
    """So that a flag that gets another name gets it here, too."""
    flags = set()
    for dataset, main in (('mnist', train_mnist.main), ('tfd', train_tfd.main)):
        for modes in MODES[dataset].values():
            for variants in modes.values():
                for experiment in variants.values():
                    parser = main.command_line.parser(experiment.TABLE)
                    flags |= parser._option_string_actions.keys()
    for pattern in flag_names | hyperparameter_names:
        assert [flag for flag in flags if fnmatch(flag, pattern.split()[0])], pattern


@pytest.mark.parametrize('trainer', [train_mnist, train_svhn, train_norb, train_tfd],
                         ids=lambda trainer: trainer.__name__)
def test_the_head_of_a_trainer_names_the_file_of_every_experiment(trainer):
    catalogue, listed, files = trainer.main.catalogue, {}, {}
    for flags, path in re.findall(r'^    .*?(--mod.*?)  +(.+\.py)$', trainer.__doc__, re.M):
        words = flags.split()
        given = {flag.removeprefix('--'): value for flag, value in zip(words[::2], words[1::2])}
        experiment, chosen = catalogue.choose(given)
        listed[chosen['model'], chosen['mode']] = path
    for (model, mode, _), experiment in catalogue.experiments.items():
        module = experiment.__module__.removeprefix('experiments.').replace('.', '/')
        files.setdefault((model, mode), f'{module}.py')
    assert listed == files


def test_what_is_not_in_the_papers_stands_together_and_changes_nothing_in_their_preset(capsys):
    names = {'affine_noise_std': 0, 'style_match': 'marginal', 'prior_smoothing': 0,
             'logit_scale': 0}
    for models in MODES.values():
        for modes in models.values():
            for variants in modes.values():
                for experiment in variants.values():
                    values = experiment.preset('paper')
                    assert all(values.get(name, off) == off for name, off in names.items())
    with pytest.raises(SystemExit):
        train_mnist.main(['--model', 'aae', '--mode', 'clustering', '--help'])
    _, ours = capsys.readouterr().out.split('not in the papers [value in each preset]:\n')
    group, *_ = ours.split('\n\n')
    assert set(re.findall(r'^  --(\S+) V', group, re.M)) == {
        name.replace('_', '-') for name in names}


def test_help_says_which_model_has_a_mode(capsys):
    with pytest.raises(SystemExit):
        train_mnist.main(['--help'])
    text = ' '.join(capsys.readouterr().out.split())
    for model, modes in MODES['mnist'].items():
        assert f'{model}: {", ".join(modes)}' in text
    assert 'vae: unit; mlp: unit; cnn: binary' in text


def test_help_names_the_value_of_every_preset(capsys):
    with pytest.raises(SystemExit) as error:
        train_mnist.main(['--help'])
    assert error.value.code == 0
    text = re.sub(r'\s+', ' ', capsys.readouterr().out)
    assert '--blocks V residual blocks of the PixelCNN [paper 15,' in text
    assert '--discriminator-units V units in each of the two hidden layers [paper 3000,' in text
