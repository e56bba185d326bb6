"""What the supervised baselines share: only the labelled images are trained on."""
CURVES = [('cost of the labels, nats', ['semi_supervised']),
          ('error, %', ['error', 'validation_error'])]
SUMMARY = ('error', 'validation_error')
TITLE = 'Supervised network'


def labelled_alone(experiment, indices, batch):
    """Of a step's batch, as Experiment.batch gives it, the labelled images and their labels; with
    all labels, the images of the step."""
    if experiment.config['labels'] == 'all':
        return batch[0], experiment.data.train.labels[indices]
    return batch[1:]
