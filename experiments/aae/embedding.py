"""Dimensionality reduction: a cluster head plus a style (AAE, section 7, figures 10 and 11).

How this differs from the paper: it does not say which settings it used. These are A.2.1's, its
noise included, also without labels, with A.3's batch norm, which the paper found crucial without
labels and no help with them on MNIST; see models/embedding.py, too.
"""
import numpy as np

from experiments.aae.networks import aae_decoder, ingredients
from experiments.aae.shown import CURVES, draw_reconstructions, draw_samples, validation_cost
from experiments.common import figures
from experiments.common.clusters import (
    measure_clusters,
    probabilities,
    report_clusters,
    saved_cluster_labels,
)
from experiments.common.code import Code
from experiments.common.code_pictures import compare_codes
from experiments.common.elbo import categorical_terms
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled_images import class_errors, report_with_labels
from models.embedding import ClusterHeads, EmbeddingAutoencoder, circle_map
from models.priors import Categorical, Gaussian
from nn.backend import like, to_device, to_host
from nn.layer import Sequential
from nn.optim import SGD
from training.run_folder import RunError

FIXED = 10.0        # W_C = 10 I


class Embedding(Experiment):
    """A representation of --dims dimensions: with labels a cluster for each class, else --clusters
    of them."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(5000, 6, 1, 'A.2.1'),
        batch_size=(100, 100, 20, 'A.1'),
        train_images=(50000, 50000, 200, 'section 2.3'),
        eval_images=(10000, 10000, 100, 'not stated'),
        decay_epoch=(50, 0, 0, 'A.2.1'),
        second_decay_epoch=(1000, 0, 0, 'A.2.1'),
        cost=('sum',) * 3 + ("A.2.1; 'half the Euclidean error', not whether a sum or a mean",),
        encoder_units=(1000, 1000, 30, 'A.1, A.2.1'),
        decoder_units=(1000, 1000, 30, 'A.1, A.2.1'),
        encoder_rate=(0.01, 0.001, 0.01, 'A.2.1'),
        decoder_rate=(0.01, 0.01, 0.01, 'A.2.1'),
        reconstruction_optimizer=('sgd',) * 3 + ('A.2.1',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'A.2.1'),
        init_std=(0.01, 0.01, 0.01, 'A.1'),
        posterior=('universal',) * 3 + ("not stated; 'deterministic' in section 2",),
        keep=(1.0, 1.0, 1.0, 'A.2.1'),
        noise_std=(0.3, 0.3, 0.3, 'A.2.1; for --posterior universal'),
        discriminator_units=(1000, 1000, 30, 'A.1, A.2.1'),
        discriminator_init_std=(0.01, 0.01, 0.01, 'A.1'),
        discriminator_rate=(0.1, 0.1, 0.1, 'A.2.1'),
        generator_rate=(0.1, 0.1, 0.1, 'A.2.1'),
        adversarial_optimizer=('sgd',) * 3 + ('A.2.1',),
        adversarial_momentum=(0.1, 0.1, 0.1, 'A.2.1'),
        labels=(100, 100, 20, '1000, 100 and none'),
        label_choice=('balanced',) * 3 + ('A.2.1',),
        dims=(2, 2, 2, '2 and 10'),
        clusters=(20, 20, 5),
        prior_std=(1.0, 1.0, 1.0, 'of the 10-D style; of the 2-D one not stated'),
        heads=('auto',) * 3,
        head_distance=(6.0, 6.0, 6.0, 'not stated'),
        heads_rate=(0.1, 0.1, 0.1, 'not stated'),
        batch_norm=('encoder',) * 3 + ('A.3',),
        semi_supervised_rate=(0.1, 0.1, 0.1, 'A.2.1'),
    )
    CURVES = [*CURVES, ('cost of the labels, nats; of the heads', ['semi_supervised', 'heads']),
              ('error, %', ['error', 'validation_error', 'majority_error'])]
    SUMMARY = ('error', 'validation_error', 'validation_cost')
    TITLE = 'Adversarial autoencoder, embedding'
    NEEDS_LABELS = False

    def build(self):
        config, dims = self.config, self.config['dims']
        clusters = len(self.CLASSES) if config['labels'] else config['clusters']
        self.code = Code('class' if config['labels'] else 'cluster', label=Categorical(clusters),
                         style=Gaussian(dims, config['prior_std']))
        start, learnt = first_heads(config['heads'], clusters, dims)
        self.heads = heads = ClusterHeads(start.copy(), learnt)
        model = EmbeddingAutoencoder(heads, config['head_distance'], **ingredients(
            self, decoder=lambda: Sequential(heads, aae_decoder(self, dims))))  # of y W_C + z
        heads.W[...] = like(start, heads.W)     # where there is an --init-std, drawn anew
        if learnt:
            model.optimizers['heads'] = SGD({'heads': heads}, config['heads_rate'])
        return model

    def representation(self, codes):
        """Cluster head plus style: (N, dims)."""
        return to_host(self.heads.forward(to_device(codes, self.device))[0])

    def in_plane(self, codes):
        """Of codes (N, size): (representation (N, 2), heads (clusters, 2)); of more than two
        dimensions, by the linear map that takes the heads to a circle."""
        points, heads = self.representation(codes), to_host(self.heads.W)
        if self.config['dims'] == 2:
            return points, heads
        to_plane = circle_map(heads)
        return points @ to_plane, heads @ to_plane

    def shown_codes(self, images):
        return self.in_plane(self.encode(images))[0]

    def evaluate(self, epoch):
        """Also draws codes.png (figure 11)."""
        if self.config['labels']:
            metrics, q_validation = class_errors(self)
        else:
            q_validation, q_test = probabilities(self)
            metrics = measure_clusters(self, q_validation, q_test, epoch)
        points, heads = self.in_plane(self.encode(self.data.test.images))
        how = '' if self.config['dims'] == 2 else ', mapped to a plane'
        figures.code_spaces(self.figure('codes'), [('', points, self.data.test.labels)],
                            f'{self.data.name}: representation of test images{how}; '
                            f'error {metrics["error"]:.2f}%', marks=heads)
        return metrics | validation_cost(self) | categorical_terms(q_validation)

    def draw_pictures(self):
        draw_reconstructions(self)
        draw_samples(self)

    @classmethod
    def compare(cls, path, runs):
        """Also codes.png: the representations side by side (figure 11)."""
        super().compare(path, runs)
        compare_codes(path, runs)

    def category_labels(self):
        return super().category_labels() if self.config['labels'] else saved_cluster_labels(self)

    def report(self, row):
        return (report_with_labels if self.config['labels'] else report_clusters)(self, row)


def first_heads(kind, clusters, dims):
    """(cluster heads (clusters, dims) to begin with, whether they are learnt). Raises RunError for
    fixed heads where the two numbers differ."""
    if kind == 'fixed' or kind == 'auto' and dims == clusters:
        if dims != clusters:
            raise RunError(f'--heads fixed needs as many --dims as clusters, {clusters}, '
                           f'not {dims}')
        return (FIXED * np.eye(clusters)).astype(np.float32), False
    # Learnt heads start evenly on a circle of the first two dimensions, near each other.
    angles = 2 * np.pi * np.arange(clusters) / clusters
    start = np.zeros((clusters, dims), np.float32)
    start[:, :2] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return start, True
