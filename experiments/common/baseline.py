"""What the supervised baselines share: only the labelled images are trained on."""
from experiments.common.labelled_images import class_errors

CURVES = [('cost of the labels, nats', ['semi_supervised']),
          ('error, %', ['error', 'validation_error'])]
SUMMARY = ('error', 'validation_error')
TITLE = 'Supervised network'


def labelled_batch(experiment, indices, epoch, step):
    """Labelled images and their labels; with all labels, those of the step."""
    images, labels = experiment.data.train
    if experiment.config['labels'] != 'all':
        indices = experiment.labelled.batch(epoch, step)
    return experiment.pixels.prepare(images[indices]), labels[indices]


def measure(experiment, epoch):
    """The errors."""
    return class_errors(experiment)[0]
