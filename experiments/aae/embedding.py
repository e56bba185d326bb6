"""Dimensionality reduction: a cluster head plus a style (AAE, section 7, figures 10 and 11).

How this differs from the paper: it does not say which settings it used. These are A.2.1's, its
noise included, also without labels, with A.3's batch norm, which the paper found crucial without
labels and no help with them on MNIST; see models/embedding.py, too.
"""
import numpy as np

from experiments.aae.autoencoder import Autoencoder
from experiments.aae.plane import compare_codes
from experiments.common import figures
from experiments.common.clusters import Clusters
from experiments.common.elbo import categorical_decomposition
from experiments.common.hyperparameters import changed
from experiments.common.labelled import LabelledBatches
from models.embedding import ClusterHeads, EmbeddingAutoencoder, circle_map
from models.priors import Categorical, Gaussian
from nn.backend import like, to_device, to_host
from nn.layer import Sequential
from nn.optim import SGD
from training.run_folder import RunError

FIXED = 10.0        # W_C = 10 I


class Embedding(LabelledBatches, Clusters, Autoencoder):
    """A representation of --dims dimensions: with labels a cluster for each class, else --clusters
    of them."""

    TABLE = changed(
        Autoencoder.TABLE,
        #                     paper   quick   smoke
        epochs=(5000, 6, 1, 'A.2.1'),
        decay_epoch=(50, 0, 0, 'A.2.1'),
        second_decay_epoch=(1000, 0, 0, 'A.2.1'),
        labels=(100, 100, 20, '1000, 100 and none'),
        label_choice=('balanced',) * 3 + ('A.2.1',),
        dims=(2, 2, 2, '2 and 10'),
        clusters=(20, 20, 5),
        prior_std=(1.0, 1.0, 1.0, 'of the 10-D style; of the 2-D one not stated'),
        heads=('auto',) * 3,
        head_distance=(6.0, 6.0, 6.0, 'not stated'),
        heads_rate=(0.1, 0.1, 0.1, 'not stated'),
        encoder_rate=(0.01, 0.001, 0.01, 'A.2.1'),
        posterior=('universal',) * 3 + ("not stated; 'deterministic' in section 2",),
        batch_norm=('encoder',) * 3 + ('A.3',),
        semi_supervised_rate=(0.1, 0.1, 0.1, 'A.2.1'),
    )
    TITLE = 'Adversarial autoencoder, embedding'
    CURVES = [*Autoencoder.CURVES, ('cost of the labels, nats; of the heads',
                                    ['semi_supervised', 'heads']),
              ('error, %', ['error', 'validation_error', 'majority_error'])]
    SUMMARY = ('error', 'validation_error', 'validation_cost')
    NEEDS_LABELS = False

    # The model

    def build(self):
        model = super().build()     # which draws every matrix anew where there is an --init-std
        self.heads.W[...] = like(self.start, self.heads.W)
        return model

    def categories(self):
        return len(self.CLASSES) if self.config['labels'] else self.config['clusters']

    def make_priors(self):
        return {'label': Categorical(self.categories()),
                'style': Gaussian(self.config['dims'], self.config['prior_std'])}

    def make_decoder(self, code_size):
        """The cluster heads, then the decoder of their sum with the style."""
        dims, clusters, kind = self.config['dims'], self.categories(), self.config['heads']
        fixed = kind == 'fixed' or kind == 'auto' and dims == clusters
        if fixed and dims != clusters:
            raise RunError(f'--heads fixed needs as many --dims as clusters, {clusters}, '
                           f'not {dims}')
        # Learnt heads start evenly on a circle of the first two dimensions, near each other.
        angles = 2 * np.pi * np.arange(clusters) / clusters
        start = np.zeros((clusters, dims))
        start[:, :2] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        self.start = (FIXED * np.eye(clusters) if fixed else start).astype(np.float32)
        self.heads = ClusterHeads(self.start.copy(), learnt=not fixed)
        return Sequential(self.heads, super().make_decoder(dims))

    def make_model(self, encoder, decoder, *others, **options):
        return EmbeddingAutoencoder(self.heads, self.config['head_distance'], encoder, decoder,
                                    *others, **options)

    def make_optimizers(self, encoder, decoder, discriminators):
        optimizers = super().make_optimizers(encoder, decoder, discriminators)
        if self.heads.params:
            optimizers['heads'] = SGD({'heads': self.heads}, self.config['heads_rate'])
        return optimizers

    # The trained model

    @property
    def CATEGORY(self):
        return 'class' if self.config['labels'] else 'cluster'

    def code_size(self):
        return self.categories() + self.config['dims']

    def representation(self, codes):
        """Cluster head plus style: (N, dims)."""
        return to_host(self.heads.forward(to_device(codes, self.device))[0])

    def category_labels(self):
        return (LabelledBatches if self.config['labels'] else Clusters).category_labels(self)

    # What a run shows

    def evaluate(self, epoch):
        """Also draws codes.png (figure 11)."""
        codes = {name: self.encode(split.images) for name, split in
                 (('validation', self.data.validation), ('test', self.data.test))}
        q_validation, q_test = (code[:, :self.categories()] for code in codes.values())
        metrics = self.class_errors()[0] if self.config['labels'] else self.evaluate_clusters(
            q_validation, q_test, epoch)
        self.draw_codes(codes['test'], metrics)
        return metrics | self.validation_cost() | categorical_decomposition(q_validation)

    def draw_codes(self, codes, metrics):
        """codes.png: the representation of the test images and the heads; of more than two
        dimensions, by the linear map that takes the heads to a circle."""
        points, heads = self.in_plane(codes)
        how = '' if self.config['dims'] == 2 else ', mapped to a plane'
        figures.code_spaces(self.figure('codes'), [('', points, self.data.test.labels)],
                            f'{self.data.name}: representation of test images{how}; '
                            f'error {metrics["error"]:.2f}%', marks=heads)

    def in_plane(self, codes):
        """Of codes (N, size): (representation (N, 2), heads (clusters, 2))."""
        points, heads = self.representation(codes), to_host(self.heads.W)
        if self.config['dims'] == 2:
            return points, heads
        to_plane = circle_map(heads)
        return points @ to_plane, heads @ to_plane

    def panel(self, title):
        """(title, representation of the test images in the plane, their labels)."""
        return title, self.in_plane(self.encode(self.data.test.images))[0], self.data.test.labels

    @classmethod
    def compare(cls, path, runs):
        """Also codes.png: the representations side by side (figure 11)."""
        super().compare(path, runs)
        compare_codes(path, runs)

    def report(self, row):
        return (LabelledBatches if self.config['labels'] else Clusters).report(self, row)
