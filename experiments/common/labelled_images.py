"""What the semi-supervised experiments of both papers share: which images are labelled, a labelled
batch in every step, the error.

References: PixelGAN, section 3.2 and B.1.3; AAE, section 5 and A.2.1. Of many labelled images a
step takes 100, as many of each class, drawn anew: the papers balance the choice of the labelled
images and do not say what a labelled mini-batch is. The labelled images also stay among those that
the other phases take as unlabelled: the papers do not say that they leave.
"""
import numpy as np

from datasets import balanced_indices
from training.run_folder import RunError

LABELLED_BATCH = 100    # labelled images in a step, where there are more


class LabelledImages:
    """The labelled ones of the training images whose labels are `labels`; their `indices`.

    config: labels (how many, or 'all'), seed and, where a table has it, label_choice; needed:
    whether 0 is an error. Raises DataError, RunError.
    """

    def __init__(self, config, labels, needed=True):
        self.labels, self.seed, n = labels, config['seed'], config['labels']
        self.balanced = config.get('label_choice', 'balanced') == 'balanced'
        rng = np.random.default_rng([self.seed, 2**31 + 2])
        if n == 'all':
            self.indices = np.arange(len(labels))
        elif n == 0:
            if needed:
                raise RunError(f'--labels 0: --mode {config["mode"]} needs labels')
            self.indices = np.arange(0)
        elif self.balanced:
            self.indices = balanced_indices(labels, n, rng)
        elif n > len(labels):
            raise RunError(f'--labels {n} is more than the {len(labels)} training images')
        else:
            self.indices = np.sort(rng.choice(len(labels), n, replace=False))

    def batch(self, epoch, step):
        """Indices of all labelled images, or of many, 100 of them: class-balanced, but where the
        labels are random."""
        if len(self.indices) <= LABELLED_BATCH:
            return self.indices
        rng = np.random.default_rng([self.seed, epoch, step, 2**31 + 2])
        if not self.balanced:
            return np.sort(rng.choice(self.indices, LABELLED_BATCH, replace=False))
        return self.indices[balanced_indices(self.labels[self.indices], LABELLED_BATCH, rng,
                                             'a labelled batch of')]


def class_errors(experiment):
    """(error and validation_error in percent, q(y|x) of the validation images) of an Experiment
    whose categories are the classes."""
    splits = {'error': experiment.data.test, 'validation_error': experiment.data.validation}
    q = {name: experiment.q(split.images) for name, split in splits.items()}
    return {name: 100 * float((q[name].argmax(axis=1) != split.labels).mean())
            for name, split in splits.items()}, q['validation_error']


def report_with_labels(experiment, row):
    return f'test error {row["error"]:.2f}% with {experiment.config["labels"]} labels'
