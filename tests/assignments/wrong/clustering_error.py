from tests.assignments.wrong import Wrong

RULE, COUNTS, NMI, ALL = ('labels_by_most_confident', 'contingency',
                          'normalised_mutual_information', 'clustering_errors')

WRONG = [
    Wrong('the largest q of each image', {RULE: [('axis=0', 'axis=1')]},
          {'rule': 'label of each cluster: its shape is'}),
    Wrong('a vote of all images of the cluster', {RULE: '''
        def labels_by_most_confident(q_validation, labels_validation):
            clusters = q_validation.argmax(axis=1)
            return np.array([np.bincount(labels_validation[clusters == i], minlength=1).argmax()
                             for i in range(q_validation.shape[1])])
        '''}, {'rule': 'label of each cluster: it is'}),
    Wrong('which image, and not its label', {RULE: [
        ('labels_validation[q_validation.argmax(axis=0)]', 'q_validation.argmax(axis=0)')]},
        {'rule': 'label of each cluster: it is'}),
    Wrong('the last of equals', {RULE: [
        ('labels_validation[q_validation.argmax(axis=0)]',
         'labels_validation[::-1][q_validation[::-1].argmax(axis=0)]')]},
        {'rule': 'right for: clusters that share a class'}),
    Wrong('q and the table are changed', {
        RULE: [('return', 'q_validation *= 2; return')],
        NMI: [('joint = counts /', 'counts += 1; joint = counts /')]},
        {'rule': 'labels_by_most_confident changes what it is given: work on a copy',
         'mutual information': 'normalised_mutual_information changes what it is given'}),
    Wrong('the table lies on its side', {COUNTS: [
        ('return pairs.reshape(n_clusters, n_classes)',
         'return pairs.reshape(n_clusters, n_classes).T')]}, {'counts': 'counts: its shape is'}),
    Wrong('no room for what does not occur', {COUNTS: '''
        def contingency(clusters, labels, n_clusters, n_classes=10):
            counts = np.zeros((clusters.max() + 1, n_classes), int)
            np.add.at(counts, (clusters, labels), 1)
            return counts
        '''}, {'counts': 'counts: its shape is'}),
    Wrong('counts are no integers', {COUNTS: [
        ('return pairs.reshape(', 'return 1.0 * pairs.reshape(')]},
        {'counts': 'they are integers: it is False'}),
    Wrong('one of many', {COUNTS: '''
        def contingency(clusters, labels, n_clusters, n_classes=10):
            counts = np.zeros((n_clusters, n_classes), int)
            counts[clusters, labels] += 1
            return counts
        '''}, {'counts': 'counts: it is 1'}),
    Wrong('not normalised', {NMI: [('2 * (entropies - _entropy(joint.ravel())) / entropies',
                                    'entropies - _entropy(joint.ravel())')]},
          {'mutual information': 'nmi: it is'}),
    Wrong('normalised by the larger entropy', {NMI: [
        ('2 * (entropies - _entropy(joint.ravel())) / entropies',
         '(entropies - _entropy(joint.ravel())) / max(_entropy(rows), _entropy(columns))')]},
        {'mutual information': 'right for: one class a cluster, one cluster and one class'}),
    Wrong('0 / 0', {NMI: [(' if entropies else 0.0', '')]},
          {'mutual information': 'one cluster and one class: '}),
    Wrong('the test images name the clusters', {ALL: [
        ('labels_by_most_confident(q_validation, labels_validation)',
         'labels_by_most_confident(q_test, labels_test)')]},
        {'test error': 'error: it is', 'validation error': 'validation_error: it is'}),
    Wrong('the rule is a vote', {ALL: [
        ('(by_rule[clusters] != labels_test)',
         '(counts_validation.argmax(axis=1)[clusters] != labels_test)')]},
        {'test error': 'error: it is'}),
    Wrong('the share that is right', {ALL: [
        ('(by_rule[clusters] != labels_test)', '(by_rule[clusters] == labels_test)')]},
        {'test error': 'error: it is'}),
    Wrong('no per cent', {ALL: [
        ("'error': 100 * ", "'error': "), ("'validation_error': 100 * ", "'validation_error': "),
        ("'majority_error': 100 * ", "'majority_error': "),
        ("'one_to_one_accuracy': 100 * ", "'one_to_one_accuracy': ")]},
        {'test error': 'error: it is 0.', 'validation error': 'validation_error: it is 0.',
         'majority error': 'majority_error: it is 0.',
         'one to one': 'one_to_one_accuracy: it is 0.'}),
    Wrong('the labels of the test images vote', {ALL: [
        ('(counts_validation.argmax', '(counts.argmax'),
        ('matched / n', 'counts.max(axis=1).sum() / n')]},
        {'one to one': 'one_to_one_accuracy: it is', 'majority error': 'majority_error: it is'}),
    Wrong('the larger of labels that are equally frequent', {ALL: [
        ('counts_validation.argmax(axis=1)',
         '(n_classes - 1 - counts_validation[:, ::-1].argmax(axis=1))')]},
        {'majority error': 'right for: clusters that share a class'}),
    Wrong('the worst matching', {ALL: [('maximize=True', 'maximize=False')]},
          {'one to one': 'one_to_one_accuracy: '}),
    Wrong('each cluster with an image is used', {ALL: [('>= n / 1000', '> 0')]},
          {'use of the clusters': 'rare clusters: clusters_used: it is'}),
    Wrong('more than a thousandth', {ALL: [('>= n / 1000', '> n / 1000')]},
          {'use of the clusters': 'rare clusters: clusters_used: it is'}),
    Wrong('the confidence of clusters', {ALL: [('q_test.max(axis=1)', 'q_test.max(axis=0)')]},
          {'use of the clusters': 'mean_confidence: it is'}),
]
