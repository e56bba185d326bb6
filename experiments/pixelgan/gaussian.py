"""A Gaussian code: global in the code, local in the decoder (PixelGAN, section 2.1, B.1.1).

Figure 2a: samples; figure 3: code spaces, with `--blocks 3,12 --conditioning
location-invariant,location-dependent`.

How this differs from the paper: `quick` has Adam for gradient descent. Initial weights are not
stated; where --init-std is 0, those on the code are divided by the prior's standard deviation, as a
deep decoder otherwise starts with biases many times its features (results/log.md).
"""
import numpy as np

from experiments.common import figures
from experiments.common.elbo import NEIGHBOURS, gaussian_decomposition
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from models.discriminator import discriminator
from models.encoders import dense_encoder
from models.pixelgan import PixelGAN
from models.priors import Gaussian
from nn.conditioning import expect_codes
from nn.initializers import redraw
from training.run_folder import RunError

SAMPLES = 100       # a picture of 10 x 10
GRID = 16           # codes along each axis of the grid
NOISE_DRAWS = 30    # of the code of an image, at least, to estimate the mutual information


class GaussianCode(Experiment):
    """A PixelGAN autoencoder with a Gaussian code."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(50, 2, 1, 'not stated, but more than 25'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(50000, 50000, 60),
        eval_images=(10000, 10000, 100),
        decay_epoch=(25, 0, 0),
        code_size=(2, 2, 2),
        prior_std=(5.0, 5.0, 5.0),
        blocks=(3, 3, 1),
        filter_size=([3, 5], [3, 5], [3, 5]),
        features=(32, 32, 8),
        activation=('relu',) * 3,
        residual_start=('full',) * 3 + ('not stated',),
        conditioning=('location-dependent',) * 3,
        code_channels=(1, 1, 1),
        decoder_rate=(0.001, 0.001, 0.001),
        encoder_units=(2000, 1000, 30),
        encoder_rate=(0.001, 0.001, 0.001),
        reconstruction_optimizer=('sgd', 'adam', 'sgd'),
        reconstruction_momentum=(0.9, 0.9, 0.9),
        init_std=(0.01, 0.0, 0.01, 'not stated'),
        posterior=('universal',) * 3 + ('not stated',),
        noise_std=(0.0, 0.0, 0.0, 'not stated'),
        discriminator_units=(2000, 1000, 30),
        discriminator_rate=(0.1, 0.001, 0.1),
        generator_rate=(0.1, 0.001, 0.1),
        adversarial_optimizer=('sgd', 'adam', 'sgd'),
        adversarial_momentum=(0.1, 0.1, 0.1),
    )
    CURVES = [('nats per image', ['reconstruction', 'validation_nats']),
              ('adversarial losses (1.386, 0.693 when D cannot tell)',
               ['discriminator', 'generator']),
              ('KL(q(z) || p(z)), nats', ['marginal_kl']),
              ('I(z; x), nats', ['mutual_information'])]
    SUMMARY = ('validation_nats', 'marginal_kl', 'mutual_information')
    TITLE = 'PixelGAN with a Gaussian code'

    def build(self):
        config, code_size = self.config, self.config['code_size']
        encoder = dense_encoder(self.image_shape, code_size, self.rng, config['encoder_units'],
                                **self.noise()).to(self.device)
        decoder = self.make_decoder(code_size)
        adversary = discriminator(code_size, config['discriminator_units'],
                                  self.rng).to(self.device)
        if config['init_std']:
            redraw(encoder, config['init_std'], self.rng)
            redraw(decoder, config['init_std'], self.rng)
        else:
            expect_codes(decoder, config['prior_std'])
        return PixelGAN(encoder, decoder, adversary, Gaussian(code_size, config['prior_std']),
                        self.make_optimizers(encoder, decoder, {'discriminator': adversary}),
                        self.rng,
                        self.pixels.cost)

    def rates(self):
        """Only the reconstruction's rates fall (B.1.1)."""
        adversarial = ('discriminator', 'generator')
        return super().rates() | {name: lambda epoch, rate=self.config[f'{name}_rate']: rate
                                  for name in adversarial}

    def evaluate(self, epoch):
        """Also draws codes.png, the codes of the test images."""
        images = self.data.validation.images
        draws = self.draws(images)
        metrics = self.reconstruction(images, draws[0])
        metrics |= gaussian_decomposition(draws, self.config['prior_std'])
        if self.config['code_size'] == 2:
            figures.code_spaces(self.figure('codes'), [self.panel(f'epoch {epoch}')],
                                f'{self.data.name}: codes of test images')
        return metrics

    def draws(self, images):
        """Codes drawn from q(z|x): (M, N, code size); M is 1 for the deterministic posterior."""
        if not self.noise().get('noise_std'):
            return self.encode(images)[None]
        n = max(NOISE_DRAWS, self.config['code_size'] + 2)
        return np.stack([self.encode(images, train=True) for _ in range(n)])

    def use(self, data):
        """Raises RunError where there are too few images for the estimate of the marginal KL."""
        super().use(data)
        if len(data.validation.labels) <= NEIGHBOURS:
            raise RunError(f'--eval-images {len(data.validation.labels)}: the estimate of '
                           f'KL(q(z) || p(z)) needs more than {NEIGHBOURS}')

    def panel(self, title):
        """(title, codes of the test images, their labels)."""
        return title, self.encode(self.data.test.images), self.data.test.labels

    def draw(self, history):
        """curves.png, samples.png (figure 2a) and, in two dimensions, grid.png."""
        super().draw(history)
        rng = self.sampling_rng()
        codes = self.model.prior.sample(SAMPLES, rng)
        figures.image_grid(self.figure('samples'), self.sample(codes, rng), 10,
                           f'{self.data.name}: samples, z from the prior')
        if self.config['code_size'] == 2:
            figures.image_grid(self.figure('grid'), self.sample(self.grid(), rng), GRID,
                               f'{self.data.name}: samples, z at the percentiles of the prior')

    def grid(self):
        """Codes (GRID^2, 2) at the prior's percentiles: z1 grows rightwards, z2 upwards."""
        if self.config['code_size'] != 2:
            return super().grid()
        return self.model.prior.percentile_grid(GRID)

    @classmethod
    def compare(cls, path, runs):
        """codes.png: the code spaces of several runs (figure 3)."""
        super().compare(path, runs)
        runs = [run for run in runs if run[1].config['code_size'] == 2]
        if not runs:
            return
        figures.code_spaces(path / f'{runs[0][1].prefix}codes.png',
                            [experiment.panel(label) for label, experiment, _ in runs],
                            f'{runs[0][1].data.name}: codes of test images')
