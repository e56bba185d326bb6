"""Unsupervised clustering (AAE, section 6, table 3, figure 9, A.3).

How this differs from the paper: `quick` has 200 units in a layer, not 3,000: in less time that
gives fewer errors than 1,000. Of the batch norm of the label's logits A.3 says no more than that
it is there; gamma and beta are learnt (results/log.md, for both). The initial weights and the batch
size are A.1's. Labels of validation images alone say what a cluster stands for; of images that are
equally sure of their cluster the first decides (experiments/common/cluster_metrics.py).
"""
import numpy as np

from experiments.aae.autoencoder import COLUMNS, Autoencoder
from experiments.common import figures
from experiments.common.clusters import Clusters
from experiments.common.elbo import categorical_decomposition
from experiments.common.hyperparameters import changed
from models.priors import Categorical, Gaussian


class Clustering(Clusters, Autoencoder):
    """A cluster and a style."""

    TABLE = changed(
        Autoencoder.TABLE,
        #                     paper   quick   smoke
        epochs=(1500, 50, 1),
        decay_epoch=(50, 42, 0),
        second_decay_epoch=(0, 0, 0),
        encoder_rate=(0.01, 0.01, 0.01),
        decoder_rate=(0.01, 0.01, 0.01),
        reconstruction_optimizer=('sgd',) * 3,
        reconstruction_momentum=(0.9, 0.9, 0.9),
        discriminator_rate=(0.1, 0.1, 0.1),
        generator_rate=(0.1, 0.1, 0.1),
        adversarial_optimizer=('sgd',) * 3,
        adversarial_momentum=(0.1, 0.1, 0.1),
        clusters=(30, 30, 5, '16 and 30'),
        style_size=(5, 5, 3),
        style_match=('marginal',) * 3 + ('the style is judged alone',),
        prior_std=(1.0, 1.0, 1.0),
        prior_smoothing=(0.0, 0.0, 0.0),
        encoder_units=(3000, 200, 30),
        decoder_units=(3000, 200, 30),
        posterior=('universal',) * 3 + ("'deterministic' (section 2), with dropout (A.3)",),
        keep=(0.8, 0.8, 0.8),
        noise_std=(0.0, 0.0, 0.0),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        batch_norm=('encoder',) * 3,
        logit_scale=(0.0, 0.0, 0.0, 'batch norm, no details'),
        discriminator_units=(3000, 200, 30),
    )
    TITLE = 'Adversarial autoencoder, clustering'
    CURVES = [*Autoencoder.CURVES, ('test error, %', ['error', 'majority_error']),
              ('clusters used', ['clusters_used'])]
    SUMMARY = ('error', 'majority_error', 'validation_error', 'clusters_used', 'validation_cost')

    def make_priors(self):
        return {'label': Categorical(self.config['clusters'], self.config['prior_smoothing']),
                'style': Gaussian(self.config['style_size'], self.config['prior_std'])}

    def q(self, split):
        """q(y|x): (N, clusters)."""
        return self.encode(split.images)[:, :self.categories()]

    def evaluate(self, epoch):
        q_validation, q_test = self.q(self.data.validation), self.q(self.data.test)
        return (self.validation_cost() | categorical_decomposition(q_validation)
                | self.evaluate_clusters(q_validation, q_test, epoch))

    def draw(self, history):
        """Also heads.png: cluster heads (style 0), then random test images of the cluster, a
        cluster in a row (figure 9)."""
        super().draw(history)
        q_validation, q_test = self.q(self.data.validation), self.q(self.data.test)
        codes = np.zeros((self.categories(), self.categories() + self.config['style_size']),
                         np.float32)
        np.fill_diagonal(codes, 1)
        heads, rng, images = self.sample(codes, None), self.sampling_rng(), self.data.test.images
        rows, labels = [], []
        for k, label, members in self.rows(q_validation, q_test):
            shown = images[np.sort(rng.permutation(members)[:COLUMNS])]
            rows.append(np.concatenate([heads[[k]], shown / np.float32(255)]))
            labels.append(f"cluster {k} = '{label}' ({len(members)})")
        figures.image_rows(self.figure('heads'), rows, labels,
                           f'{self.data.name}: cluster heads, and test images by cluster')
