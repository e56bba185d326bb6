"""The supervised baseline of PixelGAN's semi-supervised experiments: their encoder, trained on the
labelled images alone.

How this differs from the paper: it has no such baseline; AAE's table 2 has one of its own encoder
(experiments/aae/mlp.py). Rates, noise and layers are those of the semi-supervised tables.
"""
from experiments import norb, svhn
from experiments.aae.mlp import Baseline
from experiments.hyperparameters import chosen
from experiments.semisup import SemiSupervised, labelled_encoder


class ConvolutionalBaseline(Baseline):
    """A classifier with the encoder of an experiment."""

    ROWS = ('epochs', 'batch_size', 'train_images', 'eval_images', 'decay_epoch', 'labels',
            'encoder_stages', 'encoder_convolutions', 'encoder_features', 'encoder_filter',
            'semi_supervised_rate', 'posterior', 'noise_std')
    OPTIMIZER = 'adam'
    TABLE = chosen(SemiSupervised.TABLE, ROWS)
    TITLE = 'Supervised network'

    def make_encoder(self):
        return labelled_encoder(self)


class SVHN(ConvolutionalBaseline):
    TABLE = chosen(svhn.SemiSupervised.TABLE, ConvolutionalBaseline.ROWS)


class NORB(ConvolutionalBaseline):
    TABLE = chosen(norb.SemiSupervised.TABLE, ConvolutionalBaseline.ROWS)
    CLASSES, CMAP = norb.SemiSupervised.CLASSES, norb.SemiSupervised.CMAP
