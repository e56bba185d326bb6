"""The label is given to the decoder, and the code is left with the style (AAE, section 4, figures 6
and 7a).

How this differs from the paper: it gives no settings but the 15 dimensions; these are A.1's sizes
and A.2.1's standard deviation and initial rates, never reduced.
"""
import numpy as np

from experiments.aae.networks import ingredients
from experiments.aae.shown import (
    CURVES,
    cost,
    draw_reconstructions,
    draw_samples,
    draw_styles,
    validation_cost,
)
from experiments.common.code import Code
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from models.aae import SupervisedAutoencoder
from models.priors import Categorical, Gaussian


def supervised_autoencoder(experiment):
    """The encoder gives the style alone; the decoder is given the label, too (figure 6)."""
    config, classes = experiment.config, len(experiment.CLASSES)
    style = Gaussian(config['style_size'], config['prior_std'])
    experiment.code = Code('label', label=Categorical(classes), style=style)
    return SupervisedAutoencoder(classes, **ingredients(experiment, encoded={'style': style}))


def batch_with_labels(experiment, indices, epoch, step):
    """All images of a step and their labels."""
    images, labels = experiment.data.train
    return experiment.pixels.prepare(images[indices]), labels[indices]


def decoder_codes(experiment, images, labels):
    """Codes of the decoder: one-hot labels (N,), then the styles of uint8 images."""
    one_hot = np.eye(len(experiment.CLASSES), dtype=np.float32)[labels]
    return np.concatenate([one_hot, experiment.encode(images)], axis=1)


def measure(experiment, epoch):
    """wrong_label_cost: how much more a reconstruction costs with the label of the next digit, 0
    where the decoder ignores it."""
    split, classes = experiment.data.validation, len(experiment.CLASSES)
    metrics = validation_cost(experiment, decoder_codes(experiment, *split))
    wrong = decoder_codes(experiment, split.images, (split.labels + 1) % classes)
    return metrics | {
        'wrong_label_cost': cost(experiment, wrong, split) - metrics['validation_cost']}


def draw_labels(experiment):
    """reconstructions.png, samples.png and styles.png (figure 7a)."""
    draw_reconstructions(experiment, decoder_codes(experiment, *experiment.data.test))
    draw_samples(experiment)
    draw_styles(experiment)


class Supervised(Experiment):
    """An adversarial autoencoder whose decoder sees the label and a 15-D Gaussian code."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 8, 1, 'not stated'),
        batch_size=(100, 100, 20, 'A.1'),
        train_images=(50000, 50000, 200, 'section 2.3'),
        eval_images=(10000, 10000, 100, 'not stated'),
        decay_epoch=(0, 0, 0, 'not stated'),
        second_decay_epoch=(0, 0, 0, 'not stated'),
        cost=('sum',) * 3 + ("A.2.1; 'half the Euclidean error', not whether a sum or a mean",),
        encoder_units=(1000, 1000, 30, 'A.1, A.2.1'),
        decoder_units=(1000, 1000, 30, 'A.1, A.2.1'),
        encoder_rate=(0.01, 0.01, 0.01, 'A.2.1'),
        decoder_rate=(0.01, 0.01, 0.01, 'A.2.1'),
        reconstruction_optimizer=('sgd',) * 3 + ('A.2.1',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'A.2.1'),
        init_std=(0.01, 0.01, 0.01, 'A.1'),
        posterior=('deterministic',) * 3,
        keep=(1.0, 1.0, 1.0, 'A.2.1'),
        noise_std=(0.3, 0.3, 0.3, 'A.2.1; for --posterior universal'),
        discriminator_units=(1000, 1000, 30, 'A.1, A.2.1'),
        discriminator_init_std=(0.01, 0.01, 0.01, 'A.1'),
        discriminator_rate=(0.1, 0.1, 0.1, 'A.2.1'),
        generator_rate=(0.1, 0.1, 0.1, 'A.2.1'),
        adversarial_optimizer=('sgd',) * 3 + ('A.2.1',),
        adversarial_momentum=(0.1, 0.1, 0.1, 'A.2.1'),
        style_size=(15, 15, 5),
        prior_std=(1.0, 1.0, 1.0, 'A.2.1'),
    )
    CURVES = [*CURVES]
    SUMMARY = ('validation_cost',)
    TITLE = 'Supervised adversarial autoencoder'
    encoded_categories = 0
    build = supervised_autoencoder
    batch = batch_with_labels
    evaluate = measure
    draw_pictures = draw_labels
