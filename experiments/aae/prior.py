"""A 2-D code under a Gaussian, a mixture of Gaussians or a swiss roll, with or without labels (AAE,
sections 2.1 and 2.3, figures 2a, 2b, 2e, 3 and 4).

`--prior gaussian,mixture` puts code spaces side by side. With labels the discriminator is told
which part of the prior a code belongs to.

How this differs from the paper: it gives no settings for these figures; the sizes are those of A.1,
the initial rates those of A.2.1, never reduced, and the Gaussian's standard deviation A.1's. See
models/aae.py for how labels enter. It does not say whether the pictures show means or draws of
q(z|x): these show draws.
"""
from experiments.aae.networks import ingredients
from experiments.aae.shown import (
    CURVES,
    draw_manifold,
    draw_reconstructions,
    draw_samples,
    validation_cost,
)
from experiments.common.code import Code
from experiments.common.code_pictures import compare_codes, draw_codes
from experiments.common.elbo import check_neighbours, code_draws, gaussian_terms
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from models.aae import AdversarialAutoencoder, LabelInformedAutoencoder
from models.priors import Gaussian, GaussianMixture, SwissRoll
from training.run_folder import RunError


def plane_prior(config):
    """The prior of a code of two dimensions that --prior names."""
    return {'gaussian': lambda: Gaussian(2, config['prior_std']), 'mixture': GaussianMixture,
            'swiss-roll': SwissRoll}[config['prior']]()


def measure_and_draw(experiment, noisy, epoch):
    """(metrics, codes of the test images); draws codes.png."""
    metrics, prior = validation_cost(experiment), experiment.code.priors['code']
    if isinstance(prior, Gaussian):
        draws = code_draws(experiment, experiment.data.validation.images, noisy)
        metrics |= gaussian_terms(draws, prior.std)
    return metrics, draw_codes(experiment, epoch)


def draw_plane(experiment):
    """reconstructions.png, samples.png, manifold.png (figures 2e, 4b, 4d)."""
    draw_reconstructions(experiment)
    draw_samples(experiment)
    draw_manifold(experiment)


class Prior(Experiment):
    """An adversarial autoencoder with a code of two dimensions."""

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
        encoder_rate=(0.01, 0.0001, 0.01, 'A.2.1'),
        decoder_rate=(0.01, 0.001, 0.01, 'A.2.1'),
        reconstruction_optimizer=('sgd', 'adam', 'sgd', 'A.2.1'),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'A.2.1'),
        init_std=(0.01, 0.0, 0.01, 'A.1'),
        posterior=('deterministic',) * 3,
        keep=(1.0, 1.0, 1.0, 'A.2.1'),
        noise_std=(0.3, 0.3, 0.3, 'A.2.1; for --posterior universal'),
        discriminator_units=(1000, 1000, 30, 'A.1, A.2.1'),
        discriminator_init_std=(0.01, 0.0, 0.01, 'A.1'),
        discriminator_rate=(0.1, 0.002, 0.1, 'A.2.1'),
        generator_rate=(0.1, 0.001, 0.1, 'A.2.1'),
        adversarial_optimizer=('sgd', 'adam-momentum', 'sgd', 'A.2.1'),
        adversarial_momentum=(0.1, 0.5, 0.1, 'A.2.1'),
        prior=('gaussian',) * 3,
        prior_std=(5.0, 5.0, 5.0, 'A.1'),
        labels=(0, 0, 0, '10000 of 50000 in figure 4'),
        label_choice=('balanced',) * 3 + ('not stated; A.2.1',),
    )    # quick: gradient descent does not bring the digits to their own parts of the prior
    CURVES = [*CURVES, ('KL(q(z) || p(z)), nats', ['marginal_kl']),
              ('test images outside the part of their digit, %', ['outside_part'])]
    SUMMARY = ('validation_cost',)
    TITLE = 'Adversarial autoencoder'
    NEEDS_LABELS = False
    check_data = check_neighbours
    draw_pictures = draw_plane

    def build(self):
        prior = plane_prior(self.config)
        self.code = Code(code=prior)
        if not self.config['labels']:
            return AdversarialAutoencoder(**ingredients(self))
        if self.config['prior'] == 'gaussian':
            raise RunError('--labels goes with --prior mixture or swiss-roll: a Gaussian has no '
                           'parts that digits could have')
        # D is told which part of the prior a code belongs to, or that nobody knows (figure 3).
        return LabelInformedAutoencoder(
            **ingredients(self, told={'code': prior.components + 1}))

    def noisy(self):
        """Whether the encoder draws in training."""
        return self.config['posterior'] != 'deterministic'

    def shown_codes(self, images):
        """Draws of q(z|x): what is matched to p(z)."""
        return self.encode(images, train=self.noisy())

    def evaluate(self, epoch):
        """outside_part, with labels: the share of the codes of test images that lie outside the
        part of their digit, in percent; of draws of the mixture itself 0.05, of the roll, whose
        parts touch, 4.5. Also draws codes.png (figures 2 and 4)."""
        metrics, codes = measure_and_draw(self, self.noisy(), epoch)
        if self.config['labels']:
            outside = self.code.priors['code'].part(codes) != self.data.test.labels
            metrics['outside_part'] = 100 * float(outside.mean())
        return metrics

    @classmethod
    def compare(cls, path, runs):
        super().compare(path, runs)
        compare_codes(path, runs)

    def report(self, row):
        if 'outside_part' in row:
            return (f'{row["outside_part"]:.2f}% of the test images lie outside the part of their '
                    f'digit, cost {row["validation_cost"]:.1f}')
        return super().report(row)
