"""The likelihood of test images by a Parzen window estimate, and samples with the nearest training
images (AAE, section 3, table 1, figure 5, A.1).

How this differs from the paper: A.1 gives no rates; these are A.2.1's initial ones, never reduced.
'Cross-validation' of the window's width is read as 1,000 validation images. The paper names no grid
of widths: the usual grid is the ten of the public code of Goodfellow et al., 2014, whose procedure
it follows; the fine one finds the best.
"""
import json

import numpy as np

from experiments.aae.autoencoder import COLUMNS, Autoencoder
from experiments.common import figures
from experiments.common.hyperparameters import changed
from experiments.common.parzen import estimate, kmeans_centroids
from models.priors import Gaussian
from training.run_folder import RunError

SIGMA_IMAGES = 1000         # validation images on which the width of the window is chosen
SAMPLES_EACH_EPOCH = 1000   # of the estimate that shows how training goes
POINTS_EACH_EPOCH = 1000
CONTROL_SAMPLES = 10_000    # of the controls, where there are so many training images; no more
                            # than parzen.KEPT_SAMPLES, as a Sequence is read once


class Likelihood(Autoencoder):
    """An adversarial autoencoder with a Gaussian code of eight dimensions."""

    TABLE = changed(
        Autoencoder.TABLE,
        #            paper   quick   smoke
        epochs=(500, 12, 1, 'not stated'),
        cost=('sum',) * 3 + ("'a Euclidean cost function', not whether a sum",),
        code_size=(8, 8, 3),
        prior_std=(5.0, 5.0, 5.0),
        batch_size=(100, 100, 20),
        encoder_units=(1000, 1000, 30),
        decoder_units=(1000, 1000, 30),
        discriminator_units=(1000, 1000, 30),
        init_std=(0.01, 0.01, 0.01),
        discriminator_init_std=(0.01, 0.01, 0.01),
        samples=(10_000, 10_000, 200),
    )
    TITLE = 'Adversarial autoencoder'
    CURVES = [*Autoencoder.CURVES, ('Parzen estimate, 1,000 samples, nats',
                                    ['parzen_1000', 'validation_parzen_1000'])]
    SUMMARY = ('parzen', 'parzen_usual_grid', 'parzen_1000', 'validation_cost')

    def use(self, data):
        super().use(data)
        if len(data.test.images) < 2:
            raise RunError('--eval-images 1: the standard error of the estimate needs at least 2')

    def make_priors(self):
        return {'code': Gaussian(self.config['code_size'], self.config['prior_std'])}

    def flat(self, split, n=None):
        """(n, pixels) in [0, 1]."""
        images = split.images[:n]
        return images.reshape(len(images), -1).astype(np.float32) / 255

    def draws(self, rng):
        """m -> (m, pixels): images of codes drawn from the prior."""
        return lambda m: self.sample(self.prior_codes(m, rng), rng).reshape(m, -1)

    def parzen(self, draw, n, points=None):
        return estimate(draw, n, self.flat(self.data.validation, SIGMA_IMAGES),
                        self.flat(self.data.test, points))

    def evaluate(self, epoch):
        n = min(SAMPLES_EACH_EPOCH, self.config['samples'])
        result = self.parzen(self.draws(self.sampling_rng()), n, POINTS_EACH_EPOCH)
        return self.validation_cost() | {'parzen_1000': result['fine']['log_likelihood'],
                                         'validation_parzen_1000': result['fine']['validation']}

    def draw(self, history):
        """curves.png, samples.png; nearest.png (figure 5); parzen-N.json: the estimate with N, that
        is --samples, images and, of at most 10,000, those of two controls: training images, and
        centroids of k-means of them (Theis et al., 2015)."""
        super().draw(history)
        self.draw_nearest()
        print(f'{self.data.name}: Parzen window estimate of {self.config["samples"]:,} samples')
        rng, train = self.sampling_rng(), self.flat(self.data.train)
        result = {'model': self.parzen(self.draws(rng), self.config['samples'])}
        n = min(CONTROL_SAMPLES, self.config['samples'], len(train))
        for name, images in (('training images', train[rng.permutation(len(train))[:n]]),
                             ('k-means', kmeans_centroids(train, n, rng))):
            result[name] = self.parzen(Sequence(images), n)
        self.run.write_text(f'parzen-{self.config["samples"]}.json',
                            json.dumps(result, indent=2) + '\n')
        for name, row in result.items():
            print(f'{self.data.name}, Parzen window of {row["samples"]:,} samples, {name}: '
                  + '; '.join(f'{row[grid]["log_likelihood"]:.1f} ± '
                              f'{row[grid]["standard_error"]:.1f} ({grid} grid, sigma '
                              f'{row[grid]["sigma"]:.3f})' for grid in ('usual', 'fine')))
        history[-1]['parzen'] = result['model']['fine']['log_likelihood']
        history[-1]['parzen_usual_grid'] = result['model']['usual']['log_likelihood']

    def draw_nearest(self):
        """nearest.png: samples, and beside the last of each row the nearest training image."""
        images = self.sample(self.prior_codes(COLUMNS**2, self.sampling_rng()), None)
        rows = images.reshape(COLUMNS, COLUMNS, *self.image_shape)
        train = self.flat(self.data.train)
        last = rows[:, -1].reshape(COLUMNS, -1)
        nearest = (np.square(train).sum(axis=1) - 2 * last @ train.T).argmin(axis=1)
        found = train[nearest].reshape(-1, 1, *self.image_shape)
        figures.image_rows(self.figure('nearest'), np.concatenate([rows, found], axis=1),
                           [''] * COLUMNS, f'{self.data.name}: samples; last column: the training '
                           'image nearest to the sample before it', self.CMAP)

    def report(self, row):
        return (f'Parzen estimate {row["parzen"]:.1f} nats with {self.config["samples"]:,} samples '
                f'and the fine grid of widths, {row["parzen_usual_grid"]:.1f} with the usual one')


class Sequence:
    """The rows of an array, a few at a call."""

    def __init__(self, array):
        self.array, self.start = array, 0

    def __call__(self, n):
        self.start += n
        return self.array[self.start - n:self.start]
