"""What the adversarial and the variational autoencoder with a 2-D code share: the priors, the code
space and the manifold (AAE, figures 2 and 4).

How this differs from the paper: it does not say whether the pictures show means or draws of q(z|x):
these show draws.
"""
import numpy as np

from experiments.aae.autoencoder import GRID, Autoencoder, gaussian_loop
from experiments.common import figures
from experiments.common.elbo import NEIGHBOURS, gaussian_decomposition
from experiments.common.hyperparameters import changed
from models.priors import Gaussian, GaussianMixture, SwissRoll
from training.run_folder import RunError

COMPONENTS_SHOWN = 3    # figure 4b
COMPONENT_GRID = 10     # codes along each axis of a component
ALONG_THE_ROLL = 100    # images in figure 4d
NOISE_DRAWS = 30        # of the code of an image, to estimate the mutual information


class PlaneCode(Autoencoder):
    """A code of two dimensions under a Gaussian, a mixture of Gaussians or a swiss roll."""

    TABLE = changed(
        Autoencoder.TABLE,
        #         paper   quick   smoke
        prior=('gaussian',) * 3,
        prior_std=(5.0, 5.0, 5.0, 'A.1'),
    )

    def make_priors(self):
        kind = self.config['prior']
        return {'code': Gaussian(2, self.config['prior_std']) if kind == 'gaussian' else
                GaussianMixture() if kind == 'mixture' else SwissRoll()}

    @property
    def prior(self):
        return self.priors['code']

    def noisy(self):
        """Whether the encoder draws in training."""
        return self.config['posterior'] != 'deterministic'

    def use(self, data):
        if len(data.validation.labels) <= NEIGHBOURS:
            raise RunError(f'--eval-images {len(data.validation.labels)}: the estimate of '
                           f'KL(q(z) || p(z)) needs more than {NEIGHBOURS}')
        super().use(data)

    # The trained model

    def walk(self, frames, rng):
        """Through the Gaussian; from side to side of every petal, a petal in a row; along the
        roll, forth and back."""
        if isinstance(self.prior, Gaussian):
            return super().walk(frames, rng)
        if isinstance(self.prior, SwissRoll):
            there = self.prior.axis(frames // 2 + 1)
            return np.concatenate([there, there[-2:-1 - frames // 2:-1]])[:frames, None], 1
        components = self.prior.components
        offsets = gaussian_loop(Gaussian(2), frames, components, rng)
        return np.concatenate([self.prior.place(offsets, k) for k in range(components)],
                              axis=1).astype(np.float32), components

    def grid(self):
        """Codes (GRID^2, 2) at the Gaussian's percentiles."""
        if not isinstance(self.prior, Gaussian):
            return super().grid()
        return self.prior.percentile_grid(GRID)

    # What a run shows

    def evaluate(self, epoch):
        """Also draws codes.png: the codes of the test images (figures 2 and 4)."""
        metrics = self.validation_cost()
        if isinstance(self.prior, Gaussian):
            images, noisy = self.data.validation.images, self.noisy()
            draws = [self.encode(images, train=noisy) for _ in range(NOISE_DRAWS if noisy else 1)]
            metrics |= gaussian_decomposition(np.stack(draws), self.prior.std)
        title, codes, labels = self.panel(f'epoch {epoch}')
        metrics |= self.code_errors(codes, labels)
        figures.code_spaces(self.figure('codes'), [(title, codes, labels)],
                            f'{self.data.name}: codes of test images')
        return metrics

    def code_errors(self, codes, labels):
        """Metrics of the codes of the test images (N, 2) with labels (N,)."""
        return {}

    def panel(self, title):
        """(title, codes of the test images, their labels)."""
        return title, self.shown_codes(self.data.test.images), self.data.test.labels

    def shown_codes(self, images):
        """Draws of q(z|x): what is matched to p(z)."""
        return self.encode(images, train=self.noisy())

    def draw(self, history):
        """Also manifold.png (figures 2e, 4b, 4d)."""
        super().draw(history)
        draw_manifold(self)

    @classmethod
    def compare(cls, path, runs):
        super().compare(path, runs)
        compare_codes(path, runs)


def draw_manifold(experiment):
    """manifold.png: images at the Gaussian percentiles; of a mixture, of three of its components
    side by side; of a swiss roll, along its axis."""
    prior, name = experiment.prior, experiment.data.name
    if isinstance(prior, Gaussian):
        codes, columns, what = experiment.grid(), GRID, "the prior's percentiles"
    elif isinstance(prior, SwissRoll):
        codes, columns, what = prior.axis(ALONG_THE_ROLL), GRID, 'points along the roll'
    else:
        return draw_components(experiment)
    figures.image_grid(experiment.figure('manifold'), experiment.sample(codes, None), columns,
                       f'{name}: images at {what}')


def draw_components(experiment):
    """Images at the percentiles along the axes of some components, a component in a block."""
    side, shape = COMPONENT_GRID, experiment.image_shape
    blocks = [np.zeros((side, 1, *shape), np.float32)] * (2 * COMPONENTS_SHOWN - 1)
    for k in range(COMPONENTS_SHOWN):
        codes = experiment.prior.percentile_grid(k, side)
        blocks[2 * k] = experiment.sample(codes, None).reshape(side, side, *shape)
    images = np.concatenate(blocks, axis=1)
    figures.image_grid(experiment.figure('manifold'), images.reshape(-1, *shape), images.shape[1],
                       f'{experiment.data.name}: images at the percentiles of components 0 to '
                       f'{COMPONENTS_SHOWN - 1}, outwards to the right')


def compare_codes(path, runs):
    """codes.png: the code spaces of several runs (figures 2a to 2d)."""
    figures.code_spaces(path / f'{runs[0][1].prefix}codes.png',
                        [experiment.panel(label) for label, experiment, _ in runs],
                        f'{runs[0][1].data.name}: codes of test images', one_scale=False)
