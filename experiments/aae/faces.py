"""The likelihood of the Toronto faces by a Parzen window estimate (AAE, section 3, table 1, A.1).

Pixels are standardised and the output is linear; 'after obtaining the samples, we rescaled the
images (by inverting the pre-processing stage) to have pixel intensities between 0 and 1'.

How this differs from the paper: what is outside [0, 1] after that is cut off. It states no rates:
the adversarial ones are A.2.2's, where pixels are standardised, too (with A.2.1's, ten times as
large, training on drawn faces diverged). The reconstruction has Adam, which learns faster, where
section 2 has gradient descent. The choice of the window's width is that of likelihood.py.
"""
from experiments.aae import likelihood
from experiments.common.hyperparameters import changed


class Likelihood(likelihood.Likelihood):
    """An adversarial autoencoder of faces, with a Gaussian code of 15 dimensions."""

    TABLE = changed(
        likelihood.Likelihood.TABLE,
        #            paper   quick   smoke
        fold=(0, 0, 0, 'not stated'),
        code_size=(15, 15, 3),
        prior_std=(10.0, 10.0, 10.0),
        train_images=(98058, 20000, 200, 'not stated'),
        eval_images=(1000, 1000, 100, 'not stated'),
        reconstruction_optimizer=('adam',) * 3 + ("not stated; 'SGD' in section 2",),
        encoder_rate=(0.0003, 0.0003, 0.0003, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001, 'not stated'),
        discriminator_rate=(0.01, 0.01, 0.01, 'not stated; A.2.2'),
        generator_rate=(0.01, 0.01, 0.01, 'not stated; A.2.2'),
    )
    CMAP = 'gray'
