"""Semi-supervised classification (PixelGAN, section 3.2, table 1, figures 7 and 8, B.1.3).

What the paper leaves open: epochs, the size of a batch, initial weights; a labelled batch is what
experiments/common/labelled_images.py says. The decoder and the discriminator are given the softmax
probabilities, neither a draw nor an arg max. Ours in `quick`, besides smaller sizes: conditioning
by location and a generator's rate of 0.01 (docs/running.md, results/log.md).
"""
import numpy as np

from experiments.common import figures
from experiments.common.code import Code
from experiments.common.elbo import categorical_terms, reconstruction_term
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled_images import class_errors, report_with_labels
from experiments.pixelgan.networks import labelled_encoder, pixelcnn, pixelgan
from models.priors import Categorical
from nn.optim import Adam

SAMPLES = 12        # images of a class


def labelled_pixelgan(experiment):
    """A PixelGAN autoencoder whose categorical code is the class (section 2.2)."""
    prior = Categorical(len(experiment.CLASSES), experiment.config['prior_smoothing'])
    experiment.code = Code(category='class', y=prior)
    encoder = labelled_encoder(experiment)
    model = pixelgan(experiment, encoder, pixelcnn(experiment, prior.size), prior)
    model.optimizers['semi_supervised'] = Adam({'encoder': encoder},
                                               experiment.config['semi_supervised_rate'])
    return model


def measure(experiment, epoch):
    """The errors and the terms of equation 2."""
    metrics, q = class_errors(experiment)
    return metrics | reconstruction_term(experiment, q) | categorical_terms(q)


def draw_samples(experiment):
    """samples.png: images of each class, a class in a column (figure 8)."""
    rng, classes = experiment.sampling_rng(), experiment.code.categories
    one_hot = np.eye(classes, dtype=np.float32)
    columns = [experiment.sample(one_hot[[y] * SAMPLES], rng) for y in range(classes)]
    figures.image_grid(experiment.figure('samples'),
                       np.stack(columns, axis=1).reshape(-1, *experiment.image_shape), classes,
                       f'{experiment.data.name}: samples of p(x|y), a class in a column',
                       experiment.CMAP)


class SemiSupervised(Experiment):
    """MNIST with binary pixels and a few labels."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 3, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(50000, 50000, 200),
        eval_images=(10000, 10000, 100),
        decay_epoch=(0, 0, 0, 'not stated'),
        labels=(100, 100, 20, '20, 50 and 100'),
        blocks=(6, 2, 1),
        filter_size=([3, 5], [3, 5], [3, 5]),
        features=(32, 16, 8),
        activation=('relu',) * 3,
        residual_start=('zero', 'full', 'full', 'not stated'),      # results/pixelgan.md
        conditioning=('location-invariant', 'location-dependent', 'location-invariant'),
        code_channels=(1, 1, 1, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001),
        encoder_stages=(2, 2, 2),
        encoder_convolutions=(3, 3, 3),
        encoder_features=(32, 16, 8),
        encoder_filter=(5, 3, 3),
        encoder_rate=(0.001, 0.001, 0.001),
        semi_supervised_rate=(0.001, 0.001, 0.001),
        posterior=('universal',) * 3,
        noise_std=(0.3, 0.3, 0.3),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        adversarial=('on',) * 3,
        discriminator_units=(1000, 1000, 30),
        discriminator_rate=(0.1, 0.1, 0.1),
        generator_rate=(0.1, 0.01, 0.1),
        adversarial_momentum=(0.1, 0.1, 0.1),
        prior_smoothing=(0.0, 0.0, 0.0),
    )
    CURVES = [('nats per image', ['reconstruction', 'validation_nats']),
              ('adversarial losses (1.386, 0.693 when D cannot tell)',
               ['discriminator', 'generator']),
              ('cost of the labels, nats', ['semi_supervised']),
              ('error, %', ['error', 'validation_error'])]
    SUMMARY = ('error', 'validation_error', 'validation_nats')
    TITLE = 'Semi-supervised PixelGAN'
    build = labelled_pixelgan
    evaluate = measure
    draw_pictures = draw_samples
    report = report_with_labels


class RealSemiSupervised(Experiment):
    """The same with real-valued pixels (B.1.3, figure 8b)."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 4, 1, 'not stated, but more than 150'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(50000, 10000, 200),
        eval_images=(10000, 10000, 100),
        decay_epoch=(150, 0, 0),
        labels=(100, 100, 20),
        blocks=(20, 5, 1),
        filter_size=([2, 3], [2, 3], [2, 3]),
        features=(64, 32, 8),
        activation=('gated',) * 3,
        residual_start=('full',) * 3 + ('not stated',),
        conditioning=('location-invariant', 'location-dependent', 'location-invariant'),
        code_channels=(1, 1, 1, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001),
        encoder_stages=(2, 2, 2),
        encoder_convolutions=(3, 3, 3),
        encoder_features=(32, 16, 8),
        encoder_filter=(5, 3, 3),
        encoder_rate=(0.001, 0.001, 0.001),
        semi_supervised_rate=(0.001, 0.001, 0.001),
        posterior=('universal',) * 3,
        noise_std=(0.3, 0.3, 0.3),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        adversarial=('on',) * 3,
        discriminator_units=(1000, 1000, 30),
        discriminator_rate=(0.1, 0.1, 0.1),
        generator_rate=(0.1, 0.01, 0.1),
        adversarial_momentum=(0.1, 0.1, 0.1),
        prior_smoothing=(0.0, 0.0, 0.0),
    )
    CURVES = SemiSupervised.CURVES
    SUMMARY = SemiSupervised.SUMMARY
    TITLE = SemiSupervised.TITLE
    build = labelled_pixelgan
    evaluate = measure
    draw_pictures = draw_samples
    report = report_with_labels
