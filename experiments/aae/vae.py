"""The variational autoencoder that the paper compares with (AAE, section 2.1, figures 2c and 2d):
the same networks, and the KL divergence in the place of the adversarial network.

How this differs from the paper: it gives no settings. The optimiser is Adam and the initial weights
are by their sizes, where the adversarial autoencoder's are not, in the paper preset; half the
squared error takes a pixel for a Gaussian of variance 1, which sets the weight of the KL."""
from experiments.aae.networks import COSTS, aae_decoder
from experiments.aae.prior import draw_plane, measure_and_draw, plane_prior
from experiments.common.code import Code
from experiments.common.code_pictures import compare_codes
from experiments.common.elbo import check_neighbours
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.networks import reconstruction_optimizers
from models.encoders import dense_features, linear_head
from models.vae import VAE
from nn.initializers import redraw
from nn.layer import Sequential
from nn.reparametrization import GaussianPosterior
from training.run_folder import RunError


class VariationalPrior(Experiment):
    """A variational autoencoder with a code of two dimensions."""

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
        encoder_rate=(0.001, 0.001, 0.001, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001, 'not stated'),
        reconstruction_optimizer=('adam',) * 3 + ('not stated',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'A.2.1'),
        init_std=(0.0, 0.0, 0.0, 'not stated'),
        prior=('gaussian',) * 3,
        prior_std=(5.0, 5.0, 5.0, 'A.1'),
    )
    CURVES = [('half the squared error', ['reconstruction', 'validation_cost']),
              ('KL(q(z|x) || p(z)), nats', ['kl']),
              ('KL(q(z) || p(z)), nats', ['marginal_kl'])]
    SUMMARY = ('validation_cost',)
    TITLE = 'Variational autoencoder'
    check_data = check_neighbours
    draw_pictures = draw_plane

    def build(self):
        config, rng, prior = self.config, self.rng, plane_prior(self.config)
        if not hasattr(prior, 'log_density'):
            raise RunError(f'--prior {config["prior"]} has no density, which a variational '
                           'autoencoder needs: choose gaussian or mixture')
        self.code = Code(code=prior)
        units = config['encoder_units']
        statistics = Sequential(dense_features(self.image_shape, rng, units),
                                linear_head(units, 2 * prior.size, rng))
        decoder = aae_decoder(self, prior.size)
        for network in (statistics, decoder):
            if config['init_std']:
                redraw(network, config['init_std'], rng)
        encoder = Sequential(statistics, GaussianPosterior(rng)).to(self.device)
        decoder.to(self.device)
        return VAE(encoder, decoder, prior, reconstruction_optimizers(config, encoder, decoder),
                   rng, COSTS[config['cost']])

    def shown_codes(self, images):
        """Draws of q(z|x)."""
        return self.encode(images, train=True)

    def evaluate(self, epoch):
        """Also draws codes.png (figure 2)."""
        return measure_and_draw(self, True, epoch)[0]

    @classmethod
    def compare(cls, path, runs):
        super().compare(path, runs)
        compare_codes(path, runs)
