"""The likelihood of test images by a Parzen window estimate, and samples with the nearest training
images (AAE, section 3, table 1, figure 5, A.1).

How this differs from the paper: A.1 gives no rates; these are A.2.1's initial ones, never reduced.
'Cross-validation' of the window's width is read as 1,000 validation images. The paper names no grid
of widths: the usual grid is the ten of the public code of Goodfellow et al., 2014, whose procedure
it follows; the fine one finds the best.
"""
import json
from itertools import islice

import numpy as np

from experiments.aae.networks import gaussian_code
from experiments.aae.shown import (
    COLUMNS,
    CURVES,
    draw_reconstructions,
    draw_samples,
    validation_cost,
)
from experiments.common import figures
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.parzen import estimate, kmeans_centroids
from training.run_folder import RunError

SIGMA_IMAGES = 1000         # validation images on which the width of the window is chosen
SAMPLES_EACH_EPOCH = 1000   # of the estimate that shows how training goes
POINTS_EACH_EPOCH = 1000
CONTROL_SAMPLES = 10_000    # of the controls, where there are so many training images; no more
                            # than parzen.KEPT_SAMPLES, as rows_in_turn gives each once


def check_test_images(experiment):
    if len(experiment.data.test.images) < 2:
        raise RunError('1 test image (--eval-images, or all that there are): the standard error of '
                       'the estimate needs at least 2')


def flat(split, n=None):
    """(n, pixels) in [0, 1]."""
    images = split.images[:n]
    return images.reshape(len(images), -1).astype(np.float32) / 255


def draws(experiment, rng):
    """m -> (m, pixels): images of codes drawn from the prior."""
    return lambda m: experiment.sample(experiment.code.sample(m, rng), rng).reshape(m, -1)


def rows_in_turn(array):
    """m -> the next m rows."""
    rows = iter(array)
    return lambda m: np.stack(list(islice(rows, m)))


def parzen(experiment, draw, n, points=None):
    return estimate(draw, n, flat(experiment.data.validation, SIGMA_IMAGES),
                    flat(experiment.data.test, points))


def measure(experiment, epoch):
    """The reconstructions' cost, and an estimate with few samples."""
    n = min(SAMPLES_EACH_EPOCH, experiment.config['samples'])
    result = parzen(experiment, draws(experiment, experiment.sampling_rng()), n, POINTS_EACH_EPOCH)
    return validation_cost(experiment) | {
        'parzen_1000': result['fine']['log_likelihood'],
        'validation_parzen_1000': result['fine']['validation']}


def draw_nearest(experiment):
    """reconstructions.png, samples.png; nearest.png (figure 5): samples, and beside the last of
    each row the nearest training image."""
    draw_reconstructions(experiment)
    draw_samples(experiment)
    codes = experiment.code.sample(COLUMNS**2, experiment.sampling_rng())
    shape, train = experiment.image_shape, flat(experiment.data.train)
    rows = experiment.sample(codes, None).reshape(COLUMNS, COLUMNS, *shape)
    last = rows[:, -1].reshape(COLUMNS, -1)
    nearest = (np.square(train).sum(axis=1) - 2 * last @ train.T).argmin(axis=1)
    found = train[nearest].reshape(-1, 1, *shape)
    figures.image_rows(experiment.figure('nearest'), np.concatenate([rows, found], axis=1),
                       [''] * COLUMNS, f'{experiment.data.name}: samples; last column: the '
                       'training image nearest to the sample before it', experiment.CMAP)


def final_estimate(experiment):
    """parzen-N.json: the estimate with N, that is --samples, images and, of at most 10,000, those
    of two controls: training images, and centroids of k-means of them (Theis et al., 2015).
    Returns the metrics `parzen` and `parzen_usual_grid`."""
    name, n_samples = experiment.data.name, experiment.config['samples']
    print(f'{name}: Parzen window estimate of {n_samples:,} samples')
    rng, train = experiment.sampling_rng(), flat(experiment.data.train)
    result = {'model': parzen(experiment, draws(experiment, rng), n_samples)}
    n = min(CONTROL_SAMPLES, n_samples, len(train))
    for control, images in (('training images', train[rng.permutation(len(train))[:n]]),
                            ('k-means', kmeans_centroids(train, n, rng))):
        result[control] = parzen(experiment, rows_in_turn(images), n)
    experiment.run.write_text(f'parzen-{n_samples}.json', json.dumps(result, indent=2) + '\n')
    for kind, row in result.items():
        print(f'{name}, Parzen window of {row["samples"]:,} samples, {kind}: '
              + '; '.join(f'{row[grid]["log_likelihood"]:.1f} ± '
                          f'{row[grid]["standard_error"]:.1f} ({grid} grid, sigma '
                          f'{row[grid]["sigma"]:.3f})' for grid in ('usual', 'fine')))
    return {'parzen': result['model']['fine']['log_likelihood'],
            'parzen_usual_grid': result['model']['usual']['log_likelihood']}


def report_parzen(experiment, row):
    return (f'Parzen estimate {row["parzen"]:.1f} nats with {experiment.config["samples"]:,} '
            f'samples and the fine grid of widths, {row["parzen_usual_grid"]:.1f} with the usual '
            'one')


class Likelihood(Experiment):
    """An adversarial autoencoder with a Gaussian code of eight dimensions."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 12, 1, 'not stated'),
        batch_size=(100, 100, 20),
        train_images=(50000, 50000, 200, 'section 2.3'),
        eval_images=(10000, 10000, 100, 'not stated'),
        decay_epoch=(0, 0, 0, 'not stated'),
        second_decay_epoch=(0, 0, 0, 'not stated'),
        cost=('sum',) * 3 + ("'a Euclidean cost function', not whether a sum",),
        encoder_units=(1000, 1000, 30),
        decoder_units=(1000, 1000, 30),
        encoder_rate=(0.01, 0.01, 0.01, 'A.2.1'),
        decoder_rate=(0.01, 0.01, 0.01, 'A.2.1'),
        reconstruction_optimizer=('sgd',) * 3 + ('A.2.1',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'A.2.1'),
        init_std=(0.01, 0.01, 0.01),
        posterior=('deterministic',) * 3,
        keep=(1.0, 1.0, 1.0, 'A.2.1'),
        noise_std=(0.3, 0.3, 0.3, 'A.2.1; for --posterior universal'),
        discriminator_units=(1000, 1000, 30),
        discriminator_init_std=(0.01, 0.01, 0.01),
        discriminator_rate=(0.1, 0.1, 0.1, 'A.2.1'),
        generator_rate=(0.1, 0.1, 0.1, 'A.2.1'),
        adversarial_optimizer=('sgd',) * 3 + ('A.2.1',),
        adversarial_momentum=(0.1, 0.1, 0.1, 'A.2.1'),
        code_size=(8, 8, 3),
        prior_std=(5.0, 5.0, 5.0),
        samples=(10_000, 10_000, 200),
    )
    CURVES = [*CURVES, ('Parzen estimate, 1,000 samples, nats',
                        ['parzen_1000', 'validation_parzen_1000'])]
    SUMMARY = ('parzen', 'parzen_usual_grid', 'parzen_1000', 'validation_cost')
    TITLE = 'Adversarial autoencoder'
    check_data = check_test_images
    build = gaussian_code
    evaluate = measure
    report = report_parzen
    draw_pictures = draw_nearest

    def draw(self, history):
        """The pictures; adds the final estimate to the metrics of the last epoch."""
        super().draw(history)
        history[-1].update(final_estimate(self))
