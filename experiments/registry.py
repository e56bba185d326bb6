"""All experiments: which one a trainer's --model, --mode and --pixels name."""
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
from experiments.common.hyperparameters import GROUPS, NEEDS, OTHER_NAMES
from experiments.pixelgan import cnn, norb, svhn
from experiments.pixelgan.clustering import Clustering
from experiments.pixelgan.crossdomain import CrossDomain
from experiments.pixelgan.density import Density
from experiments.pixelgan.gaussian import GaussianCode
from experiments.pixelgan.semisup import RealSemiSupervised, SemiSupervised
from experiments.pixelgan.simplex import Simplex
from training.catalogue import Catalogue

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


def catalogue(dataset):
    """What a trainer of the data set offers: its experiments and the flags of hyperparameters."""
    return Catalogue(dataset, MODES[dataset], GROUPS, NEEDS, OTHER_NAMES)
