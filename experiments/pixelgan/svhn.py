"""Semi-supervised classification of SVHN (PixelGAN, section 3.2, table 1, figures 7 and 8, B.2.1).

Images are 16 x 16 x 3, in [-1, 1]. How this differs from the paper: it gives neither epochs nor the
size of a batch, and does not say that the labels are balanced; a labelled batch is what
experiments/common/labelled_images.py says.
"""
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled_images import report_with_labels
from experiments.pixelgan.semisup import (
    SemiSupervised,
    draw_samples,
    labelled_pixelgan,
    measure,
)


class SemiSupervisedSVHN(Experiment):
    """A PixelGAN autoencoder of coloured house numbers."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 6, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(521131, 20000, 200, 'about 530K, of which 10K validate'),
        eval_images=(26032, 10000, 100, '10K and 26K'),
        decay_epoch=(0, 0, 0, 'not stated'),
        labels=(1000, 1000, 20, '500 and 1000'),
        blocks=(20, 4, 1),
        filter_size=([3, 5], [3, 5], [3, 5]),
        features=(32, 32, 8),
        activation=('gated',) * 3,
        residual_start=('full',) * 3 + ('not stated',),
        conditioning=('location-invariant', 'location-dependent', 'location-invariant'),
        code_channels=(1, 1, 1, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001),
        encoder_stages=(2, 2, 2),
        encoder_convolutions=(2, 2, 2),
        encoder_features=(32, 32, 8),
        encoder_filter=(5, 5, 3),
        encoder_rate=(0.001, 0.0001, 0.001),
        semi_supervised_rate=(0.001, 0.001, 0.001),
        posterior=('universal',) * 3,
        noise_std=(0.2, 0.2, 0.2),
        adversarial=('on',) * 3,
        discriminator_units=(1000, 1000, 30),
        discriminator_rate=(0.0001, 0.0001, 0.0001),
        generator_rate=(0.0001, 0.0001, 0.0001),
        adversarial_optimizer=('adam',) * 3,
        prior_smoothing=(0.0, 0.0, 0.0),
    )       # quick's encoder_rate: at 0.001 the code is taken for colour first (results/svhn.md)
    CURVES = SemiSupervised.CURVES
    SUMMARY = SemiSupervised.SUMMARY
    TITLE = SemiSupervised.TITLE
    build = labelled_pixelgan
    evaluate = measure
    draw_pictures = draw_samples
    report = report_with_labels
