"""Learning cross-domain relations (PixelGAN, section 4, figure 9): a map F from images to labels,
from independent samples of both and a few given pairs.

Three methods on the same encoder: output distribution matching (figure 9a), the adversarial
autoencoder (figure 9b), the PixelGAN autoencoder. `--method odm --adversarial off` is the control
that learns from the pairs alone.

How this differs from the paper: it gives no numbers and no settings for section 4. Those here are
of its semi-supervised experiment (B.1.3), for all three methods; the adversarial autoencoder's
decoder, style code and reconstruction cost (half the squared error, sigmoid output) are of AAE,
A.2.1, the batch norm of its style code of A.3. Its optimiser is Adam, as for the others: so the
cost's scale makes no difference.
"""
import numpy as np

from experiments.common import figures
from experiments.common.code import Code
from experiments.common.elbo import categorical_terms, reconstruction_term
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.networks import (
    adversarial_optimizers,
    noise_settings,
    reconstruction_optimizers,
)
from experiments.pixelgan.networks import check_encoder, pixelcnn
from models.aae import AdversarialAutoencoder, dense_decoder
from models.discriminator import discriminator
from models.encoders import MultiHeadEncoder, convolutional_features, input_noise, linear_head
from models.pixelgan import PixelGAN
from models.priors import Categorical, Gaussian
from nn.activations import Softmax
from nn.layer import Sequential
from nn.optim import Adam
from training.run_folder import RunError

METHODS = ('odm', 'aae', 'pixelgan')
COLUMNS = 20        # test images in a row of map.png
SAMPLES = 10        # images of a label in samples.png


class CrossDomain(Experiment):
    """F is q(y|x), the probabilities of the ten labels (section 4)."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 2, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(50000, 50000, 200, 'not stated; B.1'),
        eval_images=(10000, 10000, 100, 'not stated; B.1'),
        decay_epoch=(0, 0, 0, 'not stated'),
        method=(METHODS,) * 3,
        labels=(100, 100, 20, 'not stated'),
        style_size=(10, 10, 3, 'not stated; AAE A.2.1'),
        decoder_units=(1000, 1000, 30, 'not stated; AAE A.2.1'),
        blocks=(6, 2, 1, 'not stated; B.1.3'),
        filter_size=([3, 5], [3, 5], [3, 5], 'not stated; B.1.3'),
        features=(32, 16, 8, 'not stated; B.1.3'),
        activation=('relu',) * 3 + ('not stated; B.1.3',),
        residual_start=('full',) * 3 + ('not stated',),
        decoder_rate=(0.001, 0.001, 0.001, 'not stated; B.1.3'),
        encoder_features=(32, 8, 8, 'not stated; B.1.3'),
        encoder_filter=(5, 3, 3, 'not stated; B.1.3'),
        encoder_rate=(0.001, 0.001, 0.001, 'not stated; B.1.3'),
        semi_supervised_rate=(0.001, 0.001, 0.001, 'not stated; B.1.3'),
        posterior=('universal',) * 3 + ('not stated; B.1.3',),
        noise_std=(0.3, 0.3, 0.3, 'not stated; B.1.3'),
        adversarial=('on',) * 3,
        discriminator_units=(1000, 500, 30, 'not stated; B.1.3'),
        discriminator_rate=(0.1, 0.1, 0.1, 'not stated; B.1.3'),
        generator_rate=(0.1, 0.01, 0.1, 'not stated; B.1.3'),
        adversarial_momentum=(0.1, 0.1, 0.1, 'not stated; B.1.3'),
        prior_smoothing=(0.0, 0.0, 0.0, 'not stated; B.1.3'),
    )
    CURVES = [('reconstruction: nats per image; AAE: half the squared error',
               ['reconstruction', 'validation_nats']),
              ('adversarial losses (1.386, 0.693 when D cannot tell)',
               ['discriminator', 'generator', 'code_discriminator', 'code_generator',
                'style_discriminator', 'style_generator']),
              ('cost of the given pairs', ['semi_supervised']),
              ('digit error, %', ['error', 'validation_error']),
              ('squared error of F(x), a mean over its numbers', ['squared_error'])]
    SUMMARY = ('error', 'validation_error', 'squared_error')
    TITLE = 'cross-domain'

    def build(self):
        config, rng = self.config, self.rng
        if config.get('task', 'labels') != 'labels':
            raise RunError(f'a run with --task {config["task"]}: this program no longer has that '
                           'task, only images to labels; use the version that made the run')
        labels = Categorical(len(self.CLASSES), config['prior_smoothing'])
        style = Gaussian(config['style_size'])
        aae, judged = config['method'] == 'aae', config['adversarial'] == 'on'
        self.code = Code(code=labels, style=style) if aae else Code(code=labels)
        # What the three methods share is drawn first: the same seed, the same encoder and D.
        check_encoder(self)
        layers, features = convolutional_features(self.image_shape, rng, 2, 3,
                                                  config['encoder_features'],
                                                  config['encoder_filter'])
        heads = [(linear_head(features, labels.size, rng), Softmax())]
        adversaries = {'code': self.discriminator(labels.size)} if judged else {}
        if aae:
            # Without the batch norm one generator step makes the style, which nothing bounds, some
            # 20 times larger, and the next ones overflow.
            heads.append((linear_head(features, style.size, rng, batch_norm=True), None))
            if judged:
                adversaries['style'] = self.discriminator(style.size)
        encoder = MultiHeadEncoder(
            Sequential(*input_noise(rng, **noise_settings(config)), *layers),
            heads).to(self.device)
        optimizers = {'semi_supervised': Adam({'encoder': encoder},
                                              config['semi_supervised_rate'])}
        if judged:
            optimizers |= adversarial_optimizers(config, encoder, adversaries)
        decoder = None
        if aae:
            decoder = dense_decoder(self.code.size, self.image_shape, rng,
                                    config['decoder_units']).to(self.device)
        elif config['method'] == 'pixelgan':
            decoder = pixelcnn(self, labels.size)
        if decoder is not None:
            optimizers |= reconstruction_optimizers(config, encoder, decoder)
        if aae:
            return AdversarialAutoencoder(encoder, decoder, adversaries, self.code.priors,
                                          optimizers, rng)
        return PixelGAN(encoder, decoder, adversaries.get('code'), labels, optimizers, rng,
                        self.pixels.cost)

    def discriminator(self, size):
        return discriminator(size, self.config['discriminator_units'], self.rng).to(self.device)

    def evaluate(self, epoch):
        test, validation = self.data.test, self.data.validation
        found, y = self.q(test.images), self.q(validation.images)     # F
        truth = np.eye(self.code.categories, dtype=np.float32)[test.labels]
        metrics = {
            'error': 100 * float(np.mean(found.argmax(axis=1) != test.labels)),
            'squared_error': float(np.square(found - truth).mean()),
            'validation_error': 100 * float(np.mean(y.argmax(axis=1) != validation.labels))}
        if self.config['method'] == 'pixelgan':
            metrics |= reconstruction_term(self, y)
        return metrics | categorical_terms(y)

    def draw_pictures(self):
        """map.png: test images in rows by F(x); samples.png, where there is a decoder: its images
        of each label."""
        images, method, name = self.data.test.images, self.config['method'], self.data.name
        digits = self.q(images).argmax(axis=1)
        members = [np.flatnonzero(digits == y) for y in self.CLASSES]
        figures.image_rows(self.figure('map'), [images[some[:COLUMNS]] for some in members],
                           [f'F(x) = {y} ({len(some)})' for y, some in enumerate(members)],
                           f'{name}: test images by F(x), {method}')
        if self.model.decoder is None:
            return
        rng = self.sampling_rng()
        codes = [self.code.of_categories(np.full(SAMPLES, y), rng) for y in self.CLASSES]
        figures.image_rows(self.figure('samples'), [self.sample(each, rng) for each in codes],
                           [f'y = {y}' for y in self.CLASSES],
                           f"{name}, {method}: the decoder's images of labels")

    @classmethod
    def compare(cls, path, runs):
        """errors.png: the errors after each epoch."""
        figures.comparison_curves(path / f'{runs[0][1].prefix}errors.png',
                                  [(label, history) for label, _, history in runs],
                                  {'error': 'test digit error, %',
                                   'squared_error': 'squared error of F(x)'}, cls.TITLE)

    def report(self, row):
        return (f'{self.config["method"]}: digit error {row["error"]:.2f}%, squared error '
                f'{row["squared_error"]:.4f} with {self.config["labels"]} labels')
