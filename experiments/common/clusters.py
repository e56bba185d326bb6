"""What the clustering experiments of both papers show: errors, pictures, what a cluster stands for.

References: PixelGAN, section 3.1 and figure 6; AAE, section 6 and figure 9.
"""
import json

import numpy as np

from experiments.common import figures
from experiments.common.cluster_metrics import evaluate_clusters, labels_by_most_confident
from training.run_folder import RunError

IN_A_ROW = 12       # images in a row of the pictures


class Clusters:
    """For an Experiment with config['clusters']; q: the probabilities of its categorical code
    (N, clusters)."""

    CATEGORY = 'cluster'

    def categories(self):
        return self.config['clusters']

    def evaluate_clusters(self, q_validation, q_test, epoch):
        """Metrics of cluster_metrics.py; draws clusters.png, writes clusters.json."""
        metrics = evaluate_clusters(q_validation, self.data.validation.labels,
                                    q_test, self.data.test.labels)
        self.draw_clusters(q_validation, q_test, epoch, metrics)
        self.write_clusters(q_validation, q_test, epoch)
        return metrics

    def rows(self, q_validation, q_test):
        """(cluster, its label by the paper's rule, its test images) for clusters in use."""
        labels = labels_by_most_confident(q_validation, self.data.validation.labels)
        members = q_test.argmax(axis=1)
        used = [k for k in range(q_test.shape[1]) if (members == k).any()]
        return [(k, int(labels[k]), np.flatnonzero(members == k))
                for k in sorted(used, key=lambda k: (labels[k], k))]

    def draw_clusters(self, q_validation, q_test, epoch, metrics):
        """clusters.png: test images of each cluster, in the order of the test set."""
        rows = self.rows(q_validation, q_test)
        figures.image_rows(
            self.figure('clusters'),
            [self.data.test.images[members[:IN_A_ROW]] for _, _, members in rows],
            [f"cluster {k} = '{label}' ({len(members)})" for k, label, members in rows],
            f'{self.data.name}: test images by cluster, epoch {epoch}, '
            f'test error {metrics["error"]:.1f}%')

    def write_clusters(self, q_validation, q_test, epoch):
        """clusters.json: what each cluster stands for, for whoever has no labelled images."""
        labels = labels_by_most_confident(q_validation, self.data.validation.labels)
        sizes = np.bincount(q_test.argmax(axis=1), minlength=q_test.shape[1])
        self.run.write_text('clusters.json', json.dumps({
            'epoch': epoch,
            'clusters': {k: {'label': int(label), 'size': int(size)}
                         for k, (label, size) in enumerate(zip(labels, sizes))}}, indent=2) + '\n')

    def category_labels(self):
        """By the paper's rule, from clusters.json; None where that is not of the checkpoint's
        epoch: training may have moved the clusters since. Raises RunError where it is damaged."""
        path = self.run.path / 'clusters.json'
        if not path.exists():
            return None
        try:
            saved = json.loads(path.read_text())
            labels = [saved['clusters'][str(k)]['label'] for k in range(self.categories())]
            known = (saved['epoch'], 0)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f'{path} cannot be read ({type(error).__name__}): remove it') from error
        return labels if known == self.trained else None

    def report(self, row):
        return f'test error {row["error"]:.2f}% by the paper\'s rule'
