"""Semi-supervised classification of small NORB (PixelGAN, section 3.2, table 1, figure 8, B.3.1).

Images are 32 x 32 x 1, in [-1, 1]. How this differs from the paper: it gives no size of a batch; a
labelled batch is what experiments/common/labelled_images.py says.
"""
from datasets.norb import CATEGORIES
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled_images import report_with_labels
from experiments.pixelgan.semisup import (
    SemiSupervised,
    draw_samples,
    labelled_pixelgan,
    measure,
)


class SemiSupervisedNORB(Experiment):
    """A PixelGAN autoencoder of toys."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 5, 1, '500 in B.3.1'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(20300, 10000, 200, 'about 24K, of which 4K validate'),
        eval_images=(24300, 4000, 100, '4K and 24K'),
        decay_epoch=(0, 0, 0, 'not stated'),
        labels=(1000, 1000, 20, '1000'),
        blocks=(15, 2, 1),
        filter_size=([3, 5], [3, 5], [3, 5]),
        features=(32, 16, 8),
        activation=('gated',) * 3,
        residual_start=('full',) * 3 + ('not stated',),
        conditioning=('location-invariant', 'location-dependent', 'location-invariant'),
        code_channels=(1, 1, 1, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001),
        encoder_stages=(3, 3, 3),
        encoder_convolutions=(1, 1, 1),
        encoder_features=(32, 32, 8),
        encoder_filter=(7, 5, 3),
        encoder_rate=(0.001, 0.0001, 0.001),
        semi_supervised_rate=(0.001, 0.001, 0.001),
        posterior=('universal',) * 3,
        noise_std=(0.3, 0.3, 0.3),
        adversarial=('on',) * 3,
        discriminator_units=(1000, 1000, 30),
        discriminator_rate=(0.0001, 0.0001, 0.0001),
        generator_rate=(0.0001, 0.0001, 0.0001),
        adversarial_optimizer=('adam',) * 3,
        prior_smoothing=(0.0, 0.0, 0.0),
    )
    CURVES = SemiSupervised.CURVES
    SUMMARY = SemiSupervised.SUMMARY
    TITLE = SemiSupervised.TITLE
    CLASSES = CATEGORIES
    CMAP = 'gray'
    build = labelled_pixelgan
    evaluate = measure
    draw_pictures = draw_samples
    report = report_with_labels
