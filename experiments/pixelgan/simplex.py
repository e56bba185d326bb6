"""Three digits, three clusters, with and without the adversarial network (PixelGAN, figure 5).

The column `paper` is B.1.2. The code is 'the output probabilities of the softmax layer' (section
2.2). What the paper leaves open: epochs, the size of a batch, which images validate. Ours in
`quick`, besides smaller sizes, as in experiments/pixelgan/clustering.py: the adversarial rates, the
noise, the logit scale and the prior (docs/running.md). Residual blocks start 'full' as there.
"""
from dataclasses import replace

import numpy as np

from datasets import Split
from experiments.common import figures
from experiments.common.clusters import report_clusters, saved_cluster_labels
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.pixelgan.clustering import (
    Clustering,
    categorical_pixelgan,
    draw_samples,
    measure,
)

DIGITS = (0, 1, 2)
POINTS = 3000       # codes in the picture
SHOWN = 'codes q(z|x) of training images on the simplex'


class Simplex(Experiment):
    """Clustering of the digits 0, 1 and 2: 18,000 images to train on and 3,000 to test."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 3, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(18000, 18000, 60),
        eval_images=(3000, 3000, 100),
        decay_epoch=(0, 0, 0, 'not stated'),
        blocks=(15, 2, 1),
        filter_size=([3, 5], [3, 5], [3, 5]),
        features=(32, 32, 8),
        activation=('relu',) * 3,
        residual_start=('full',) * 3 + ('not stated',),
        conditioning=('location-invariant',) * 3,
        code_channels=(1, 1, 1, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001),
        encoder_features=(32, 32, 8),
        encoder_filter=(7, 7, 3),
        encoder_rate=(0.001, 0.001, 0.001),
        posterior=('universal',) * 3,
        keep=(0.8, 1.0, 0.8),
        noise_std=(0.0, 0.3, 0.0, 'none'),
        logit_scale=(0.0, 1.5, 0.0, 'batch norm, no details'),
        adversarial=(('on', 'off'),) * 3,
        discriminator_units=(3000, 1000, 30),
        discriminator_rate=(0.01, 0.1, 0.1),
        generator_rate=(0.01, 0.6, 0.1),
        adversarial_momentum=(0.1, 0.1, 0.1),
        prior_smoothing=(0.0, 0.15, 0.0),
    )
    CURVES = Clustering.CURVES
    SUMMARY = Clustering.SUMMARY
    TITLE = 'PixelGAN on three digits'
    draw_pictures = draw_samples
    category_labels = saved_cluster_labels
    report = report_clusters

    def build(self):
        """'The number of clusters is chosen to be 3' (B.1.2): the simplex is a triangle."""
        return categorical_pixelgan(self, len(DIGITS))

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
        """Also draws simplex.png (figure 5)."""
        metrics = measure(self, epoch)
        figures.simplex(self.figure('simplex'), [self.triangle('')], SHOWN)
        return metrics

    def triangle(self, title):
        """(title, codes of training images, their labels)."""
        split = self.data.train
        return title, self.encode(split.images[:POINTS]), split.labels[:POINTS]

    @classmethod
    def compare(cls, path, runs):
        """simplex.png: both triangles side by side."""
        figures.simplex(path / f'{runs[0][1].prefix}simplex.png', [
            experiment.triangle(f'{label}: test error {history[-1]["error"]:.2f}%')
            for label, experiment, history in runs], SHOWN)
