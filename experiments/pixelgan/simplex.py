"""Three digits, three clusters, with and without the adversarial network (PixelGAN, figure 5)."""
from dataclasses import replace

import numpy as np

from datasets import Split
from experiments.common import figures
from experiments.common.hyperparameters import changed
from experiments.pixelgan.clustering import Clustering

DIGITS = (0, 1, 2)
POINTS = 3000       # codes in the picture


class Simplex(Clustering):
    """Clustering of the digits 0, 1 and 2: 18,000 images to train on and 3,000 to test."""

    TABLE = changed(
        Clustering.TABLE,
        #         paper   quick   smoke
        epochs=(500, 3, 1, 'not stated'),
        train_images=(18000, 18000, 60),
        eval_images=(3000, 3000, 100),
        adversarial=(('on', 'off'),) * 3,
    )
    TABLE = [row for row in TABLE if row.name != 'clusters']
    TITLE = 'PixelGAN on three digits'

    def categories(self):
        """'The number of clusters is chosen to be 3' (B.1.2): the simplex is a triangle."""
        return len(DIGITS)

    @classmethod
    def select(cls, config, load):
        """The first `train_images` of the three digits among training and validation images
        together (the paper's 18,000 are more than a split of 50,000 has); those left validate (of
        MNIST 623, in every case a tenth or 300)."""
        train, test = config['train_images'], config['eval_images']
        data = load((min(50000, 5 * train), min(10000, 5 * test), min(10000, 5 * test)))
        data = data.subset(DIGITS)
        images, labels = (np.concatenate(pair) for pair in zip(data.train, data.validation))
        train = min(train, len(labels) - min(300, len(labels) // 10))
        data = replace(data, train=Split(images, labels),
                       validation=Split(images[train:], labels[train:]))
        return data.subset(None, train, None, test)

    def evaluate(self, epoch):
        metrics = super().evaluate(epoch)
        self.draw_simplex(self.figure('simplex'), [self.panel('')])
        return metrics

    def panel(self, title):
        """(title, codes of training images, their labels): what figure 5 shows."""
        split = self.data.train
        return title, self.encode(split.images[:POINTS]), split.labels[:POINTS]

    @staticmethod
    def draw_simplex(path, panels):
        figures.simplex(path, panels, 'codes q(z|x) of training images on the simplex')

    @classmethod
    def compare(cls, path, runs):
        """simplex.png: both triangles side by side."""
        panels = []
        for label, experiment, history in runs:
            panels.append(experiment.panel(f'{label}: test error {history[-1]["error"]:.2f}%'))
        cls.draw_simplex(path / f'{runs[0][1].prefix}simplex.png', panels)
