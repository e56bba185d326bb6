"""What the clustering experiments of both papers share: errors, pictures, what a cluster stands
for.

References: PixelGAN, section 3.1 and figure 6; AAE, section 6 and figure 9. Functions of an
Experiment whose categorical code is the cluster; q: its probabilities (N, clusters).
"""
import json

import numpy as np

from experiments.common import figures
from experiments.common.clustering_error import clustering_errors, labels_by_most_confident
from training.files import RunError, read_json

IN_A_ROW = 12       # images in a row of the pictures


def probabilities(experiment):
    """q of the validation and of the test images."""
    data = experiment.data
    return experiment.q(data.validation.images), experiment.q(data.test.images)


def measure_clusters(experiment, q_validation, q_test, epoch):
    """Metrics of clustering_error.py; draws clusters.png, writes clusters.json."""
    metrics = clustering_errors(q_validation, experiment.data.validation.labels,
                                q_test, experiment.data.test.labels)
    draw_clusters(experiment, q_validation, q_test,
                  f'epoch {epoch}, test error {metrics["error"]:.1f}%')
    write_clusters(experiment, q_validation, q_test, epoch)
    return metrics


def clusters_in_use(experiment, q_validation, q_test):
    """[(cluster, its label by the paper's rule, its test images)], by label."""
    labels = labels_by_most_confident(q_validation, experiment.data.validation.labels)
    members = q_test.argmax(axis=1)
    used = [k for k in range(q_test.shape[1]) if (members == k).any()]
    return [(k, int(labels[k]), np.flatnonzero(members == k))
            for k in sorted(used, key=lambda k: (labels[k], k))]


def draw_clusters(experiment, q_validation, q_test, what):
    """clusters.png: test images of each cluster, in the order of the test set."""
    rows = clusters_in_use(experiment, q_validation, q_test)
    figures.image_rows(
        experiment.figure('clusters'),
        [experiment.data.test.images[members[:IN_A_ROW]] for _, _, members in rows],
        [f"cluster {k} = '{label}' ({len(members)})" for k, label, members in rows],
        f'{experiment.data.name}: test images by cluster, {what}')


def write_clusters(experiment, q_validation, q_test, epoch):
    """clusters.json: what each cluster stands for, for whoever has no labelled images."""
    labels = labels_by_most_confident(q_validation, experiment.data.validation.labels)
    sizes = np.bincount(q_test.argmax(axis=1), minlength=q_test.shape[1])
    experiment.run.write_text('clusters.json', json.dumps({
        'epoch': epoch,
        'clusters': {k: {'label': int(label), 'size': int(size)}
                     for k, (label, size) in enumerate(zip(labels, sizes))}}, indent=2) + '\n')


def saved_cluster_labels(experiment):
    """The label of each cluster by the paper's rule, from clusters.json; None where that is not of
    the checkpoint's epoch: training may have moved the clusters since. Raises RunError where it is
    damaged."""
    path = experiment.run.path / 'clusters.json'
    if not path.exists():
        return None
    try:
        saved = read_json(path)
        labels = [saved['clusters'][str(k)]['label'] for k in range(experiment.code.categories)]
        known = (saved['epoch'], 0)
        if not all(label in experiment.CLASSES for label in labels):
            raise ValueError
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f'{path} cannot be read ({type(error).__name__}): remove it') from error
    return labels if known == experiment.trained else None


def report_clusters(experiment, row):
    return f'test error {row["error"]:.2f}% by the paper\'s rule'
