"""What every experiment is: a model built from a configuration, its data, its codes and images.

An experiment is a subclass in a file of its own: its table of hyperparameters (the paper's
appendix), the networks that it builds with their optimisers, what it measures after an epoch, and
the pictures that it draws. None inherits from another; what two share is a function that both call.

What the papers leave open: Adam is the algorithm of its own paper, with epsilon beside the root of
the corrected second moment; TensorFlow, which both papers used, has it beside the uncorrected one.
"""
import numpy as np

from experiments.common import figures
from experiments.common.labelled_images import LabelledImages
from experiments.common.pixels import PIXELS
from models.pixelcnn import PixelCNN
from models.sampler import sample
from nn.backend import to_device, to_host
from nn.layer import Layer
from training.run_folder import RunError

PART = 500              # images that go through a network at once
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
    NEEDS_LABELS = True             # where there is a row `labels`: 0 is an error
    GRID = 20                       # codes along each axis of a grid over a Gaussian code
    code = None                     # what the decoder is given, a Code; `build` says

    def __init__(self, config, image_shape):
        self.config, self.image_shape, self.device = config, tuple(image_shape), config['device']
        # Not a stream of the epochs' orders.
        self.rng = np.random.default_rng([config['seed'], 2**31])
        self.pixels = PIXELS[config.get('pixels', 'binary')](self.image_shape)
        self.model = self.build()
        if isinstance(self.pixels, Layer):
            self.model.networks['pixels'] = self.pixels     # it has a state to save
        self.first_rates = {name: optimizer.learning_rate
                            for name, optimizer in self.model.optimizers.items()}
        self.rates(0)       # where they cannot be, say so now

    @classmethod
    def preset(cls, name, **changes):
        """name -> value of every row of TABLE in a preset, with some values changed."""
        return {row.name: row.presets[name] for row in cls.TABLE} | changes

    def build(self):
        """The model; also sets `code`."""
        raise NotImplementedError

    def rates(self, epoch):
        """optimizer name -> learning rate in an epoch, from 0: what `build` gave the optimiser,
        divided by 10 from decay_epoch on and again from second_decay_epoch on; 0: never."""
        first, second = (self.config.get(name, 0) for name in ('decay_epoch', 'second_decay_epoch'))
        if second and second <= first:
            raise RunError(f'--second-decay-epoch {second} must come after --decay-epoch {first}')
        reached = sum(0 < decay <= epoch for decay in (first, second))
        return {name: rate / 10**reached for name, rate in self.first_rates.items()}

    # Data

    @classmethod
    def select(cls, config, load):
        """The Dataset of a run; load(sizes) -> Dataset with so many images of each split."""
        return load((config['train_images'], config['eval_images'], config['eval_images']))

    def use(self, data):
        """Give the experiment its Dataset, and choose which training images are labelled. Its
        RunFolder, `run`, comes when all is checked. Raises DataError, RunError."""
        self.data, self.prefix = data, file_prefix(data.name)
        if isinstance(self.pixels, Layer):
            self.pixels.fit(data.train.images)
        if 'labels' in self.config:
            self.labelled = LabelledImages(self.config, data.train.labels, self.NEEDS_LABELS)
        self.batch(np.arange(1), 0, 0)      # where it cannot be made, say so now

    def batch(self, indices, epoch, step):
        """The host arrays of one training step: the training images `indices` and, where images are
        labelled, a batch of those and their labels."""
        images, labels = self.data.train
        arrays = [self.pixels.prepare(images[indices])]
        if 'labels' in self.config and len(self.labelled.indices):
            chosen = self.labelled.batch(epoch, step)
            arrays += [self.pixels.prepare(images[chosen]), labels[chosen]]
        return tuple(arrays)

    # The trained model

    def encode(self, images, train=False):
        """The codes of uint8 images, with train=False without noise: (N, code size) on the host."""
        return np.concatenate([
            to_host(self.model.encoder.forward(self.to_input(images[start:start + PART]), train)[0])
            for start in range(0, len(images), PART)])

    def to_input(self, images):
        return to_device(self.pixels.prepare(images), self.device)

    def decode(self, codes):
        """What a dense decoder makes of codes (N, size): images (N, H, W, C), pixels as the
        networks see them."""
        return np.concatenate([
            to_host(self.model.decoder.forward(to_device(codes[start:start + PART],
                                                         self.device))[0])
            for start in range(0, len(codes), PART)]).reshape(-1, *self.image_shape)

    def decoder_draws(self):
        """Whether `sample` of one code gives different images: a PixelCNN does."""
        return isinstance(self.model.decoder, PixelCNN)

    def sample(self, codes, rng, n=None):
        """Images (N, H, W, C) in [0, 1] of codes: drawn from p(x | z) by a PixelCNN, n from p(x)
        where codes is None; by a dense decoder its output."""
        if not self.decoder_draws():
            return self.pixels.to_unit(self.decode(codes))
        z = None if codes is None else to_device(codes, self.device)
        return self.pixels.to_unit(
            to_host(sample(self.model.decoder, z, rng, n, self.pixels.draw)))

    # What the commands ask of a trained model

    @property
    def encoded_categories(self):
        """How many numbers, from the left, of the encoder's code are probabilities of a category:
        as many as the decoder's code has, where the two are the same."""
        return self.code.categories if self.code else 0

    def category_labels(self):
        """The label of each category, a list; None where the run does not know."""
        return list(self.CLASSES)

    def representation(self, codes):
        """What stands for an image in a table of codes: its code (N, size)."""
        return codes

    def shown_codes(self, images):
        """What a picture of the code space shows of uint8 images."""
        return self.representation(self.encode(images))

    def walk(self, frames, rng):
        """(codes (frames, N, size), images in a row): a way through the code space."""
        if self.code is None or self.decoder_draws() or self.model.decoder is None:
            raise RunError(f'--animate: there is no walk through the code of --model '
                           f'{self.config["model"]} --mode {self.config["mode"]}; those of '
                           '--model aae and vae, where a trainer has them, have one')
        return self.code.walk(frames, rng)

    def animate(self, path, rng):
        """An animated GIF of the images along `walk`."""
        codes, columns = self.walk(FRAMES, rng)
        figures.animation(path, [self.sample(frame, rng) for frame in codes], columns, self.CMAP)

    # What a run shows

    def evaluate(self, epoch):
        """Metrics of an epoch; may draw the pictures that are cheap."""
        raise NotImplementedError

    def figure(self, name):
        return self.run.path / f'{self.prefix}{name}.png'

    def sampling_rng(self):
        """The generator of the pictures: the same at every drawing of a run."""
        return np.random.default_rng([self.config['seed'], 2**31 + 1])

    def draw(self, history):
        """The pictures of a complete run; here curves.png."""
        figures.training_curves(self.figure('curves'), history, self.CURVES,
                                f'{self.TITLE} of {self.data.name}')

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
