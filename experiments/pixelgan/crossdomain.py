"""Learning cross-domain relations (PixelGAN, section 4, figure 9): a map F from one domain to
another, from independent samples of both and a few given pairs.

Three methods on the same encoder: output distribution matching (figure 9a), the adversarial
autoencoder (figure 9b), the PixelGAN autoencoder. `--task` chooses the domains (experiments/
domains.py). `--method odm --adversarial off` is the control that learns from the pairs alone.

How this differs from the paper: it gives no numbers and no settings for section 4. Those here are
of its semi-supervised experiment (B.1.3), for all three methods; the adversarial autoencoder's
decoder, style code and reconstruction cost (half the squared error, sigmoid output) are of AAE,
A.2.1, the batch norm of its style code of A.3. Its optimiser is Adam, as for the others: so the
cost's scale makes no difference.
The thumbnails are our own example of two domains of images.
"""
import json

import numpy as np

from experiments.common import figures
from experiments.common.elbo import categorical_decomposition
from experiments.common.hyperparameters import table
from experiments.pixelgan.domains import DOMAINS, enlarged, percentage
from experiments.pixelgan.semisup import SemiSupervised
from models.aae import AdversarialAutoencoder, MultiHeadEncoder, dense_decoder
from models.discriminator import discriminator
from models.encoders import convolutional_features, input_noise
from models.pixelgan import PixelGAN
from models.priors import Gaussian
from nn.backend import to_device, to_host
from nn.batch_norm import BatchNorm
from nn.dense import Dense
from nn.initializers import xavier_normal
from nn.layer import Sequential
from training.run_folder import RunError

METHODS = ('odm', 'aae', 'pixelgan')
COLUMNS = 20        # test images in a row of the pictures
SAMPLES, ROWS = 10, 10      # images of a y in a row, and rows, of the decoder's pictures


class CrossDomain(SemiSupervised):
    """F: the first part of the encoder's code."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(500, 2, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated'),
        train_images=(50000, 50000, 200, 'not stated; B.1'),
        eval_images=(10000, 10000, 100, 'not stated; B.1'),
        decay_epoch=(0, 0, 0, 'not stated'),
        method=(METHODS,) * 3,
        task=('labels',) * 3,
        labels=(100, 100, 20, 'not stated'),
        style_size=(10, 10, 3, 'not stated; AAE A.2.1'),
        decoder_units=(1000, 1000, 30, 'not stated; AAE A.2.1'),
        blocks=(6, 2, 1, 'not stated; B.1.3'),
        filter_size=([3, 5], [3, 5], [3, 5], 'not stated; B.1.3'),
        features=(32, 16, 8, 'not stated; B.1.3'),
        activation=('relu',) * 3 + ('not stated; B.1.3',),
        residual_start=('full',) * 3 + ('not stated',),
        code_channels=(1, 1, 1, 'not stated'),
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
    )       # the conditioning: as the domain says
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

    # The model

    def build(self):
        config, rng = self.config, self.rng
        domain = self.domain = DOMAINS[config['task']](config['prior_smoothing'])
        self.config['conditioning'] = domain.conditioning
        aae = config['method'] == 'aae'
        # What the three methods share is drawn first: the same seed, the same encoder and D.
        layers, features = convolutional_features(self.image_shape, rng, 2, 3,
                                                  config['encoder_features'],
                                                  config['encoder_filter'])
        heads = [(self.linear(features, domain.size), domain.activation())]
        priors, adversaries = {'code': domain.prior}, {}
        if config['adversarial'] == 'on':
            adversaries['code'] = self.discriminator(domain.size)
        if aae:
            # Without the batch norm one generator step makes the style, which nothing bounds, some
            # 20 times larger, and the next ones overflow.
            heads.append((Sequential(self.linear(features, config['style_size'], bias=False),
                                     BatchNorm(config['style_size'])), None))
            priors['style'] = Gaussian(config['style_size'])
            if adversaries:
                adversaries['style'] = self.discriminator(config['style_size'])
        encoder = MultiHeadEncoder(Sequential(*input_noise(rng, **self.noise()), *layers),
                                   heads).to(self.device)
        if aae:
            decoder = dense_decoder(domain.size + config['style_size'], self.image_shape, rng,
                                    config['decoder_units']).to(self.device)
        else:
            decoder = self.make_decoder(domain.size) if config['method'] == 'pixelgan' else None
        optimizers = self.make_optimizers(encoder, decoder, adversaries)
        if aae:
            return AdversarialAutoencoder(encoder, decoder, adversaries, priors, optimizers, rng,
                                          supervised_cost=domain.supervised_cost)
        return PixelGAN(encoder, decoder, adversaries.get('code'), domain.prior, optimizers, rng,
                        self.pixels.cost, domain.supervised_cost)

    def linear(self, features, outputs, bias=True):
        return Dense(features, outputs, self.rng, bias, init=xavier_normal)

    def discriminator(self, size):
        return discriminator(size, self.config['discriminator_units'], self.rng).to(self.device)

    # Data

    def use(self, data):
        """The images of the first domain, and which of them have their pair given."""
        rng = np.random.default_rng([self.config['seed'], 2**31 + 3])
        super().use(self.domain.divide(data, rng))
        if len(self.data.train.labels) < self.config['batch_size']:
            raise RunError(f'--batch-size {self.config["batch_size"]} is larger than the '
                           f'{len(self.data.train.labels)} training images of the first domain')

    def batch(self, indices, epoch, step):
        x, x_given, labels = super().batch(indices, epoch, step)
        return x, x_given, self.domain.targets(x_given, labels)

    # The trained model

    def categories(self):
        """The size of a categorical code."""
        return self.domain.size if self.config['task'] == 'labels' else 0

    def map(self, images):
        """F of uint8 images of the first domain: (N, size) on the host."""
        return self.encode(images)[:, :self.domain.size]

    def truth(self, split):
        return self.domain.truth(self.pixels.prepare(split.images), split.labels)

    def prior_codes(self, n, rng):
        """n codes drawn from the prior, the style's part included. Raises RunError where the
        samples of the second domain are not there."""
        if getattr(self.domain.prior, 'array', self) is None:
            raise RunError('the thumbnails to draw codes from come with the data, which a saved '
                           'run does not hold')
        parts = [self.domain.prior.sample(n, rng)]
        if self.config['method'] == 'aae':
            parts.append(self.model.priors['style'].sample(n, rng))
        return np.concatenate(parts, axis=1)

    def decoder_draws(self):
        return self.config['method'] == 'pixelgan'

    def sample(self, codes, rng, n=None):
        """As Experiment.sample; the adversarial autoencoder's decoder draws nothing."""
        if self.model.decoder is None:
            raise RunError('output distribution matching has no decoder to sample from')
        if self.decoder_draws():
            return super().sample(codes, rng, n)
        output, _ = self.model.decoder.forward(to_device(codes, self.device))
        return to_host(output).reshape(-1, *self.image_shape)

    # What a run shows

    def evaluate(self, epoch):
        metrics = {}
        for name, split in (('error', self.data.test), ('validation_error', self.data.validation)):
            y = self.map(split.images)
            metrics[name] = percentage(self.domain.digits(y) != split.labels)
            if name == 'error':
                metrics['squared_error'] = float(np.square(y - self.truth(split)).mean())
        if self.config['method'] == 'pixelgan':
            metrics |= self.reconstruction(self.data.validation.images, y)
        return metrics | (categorical_decomposition(y) if self.categories() else {})

    def draw(self, history):
        """curves.png; map.png: images and what F makes of them; samples.png, where there is a
        decoder: its images of samples of the second domain; controls.json."""
        self.CURVES = [(title, names) for title, names in self.CURVES
                       if any(name in history[-1] for name in names)]
        self.draw_curves(history)
        rng = self.sampling_rng()
        controls = self.domain.controls(self.data, rng)
        if controls:
            self.run.write_text('controls.json', json.dumps(controls, indent=2) + '\n')
        self.draw_map(self.figure('map'), [(self.config['method'], self)])
        if self.model.decoder is not None:
            self.draw_samples(rng)

    @staticmethod
    def draw_map(path, runs):
        """runs: [(label, Experiment)] of one task. Labels: test images in rows by F(x) of the first
        run; thumbnails: x, every run's F(x), the truth."""
        first = runs[0][1]
        images, domain = first.data.test.images, first.domain
        if first.categories():
            digits = domain.digits(first.map(images))
            members = [np.flatnonzero(digits == k) for k in range(domain.size)]
            rows = [images[some[:COLUMNS]] for some in members]
            labels = [f'F(x) = {k} ({len(some)})' for k, some in enumerate(members)]
            title = f'test images by F(x), {runs[0][0]}'
        else:
            shown = images[:COLUMNS]
            rows = [shown] + [enlarged(run.map(shown)) for _, run in runs]
            rows.append(enlarged(domain.truth(first.pixels.prepare(shown), None)))
            labels = ['x', *(f'F(x), {label}' for label, _ in runs), 'truth']
            title = 'test images and their thumbnails'
        figures.image_rows(path, rows, labels, f'{first.data.name}: {title}')

    def draw_samples(self, rng):
        """p(x|y), a y in a row: of each label, or of samples of the second domain."""
        codes = [self.prior_codes(SAMPLES, rng) for _ in range(ROWS)]
        if self.categories():
            ys = np.eye(self.domain.size, dtype=np.float32)
        else:
            ys = self.domain.prior.sample(ROWS, rng)
        rows = []
        for y, code in zip(ys, codes):
            code[:, :self.domain.size] = y
            x = self.sample(code, rng)
            rows.append(x if self.categories() else np.concatenate([enlarged(y[None]), x]))
        names = [f'y = {k}' for k in range(len(ys))] if self.categories() else [''] * len(rows)
        figures.image_rows(self.figure('samples'), rows, names,
                           f'{self.data.name}, {self.config["method"]}: the decoder\'s images of '
                           f'{"labels" if self.categories() else "the thumbnails at the left"}')

    @classmethod
    def compare(cls, path, runs):
        """errors.png: the errors after each epoch; map.png: the thumbnails side by side."""
        first = runs[0][1]
        figures.comparison_curves(path / f'{first.prefix}errors.png',
                                  [(label, history) for label, _, history in runs],
                                  ['error', 'squared_error'],
                                  ['test digit error, %', 'squared error of F(x)'], cls.TITLE)
        if all(run.config['task'] == 'thumbnails' for _, run, _ in runs):
            cls.draw_map(path / f'{first.prefix}map.png',
                         [(label, run) for label, run, _ in runs])

    def report(self, row):
        given = 'labels' if self.categories() else 'pairs'
        return (f'{self.config["method"]}: digit error {row["error"]:.2f}%, squared error '
                f'{row["squared_error"]:.4f} with {self.config["labels"]} {given}')
