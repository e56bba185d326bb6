"""A 2-D code under a Gaussian, a mixture of Gaussians or a swiss roll, with or without labels (AAE,
sections 2.1 and 2.3, figures 2a, 2b, 2e, 3 and 4).

`--prior gaussian,mixture` puts code spaces side by side. With labels the discriminator is told
which part of the prior a code belongs to.

How this differs from the paper: it gives no settings for these figures; the sizes are those of A.1,
the initial rates those of A.2.1, never reduced, and the Gaussian's standard deviation A.1's. See
models/aae.py for how labels enter, and plane.py.
"""
from experiments.aae.plane import PlaneCode
from experiments.common.hyperparameters import changed
from experiments.common.labelled import LabelledBatches
from models.aae import AdversarialAutoencoder, LabelInformedAutoencoder
from training.run_folder import RunError


class Prior(LabelledBatches, PlaneCode):
    """An adversarial autoencoder with a code of two dimensions."""

    TABLE = changed(
        PlaneCode.TABLE,
        #            paper   quick   smoke
        labels=(0, 0, 0, '10000 of 50000 in figure 4'),
        label_choice=('balanced',) * 3 + ('not stated; A.2.1',),
        encoder_rate=(0.01, 0.0001, 0.01, 'A.2.1'),
        decoder_rate=(0.01, 0.001, 0.01, 'A.2.1'),
        reconstruction_optimizer=('sgd', 'adam', 'sgd', 'A.2.1'),
        init_std=(0.01, 0.0, 0.01, 'A.1'),
        discriminator_init_std=(0.01, 0.0, 0.01, 'A.1'),
        discriminator_rate=(0.1, 0.002, 0.1, 'A.2.1'),
        generator_rate=(0.1, 0.001, 0.1, 'A.2.1'),
        adversarial_optimizer=('sgd', 'adam-momentum', 'sgd', 'A.2.1'),
        adversarial_momentum=(0.1, 0.5, 0.1, 'A.2.1'),
    )       # quick: gradient descent does not bring the digits to their own parts of the prior
    TITLE = 'Adversarial autoencoder'
    CURVES = [*PlaneCode.CURVES, ('KL(q(z) || p(z)), nats', ['marginal_kl']),
              ('test images outside the part of their digit, %', ['outside_part'])]
    NEEDS_LABELS = False

    def categories(self):
        return 0

    def make_priors(self):
        if self.config['prior'] == 'gaussian' and self.informed():
            raise RunError('--labels goes with --prior mixture or swiss-roll: a Gaussian has no '
                           'parts that digits could have')
        return super().make_priors()

    def informed(self):
        """Whether the discriminator is told labels."""
        return self.config['labels'] != 0

    def judged(self, part, prior):
        return prior.size + (prior.components + 1 if self.informed() else 0)

    def make_model(self, *networks, **options):
        kind = LabelInformedAutoencoder if self.informed() else AdversarialAutoencoder
        return kind(*networks, **options)

    def code_errors(self, codes, labels):
        """outside_part, with labels: the share of the codes that lie outside the part of their
        digit, in percent; of draws of the mixture itself 0.05, of the roll, whose parts touch,
        4.5."""
        if not self.informed():
            return {}
        return {'outside_part': 100 * float((self.prior.part(codes) != labels).mean())}

    def report(self, row):
        if 'outside_part' in row:
            return (f'{row["outside_part"]:.2f}% of the test images lie outside the part of their '
                    f'digit, cost {row["validation_cost"]:.1f}')
        return PlaneCode.report(self, row)
