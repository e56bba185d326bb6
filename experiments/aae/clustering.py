"""Unsupervised clustering (AAE, section 6, table 3, figure 9, A.3).

How this differs from the paper: `quick` has 200 units in a layer, not 3,000: in less time that
gives fewer errors than 1,000. Of the batch norm of the label's logits A.3 says no more than that
it is there; gamma and beta are learnt (results/log.md, for both). The initial weights and the batch
size are A.1's. Labels of validation images alone say what a cluster stands for; of images that are
equally sure of their cluster the first decides (experiments/common/clustering_error.py).
"""
import numpy as np

from experiments.aae.networks import label_and_style
from experiments.aae.shown import (
    COLUMNS,
    CURVES,
    draw_reconstructions,
    draw_samples,
    validation_cost,
)
from experiments.common import figures
from experiments.common.clusters import (
    clusters_in_use,
    measure_clusters,
    probabilities,
    report_clusters,
    saved_cluster_labels,
)
from experiments.common.elbo import categorical_terms
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table


class Clustering(Experiment):
    """A cluster and a style."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(1500, 50, 1),
        batch_size=(100, 100, 20, 'A.1'),
        train_images=(50000, 50000, 200, 'section 2.3'),
        eval_images=(10000, 10000, 100, 'not stated'),
        decay_epoch=(50, 42, 0),
        second_decay_epoch=(0, 0, 0),
        cost=('sum',) * 3 + ("'half the Euclidean error', not whether a sum or a mean",),
        encoder_units=(3000, 200, 30),
        decoder_units=(3000, 200, 30),
        encoder_rate=(0.01, 0.01, 0.01),
        decoder_rate=(0.01, 0.01, 0.01),
        reconstruction_optimizer=('sgd',) * 3,
        reconstruction_momentum=(0.9, 0.9, 0.9),
        init_std=(0.01, 0.01, 0.01, 'A.1'),
        posterior=('universal',) * 3 + ("'deterministic' (section 2), with dropout (A.3)",),
        keep=(0.8, 0.8, 0.8),
        noise_std=(0.0, 0.0, 0.0),
        discriminator_units=(3000, 200, 30),
        discriminator_init_std=(0.01, 0.01, 0.01, 'A.1'),
        discriminator_rate=(0.1, 0.1, 0.1),
        generator_rate=(0.1, 0.1, 0.1),
        adversarial_optimizer=('sgd',) * 3,
        adversarial_momentum=(0.1, 0.1, 0.1),
        clusters=(30, 30, 5, '16 and 30'),
        style_size=(5, 5, 3),
        style_match=('marginal',) * 3 + ('the style is judged alone',),
        prior_std=(1.0, 1.0, 1.0),
        prior_smoothing=(0.0, 0.0, 0.0),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        batch_norm=('encoder',) * 3,
        logit_scale=(0.0, 0.0, 0.0, 'batch norm, no details'),
    )
    CURVES = [*CURVES, ('test error, %', ['error', 'majority_error']),
              ('clusters used', ['clusters_used'])]
    SUMMARY = ('error', 'majority_error', 'validation_error', 'clusters_used', 'validation_cost')
    TITLE = 'Adversarial autoencoder, clustering'
    category_labels = saved_cluster_labels
    report = report_clusters

    def build(self):
        return label_and_style(self, 'cluster', self.config['clusters'])

    def evaluate(self, epoch):
        q_validation, q_test = probabilities(self)
        return (validation_cost(self) | categorical_terms(q_validation)
                | measure_clusters(self, q_validation, q_test, epoch))

    def draw_pictures(self):
        """Also heads.png: cluster heads (style 0), then random test images of the cluster, a
        cluster in a row (figure 9)."""
        draw_reconstructions(self)
        draw_samples(self)
        heads = self.sample(np.eye(self.code.categories, self.code.size, dtype=np.float32), None)
        rng, images = self.sampling_rng(), self.data.test.images
        rows, labels = [], []
        for k, label, members in clusters_in_use(self, *probabilities(self)):
            shown = images[np.sort(rng.permutation(members)[:COLUMNS])]
            rows.append(np.concatenate([heads[[k]], shown / np.float32(255)]))
            labels.append(f"cluster {k} = '{label}' ({len(members)})")
        figures.image_rows(self.figure('heads'), rows, labels,
                           f'{self.data.name}: cluster heads, and test images by cluster')
