"""The label is given to the decoder, and the code is left with the style (AAE, section 4, figures 6
and 7a).

How this differs from the paper: it gives no settings but the 15 dimensions; these are A.1's sizes
and A.2.1's standard deviation and initial rates, never reduced.
"""
import numpy as np

from experiments.aae.autoencoder import COLUMNS, Autoencoder
from experiments.common import figures
from experiments.common.hyperparameters import changed
from models.aae import SupervisedAutoencoder
from models.priors import Gaussian
from nn.losses import half_squared_error


class Supervised(Autoencoder):
    """An adversarial autoencoder whose decoder sees the label and a 15-D Gaussian code."""

    TABLE = changed(
        Autoencoder.TABLE,
        #           paper   quick   smoke
        style_size=(15, 15, 5),
        prior_std=(1.0, 1.0, 1.0, 'A.2.1'),
    )
    TITLE = 'Supervised adversarial autoencoder'
    CATEGORY = 'label'

    def make_priors(self):
        return {'style': Gaussian(self.config['style_size'], self.config['prior_std'])}

    def make_decoder(self, code_size):
        return super().make_decoder(len(self.CLASSES) + code_size)

    def make_model(self, *networks, **options):
        return SupervisedAutoencoder(len(self.CLASSES), *networks, **options)

    def batch(self, indices, epoch, step):
        return *super().batch(indices, epoch, step), self.data.train.labels[indices]

    # A code of the decoder is the label's one-hot vector, then the style.

    def categories(self):
        return len(self.CLASSES)

    def encoded_categories(self):
        return 0

    def category_labels(self):
        return list(self.CLASSES)

    def code_size(self):
        return self.categories() + self.config['style_size']

    def prior_codes(self, n, rng):
        labels = self.one_hot(rng.integers(self.categories(), size=n))
        return np.concatenate([labels, super().prior_codes(n, rng)], axis=1)

    def reconstruct(self, split):
        style = self.encode(split.images)
        codes = np.concatenate([self.one_hot(split.labels), style], axis=1)
        return style, self.decode(codes)

    def one_hot(self, labels):
        return np.eye(self.categories(), dtype=np.float32)[labels]

    def evaluate(self, epoch):
        """wrong_label_cost: how much more a reconstruction costs with the label of the next digit,
        0 where the decoder ignores it."""
        metrics, split = self.validation_cost(), self.data.validation
        wrong = type(split)(split.images, (split.labels + 1) % self.categories())
        cost = half_squared_error(self.reconstruct(wrong)[1],
                                  self.pixels.prepare(split.images))[0].item()
        return metrics | {'wrong_label_cost': cost - metrics['validation_cost']}

    def draw(self, history):
        """Also styles.png (figure 7a)."""
        super().draw(history)
        draw_styles(self)


def draw_styles(experiment):
    """styles.png: a style in a row, through all classes; of a decoder of class and style."""
    styles, classes = (experiment.priors['style'].sample(COLUMNS, experiment.sampling_rng()),
                       experiment.categories())
    codes = np.concatenate([np.tile(np.eye(classes, dtype=np.float32), (COLUMNS, 1)),
                            np.repeat(styles, classes, axis=0)], axis=1)
    figures.image_grid(experiment.figure('styles'), experiment.sample(codes, None), classes,
                       f'{experiment.data.name}: a style in a row, a class in a column',
                       experiment.CMAP)
