"""Unsupervised clustering with a PixelGAN autoencoder (PixelGAN, section 3.1, figure 6, B.1.2).

The column `paper` is B.1.2; without --preset a run takes `quick` (docs/running.md says what it
changes and docs/not-in-the-papers.md why). Adam reconstructs, gradient descent with momentum plays
the adversarial game (B.1.2): experiments/pixelgan/networks.py makes the optimisers.

What the paper leaves open: the decoder and the discriminator are given the softmax probabilities
themselves, neither a draw nor an arg max. Residual blocks start 'full', which came to 8.61% after
11 epochs. In one run at these rates, in PyTorch, a decoder that starts at 'zero' took the soft code
for a style, and all images ended in one cluster (results/log.md).
"""
import numpy as np

from experiments.common import figures
from experiments.common.clusters import (
    IN_A_ROW,
    clusters_in_use,
    measure_clusters,
    probabilities,
    report_clusters,
    saved_cluster_labels,
)
from experiments.common.code import Code
from experiments.common.elbo import categorical_terms, reconstruction_term
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.networks import noise_settings
from experiments.pixelgan.networks import check_encoder, pixelcnn, pixelgan
from models.encoders import categorical_encoder
from models.priors import Categorical


def categorical_pixelgan(experiment, clusters):
    """The PixelGAN autoencoder of B.1.2, whose code is one of so many clusters."""
    config = experiment.config
    prior = Categorical(clusters, config['prior_smoothing'])
    experiment.code = Code(category='cluster', z=prior)
    check_encoder(experiment)
    encoder = categorical_encoder(
        experiment.image_shape, clusters, experiment.rng, stages=2, convolutions=1,
        features=config['encoder_features'], filter_size=config['encoder_filter'],
        logit_batch_norm=True, logit_scale=config['logit_scale'] or None,
        **noise_settings(config)).to(experiment.device)
    return pixelgan(experiment, encoder, pixelcnn(experiment, clusters), prior)


def measure(experiment, epoch):
    """The terms of equation 2 and the errors; draws clusters.png, writes clusters.json."""
    q_validation, q_test = probabilities(experiment)
    return (reconstruction_term(experiment, q_validation) | categorical_terms(q_validation)
            | measure_clusters(experiment, q_validation, q_test, epoch))


def draw_samples(experiment):
    """samples.png: images from p(x | cluster), a cluster in a row (figure 6)."""
    rows = clusters_in_use(experiment, *probabilities(experiment))
    rng = experiment.sampling_rng()
    one_hot = np.eye(experiment.code.categories, dtype=np.float32)
    images = [experiment.sample(one_hot[[k] * IN_A_ROW], rng) for k, _, _ in rows]
    figures.image_rows(experiment.figure('samples'), images,
                       [f"cluster {k} = '{label}'" for k, label, _ in rows],
                       f'{experiment.data.name}: samples of p(x|z), a cluster in a row'
                       + what_a_shallow_decoder_misses(experiment))


def what_a_shallow_decoder_misses(experiment):
    """A line for the title where no pixel sees the whole image, as in `quick`; '' elsewhere."""
    config, height = experiment.config, experiment.image_shape[0]
    rows = 1 + (config['blocks'] + 1) * (config['filter_size'][0] - 1)     # its own among them
    return (f'\nblocks: {config["blocks"]}; a pixel sees {rows} of {height} rows: expect strokes, '
            'not digits' if rows < height else '')


class Clustering(Experiment):
    """A PixelGAN autoencoder with a categorical code."""

    TABLE = table(
        #      paper, quick, smoke, what the paper says where it does not state the first
        epochs=(500, 2, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(50000, 50000, 60),
        eval_images=(10000, 10000, 100),
        decay_epoch=(0, 0, 0, 'not stated'),
        clusters=(30, 30, 5),
        blocks=(15, 2, 1),
        filter_size=([3, 5], [3, 5], [3, 5]),
        features=(32, 32, 8),
        activation=('relu',) * 3,
        residual_start=('full',) * 3 + ('not stated',),
        conditioning=('location-invariant',) * 3,
        code_channels=(1, 1, 1, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001),
        encoder_features=(32, 32, 8),
        encoder_filter=(7, 7, 3),
        encoder_rate=(0.001, 0.001, 0.001),
        posterior=('universal',) * 3,
        keep=(0.8, 1.0, 0.8),
        noise_std=(0.0, 0.3, 0.0, 'none'),
        logit_scale=(0.0, 1.5, 0.0, 'batch norm, no details'),
        adversarial=('on',) * 3,
        discriminator_units=(3000, 1000, 30),
        discriminator_rate=(0.01, 0.1, 0.1),
        generator_rate=(0.01, 0.6, 0.1),
        adversarial_momentum=(0.1, 0.1, 0.1),
        prior_smoothing=(0.0, 0.15, 0.0),
    )
    CURVES = [('nats per image', ['reconstruction', 'validation_nats']),
              ('adversarial losses (1.386, 0.693 when D cannot tell)',
               ['discriminator', 'generator']),
              ('test error, %', ['error', 'majority_error']),
              ('clusters used', ['clusters_used'])]
    SUMMARY = ('error', 'majority_error', 'validation_error', 'clusters_used', 'validation_nats')
    TITLE = 'PixelGAN clustering'
    evaluate = measure
    draw_pictures = draw_samples
    category_labels = saved_cluster_labels
    report = report_clusters

    def build(self):
        return categorical_pixelgan(self, self.config['clusters'])
