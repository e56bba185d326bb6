"""The variational autoencoder that the paper compares with (AAE, section 2.1, figures 2c and 2d):
the same networks, and the KL divergence in the place of the adversarial network.

How this differs from the paper: it gives no settings. The optimiser is Adam and the initial weights
are by their sizes, where the adversarial autoencoder's are not, in the paper preset; half the
squared error takes a pixel for a Gaussian of variance 1, which sets the weight of the KL."""
from experiments.aae.autoencoder import COSTS
from experiments.aae.plane import PlaneCode
from experiments.common.hyperparameters import changed
from models.encoders import dense_features, linear_head
from models.vae import VAE
from nn.initializers import redraw
from nn.layer import Sequential
from nn.reparametrization import GaussianPosterior
from training.run_folder import RunError

ABSENT = ('discriminator_units', 'discriminator_init_std', 'discriminator_rate', 'generator_rate',
          'adversarial_optimizer', 'adversarial_momentum', 'posterior', 'keep', 'noise_std')


class VariationalPrior(PlaneCode):
    """A variational autoencoder with a code of two dimensions."""

    TABLE = [row for row in changed(
        PlaneCode.TABLE,
        #                   paper   quick   smoke
        encoder_rate=(0.001, 0.001, 0.001, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001, 'not stated'),
        reconstruction_optimizer=('adam',) * 3 + ('not stated',),
        init_std=(0.0, 0.0, 0.0, 'not stated'),
    ) if row.name not in ABSENT]
    TITLE = 'Variational autoencoder'
    CURVES = [('half the squared error', ['reconstruction', 'validation_cost']),
              ('KL(q(z|x) || p(z)), nats', ['kl']),
              ('KL(q(z) || p(z)), nats', ['marginal_kl'])]

    def build(self):
        config = self.config
        self.priors = self.make_priors()
        prior = self.priors['code']
        if not hasattr(prior, 'log_density'):
            raise RunError(f'--prior {config["prior"]} has no density, which a variational '
                           'autoencoder needs: choose gaussian or mixture')
        units = config['encoder_units']
        statistics = Sequential(dense_features(self.image_shape, self.rng, units),
                                linear_head(units, 2 * prior.size, self.rng))
        decoder = self.make_decoder(prior.size)
        for network in (statistics, decoder):
            if config['init_std']:
                redraw(network, config['init_std'], self.rng)
        encoder = Sequential(statistics, GaussianPosterior(self.rng)).to(self.device)
        decoder.to(self.device)
        return VAE(encoder, decoder, prior, self.make_optimizers(encoder, decoder, {}), self.rng,
                   COSTS[config['cost']])

    def noisy(self):
        return True
