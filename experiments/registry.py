"""Which experiment a trainer's --model, --mode and --pixels name."""
from experiments.aae import clustering as aae_clustering
from experiments.aae import semisup as aae_semisup
from experiments.aae import svhn as aae_svhn
from experiments.aae.embedding import Embedding
from experiments.aae.faces import FacesLikelihood
from experiments.aae.likelihood import Likelihood
from experiments.aae.mlp import Baseline
from experiments.aae.prior import Prior
from experiments.aae.supervised import Supervised
from experiments.aae.vae import VariationalPrior
from experiments.pixelgan import cnn, norb, svhn
from experiments.pixelgan.clustering import Clustering
from experiments.pixelgan.crossdomain import CrossDomain
from experiments.pixelgan.density import Density
from experiments.pixelgan.gaussian import GaussianCode
from experiments.pixelgan.semisup import RealSemiSupervised, SemiSupervised
from experiments.pixelgan.simplex import Simplex
from training.run_folder import RunError

# data set -> model -> mode -> pixels -> Experiment; the first of each is the default
MODES = {'mnist': {
    'pixelgan': {
        'clustering': {'binary': Clustering},
        'simplex': {'binary': Simplex},
        'semisup': {'binary': SemiSupervised, 'real': RealSemiSupervised},
        'gaussian': {'binary': GaussianCode},
        'crossdomain': {'binary': CrossDomain},
    },
    'pixelcnn': {
        'density': {'binary': Density},
    },
    'aae': {
        'prior': {'unit': Prior},
        'likelihood': {'unit': Likelihood},
        'supervised': {'unit': Supervised},
        'semisup': {'unit': aae_semisup.SemiSupervised},
        'clustering': {'unit': aae_clustering.Clustering},
        'embedding': {'unit': Embedding},
    },
    'vae': {
        'prior': {'unit': VariationalPrior},
    },
    'mlp': {
        'semisup': {'unit': Baseline},
    },
    'cnn': {
        'semisup': {'binary': cnn.ConvolutionalBaseline},
    },
}, 'svhn': {
    'pixelgan': {
        'semisup': {'real': svhn.SemiSupervisedSVHN},
    },
    'aae': {
        'semisup': {'standardised': aae_svhn.SemiSupervisedSVHN},
        'supervised': {'standardised': aae_svhn.SupervisedSVHN},
    },
    'mlp': {
        'semisup': {'standardised': aae_svhn.BaselineSVHN},
    },
    'cnn': {
        'semisup': {'real': cnn.ConvolutionalSVHN},
    },
}, 'norb': {
    'pixelgan': {
        'semisup': {'real': norb.SemiSupervisedNORB},
    },
    'cnn': {
        'semisup': {'real': cnn.ConvolutionalNORB},
    },
}, 'tfd': {
    'aae': {
        'likelihood': {'standardised': FacesLikelihood},
    },
}}


def names(dataset):
    """flag -> every value that some experiment of the data set has."""
    tables = MODES[dataset]
    modes = [mode for model in tables.values() for mode in model.items()]
    return {'model': list(tables), 'mode': list(dict.fromkeys(name for name, _ in modes)),
            'pixels': list(dict.fromkeys(name for _, mode in modes for name in mode))}


def by_model(dataset, flag):
    """'pixelgan: clustering, simplex; vae: prior': the modes, or pixels, that each model has."""
    def values(modes):
        return modes if flag == 'mode' else dict.fromkeys(
            name for variants in modes.values() for name in variants)
    return '; '.join(f'{model}: {", ".join(values(modes))}'
                     for model, modes in MODES[dataset].items())


def modes_with(dataset, row, model):
    """The modes of a model whose table has a hyperparameter; where it has none, those of the other
    models, as 'clustering (--model aae)'."""
    found = {name: [mode for mode, variants in modes.items() if any(
                    row == each.name for each in next(iter(variants.values())).TABLE)]
             for name, modes in MODES[dataset].items()}
    return found[model] or [f'{mode} (--model {name})' for name, modes in found.items()
                            for mode in modes]


def choose(dataset, given):
    """(Experiment class, {'model', 'mode', 'pixels'}) for what is `given`, a dict with None where
    a flag was not. Raises RunError for a combination that there is not."""
    table, chosen = MODES[dataset], {}
    if given.get('model') is None and given.get('mode') is not None:
        given = given | {'model': next(name for name, modes in table.items()
                                       if given['mode'] in modes)}
    for flag in ('model', 'mode', 'pixels'):
        name = given.get(flag) or next(iter(table))
        if name not in table:
            context = ' '.join(f'--{other} {value}' for other, value in chosen.items())
            raise RunError(f'--{flag} {name} is not there with {context}; '
                           f'choose from {", ".join(table)}')
        chosen[flag], table = name, table[name]
    return table, chosen
