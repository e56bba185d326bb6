"""SVHN (AAE, sections 4 and 5, figure 7b, table 2, A.2.2): standardised pixels, batch norm on every
layer of the autoencoder.

How this differs from the paper: it gives no sizes of the networks or the images (here 32 x 32), no
size of a batch, no cost and no initial weights; these are A.1's and A.2.1's. Of figure 7b it gives
no settings but the 15 dimensions: the rest is that of the semi-supervised experiment.
"""
from experiments.aae import mlp, semisup, supervised
from experiments.common.hyperparameters import changed

NOT_STATED = {
    'batch_size': (100, 100, 20, 'not stated; A.1'),
    'cost': ('sum',) * 3 + ('not stated; A.2.1',),
}
IMAGES = {'train_images': (521131, 20000, 200, 'about 530K'),
          'eval_images': (26032, 10000, 100, '26K test images')}
TRAINING = NOT_STATED | IMAGES | {
    #                      paper   quick   smoke
    'epochs': (1000, 20, 1),
    'decay_epoch': (250, 0, 0),
    'second_decay_epoch': (0, 0, 0),
    'encoder_units': (1000, 1000, 30, 'not stated; A.2.1'),
    'decoder_units': (1000, 1000, 30, 'not stated; A.2.1'),
    'encoder_rate': (0.0001, 0.0001, 0.0001),
    'decoder_rate': (0.0001, 0.0001, 0.0001),
    'reconstruction_optimizer': ('sgd',) * 3,
    'reconstruction_momentum': (0.9, 0.9, 0.9),
    'init_std': (0.01, 0.01, 0.01, 'not stated; A.1'),
    'keep': (0.8, 0.8, 0.8),
    'noise_std': (0.0, 0.0, 0.0),
    'batch_norm': ('autoencoder',) * 3,
    'discriminator_units': (1000, 1000, 30, 'not stated; A.2.1'),
    'discriminator_init_std': (0.01, 0.01, 0.01, 'not stated; A.1'),
    'discriminator_rate': (0.01, 0.01, 0.01),
    'generator_rate': (0.01, 0.01, 0.01),
    'adversarial_optimizer': ('sgd',) * 3,
    'adversarial_momentum': (0.1, 0.1, 0.1),
}


class SemiSupervised(semisup.SemiSupervised):
    """A label and a style, and a few labelled images."""

    TABLE = changed(
        semisup.SemiSupervised.TABLE, **TRAINING,
        labels=(1000, 1000, 20),
        style_size=(20, 20, 3),
        posterior=('universal',) * 3 + ("'deterministic' (section 2), with dropout (A.2.2)",),
        semi_supervised_rate=(0.1, 0.1, 0.1),
        logit_scale=(0.0, 0.0, 0.0, 'batch norm, no details'),
    )


class Supervised(supervised.Supervised):
    """The decoder sees the label of the digit in the middle."""

    TABLE = changed(
        supervised.Supervised.TABLE,
        **{name: values if len(values) == 4 else (*values, 'not stated; A.2.2')
           for name, values in TRAINING.items()},
        style_size=(15, 15, 5),
        prior_std=(1.0, 1.0, 1.0, 'not stated; A.2.1'),
        posterior=('universal',) * 3 + ("not stated; 'deterministic' in section 2",),
    )


class Baseline(mlp.Baseline):
    """The encoder's hidden layers and its softmax, trained on the labelled images alone."""

    TABLE = changed(
        mlp.Baseline.TABLE, **IMAGES,
        encoder_units=(1000, 1000, 30, 'not stated; A.2.1'),
        labels=(1000, 1000, 20, '1000'),
        batch_norm=('encoder',) * 3 + ('not stated',),
    )
