"""The supervised baseline of PixelGAN's semi-supervised experiments: their encoder, trained on the
labelled images alone.

How this differs from the paper: it has no such baseline; AAE's table 2 has one of its own encoder
(experiments/aae/mlp.py). Rates, noise and layers are those of the semi-supervised tables, whose
section --help names; the paper preset's epochs are ours.
"""
from experiments.aae.mlp import Baseline
from experiments.common.hyperparameters import changed, chosen
from experiments.pixelgan import norb, svhn
from experiments.pixelgan.semisup import SemiSupervised, labelled_encoder

ROWS = ('epochs', 'batch_size', 'train_images', 'eval_images', 'decay_epoch', 'labels',
        'encoder_stages', 'encoder_convolutions', 'encoder_features', 'encoder_filter',
        'semi_supervised_rate', 'posterior', 'noise_std', 'affine_noise_std')


def baseline_rows(table, section):
    """The rows of a semi-supervised table that its encoder and its labels need. The paper states
    them in `section`, but for the data, and not of this network."""
    rows = chosen(table, ROWS)
    borrowed = {row.name: (*row.presets.values(), f'not stated; {section}') for row in rows
                if not row.paper_says and not row.name.endswith('_images')}
    labels, = (row.presets.values() for row in rows if row.name == 'labels')
    return changed(rows, **borrowed, epochs=(20, 5, 1, 'not stated'),
                   labels=(*labels, 'not stated'))


class ConvolutionalBaseline(Baseline):
    """A classifier with the encoder of an experiment: of B.1.3."""

    OPTIMIZER = 'adam'
    TABLE = baseline_rows(SemiSupervised.TABLE, 'B.1.3')

    def make_encoder(self):
        return labelled_encoder(self)


class SVHN(ConvolutionalBaseline):
    """With the encoder of B.2.1."""

    TABLE = baseline_rows(svhn.SemiSupervised.TABLE, 'B.2.1')


class NORB(ConvolutionalBaseline):
    """With the encoder of B.3.1."""

    TABLE = baseline_rows(norb.SemiSupervised.TABLE, 'B.3.1')
    CLASSES, CMAP = norb.SemiSupervised.CLASSES, norb.SemiSupervised.CMAP
