"""What the supervised baselines share: only the labelled images are trained on."""
from experiments.common.experiment import Experiment
from experiments.common.labelled_images import class_errors

CURVES = [('cost of the labels, nats', ['semi_supervised']),
          ('error, %', ['error', 'validation_error'])]
SUMMARY = ('error', 'validation_error')
TITLE = 'Supervised network'


def labelled_batch(experiment, indices, epoch, step):
    """Of what Experiment.batch gives, the labelled images and their labels; with all labels, the
    images of the step."""
    images, *labelled = Experiment.batch(experiment, indices, epoch, step)
    if experiment.config['labels'] == 'all':
        return images, experiment.data.train.labels[indices]
    return labelled


def measure(experiment, epoch):
    """The errors."""
    return class_errors(experiment)[0]
