"""SVHN (AAE, sections 4 and 5, figure 7b, table 2, A.2.2): standardised pixels, batch norm on every
layer of the autoencoder.

How this differs from the paper: it gives no sizes of the networks or the images (here 32 x 32), no
size of a batch, no cost and no initial weights; these are A.1's and A.2.1's. Of figure 7b it gives
no settings but the 15 dimensions: the rest is that of the semi-supervised experiment.
"""
from experiments.aae import mlp, semisup, supervised
from experiments.common import baseline
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled_images import report_with_labels


class SemiSupervisedSVHN(Experiment):
    """A label and a style, and a few labelled images."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(1000, 20, 1),
        batch_size=(100, 100, 20, 'not stated; A.1'),
        train_images=(521131, 20000, 200, 'about 530K'),
        eval_images=(26032, 10000, 100, '26K test images'),
        decay_epoch=(250, 0, 0),
        second_decay_epoch=(0, 0, 0),
        cost=('sum',) * 3 + ('not stated; A.2.1',),
        encoder_units=(1000, 1000, 30, 'not stated; A.2.1'),
        decoder_units=(1000, 1000, 30, 'not stated; A.2.1'),
        encoder_rate=(0.0001, 0.0001, 0.0001),
        decoder_rate=(0.0001, 0.0001, 0.0001),
        reconstruction_optimizer=('sgd',) * 3,
        reconstruction_momentum=(0.9, 0.9, 0.9),
        init_std=(0.01, 0.01, 0.01, 'not stated; A.1'),
        posterior=('universal',) * 3 + ("'deterministic' (section 2), with dropout (A.2.2)",),
        keep=(0.8, 0.8, 0.8),
        noise_std=(0.0, 0.0, 0.0),
        discriminator_units=(1000, 1000, 30, 'not stated; A.2.1'),
        discriminator_init_std=(0.01, 0.01, 0.01, 'not stated; A.1'),
        discriminator_rate=(0.01, 0.01, 0.01),
        generator_rate=(0.01, 0.01, 0.01),
        adversarial_optimizer=('sgd',) * 3,
        adversarial_momentum=(0.1, 0.1, 0.1),
        labels=(1000, 1000, 20),
        label_choice=('balanced',) * 3,
        style_size=(20, 20, 3),
        style_match=('marginal',) * 3 + ('the style is judged alone',),
        prior_std=(1.0, 1.0, 1.0),
        prior_smoothing=(0.0, 0.0, 0.0),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        batch_norm=('autoencoder',) * 3,
        logit_scale=(0.0, 0.0, 0.0, 'batch norm, no details'),
        semi_supervised_rate=(0.1, 0.1, 0.1),
    )
    CURVES = semisup.SemiSupervised.CURVES
    SUMMARY = semisup.SemiSupervised.SUMMARY
    TITLE = semisup.SemiSupervised.TITLE
    build = semisup.class_and_style
    evaluate = semisup.measure
    draw_pictures = semisup.draw_classes
    report = report_with_labels


class SupervisedSVHN(Experiment):
    """The decoder sees the label of the digit in the middle."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(1000, 20, 1, 'not stated; A.2.2'),
        batch_size=(100, 100, 20, 'not stated; A.1'),
        train_images=(521131, 20000, 200, 'about 530K'),
        eval_images=(26032, 10000, 100, '26K test images'),
        decay_epoch=(250, 0, 0, 'not stated; A.2.2'),
        second_decay_epoch=(0, 0, 0, 'not stated; A.2.2'),
        cost=('sum',) * 3 + ('not stated; A.2.1',),
        encoder_units=(1000, 1000, 30, 'not stated; A.2.1'),
        decoder_units=(1000, 1000, 30, 'not stated; A.2.1'),
        encoder_rate=(0.0001, 0.0001, 0.0001, 'not stated; A.2.2'),
        decoder_rate=(0.0001, 0.0001, 0.0001, 'not stated; A.2.2'),
        reconstruction_optimizer=('sgd',) * 3 + ('not stated; A.2.2',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'not stated; A.2.2'),
        init_std=(0.01, 0.01, 0.01, 'not stated; A.1'),
        posterior=('universal',) * 3 + ("not stated; 'deterministic' in section 2",),
        keep=(0.8, 0.8, 0.8, 'not stated; A.2.2'),
        noise_std=(0.0, 0.0, 0.0, 'not stated; A.2.2'),
        discriminator_units=(1000, 1000, 30, 'not stated; A.2.1'),
        discriminator_init_std=(0.01, 0.01, 0.01, 'not stated; A.1'),
        discriminator_rate=(0.01, 0.01, 0.01, 'not stated; A.2.2'),
        generator_rate=(0.01, 0.01, 0.01, 'not stated; A.2.2'),
        adversarial_optimizer=('sgd',) * 3 + ('not stated; A.2.2',),
        adversarial_momentum=(0.1, 0.1, 0.1, 'not stated; A.2.2'),
        style_size=(15, 15, 5),
        prior_std=(1.0, 1.0, 1.0, 'not stated; A.2.1'),
        batch_norm=('autoencoder',) * 3 + ('not stated; A.2.2',),
    )
    CURVES = supervised.Supervised.CURVES
    SUMMARY = supervised.Supervised.SUMMARY
    TITLE = supervised.Supervised.TITLE
    encoded_categories = 0
    build = supervised.supervised_autoencoder
    batch = supervised.batch_with_labels
    evaluate = supervised.measure
    draw_pictures = supervised.draw_labels


class BaselineSVHN(Experiment):
    """The encoder's hidden layers and its softmax, trained on the labelled images alone."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(100, 10, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated; A.1'),
        train_images=(521131, 20000, 200, 'about 530K'),
        eval_images=(26032, 10000, 100, '26K test images'),
        decay_epoch=(50, 0, 0, 'not stated; A.2.1'),
        labels=(1000, 1000, 20, '1000'),
        label_choice=('balanced',) * 3 + ('not stated; A.2.1',),
        encoder_units=(1000, 1000, 30, 'not stated; A.2.1'),
        semi_supervised_rate=(0.1, 0.1, 0.1, 'not stated; A.2.1'),
        reconstruction_optimizer=('sgd',) * 3 + ('not stated; A.2.1',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'not stated; A.2.1'),
        init_std=(0.01, 0.01, 0.01, 'not stated; A.1'),
        posterior=('universal',) * 3 + ('not stated',),
        keep=(1.0, 1.0, 1.0, "not stated but 'dropout'"),
        noise_std=(0.0, 0.0, 0.0, 'not stated'),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        hidden_keep=(0.5, 0.5, 0.5, "not stated but 'dropout'"),
        batch_norm=('encoder',) * 3 + ('not stated',),
    )
    CURVES = baseline.CURVES
    SUMMARY = baseline.SUMMARY
    TITLE = baseline.TITLE
    encoded_categories = 10
    build = mlp.classifier
    batch = baseline.labelled_batch
    evaluate = baseline.measure
    report = report_with_labels
