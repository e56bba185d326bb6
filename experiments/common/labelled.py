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


class LabelledBatches:
    """For an Experiment whose categorical code is the class, with config['labels']."""

    CATEGORY = 'class'
    NEEDS_LABELS = True

    def categories(self):
        return len(self.CLASSES)

    def category_labels(self):
        return list(self.CLASSES)

    def use(self, data):
        """Also draws the labelled images, from the training images alone (DataError, RunError)."""
        super().use(data)
        labels, n = data.train.labels, self.config['labels']
        rng = np.random.default_rng([self.config['seed'], 2**31 + 2])
        if n == 'all':
            self.labelled = np.arange(len(labels))
        elif n == 0:
            if self.NEEDS_LABELS:
                raise RunError(f'--labels 0: --mode {self.config["mode"]} needs labels')
            self.labelled = np.arange(0)
        elif self.config.get('label_choice') == 'random':
            if n > len(labels):
                raise RunError(f'--labels {n} is more than the {len(labels)} training images')
            self.labelled = np.sort(rng.choice(len(labels), n, replace=False))
        else:
            self.labelled = balanced_indices(labels, n, rng)
        self.batch(np.arange(1), 0, 0)      # where it cannot be made, say so now

    def labelled_batch(self, epoch, step):
        """Indices of all labelled images, or of many, 100 of them: class-balanced, but where the
        labels are random."""
        chosen, labels = self.labelled, self.data.train.labels
        if len(chosen) <= LABELLED_BATCH:
            return chosen
        rng = np.random.default_rng([self.config['seed'], epoch, step, 2**31 + 2])
        if self.config.get('label_choice') == 'random':
            return np.sort(rng.choice(chosen, LABELLED_BATCH, replace=False))
        return chosen[balanced_indices(labels[chosen], LABELLED_BATCH, rng,
                                       'a labelled batch of')]

    def batch(self, indices, epoch, step):
        """Adds a labelled batch, where there are labels."""
        chosen = self.labelled_batch(epoch, step)
        if not len(chosen):
            return super().batch(indices, epoch, step)
        return (*super().batch(indices, epoch, step),
                self.pixels.prepare(self.data.train.images[chosen]),
                self.data.train.labels[chosen])

    def class_errors(self):
        """(error and validation_error in percent, q(y|x) of the validation images)."""
        splits = {'error': self.data.test, 'validation_error': self.data.validation}
        q = {name: self.encode(split.images)[:, :self.categories()]
             for name, split in splits.items()}
        return {name: 100 * float((q[name].argmax(axis=1) != split.labels).mean())
                for name, split in splits.items()}, q['validation_error']

    def report(self, row):
        return f'test error {row["error"]:.2f}% with {self.config["labels"]} labels'
