"""Semi-supervised classification (AAE, section 5, table 2, figure 8, A.2.1).

How this differs from the paper: `quick` has batch norm in the encoder, which the paper says did not
help on MNIST, and a lower rate of the generator, so that the codes stay soft for longer
(results/log.md, for what each does here). The initial weights and the batch size are
A.1's. What the paper leaves open, a labelled mini-batch: see experiments/common/labelled_images.py.
"""
from experiments.aae.networks import label_and_style
from experiments.aae.shown import (
    CURVES,
    draw_reconstructions,
    draw_samples,
    draw_styles,
    validation_cost,
)
from experiments.common.elbo import categorical_terms
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled_images import class_errors, report_with_labels


def class_and_style(experiment):
    return label_and_style(experiment, 'class', len(experiment.CLASSES))


def measure(experiment, epoch):
    metrics, q = class_errors(experiment)
    return metrics | validation_cost(experiment) | categorical_terms(q)


def draw_classes(experiment):
    draw_reconstructions(experiment)
    draw_samples(experiment)
    draw_styles(experiment)


class SemiSupervised(Experiment):
    """A label and a style, and a few labelled images."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(5000, 20, 1),
        batch_size=(100, 100, 20, 'A.1'),
        train_images=(50000, 50000, 200, 'section 2.3'),
        eval_images=(10000, 10000, 100, 'not stated'),
        decay_epoch=(50, 16, 0),
        second_decay_epoch=(1000, 0, 0),
        cost=('sum',) * 3 + ("'half the Euclidean error', not whether a sum or a mean",),
        encoder_units=(1000, 1000, 30),
        decoder_units=(1000, 1000, 30),
        encoder_rate=(0.01, 0.01, 0.01),
        decoder_rate=(0.01, 0.01, 0.01),
        reconstruction_optimizer=('sgd',) * 3,
        reconstruction_momentum=(0.9, 0.9, 0.9),
        init_std=(0.01, 0.01, 0.01, 'A.1'),
        posterior=('universal',) * 3 + ("'deterministic' (section 2), with noise (A.2.1)",),
        keep=(1.0, 1.0, 1.0),
        noise_std=(0.3, 0.3, 0.3),
        discriminator_units=(1000, 1000, 30),
        discriminator_init_std=(0.01, 0.01, 0.01, 'A.1'),
        discriminator_rate=(0.1, 0.1, 0.1),
        generator_rate=(0.1, 0.03, 0.1),
        adversarial_optimizer=('sgd',) * 3,
        adversarial_momentum=(0.1, 0.1, 0.1),
        labels=(100, 100, 20, '100, 1000 and all'),
        label_choice=('balanced',) * 3,
        style_size=(10, 10, 3),
        style_match=('marginal',) * 3 + ('the style is judged alone',),
        prior_std=(1.0, 1.0, 1.0),
        prior_smoothing=(0.0, 0.0, 0.0),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        batch_norm=('none', 'encoder', 'none'),
        logit_scale=(0.0, 0.0, 0.0, 'no batch norm'),
        semi_supervised_rate=(0.1, 0.1, 0.1),
    )
    CURVES = [*CURVES, ('cost of the labels, nats', ['semi_supervised']),
              ('error, %', ['error', 'validation_error'])]
    SUMMARY = ('error', 'validation_error', 'validation_cost')
    TITLE = 'Semi-supervised adversarial autoencoder'
    build = class_and_style
    evaluate = measure
    draw_pictures = draw_classes
    report = report_with_labels
