"""The clustering measures on cases that can be counted by hand."""
import numpy as np
import pytest

from experiments.common.clustering_error import (
    clustering_errors,
    contingency,
    labels_by_most_confident,
    normalised_mutual_information,
)


def one_hot(clusters, k, confidence=1.0):
    q = np.full((len(clusters), k), (1 - confidence) / (k - 1))
    q[np.arange(len(clusters)), clusters] = confidence
    return q


def test_the_papers_rule_lets_the_most_confident_example_decide():
    q = np.array([[0.9, 0.1], [0.95, 0.05], [0.6, 0.4], [0.3, 0.7]])
    np.testing.assert_array_equal(labels_by_most_confident(q, np.array([1, 2, 1, 3])), [2, 3])


def test_by_hand():
    """Cluster 0 holds 1 1 7, cluster 1 holds 7, cluster 2 nobody."""
    q_test = one_hot([0, 0, 0, 1], 3, 0.8)
    labels_test = np.array([1, 1, 7, 7])
    q_validation = np.array([[0.99, 0.005, 0.005], [0.9, 0.05, 0.05], [0.9, 0.05, 0.05],
                             [0.0, 1.0, 0.0]])
    labels_validation = np.array([7, 1, 1, 7])
    result = clustering_errors(q_validation, labels_validation, q_test, labels_test)
    assert result['error'] == 50            # the most confident member of cluster 0 is a 7
    assert result['validation_error'] == 50
    assert result['majority_error'] == 25   # but most of its members are 1s
    assert result['one_to_one_accuracy'] == 75
    assert result['clusters_used'] == 2
    assert result['mean_confidence'] == pytest.approx(0.8)


def test_labels_come_from_the_validation_images_alone():
    """Cluster 0 holds 5 3 3 of the validation images, the 5 the surest, and 5 5 3 of the test
    images; cluster 1 holds a 4 of both."""
    q_validation = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8]])
    q_test = np.array([[0.8, 0.2], [0.7, 0.3], [0.99, 0.01], [0.3, 0.7], [0.3, 0.7]])
    result = clustering_errors(q_validation, np.array([5, 3, 3, 4]), q_test,
                               np.array([5, 5, 3, 4, 4]))
    assert result['error'] == pytest.approx(100 * 1 / 5)                # cluster 0 is '5'
    assert result['validation_error'] == pytest.approx(100 * 2 / 4)
    assert result['majority_error'] == pytest.approx(100 * 2 / 5)       # cluster 0 is '3'
    assert result['mean_confidence'] == pytest.approx((0.8 + 0.7 + 0.99 + 0.7 + 0.7) / 5)
    # These need no validation images: cluster 0 has two 5s, cluster 1 two 4s; the label tells the
    # cluster, so the information is the entropy of the clusters.
    assert result['one_to_one_accuracy'] == pytest.approx(100 * 4 / 5)
    clusters, labels = (-sum(p * np.log(p) for p in shares)
                        for shares in ((0.6, 0.4), (0.4, 0.4, 0.2)))
    assert result['nmi'] == pytest.approx(2 * clusters / (clusters + labels))


def test_a_cluster_is_used_from_one_test_image_in_a_thousand_on():
    """Of 2,000: two are enough, one is not."""
    clusters = np.repeat([0, 1, 2], [1997, 2, 1])
    q, labels = one_hot(clusters, 4), np.zeros(2000, int)
    assert clustering_errors(q, labels, q, labels)['clusters_used'] == 2


def test_perfect_and_useless_clusters():
    labels = np.repeat(np.arange(10), 20)
    q = one_hot((labels + 3) % 10, 10)
    perfect = clustering_errors(q, labels, q, labels)
    assert perfect['error'] == perfect['majority_error'] == 0
    assert perfect['one_to_one_accuracy'] == 100 and perfect['nmi'] == pytest.approx(1)
    q = one_hot(np.tile(np.arange(10), 20), 10)
    useless = clustering_errors(q, labels, q, labels)
    assert useless['nmi'] == pytest.approx(0, abs=1e-12) and useless['majority_error'] == 90


def test_one_to_one_counts_a_split_class_once():
    labels = np.repeat(np.arange(10), 20)
    clusters = labels.copy()
    clusters[:10] = 10                       # half of the 0s in an eleventh cluster
    q = one_hot(clusters, 11)
    result = clustering_errors(q, labels, q, labels)
    assert result['error'] == 0 and result['one_to_one_accuracy'] == 95


def test_nmi_by_definition():
    counts = contingency(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), 3, 2)
    np.testing.assert_array_equal(counts, [[1, 1], [1, 2], [0, 0]])
    joint = counts / 5
    p, q = joint.sum(axis=1), joint.sum(axis=0)
    information = sum(joint[i, j] * np.log(joint[i, j] / (p[i] * q[j]))
                      for i in range(2) for j in range(2))
    entropy = -sum(p[:2] * np.log(p[:2])) - sum(q * np.log(q))
    assert normalised_mutual_information(counts) == pytest.approx(2 * information / entropy)
