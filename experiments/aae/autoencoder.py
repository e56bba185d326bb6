"""What the modes of the adversarial autoencoder share: networks of two hidden layers, a cost, codes
that can be walked through.

A mode says which parts its code has, and what prior each has; the rest follows.

How this differs from the paper: see models/aae.py. What it leaves open: 'half the Euclidean error'
(A.2.1, A.3) is half the squared error, summed over the pixels; an epoch is one pass over the
training images, 50,000 of MNIST's 60,000, and 10,000 of them validate. Outputs are sigmoids, and
linear for standardised pixels (A.1, A.2). Where the paper states a value for another
experiment, the note names its section.
"""
import numpy as np

from experiments.common import figures
from experiments.common.experiment import PART, Experiment
from experiments.common.hyperparameters import table
from models.aae import AdversarialAutoencoder, MultiHeadEncoder, dense_decoder
from models.conditional_style import ConditionalStyleAutoencoder
from models.discriminator import discriminator
from models.encoders import dense_features, linear_head
from models.priors import Categorical, Gaussian
from nn.activations import Softmax
from nn.backend import to_device, to_host
from nn.initializers import redraw
from nn.losses import half_squared_error
from nn.reparametrization import GaussianPosterior

COLUMNS = 10        # images in a row of the pictures
GRID = 20           # codes along each axis of a grid
WALKERS = 50        # images of an animation, where there are no categories
RECONSTRUCTED = 20  # test images in reconstructions.png


def mean_half_squared_error(output, x):
    """`half_squared_error` as a mean over the pixels, not their sum: what many public
    implementations use, with the paper's learning rates."""
    loss, doutput = half_squared_error(output, x)
    pixels = output[0].size
    return loss / pixels, doutput / pixels


COSTS = {'sum': half_squared_error, 'mean': mean_half_squared_error}


class Autoencoder(Experiment):
    """An adversarial autoencoder on images in [0, 1], or on standardised ones."""

    TABLE = table(      # for all modes but for what they change
        #                   paper   quick   smoke
        epochs=(500, 8, 1, 'not stated'),
        batch_size=(100, 100, 20, 'A.1'),
        train_images=(50000, 50000, 200, 'section 2.3'),
        eval_images=(10000, 10000, 100, 'not stated'),
        decay_epoch=(0, 0, 0, 'not stated'),
        second_decay_epoch=(0, 0, 0, 'not stated'),
        cost=('sum',) * 3 + ("A.2.1; 'half the Euclidean error', not whether a sum or a mean",),
        encoder_units=(1000, 1000, 30, 'A.1, A.2.1'),
        decoder_units=(1000, 1000, 30, 'A.1, A.2.1'),
        encoder_rate=(0.01, 0.01, 0.01, 'A.2.1'),
        decoder_rate=(0.01, 0.01, 0.01, 'A.2.1'),
        reconstruction_optimizer=('sgd',) * 3 + ('A.2.1',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'A.2.1'),
        init_std=(0.01, 0.01, 0.01, 'A.1'),
        posterior=('deterministic',) * 3,
        keep=(1.0, 1.0, 1.0, 'A.2.1'),
        noise_std=(0.3, 0.3, 0.3, 'A.2.1; for --posterior universal'),
        discriminator_units=(1000, 1000, 30, 'A.1, A.2.1'),
        discriminator_init_std=(0.01, 0.01, 0.01, 'A.1'),
        discriminator_rate=(0.1, 0.1, 0.1, 'A.2.1'),
        generator_rate=(0.1, 0.1, 0.1, 'A.2.1'),
        adversarial_optimizer=('sgd',) * 3 + ('A.2.1',),
        adversarial_momentum=(0.1, 0.1, 0.1, 'A.2.1'),
    )
    CURVES = [('half the squared error', ['reconstruction', 'validation_cost']),
              ('adversarial losses (1.386, 0.693 when D cannot tell)',
               [f'{part}_{player}' for part in ('label', 'style', 'code')
                for player in ('discriminator', 'generator')])]
    SUMMARY = ('validation_cost',)
    POSTERIORS = ('deterministic', 'gaussian', 'universal')

    # The model

    def make_priors(self):
        """Part of the code -> its prior, in the order in which they lie in the code."""
        raise NotImplementedError

    def build(self):
        config = self.config
        priors = self.priors = self.make_priors()
        encoder = self.make_encoder(priors)
        decoder = self.make_decoder(sum(prior.size for prior in priors.values()))
        adversaries = {part: discriminator(self.judged(part, prior), config['discriminator_units'],
                                           self.rng) for part, prior in priors.items()}
        for network, std in ((encoder, 'init_std'), (decoder, 'init_std'),
                             *((each, 'discriminator_init_std') for each in adversaries.values())):
            if config[std]:
                redraw(network, config[std], self.rng)
            network.to(self.device)
        return self.make_model(encoder, decoder, adversaries, priors,
                               self.make_optimizers(encoder, decoder, adversaries), self.rng,
                               cost=COSTS[config['cost']])

    def make_model(self, *networks, **options):
        conditional = self.config.get('style_match') == 'conditional'
        return (ConditionalStyleAutoencoder if conditional else AdversarialAutoencoder)(
            *networks, **options)

    def make_encoder(self, priors):
        """A head for each part: softmax for a category, else linear, or a Gaussian."""
        units, normed = self.config['encoder_units'], self.batch_norm()
        trunk = dense_features(self.image_shape, self.rng, units, **self.noise(),
                               batch_norm=normed)
        heads = []
        for prior in priors.values():
            gaussian = self.config['posterior'] == 'gaussian' and not is_categorical(prior)
            scale = self.config.get('logit_scale') if is_categorical(prior) else None
            head = linear_head(units, 2 * prior.size if gaussian else prior.size, self.rng, normed,
                               scale or None)
            activation = (Softmax() if is_categorical(prior) else
                          GaussianPosterior(self.rng) if gaussian else None)
            heads.append((head, activation))
        return MultiHeadEncoder(trunk, heads)

    def make_optimizers(self, encoder, decoder, discriminators):
        """Where a mode has a semi-supervised phase and labels, its optimiser is of the kind and the
        momentum of the reconstruction phase's (A.2.1)."""
        optimizers = super().make_optimizers(encoder, decoder, discriminators)
        if self.config.get('labels') and 'semi_supervised_rate' in self.config:
            optimizers['semi_supervised'] = self.optimizer(
                'reconstruction', 'sgd', 'semi_supervised', {'encoder': encoder})
        return optimizers

    def batch_norm(self, network='encoder'):
        """Whether a network, 'encoder' or 'decoder', has it."""
        networks = {'encoder': ['encoder'], 'autoencoder': ['encoder', 'decoder']}
        return network in networks.get(self.config.get('batch_norm'), [])

    def make_decoder(self, code_size):
        return dense_decoder(code_size, self.image_shape, self.rng, self.config['decoder_units'],
                             sigmoid=self.config['pixels'] == 'unit',
                             batch_norm=self.batch_norm('decoder'))

    def judged(self, part, prior):
        """The size of what the discriminator of a part of the code sees."""
        if part == 'style' and self.config.get('style_match') == 'conditional':
            return prior.size + self.priors['label'].size
        return prior.size

    # The trained model

    def sample(self, codes, rng, n=None):
        """Images (N, H, W, C) in [0, 1] of codes (N, size): the decoder draws nothing."""
        return self.pixels.to_unit(self.decode(codes))

    def decode(self, codes):
        """The decoder's outputs (N, H, W, C), pixels as the networks see them."""
        return np.concatenate([
            to_host(self.model.decoder.forward(to_device(codes[start:start + PART],
                                                         self.device))[0])
            for start in range(0, len(codes), PART)]).reshape(-1, *self.image_shape)

    def reconstruct(self, split):
        """(codes, the decoder's outputs) of the clean images of a Split."""
        codes = self.encode(split.images)
        return codes, self.decode(codes)

    def prior_codes(self, n, rng):
        return np.concatenate([prior.sample(n, rng) for prior in self.priors.values()], axis=1)

    def walk(self, frames, rng):
        """(codes (frames, N, size), images in a row) of a way through the code space that ends
        where it began: what --animate shows."""
        parts = []
        columns = COLUMNS if self.categories() else WALKERS
        for prior in self.priors.values():
            if not is_categorical(prior):
                loop = gaussian_loop(prior, frames, columns, rng)
                parts.append(np.tile(loop, (1, max(1, self.categories()), 1)))
        if self.categories():
            categories = np.repeat(np.eye(self.categories(), dtype=np.float32), columns, axis=0)
            parts.insert(0, np.broadcast_to(categories, (frames, *categories.shape)))
        return np.concatenate(parts, axis=2), COLUMNS

    # What a run shows

    def validation_cost(self):
        """validation_cost: half the squared error of the reconstructions of clean validation
        images; label_cost, where a code has a categorical part: how much more it is with that part
        of another image, 0 where the decoder ignores it."""
        images = self.pixels.prepare(self.data.validation.images)
        codes, output = self.reconstruct(self.data.validation)
        metrics = {'validation_cost': half_squared_error(output, images)[0].item()}
        k = self.encoded_categories()
        if k:
            codes[:, :k] = np.roll(codes[:, :k], 1, axis=0)
            cost = half_squared_error(self.decode(codes), images)[0].item()
            metrics['label_cost'] = cost - metrics['validation_cost']
        return metrics

    def evaluate(self, epoch):
        return self.validation_cost()

    def draw(self, history):
        """curves.png; reconstructions.png: test images and what the decoder makes of their codes;
        samples.png: images of codes drawn from the prior."""
        super().draw(history)
        split = self.data.test
        shown = type(split)(split.images[:RECONSTRUCTED], split.labels[:RECONSTRUCTED])
        figures.image_rows(self.figure('reconstructions'),
                           [shown.images, self.pixels.to_unit(self.reconstruct(shown)[1])],
                           ['x', 'reconstruction'],
                           f'{self.data.name}: test images and their reconstructions', self.CMAP)
        codes = self.prior_codes(COLUMNS**2, self.sampling_rng())
        figures.image_grid(self.figure('samples'), self.sample(codes, None), COLUMNS,
                           f'{self.data.name}: images of codes drawn from the prior', self.CMAP)


def is_categorical(prior):
    return isinstance(prior, Categorical)


def gaussian_loop(prior, frames, n, rng):
    """(frames, n, size): a cos t + b sin t with a, b from a Gaussian prior, t once around: at every
    frame as likely under the prior as its own draws."""
    if not isinstance(prior, Gaussian):
        raise TypeError(f'no walk through a {type(prior).__name__}')
    a, b = prior.sample(n, rng), prior.sample(n, rng)
    t = np.linspace(0, 2 * np.pi, frames, endpoint=False, dtype=np.float32)[:, None, None]
    return a * np.cos(t) + b * np.sin(t)
