"""The paper preset has what the papers state, and --help says what they do not."""
import re

import numpy as np
import pytest

from experiments.aae import embedding
from experiments.common.experiment import Experiment
from experiments.common.pixels import MIXTURE_COMPONENTS
from experiments.pixelgan.clustering import Clustering
from experiments.pixelgan.crossdomain import CrossDomain
from experiments.pixelgan.semisup import SemiSupervised
from experiments.registry import MODES
from nn.conditioning import CodeMap
from nn.conv import Conv2D
from nn.pooling import MaxPool2D
from tests.papers import STATED

MODELS = {variant: model for models in MODES.values() for model, modes in models.items()
          for variants in modes.values() for variant in variants.values()}
SECTION = r'(?:section \d[.\d]*|[AB]\.\d[.\d]*)'


def name(experiment):
    return f'{experiment.__module__}.{experiment.__name__}'.removeprefix(
        'experiments.').removeprefix('pixelgan.')


def values(chosen):
    """row -> all that the entries of STATED say of it for which chosen(section, experiments)."""
    found = {}
    for section, experiments, statements in STATED:
        for stated in statements.values() if chosen(section, experiments) else ():
            for row, value in stated.items():
                found.setdefault(row, []).append(value)
    return found


@pytest.mark.parametrize('experiment', MODELS, ids=name)
def test_the_paper_preset_has_what_is_stated_and_help_says_what_is_not(experiment):
    """A row is in the table, with its value there, or --help says 'not stated', or names the
    section from which it is borrowed."""
    paper = 'A' if MODELS[experiment] in ('aae', 'vae', 'mlp') else 'P'
    own = values(lambda section, experiments: experiment in experiments)
    for row in experiment.TABLE:
        value, note = row.presets['paper'], row.paper_says
        assert all(value == stated for stated in own.get(row.name, [])), row.name
        borrowed = re.fullmatch(rf'(?:not stated; )?(AAE )?({SECTION}(?:, {SECTION})*)(?:; .*)?',
                                note)
        if borrowed:
            for place in borrowed[2].split(', '):
                place = f'{"A" if borrowed[1] else paper} {place}'
                there = values(lambda section, _: section == place)
                assert value in there.get(row.name, []), (row.name, place)
        else:
            assert (row.name in own) == (note != 'none' and not note.startswith('not stated')), (
                row.name, note)
            assert note != 'none' or value == 0, row.name
            # A note that a table has inherited is still true.
            assert note != 'no batch norm' or experiment.preset('paper')['batch_norm'] == 'none'


@pytest.mark.parametrize('experiment', MODELS, ids=name)
def test_an_experiment_stands_by_itself(experiment):
    """It inherits from the one base alone, and its whole table is its own."""
    assert experiment.__bases__ == (Experiment,) and 'TABLE' in vars(experiment)
    assert all(row is not other for them in MODELS if them is not experiment
               for row in experiment.TABLE for other in them.TABLE)


def test_every_statement_is_of_a_row():
    for section, experiments, statements in STATED:
        for experiment in experiments:
            rows = {row.name for row in experiment.TABLE}
            for words, stated in statements.items():
                assert stated.keys() <= rows, (section, name(experiment), words)


def test_what_the_papers_state_and_no_row_holds():
    rng = np.random.default_rng(0)
    # B.1.1: 'a one-layer neural network with 1000 hidden units'
    assert CodeMap(2, 4, 4, 1, rng).network.layer[0].params['W'].shape == (2, 1000)
    assert MIXTURE_COMPONENTS == 10     # B.1.3, B.2.1, B.3.1: 'with 10 logistic distribution'
    assert embedding.FIXED == 10        # AAE, section 7: 'W_C = 10I'


@pytest.mark.parametrize('experiment, shape, convolutions', [
    (Clustering, (28, 28, 1), 1), (CrossDomain, (28, 28, 1), 3), (SemiSupervised, (28, 28, 1), 3)])
def test_the_papers_convolutions(experiment, shape, convolutions):
    """B.1.2, B.1.3: what follows what, of 32 maps; stride 1, and poolings of 2."""
    config = experiment.preset('paper', seed=0, device='cpu', method='pixelgan', adversarial='on')
    layers = [layer for _, layer in experiment(config | {'blocks': 1}, shape).model.encoder.layers()
              if isinstance(layer, (Conv2D, MaxPool2D))]
    assert [type(layer) for layer in layers] == 2 * (convolutions * [Conv2D] + [MaxPool2D])
    assert all(layer.stride == (1, 1) and layer.padding == 'same'
               and layer.params['W'].shape[3] == 32 for layer in layers if type(layer) is Conv2D)
