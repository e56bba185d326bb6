"""Semi-supervised classification (PixelGAN, section 3.2, table 1, figures 7 and 8, B.1.3)."""
import numpy as np

from experiments.common import figures
from experiments.common.clusters import IN_A_ROW
from experiments.common.elbo import categorical_decomposition
from experiments.common.hyperparameters import changed, table
from experiments.common.labelled import LabelledBatches
from experiments.pixelgan.clustering import Clustering
from models.encoders import categorical_encoder
from nn.optim import Adam
from training.run_folder import RunError


class SemiSupervised(LabelledBatches, Clustering):
    """A PixelGAN autoencoder whose categorical code is the class, with a few labels."""

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
    CURVES = [('nats per image', ['reconstruction', 'validation_nats']),
              ('adversarial losses (1.386, 0.693 when D cannot tell)',
               ['discriminator', 'generator']),
              ('cost of the labels, nats', ['semi_supervised']),
              ('error, %', ['error', 'validation_error'])]
    SUMMARY = ('error', 'validation_error', 'validation_nats')
    TITLE = 'Semi-supervised PixelGAN'

    def make_encoder(self):
        return labelled_encoder(self)

    def make_optimizers(self, encoder, decoder, discriminators):
        return super().make_optimizers(encoder, decoder, discriminators) | {
            'semi_supervised': Adam({'encoder': encoder}, self.config['semi_supervised_rate'])}

    def evaluate(self, epoch):
        metrics, q = self.class_errors()
        metrics |= self.reconstruction(self.data.validation.images, q)
        return metrics | categorical_decomposition(q)

    def draw(self, history):
        """curves.png; samples.png: images of each class, a class in a column (figure 8)."""
        self.draw_curves(history)
        columns = self.sample_rows(range(self.categories()), IN_A_ROW, self.sampling_rng())
        figures.image_grid(self.figure('samples'),
                           np.stack(columns, axis=1).reshape(-1, *self.image_shape), len(columns),
                           f'{self.data.name}: samples of p(x|y), a class in a column', self.CMAP)


def labelled_encoder(experiment):
    """q(y|x) by the rows of a table: `encoder_stages` times `encoder_convolutions` convolutions and
    a pooling, batch norm on all but the logits (B.1.3, B.2.1, B.3.1). Raises RunError."""
    config, (height, width, _) = experiment.config, experiment.image_shape
    if height % 2**config['encoder_stages'] or width % 2**config['encoder_stages']:
        raise RunError(f'--encoder-stages {config["encoder_stages"]}: an image of {height} x '
                       f'{width} pixels cannot be halved so often')
    return categorical_encoder(
        experiment.image_shape, experiment.categories(), experiment.rng, config['encoder_stages'],
        config['encoder_convolutions'], config['encoder_features'], config['encoder_filter'],
        **experiment.noise())


class RealSemiSupervised(SemiSupervised):
    """The same for real-valued pixels (B.1.3, figure 8b)."""

    TABLE = changed(
        SemiSupervised.TABLE,
        #           paper   quick   smoke
        epochs=(500, 4, 1, 'not stated, but more than 150'),
        train_images=(50000, 10000, 200),
        decay_epoch=(150, 0, 0),
        blocks=(20, 5, 1),
        labels=(100, 100, 20),
        filter_size=([2, 3], [2, 3], [2, 3]),
        features=(64, 32, 8),
        activation=('gated',) * 3,
        residual_start=('full',) * 3 + ('not stated',),
    )
