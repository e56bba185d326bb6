"""The supervised baseline of PixelGAN's semi-supervised experiments: their encoder, trained on the
labelled images alone.

How this differs from the paper: it has no such baseline; AAE's table 2 has one of its own encoder
(experiments/aae/mlp.py). Rates, noise and layers are those of the semi-supervised tables, whose
section --help names; the paper preset's epochs are ours.
"""
from datasets.norb import CATEGORIES
from experiments.common import baseline
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled_images import report_with_labels
from experiments.pixelgan.networks import labelled_encoder
from models.classifier import Classifier
from nn.optim import Adam


def classifier(experiment):
    encoder = labelled_encoder(experiment)
    return Classifier(encoder, {'semi_supervised': Adam(
        {'encoder': encoder}, experiment.config['semi_supervised_rate'])}, experiment.rng)


class ConvolutionalBaseline(Experiment):
    """A classifier with the encoder of B.1.3."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(20, 5, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(50000, 50000, 200),
        eval_images=(10000, 10000, 100),
        decay_epoch=(0, 0, 0, 'not stated'),
        labels=(100, 100, 20, 'not stated'),
        encoder_stages=(2, 2, 2, 'not stated; B.1.3'),
        encoder_convolutions=(3, 3, 3, 'not stated; B.1.3'),
        encoder_features=(32, 16, 8, 'not stated; B.1.3'),
        encoder_filter=(5, 3, 3, 'not stated; B.1.3'),
        semi_supervised_rate=(0.001, 0.001, 0.001, 'not stated; B.1.3'),
        posterior=('universal',) * 3 + ('not stated; B.1.3',),
        noise_std=(0.3, 0.3, 0.3, 'not stated; B.1.3'),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
    )
    CURVES = baseline.CURVES
    SUMMARY = baseline.SUMMARY
    TITLE = baseline.TITLE
    encoded_categories = 10
    build = classifier
    batch = baseline.labelled_batch
    evaluate = baseline.measure
    report = report_with_labels


class ConvolutionalSVHN(Experiment):
    """With the encoder of B.2.1."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(20, 5, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(521131, 20000, 200, 'about 530K, of which 10K validate'),
        eval_images=(26032, 10000, 100, '10K and 26K'),
        decay_epoch=(0, 0, 0, 'not stated'),
        labels=(1000, 1000, 20, 'not stated'),
        encoder_stages=(2, 2, 2, 'not stated; B.2.1'),
        encoder_convolutions=(2, 2, 2, 'not stated; B.2.1'),
        encoder_features=(32, 32, 8, 'not stated; B.2.1'),
        encoder_filter=(5, 5, 3, 'not stated; B.2.1'),
        semi_supervised_rate=(0.001, 0.001, 0.001, 'not stated; B.2.1'),
        posterior=('universal',) * 3 + ('not stated; B.2.1',),
        noise_std=(0.2, 0.2, 0.2, 'not stated; B.2.1'),
    )
    CURVES = baseline.CURVES
    SUMMARY = baseline.SUMMARY
    TITLE = baseline.TITLE
    encoded_categories = 10
    build = classifier
    batch = baseline.labelled_batch
    evaluate = baseline.measure
    report = report_with_labels


class ConvolutionalNORB(Experiment):
    """With the encoder of B.3.1."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(20, 5, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(20300, 10000, 200, 'about 24K, of which 4K validate'),
        eval_images=(24300, 4000, 100, '4K and 24K'),
        decay_epoch=(0, 0, 0, 'not stated'),
        labels=(1000, 1000, 20, 'not stated'),
        encoder_stages=(3, 3, 3, 'not stated; B.3.1'),
        encoder_convolutions=(1, 1, 1, 'not stated; B.3.1'),
        encoder_features=(32, 32, 8, 'not stated; B.3.1'),
        encoder_filter=(7, 5, 3, 'not stated; B.3.1'),
        semi_supervised_rate=(0.001, 0.001, 0.001, 'not stated; B.3.1'),
        posterior=('universal',) * 3 + ('not stated; B.3.1',),
        noise_std=(0.3, 0.3, 0.3, 'not stated; B.3.1'),
    )
    CURVES = baseline.CURVES
    SUMMARY = baseline.SUMMARY
    TITLE = baseline.TITLE
    CLASSES = CATEGORIES
    CMAP = 'gray'
    encoded_categories = len(CATEGORIES)
    build = classifier
    batch = baseline.labelled_batch
    evaluate = baseline.measure
    report = report_with_labels
