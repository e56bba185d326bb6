"""What the adversarial autoencoder's experiments measure and show: the cost of reconstructions,
test images beside theirs, images of drawn codes, of styles, of a plane of codes."""
import numpy as np

from experiments.common import figures
from models.priors import Gaussian, SwissRoll
from nn.losses import half_squared_error

COLUMNS = 10            # images in a row of the pictures
RECONSTRUCTED = 20      # test images in reconstructions.png
COMPONENTS_SHOWN = 3    # of a mixture (figure 4b)
COMPONENT_GRID = 10     # codes along each axis of a component
ALONG_THE_ROLL = 100    # images in figure 4d

CURVES = [('half the squared error', ['reconstruction', 'validation_cost']),
          ('adversarial losses (1.386, 0.693 when D cannot tell)',
           [f'{part}_{player}' for part in ('label', 'style', 'code')
            for player in ('discriminator', 'generator')])]


def cost(experiment, codes, split):
    """Half the squared error of what the decoder makes of the codes of a Split's images."""
    return half_squared_error(experiment.decode(codes),
                              experiment.pixels.prepare(split.images))[0].item()


def validation_cost(experiment, codes=None):
    """validation_cost: half the squared error of the reconstructions of clean validation images;
    label_cost, where a code has a categorical part: how much more it is with that part of another
    image, 0 where the decoder ignores it. codes: what the decoder is given, if not the encoder's
    codes."""
    split = experiment.data.validation
    codes = experiment.encode(split.images) if codes is None else codes
    metrics = {'validation_cost': cost(experiment, codes, split)}
    k = experiment.encoded_categories
    if k:
        codes[:, :k] = np.roll(codes[:, :k], 1, axis=0)
        metrics['label_cost'] = cost(experiment, codes, split) - metrics['validation_cost']
    return metrics


def draw_reconstructions(experiment, codes=None):
    """reconstructions.png: test images and what the decoder makes of their codes. codes: as in
    `validation_cost`."""
    images, name = experiment.data.test.images[:RECONSTRUCTED], experiment.data.name
    codes = experiment.encode(images) if codes is None else codes[:RECONSTRUCTED]
    figures.image_rows(experiment.figure('reconstructions'),
                       [images, experiment.pixels.to_unit(experiment.decode(codes))],
                       ['x', 'reconstruction'], f'{name}: test images and their reconstructions',
                       experiment.CMAP)


def draw_samples(experiment):
    """samples.png: images of codes drawn from the prior."""
    codes = experiment.code.sample(COLUMNS**2, experiment.sampling_rng())
    figures.image_grid(experiment.figure('samples'), experiment.sample(codes, None), COLUMNS,
                       f'{experiment.data.name}: images of codes drawn from the prior',
                       experiment.CMAP)


def draw_styles(experiment):
    """styles.png: a style in a row, through all classes; of a decoder of class and style."""
    styles = experiment.code.priors['style'].sample(COLUMNS, experiment.sampling_rng())
    classes = experiment.code.categories
    codes = np.concatenate([np.tile(np.eye(classes, dtype=np.float32), (COLUMNS, 1)),
                            np.repeat(styles, classes, axis=0)], axis=1)
    figures.image_grid(experiment.figure('styles'), experiment.sample(codes, None), classes,
                       f'{experiment.data.name}: a style in a row, a class in a column',
                       experiment.CMAP)


def draw_manifold(experiment):
    """manifold.png (figures 2e, 4b, 4d): images at the Gaussian percentiles; of a mixture, of three
    of its components side by side; of a swiss roll, along its axis."""
    prior, columns = experiment.code.priors['code'], experiment.GRID
    if isinstance(prior, Gaussian):
        images = experiment.sample(experiment.code.grid(columns), None)
        what = "the prior's percentiles"
    elif isinstance(prior, SwissRoll):
        images = experiment.sample(prior.axis(ALONG_THE_ROLL), None)
        what = 'points along the roll'
    else:
        side, shape = COMPONENT_GRID, experiment.image_shape
        blocks = [np.zeros((side, 1, *shape), np.float32)] * (2 * COMPONENTS_SHOWN - 1)
        for k in range(COMPONENTS_SHOWN):
            codes = prior.percentile_grid(k, side)
            blocks[2 * k] = experiment.sample(codes, None).reshape(side, side, *shape)
        rows = np.concatenate(blocks, axis=1)
        images, columns = rows.reshape(-1, *shape), rows.shape[1]
        what = (f'the percentiles of components 0 to {COMPONENTS_SHOWN - 1}, outwards to the right')
    figures.image_grid(experiment.figure('manifold'), images, columns,
                       f'{experiment.data.name}: images at {what}')
