"""How a model is trained: `train` is the whole loop.

What the papers leave open: each epoch has a new order of the images; those left over at its end,
fewer than a batch, are not used in it.

Exact resume: the order of an epoch's images depends on (seed, epoch) alone, and a checkpoint holds
all else (checkpoint.py). On a CPU, an interrupted and resumed run therefore ends bit for bit like
one that was not, on the same number of cores: they decide in which parts a gradient is summed.
"""
from contextlib import nullcontext

import numpy as np

from nn.backend import to_device
from nn.fast.capture import captured
from nn.processes import own, rows_of
from training.checkpoint import check_finite, save
from training.pictures import deferred
from training.processes import agreed, count
from training.progress import NonFiniteLoss
from training.terminal import Bar, StopRequest, epoch_line


def train(experiment, progress, stop_request=StopRequest, progress_bar=Bar):
    """Train the model of an experiment from where its Progress is to its last epoch, or until a
    signal asks to stop. Returns whether one did. Raises NonFiniteLoss.

    What the loop needs of an experiment:
        config, data, run           settings, a Dataset, the RunFolder
        model.step(*batch)          all phases on one batch; a dict phase -> loss
        model.optimizers            name -> Optimizer
        batch(indices, epoch, step) what `step` is given, arrays on the host
        rates(epoch)                a dict optimizer name -> learning rate
        evaluate(epoch), SUMMARY    a dict of metrics, and the names of those to print
    To save it, checkpoint.py also takes model.networks and model.rng.
    """
    config, model = experiment.config, experiment.model
    n_images, size = len(experiment.data.train.images), config['batch_size']
    steps, stopping = steps_in_epoch(experiment), False
    with (stop_request() as stop, progress_bar(config['epochs'], steps, progress) as bar,
          steps_of(model, config, bar.print) as step):
        while progress.epoch < config['epochs']:
            for name, rate in experiment.rates(progress.epoch).items():
                model.optimizers[name].learning_rate = rate
            order = np.random.default_rng([config['seed'], progress.epoch]).permutation(n_images)
            progress.start_clock()
            for k in range(progress.step, steps):
                # Which images are in a batch is drawn; inside it they are as they lie in memory.
                indices = np.sort(order[k * size:(k + 1) * size])
                batch = experiment.batch(indices, progress.epoch, k)
                progress.add(step(*batch))
                bar.step(progress)
                stopping, due = agreed(stop.requested, progress.save_is_due())
                if k + 1 < steps and (stopping or due):
                    save(experiment, progress)
                    if stopping:
                        return True
            with deferred():        # pictures are drawn when the checkpoint is written
                progress.end_epoch(experiment.data.name, measure(experiment, progress))
                save(experiment, progress)
                bar.print(epoch_line(progress.history[-1], config['epochs'], experiment.SUMMARY))
            stopping, = agreed(stop.requested)
            if stopping:
                break
    return stopping


def steps_of(model, config, say):
    """A context with the function to train by: model.step, for arrays of the host. On a GPU it is
    recorded and replayed, if it can be; say: where a line goes that tells why not."""
    def step(*batch):
        batch = [to_device(own(array), config['device']) for array in batch]
        with rows_of(*batch[:1]):
            return model.step(*batch)

    # With several processes, sums pass through the host in the middle of a step.
    if config['device'] == 'cpu' or config.get('capture') == 'off' or count() > 1:
        return nullcontext(step)
    return captured(model, step, say)


def steps_in_epoch(experiment):
    return len(experiment.data.train.images) // experiment.config['batch_size']


def measure(experiment, progress):
    """The metrics of the epoch whose steps are done: a checkpoint is good only where they are
    finite. Raises NonFiniteLoss."""
    progress.stop_clock()
    check_finite(experiment.model, progress)
    progress.measured_from = experiment.model.rng.bit_generator.state
    after = f'after epoch {progress.epoch + 1}'
    try:
        metrics = experiment.evaluate(progress.epoch + 1)
    except FloatingPointError as error:
        raise NonFiniteLoss(f'{error} {after}') from error
    for name, value in metrics.items():
        if not np.isfinite(value):
            raise NonFiniteLoss(f'{name} is {value} {after}')
    return metrics
