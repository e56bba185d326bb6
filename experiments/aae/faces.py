"""The likelihood of the Toronto faces by a Parzen window estimate (AAE, section 3, table 1, A.1).

Pixels are standardised and the output is linear; 'after obtaining the samples, we rescaled the
images (by inverting the pre-processing stage) to have pixel intensities between 0 and 1'.

How this differs from the paper: what is outside [0, 1] after that is cut off. It states no rates:
the adversarial ones are A.2.2's, where pixels are standardised, too (with A.2.1's, ten times as
large, training on drawn faces diverged). The reconstruction has Adam, which learns faster, where
section 2 has gradient descent. The choice of the window's width is that of likelihood.py.
"""
from experiments.aae.likelihood import (
    Likelihood,
    check_test_images,
    draw_nearest,
    final_estimate,
    measure,
    report_parzen,
)
from experiments.aae.networks import gaussian_code
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table


class FacesLikelihood(Experiment):
    """An adversarial autoencoder of faces, with a Gaussian code of 15 dimensions."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 12, 1, 'not stated'),
        batch_size=(100, 100, 20),
        train_images=(98058, 20000, 200, 'not stated'),
        eval_images=(1000, 1000, 100, 'not stated'),
        decay_epoch=(0, 0, 0, 'not stated'),
        second_decay_epoch=(0, 0, 0, 'not stated'),
        cost=('sum',) * 3 + ("'a Euclidean cost function', not whether a sum",),
        encoder_units=(1000, 1000, 30),
        decoder_units=(1000, 1000, 30),
        encoder_rate=(0.0003, 0.0003, 0.0003, 'not stated'),
        decoder_rate=(0.001, 0.001, 0.001, 'not stated'),
        reconstruction_optimizer=('adam',) * 3 + ("not stated; 'SGD' in section 2",),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'A.2.1'),
        init_std=(0.01, 0.01, 0.01),
        posterior=('deterministic',) * 3,
        keep=(1.0, 1.0, 1.0, 'A.2.1'),
        noise_std=(0.3, 0.3, 0.3, 'A.2.1; for --posterior universal'),
        discriminator_units=(1000, 1000, 30),
        discriminator_init_std=(0.01, 0.01, 0.01),
        discriminator_rate=(0.01, 0.01, 0.01, 'not stated; A.2.2'),
        generator_rate=(0.01, 0.01, 0.01, 'not stated; A.2.2'),
        adversarial_optimizer=('sgd',) * 3 + ('A.2.1',),
        adversarial_momentum=(0.1, 0.1, 0.1, 'A.2.1'),
        code_size=(15, 15, 3),
        prior_std=(10.0, 10.0, 10.0),
        samples=(10_000, 10_000, 200),
        fold=(0, 0, 0, 'not stated'),
    )
    CURVES = Likelihood.CURVES
    SUMMARY = Likelihood.SUMMARY
    TITLE = 'Adversarial autoencoder'
    CMAP = 'gray'
    check_data = check_test_images
    build = gaussian_code
    evaluate = measure
    report = report_parzen
    draw_pictures = draw_nearest

    def draw(self, history):
        """The pictures; adds the final estimate to the metrics of the last epoch."""
        super().draw(history)
        history[-1].update(final_estimate(self))
