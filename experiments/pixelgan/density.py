"""The PixelCNN alone, without a code, with a limited receptive field (PixelGAN, figure 2b).

How this differs from the paper: the receptive field is all that it states; the rest is B.1.1's, but
for Adam at a constant rate.
"""
from experiments.common import figures
from experiments.common.elbo import nats
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.pixelgan.networks import pixelcnn
from models.unconditional import UnconditionalPixelCNN
from nn.optim import Adam

SAMPLES = 100


class Density(Experiment):
    """p(x) by a PixelCNN of three blocks: 'the same limited receptive field size of 9'."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(50, 2, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(50000, 50000, 60),
        eval_images=(10000, 10000, 100),
        decay_epoch=(0, 0, 0, 'not stated'),
        blocks=(3, 3, 1, 'a receptive field of 9'),
        filter_size=([3, 5], [3, 5], [3, 5], 'not stated; B.1.1'),
        features=(32, 32, 8, 'not stated; B.1.1'),
        activation=('relu',) * 3 + ('not stated; B.1.1',),
        residual_start=('scaled', 'full', 'full', 'not stated'),    # results/pixelgan.md
        decoder_rate=(0.001, 0.001, 0.001, 'not stated; B.1.1'),
    )
    CURVES = [('nats per image', ['reconstruction', 'validation_nats', 'test_nats'])]
    SUMMARY = ('validation_nats', 'test_nats')
    TITLE = 'PixelCNN'

    def build(self):
        decoder = pixelcnn(self, 0)
        return UnconditionalPixelCNN(
            decoder, {'decoder': Adam({'decoder': decoder}, self.config['decoder_rate'])},
            self.rng, self.pixels.cost)

    def evaluate(self, epoch):
        return {f'{name}_nats': nats(self, getattr(self.data, name).images[:2000])
                for name in ('validation', 'test')}

    def draw_pictures(self):
        figures.image_grid(self.figure('samples'), self.sample(None, self.sampling_rng(), SAMPLES),
                           10, f'{self.data.name}: samples of the PixelCNN')
