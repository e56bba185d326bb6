"""The supervised baseline (AAE, section 5 and table 2): the encoder's hidden layers and its
softmax, trained on the labelled images alone.

How this differs from the paper: 'a dropout supervised neural network with the same architecture' is
all that it says, and it says it of all labels only. An epoch is as many steps as for the other
models, of 100 labelled images.
"""
from experiments.common import baseline
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled_images import report_with_labels
from experiments.common.networks import noise_settings, optimizer
from models.classifier import Classifier
from models.encoders import CategoricalEncoder, dense_features, linear_head
from nn.initializers import redraw
from nn.layer import Sequential


def classifier(experiment):
    config, rng, classes = experiment.config, experiment.rng, len(experiment.CLASSES)
    units, normed = config['encoder_units'], config['batch_norm'] != 'none'
    encoder = CategoricalEncoder(Sequential(
        dense_features(experiment.image_shape, rng, units, **noise_settings(config),
                       batch_norm=normed, hidden_keep=config['hidden_keep']),
        linear_head(units, classes, rng, normed)))
    if config['init_std']:
        redraw(encoder, config['init_std'], rng)
    encoder.to(experiment.device)
    return Classifier(encoder, {'semi_supervised': optimizer(
        config['reconstruction_optimizer'], {'encoder': encoder}, config['semi_supervised_rate'],
        config['reconstruction_momentum'])}, rng)


class Baseline(Experiment):
    """A classifier."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(100, 10, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated; A.1'),
        train_images=(50000, 50000, 200, 'not stated'),
        eval_images=(10000, 10000, 100, 'not stated'),
        decay_epoch=(50, 0, 0, 'not stated; A.2.1'),
        labels=(100, 100, 20, '100, 1000 and all'),
        label_choice=('balanced',) * 3 + ('not stated; A.2.1',),
        encoder_units=(1000, 1000, 30),
        semi_supervised_rate=(0.1, 0.1, 0.1, 'not stated; A.2.1'),
        reconstruction_optimizer=('sgd',) * 3 + ('not stated; A.2.1',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'not stated; A.2.1'),
        init_std=(0.01, 0.01, 0.01, 'not stated; A.1'),
        posterior=('universal',) * 3 + ('not stated',),
        keep=(1.0, 1.0, 1.0, "not stated but 'dropout'"),
        noise_std=(0.0, 0.0, 0.0, 'not stated'),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        hidden_keep=(0.5, 0.5, 0.5, "not stated but 'dropout'"),
        batch_norm=('none',) * 3 + ('not stated; A.2.1',),
    )
    CURVES = baseline.CURVES
    SUMMARY = baseline.SUMMARY
    TITLE = baseline.TITLE
    encoded_categories = 10
    build = classifier
    batch = baseline.labelled_batch
    evaluate = baseline.measure
    report = report_with_labels
