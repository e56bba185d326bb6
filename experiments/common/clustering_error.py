"""How well clusters match classes.

Reference: PixelGAN, section 3.1 (and AAE, section 6): cluster i takes the label of the validation
example x_n with the largest q(z_i|x_n); then the test error. One example decides a cluster, so
that figure varies a lot; the other measures do not depend on single examples.
"""
import numpy as np
from scipy.optimize import linear_sum_assignment


def labels_by_most_confident(q_validation, labels_validation):
    """The paper's rule. q: (N, K), labels: (N,) -> the label of each cluster (K,).

    Of several examples with the same largest probability (float32 reaches 1) the first decides.
    """
    return labels_validation[q_validation.argmax(axis=0)]


def contingency(clusters, labels, n_clusters, n_classes=10):
    """Counts (n_clusters, n_classes) of examples by cluster and label."""
    pairs = np.bincount(clusters * n_classes + labels, minlength=n_clusters * n_classes)
    return pairs.reshape(n_clusters, n_classes)


def normalised_mutual_information(counts):
    """2 I(cluster; label) / (H(cluster) + H(label)); 1 where one determines the other."""
    joint = counts / counts.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    entropies = _entropy(rows) + _entropy(columns)
    return 2 * (entropies - _entropy(joint.ravel())) / entropies if entropies else 0.0


def _entropy(p):
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def clustering_errors(q_validation, labels_validation, q_test, labels_test, n_classes=10):
    """All measures, errors in per cent. q: probabilities (N, K), labels: (N,) in 0..n_classes-1.

    error                 the paper's rule, on the test images
    validation_error      the same on the validation images: the one to choose settings by
    majority_error        a cluster takes its most frequent validation label
    one_to_one_accuracy   the best matching of clusters to classes, one each (others count as wrong)
    nmi                   normalised mutual information of cluster and label on the test images
    clusters_used         clusters that hold at least one test image in a thousand
    mean_confidence       the mean over test images of the largest probability
    """
    n_clusters = q_test.shape[1]
    clusters, clusters_validation = q_test.argmax(axis=1), q_validation.argmax(axis=1)
    counts = contingency(clusters, labels_test, n_clusters, n_classes)
    counts_validation = contingency(clusters_validation, labels_validation, n_clusters, n_classes)
    by_rule = labels_by_most_confident(q_validation, labels_validation)
    matched = counts[linear_sum_assignment(counts, maximize=True)].sum()
    n = len(labels_test)
    return {
        'error': 100 * float((by_rule[clusters] != labels_test).mean()),
        'validation_error': 100 * float(
            (by_rule[clusters_validation] != labels_validation).mean()),
        'majority_error': 100 * float(
            (counts_validation.argmax(axis=1)[clusters] != labels_test).mean()),
        'one_to_one_accuracy': 100 * float(matched / n),
        'nmi': normalised_mutual_information(counts),
        'clusters_used': int((counts.sum(axis=1) >= n / 1000).sum()),
        'mean_confidence': float(q_test.max(axis=1).mean()),
    }
