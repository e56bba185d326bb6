"""The papers' clustering error, and measures that do not hang on single images."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import unchanged
from experiments.common import clustering_error


def images(rng, members, means, sure_and_wrong):
    """q (n, K + 1) and labels (n,) of K clusters and one that no image is in: of `members` images
    in each cluster all but two are of its class means[k]; the surest is one of these two in the
    clusters `sure_and_wrong`."""
    clusters = np.repeat(np.arange(len(means)), members)
    classes = max(means) + 1
    labels = means[clusters]
    labels[::members] = (labels[::members] + 1) % classes
    labels[1::members] = (labels[1::members] + rng.integers(1, classes)) % classes
    q = rng.random((len(clusters), len(means) + 1))
    q[np.arange(len(clusters)), clusters] += 2 + rng.random(len(clusters))
    surest = members * np.arange(len(means)) + 2
    surest[sure_and_wrong] -= 2
    q[surest, np.arange(len(means))] += 20
    order = rng.permutation(len(clusters))
    return (q / q.sum(axis=1, keepdims=True))[order], labels[order]


def ask(function, *inputs):
    return unchanged(f'{function.__name__} changes what it is given', function, *inputs)


def both_sets(rng):
    """Fewer classes than clusters: two clusters share one."""
    classes = int(rng.integers(3, 6))
    means = rng.permutation(np.append(np.arange(classes), rng.integers(classes)))
    members = (6 + rng.permutation(4)[:2]).tolist()
    q_validation, labels_validation = images(rng, members[0], means, [1, 2])
    means[0] = (means[0] + 1) % classes     # by the validation images it is another one
    q_test, labels_test = images(rng, members[1], means, [])
    return {'q_validation': q_validation, 'labels_validation': labels_validation,
            'q_test': q_test, 'labels_test': labels_test, 'n_classes': classes}


def rare_clusters(rng):
    """2,000 images; some clusters hold one or two of them."""
    sizes = [rng.integers(900, 1000), 0, 1, 2, 1, rng.integers(1, 3)]
    clusters = np.repeat(np.arange(7), [*sizes, 2000 - sum(sizes)])
    q = np.full((2000, 7), 0.0625)
    q[np.arange(2000), clusters] = rng.choice([0.25, 0.5, 0.625], 2000)
    labels = np.arange(2000) % 2
    return {'q_validation': q[:20], 'labels_validation': labels[:20], 'q_test': q,
            'labels_test': labels, 'n_classes': 2}


def equally_frequent(rng):
    """In each cluster two labels are as frequent; the images of the larger come first."""
    n_clusters, classes = 3, int(rng.integers(4, 7))
    smaller, larger = np.sort([rng.permutation(classes)[:2] for _ in range(n_clusters)], axis=1).T

    def images(*labels):
        clusters = np.tile(np.arange(n_clusters), len(labels))
        q = rng.random((len(clusters), n_clusters))
        q[np.arange(len(clusters)), clusters] += 2
        return q / q.sum(axis=1, keepdims=True), np.concatenate(labels)

    q_validation, labels_validation = images(larger, larger, smaller, smaller)
    q_test, labels_test = images(larger, smaller, smaller)
    return {'q_validation': q_validation, 'labels_validation': labels_validation,
            'q_test': q_test, 'labels_test': labels_test, 'n_classes': classes}


def confident(rng):
    drawn = both_sets(rng)
    return {'q': drawn['q_validation'], 'labels': drawn['labels_validation']}


def equally_confident(rng):
    """float32 reaches 1."""
    n, clusters = 12, int(rng.integers(3, 6))
    q = np.zeros((n, clusters), np.float32)
    q[np.arange(n), rng.permutation(np.arange(n) % clusters)] = 1
    return {'q': q, 'labels': rng.permutation(n)}


def rule(q, labels):
    return {'label of each cluster': ask(
        clustering_error.labels_by_most_confident, q, labels)}


def some_pairs(rng):
    n_clusters, n_classes = (3 + rng.permutation(4)[:2]).tolist()
    n = int(rng.integers(20, 40))
    return {'clusters': rng.integers(n_clusters - 1, size=n),
            'labels': rng.integers(n_classes, size=n), 'n_clusters': n_clusters,
            'n_classes': n_classes}


def counts(**inputs):
    found = ask(clustering_error.contingency, *inputs.values())
    return {'counts': found, 'they are integers': np.asarray(found).dtype.kind in 'iu'}


def table(rng):
    """With an empty cluster."""
    n_clusters, n_classes = (3 + rng.permutation(3)[:2]).tolist()
    result = rng.integers(1, 99, (n_clusters, n_classes))
    result[rng.integers(n_clusters)] = 0
    return {'table': result}


def one_to_one(rng):
    return {'table': rng.permutation(np.diag(rng.integers(1, 9, int(rng.integers(3, 6)))))}


def one_cell(rng):
    return {'table': np.array([[0, 0], [0, int(rng.integers(5, 1 << 20))]])}


def mutual_information(table):
    return {'nmi': ask(clustering_error.normalised_mutual_information, table)}


def measures(*names):
    def measured(**inputs):
        result = ask(clustering_error.clustering_errors, *inputs.values())
        return {name: float(result[name]) for name in names if name in result}
    return measured


FILE = 'experiments/common/clustering_error.py'
MEASURES = f'{FILE}:clustering_errors'
CASES = {'clusters that share a class': both_sets}

ASSIGNMENT = Assignment(
    name='clustering-error',
    title="The papers' clustering error",
    learns='How clusters get names without being told, and how far one number can be trusted.',
    sources='PixelGAN, section 3.1, table 1; AAE, section 6, table 3',
    hours=2,
    parts=(
        Part('rule', f'{FILE}:labels_by_most_confident', 2, rule,
             {'clusters that share a class': confident,
              'several images as sure': equally_confident}),
        Part('counts', f'{FILE}:contingency', 1, counts, {'some pairs': some_pairs}),
        Part('mutual information', f'{FILE}:normalised_mutual_information', 2, mutual_information,
             {'an empty cluster': table, 'one class a cluster': one_to_one,
              'one cluster and one class': one_cell}),
        Part('test error', MEASURES, 2, measures('error'), CASES),
        Part('validation error', MEASURES, 1, measures('validation_error'), CASES),
        Part('majority error', MEASURES, 1, measures('majority_error'),
             CASES | {'labels equally frequent': equally_frequent}),
        Part('one to one', MEASURES, 2, measures('one_to_one_accuracy'), CASES),
        Part('use of the clusters', MEASURES, 1,
             measures('nmi', 'clusters_used', 'mean_confidence'),
             CASES | {'rare clusters': rare_clusters})))
