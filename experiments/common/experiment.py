"""What the modes share: a model built from a configuration, its codes, likelihoods and samples.

A mode is a subclass in a file of its own: its table of hyperparameters (the paper's appendix), the
networks that it builds, what it measures after an epoch, and the pictures that it draws.

What the papers leave open: Adam is the algorithm of its own paper, with epsilon beside the root of
the corrected second moment; TensorFlow, which both papers used, has it beside the uncorrected one.
"""
import numpy as np

from experiments.common import figures
from experiments.common.pixels import PIXELS
from models.pixelcnn import PixelCNN
from models.sampler import sample
from nn.backend import to_device, to_host
from nn.layer import Layer
from nn.optim import SGD, Adam, piecewise_constant
from training.run_folder import RunError

NATS_IMAGES = 1000      # validation images whose likelihood is measured at each epoch
PART = 500              # images that go through the encoder at once
FRAMES = 60             # of an animation


def file_prefix(data_name):
    """Files of a run on synthetic digits say so in their names."""
    return 'synthetic-' if 'synthetic' in data_name else ''


def check_data(name, data):
    """Raise RunError where a Dataset is not the one called `name`, which a run was on."""
    if name not in (data.name, data.formerly):
        raise RunError(f'the run was on {name}, but {data.source} are {data.name}: '
                       'name the folder with --data-dir')


class Experiment:
    """Builds the model of `config` (a value for every row of TABLE, seed, device).

    `use` gives it data; without them it can still encode and sample.
    """

    TABLE = {}
    CURVES = []             # (title of a panel, names of metrics)
    SUMMARY = ()            # metrics that a comparison of several runs prints
    TITLE = ''
    CLASSES = tuple(range(10))      # what the labels stand for
    CMAP = 'gray_r'                 # of grey images; 'gray' for photographs
    POSTERIORS = ('universal', 'deterministic')

    def __init__(self, config, image_shape):
        self.config, self.image_shape, self.device = config, tuple(image_shape), config['device']
        # Not a stream of the epochs' orders.
        self.rng = np.random.default_rng([config['seed'], 2**31])
        self.pixels = PIXELS[config.get('pixels', 'binary')](self.image_shape)
        self.model = self.build()
        if isinstance(self.pixels, Layer):
            self.model.networks['pixels'] = self.pixels     # it has a state to save
        self.rates()        # where they cannot be, say so now

    @classmethod
    def preset(cls, name, **changes):
        """name -> value of every row of TABLE in a preset, with some values changed."""
        return {row.name: row.presets[name] for row in cls.TABLE} | changes

    def build(self):
        raise NotImplementedError

    # Parts of a model

    def make_decoder(self, code_size):
        """The PixelCNN of the configuration on its device; code_size 0: unconditional."""
        config = self.config
        return PixelCNN(self.image_shape, code_size, config['blocks'], self.rng, config['features'],
                        tuple(config['filter_size']), config['activation'],
                        config.get('conditioning', 'location-invariant'),
                        config.get('code_channels', 1),
                        out_channels=self.pixels.outputs,
                        residual_start=config['residual_start']).to(self.device)

    def noise(self):
        """The encoder's input noise; none for the deterministic posterior (PixelGAN, A.1)."""
        if self.config['posterior'] not in self.POSTERIORS:
            raise RunError(f'--posterior {self.config["posterior"]} is not there with --model '
                           f'{self.config["model"]}; choose from {", ".join(self.POSTERIORS)}')
        if self.config['posterior'] != 'universal':
            return {}
        return {name: self.config[name] for name in ('keep', 'noise_std', 'affine_noise_std')
                if name in self.config}

    def make_optimizers(self, encoder, decoder, discriminators):
        """The optimiser of each phase that there is, without the semi-supervised one; decoder: None
        where there is none, discriminators: name -> network. Where a table does not say, Adam for
        the reconstruction and gradient descent with momentum for the adversarial phase."""
        optimizers = {}
        if decoder is not None:
            optimizers |= {
                name: self.optimizer('reconstruction', 'adam', name, {name: network})
                for name, network in (('encoder', encoder), ('decoder', decoder))}
        if discriminators:
            optimizers |= {
                'discriminator': self.optimizer('adversarial', 'sgd', 'discriminator',
                                                discriminators),
                'generator': self.optimizer('adversarial', 'sgd', 'generator',
                                            {'encoder': encoder})}
        return optimizers

    def optimizer(self, phase, usual, name, networks):
        """The optimiser of `networks` with the rate `name` and the kind and momentum of a phase."""
        config = self.config
        kind, options = config.get(f'{phase}_optimizer', usual), {}
        if kind == 'adam-momentum':
            options['beta1'] = config[f'{phase}_momentum']
        elif kind == 'sgd':
            options['momentum'] = config[f'{phase}_momentum']
        return (SGD if kind == 'sgd' else Adam)(networks, config[f'{name}_rate'], **options)

    def rates(self):
        """optimizer name -> learning rate as a function of the epoch."""
        first, second = (self.config.get(name, 0) for name in ('decay_epoch', 'second_decay_epoch'))
        if second and second <= first:
            raise RunError(f'--second-decay-epoch {second} must come after --decay-epoch {first}')
        decays = [epoch for epoch in (first, second) if epoch]

        def schedule(rate):
            return piecewise_constant([rate / 10**k for k in range(len(decays) + 1)], decays)
        return {name: schedule(self.config[f'{name}_rate']) for name in self.model.optimizers}

    # Data

    @classmethod
    def select(cls, config, load):
        """The Dataset of a run; load(sizes) -> Dataset with so many images of each split."""
        return load((config['train_images'], config['eval_images'], config['eval_images']))

    def use(self, data):
        """Give the experiment its Dataset. Its RunFolder, `run`, comes when all is checked."""
        self.data, self.prefix = data, file_prefix(data.name)
        if isinstance(self.pixels, Layer):
            self.pixels.fit(data.train.images)

    def batch(self, indices, epoch, step):
        """The host arrays of one training step on the training images `indices`."""
        return (self.pixels.prepare(self.data.train.images[indices]),)

    # The trained model

    def encode(self, images, train=False):
        """The codes of uint8 images, with train=False without noise: (N, code size) on the host."""
        return np.concatenate([
            to_host(self.model.encoder.forward(self.to_input(images[start:start + PART]), train)[0])
            for start in range(0, len(images), PART)])

    def to_input(self, images):
        return to_device(self.pixels.prepare(images), self.device)

    def nats(self, images, codes=None):
        """-log p(x | z) of uint8 images in nats per image; codes (N, size), None: -log p(x)."""
        def total(decoder, x, z=None):
            return len(x) * self.pixels.cost(decoder.forward(x, z)[0], x)[0]

        parts = []
        for start in range(0, len(images), 100):
            arrays = [self.to_input(images[start:start + 100])]
            if codes is not None:
                arrays.append(to_device(codes[start:start + 100], self.device))
            parts += self.model.decoder_shards.run(total, *arrays)
        return float(sum(parts)) / len(images)

    def reconstruction(self, images, codes):
        """Metrics of the first NATS_IMAGES: the reconstruction term of equation 2, and how many
        nats more an image costs with the code of another one: 0 where the decoder ignores it."""
        images, codes = images[:NATS_IMAGES], codes[:NATS_IMAGES]
        nats = self.nats(images, codes)
        return {'validation_nats': nats,
                'code_nats': self.nats(images, np.roll(codes, 1, axis=0)) - nats}

    def sample(self, codes, rng, n=None):
        """Images (N, H, W, C) in [0, 1] drawn from p(x | z); n from p(x) where codes is None."""
        z = None if codes is None else to_device(codes, self.device)
        x = sample(self.model.decoder, z, rng, n, self.pixels.draw)
        return self.pixels.to_unit(to_host(x))

    def decoder_draws(self):
        """Whether `sample` of one code gives different images."""
        return self.pixels.draw is not None

    def sampling_rng(self):
        """The generator of the pictures: the same at every drawing of a run."""
        return np.random.default_rng([self.config['seed'], 2**31 + 1])

    # What experiments/sample.py and experiments/encode.py ask of a trained model

    def prior_codes(self, n, rng):
        """n codes drawn from the prior, (n, size); None where the decoder has no code."""
        if not hasattr(getattr(self.model, 'prior', None), 'sample'):
            raise RunError(f'--model {self.config["model"]} --mode {self.config["mode"]} has no '
                           'prior to draw codes from')
        return self.model.prior.sample(n, rng)

    def grid(self):
        """Codes (side^2, 2) that cover the prior, row by row."""
        raise RunError('the run has no Gaussian code of two dimensions to lay a grid over')

    def categories(self):
        """The size of a categorical code, or of the categorical part that the decoder's code starts
        with; 0: there is none."""
        return 0

    def encoded_categories(self):
        """The same of the encoder's code."""
        return self.categories()

    def encoder_size(self):
        """Dimensions of the representation of an image; 0: there is no encoder."""
        if not hasattr(self.model, 'encoder'):
            return 0
        nothing = np.zeros((1, *self.image_shape), np.uint8)
        return self.representation(self.encode(nothing)).shape[1]

    def code_size(self):
        """Of what the decoder is given; 0: it has no code. As the encoder gives it: a mode may draw
        its codes from data, which a saved run does not hold."""
        return 0 if getattr(self.model, 'decoder', None) is None else self.encoder_size()

    def representation(self, codes):
        """What stands for an image in a table of codes: its code (N, size)."""
        return codes

    def shown_codes(self, images):
        """What a picture of the code space shows of uint8 images."""
        return self.representation(self.encode(images))

    def walk(self, frames, rng):
        """(codes (frames, N, size), images in a row): a way through the code space."""
        raise RunError(f'--animate: there is no walk through the code of --model '
                       f'{self.config["model"]} --mode {self.config["mode"]}; those of --model aae '
                       'and vae, where a trainer has them, have one')

    def category_labels(self):
        """The label of each category, a list; None where the run does not know."""
        return None

    # What a run shows

    def evaluate(self, epoch):
        """Metrics of an epoch; may draw the pictures that are cheap."""
        raise NotImplementedError

    def figure(self, name):
        return self.run.path / f'{self.prefix}{name}.png'

    def draw_curves(self, history):
        figures.training_curves(self.figure('curves'), history, self.CURVES,
                                f'{self.TITLE} of {self.data.name}')

    def draw(self, history):
        """The pictures of a complete run."""
        self.draw_curves(history)

    def animate(self, path, rng):
        """An animated GIF of the images along `walk`."""
        codes, columns = self.walk(FRAMES, rng)
        figures.animation(path, [self.sample(frame, rng) for frame in codes], columns,
                          self.CMAP)

    @classmethod
    def compare(cls, path, runs):
        """A picture of several runs, [(label, Experiment, history)], in the folder `path`: here
        comparison.png, the first metric of SUMMARY after each epoch (PixelGAN, figure 7)."""
        figures.comparison_curves(path / f'{runs[0][1].prefix}comparison.png',
                                  [(label, history) for label, _, history in runs],
                                  cls.SUMMARY[:1], [cls.SUMMARY[0].replace('_', ' ')], cls.TITLE)

    def report(self, row):
        """The line that ends a run, from the metrics of its last epoch."""
        return ', '.join(f'{name} {row[name]:.4g}' for name in self.SUMMARY)
