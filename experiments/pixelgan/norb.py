"""Semi-supervised classification of small NORB (PixelGAN, section 3.2, table 1, figure 8, B.3.1).

Images are 32 x 32 x 1, in [-1, 1]. How this differs from the paper: it gives no size of a batch; a
labelled batch is what experiments/common/labelled.py says.
"""
from datasets.norb import CATEGORIES
from experiments.common.hyperparameters import changed
from experiments.pixelgan import semisup, svhn


class SemiSupervised(semisup.SemiSupervised):
    """A PixelGAN autoencoder of toys."""

    TABLE = changed(
        svhn.SemiSupervised.TABLE,
        #                   paper   quick   smoke
        epochs=(500, 5, 1, '500 in B.3.1'),
        train_images=(20300, 10000, 200, 'about 24K, of which 4K validate'),
        eval_images=(24300, 4000, 100, '4K and 24K'),
        labels=(1000, 1000, 20, '1000'),
        blocks=(15, 2, 1),
        features=(32, 16, 8),
        encoder_stages=(3, 3, 3),
        encoder_convolutions=(1, 1, 1),
        encoder_filter=(7, 5, 3),
        noise_std=(0.3, 0.3, 0.3),
    )
    CLASSES, CMAP = CATEGORIES, 'gray'
