"""Unsupervised clustering with a PixelGAN autoencoder (PixelGAN, section 3.1, figure 6, B.1.2)."""
import numpy as np

from experiments.common import figures
from experiments.common.clusters import IN_A_ROW, Clusters
from experiments.common.elbo import categorical_decomposition
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from models.discriminator import discriminator
from models.encoders import categorical_encoder
from models.pixelgan import PixelGAN
from models.priors import Categorical


class Clustering(Clusters, Experiment):
    """A PixelGAN autoencoder with a categorical code."""

    TABLE = table(
        #                   paper   quick   smoke
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

    def build(self):
        config = self.config
        encoder = self.make_encoder().to(self.device)
        categories = self.categories()
        decoder = self.make_decoder(categories)
        adversary = None
        if config['adversarial'] == 'on':
            adversary = discriminator(categories, config['discriminator_units'],
                                      self.rng).to(self.device)
        optimizers = self.make_optimizers(encoder, decoder,
                                          {'discriminator': adversary} if adversary else {})
        return PixelGAN(encoder, decoder, adversary,
                        Categorical(categories, config['prior_smoothing']),
                        optimizers, self.rng, self.pixels.cost)

    def make_encoder(self):
        config = self.config
        return categorical_encoder(self.image_shape, self.categories(), self.rng, 2, 1,
                                   config['encoder_features'], config['encoder_filter'],
                                   **self.noise(), logit_batch_norm=True,
                                   logit_scale=config['logit_scale'] or None)

    def evaluate(self, epoch):
        images = self.data.validation.images
        q_validation, q_test = self.encode(images), self.encode(self.data.test.images)
        metrics = self.reconstruction(images, q_validation)
        return (metrics | categorical_decomposition(q_validation)
                | self.evaluate_clusters(q_validation, q_test, epoch))

    def draw(self, history):
        """curves.png; samples.png: images from p(x | cluster), a cluster in a row (figure 6)."""
        super().draw(history)
        q_validation, q_test = (self.encode(split.images)
                                for split in (self.data.validation, self.data.test))
        rows = self.rows(q_validation, q_test)
        images = self.sample_rows([k for k, _, _ in rows], IN_A_ROW, self.sampling_rng())
        figures.image_rows(self.figure('samples'), images,
                           [f"cluster {k} = '{label}'" for k, label, _ in rows],
                           f'{self.data.name}: samples of p(x|z), a cluster in a row')

    def sample_rows(self, clusters, per_cluster, rng):
        """A list of arrays (per_cluster, H, W, C): images of each of the clusters."""
        codes = np.eye(self.model.prior.size, dtype=np.float32)
        return [self.sample(np.repeat(codes[[k]], per_cluster, axis=0), rng) for k in clusters]
