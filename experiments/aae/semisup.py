"""Semi-supervised classification (AAE, section 5, table 2, figure 8, A.2.1).

How this differs from the paper: `quick` has batch norm in the encoder, which the paper says did not
help on MNIST, and a lower rate of the generator, so that the codes stay soft for longer
(results/log.md, for what each does here). The initial weights and the batch size are
A.1's. What the paper leaves open, a labelled mini-batch: see experiments/common/labelled.py.
"""
from experiments.aae.autoencoder import Autoencoder
from experiments.aae.supervised import draw_styles
from experiments.common.elbo import categorical_decomposition
from experiments.common.hyperparameters import changed
from experiments.common.labelled import LabelledBatches
from models.priors import Categorical, Gaussian


class SemiSupervised(LabelledBatches, Autoencoder):
    """A label and a style, and a few labelled images."""

    TABLE = changed(
        Autoencoder.TABLE,
        #                     paper   quick   smoke
        epochs=(5000, 20, 1),
        decay_epoch=(50, 16, 0),
        second_decay_epoch=(1000, 0, 0),
        labels=(100, 100, 20, '100, 1000 and all'),
        label_choice=('balanced',) * 3,
        style_size=(10, 10, 3),
        style_match=('marginal',) * 3 + ('the style is judged alone',),
        prior_std=(1.0, 1.0, 1.0),
        prior_smoothing=(0.0, 0.0, 0.0),
        posterior=('universal',) * 3 + ("'deterministic' (section 2), with noise (A.2.1)",),
        noise_std=(0.3, 0.3, 0.3),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        batch_norm=('none', 'encoder', 'none'),
        logit_scale=(0.0, 0.0, 0.0, 'no batch norm'),
        generator_rate=(0.1, 0.03, 0.1),
        semi_supervised_rate=(0.1, 0.1, 0.1),
    )
    TITLE = 'Semi-supervised adversarial autoencoder'
    CURVES = [*Autoencoder.CURVES, ('cost of the labels, nats', ['semi_supervised']),
              ('error, %', ['error', 'validation_error'])]
    SUMMARY = ('error', 'validation_error', 'validation_cost')

    def make_priors(self):
        return {'label': Categorical(len(self.CLASSES), self.config['prior_smoothing']),
                'style': Gaussian(self.config['style_size'], self.config['prior_std'])}

    def evaluate(self, epoch):
        metrics, q = self.class_errors()
        return metrics | self.validation_cost() | categorical_decomposition(q)

    def draw(self, history):
        """Also styles.png: a style in a row, through all classes."""
        super().draw(history)
        draw_styles(self)
