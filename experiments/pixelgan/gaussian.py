"""A Gaussian code: global in the code, local in the decoder (PixelGAN, section 2.1, B.1.1).

Figure 2a: samples; figure 3: code spaces, with `--blocks 3,12 --conditioning
location-invariant,location-dependent --residual-start zero`.

How this differs from the paper: `quick` has Adam for gradient descent. Initial weights are not
stated. Where --init-std is 0, those on the code are divided by the prior's standard deviation, as a
deep decoder otherwise starts with biases many times its features. `paper` has the 0.01 of AAE's
A.1: with larger weights the discriminator's first steps of 0.1 overflow (results/log.md).
With --init-std the 1x1 convolutions are drawn again: of --residual-start the vertical stack's part
is left.
"""
from experiments.common import figures
from experiments.common.code import Code
from experiments.common.code_pictures import compare_codes, draw_codes
from experiments.common.elbo import (
    check_neighbours,
    code_draws,
    gaussian_terms,
    reconstruction_term,
)
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.networks import noise_settings
from experiments.pixelgan.networks import pixelcnn, pixelgan
from models.encoders import dense_encoder
from models.priors import Gaussian
from nn.conditioning import expect_codes
from nn.initializers import redraw

SAMPLES = 100       # a picture of 10 x 10


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
        discriminator_init_std=(0.01, 0.0, 0.0, 'not stated; AAE A.1'),
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
    GRID = 16
    check_data = check_neighbours

    def build(self):
        config, size, rng = self.config, self.config['code_size'], self.rng
        prior = Gaussian(size, config['prior_std'])
        self.code = Code(z=prior)
        encoder = dense_encoder(self.image_shape, size, rng, config['encoder_units'],
                                **noise_settings(config)).to(self.device)
        decoder = pixelcnn(self, size)
        model = pixelgan(self, encoder, decoder, prior)
        if config['init_std']:
            redraw(encoder, config['init_std'], rng)
            redraw(decoder, config['init_std'], rng)
        else:
            expect_codes(decoder, config['prior_std'])
        if config['discriminator_init_std']:
            redraw(model.discriminator, config['discriminator_init_std'], rng)
        return model

    def rates(self, epoch):
        """Only the reconstruction's rates fall (B.1.1)."""
        adversarial = ('discriminator', 'generator')
        return super().rates(epoch) | {name: self.first_rates[name] for name in adversarial}

    def evaluate(self, epoch):
        """The terms of equation 2; also draws codes.png, the codes of the test images."""
        draws = code_draws(self, self.data.validation.images,
                           bool(noise_settings(self.config).get('noise_std')))
        metrics = reconstruction_term(self, draws[0])
        metrics |= gaussian_terms(draws, self.config['prior_std'])
        if self.code.size == 2:
            draw_codes(self, epoch)
        return metrics

    def draw_pictures(self):
        """samples.png (figure 2a) and, in two dimensions, grid.png."""
        rng = self.sampling_rng()
        figures.image_grid(self.figure('samples'),
                           self.sample(self.code.sample(SAMPLES, rng), rng), 10,
                           f'{self.data.name}: samples, z from the prior')
        if self.code.size == 2:
            figures.image_grid(self.figure('grid'),
                               self.sample(self.code.grid(self.GRID), rng), self.GRID,
                               f'{self.data.name}: samples, z at the percentiles of the prior')

    @classmethod
    def compare(cls, path, runs):
        """Also codes.png: the code spaces of several runs (figure 3)."""
        super().compare(path, runs)
        runs = [run for run in runs if run[1].code.size == 2]
        if runs:
            compare_codes(path, runs, one_scale=True)
