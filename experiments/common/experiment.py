"""What every experiment is: a model with data, learning rates, measures and pictures.

An experiment is a subclass in a file of its own: its table of hyperparameters (the paper's
appendix), the networks that it builds with their optimisers, what it measures after an epoch, and
the pictures that it draws. None inherits from another: what two share is a function of an
experiment, which both have as a method (`build = labelled_pixelgan`).
"""
import numpy as np

from experiments.common import figures
from experiments.common.built_model import BuiltModel
from experiments.common.labelled_images import LabelledImages
from experiments.common.step_memory import check_memory
from nn.layer import Layer
from training.run_folder import RunError

FRAMES = 60             # of an animation


def file_prefix(data_name):
    """Files of a run on synthetic digits say so in their names."""
    return 'synthetic-' if 'synthetic' in data_name else ''


class Experiment(BuiltModel):
    """A model with all that its training needs.

    `use` gives it `data` and `labelled`. Where it is trained or loaded, it is given `run`, its
    RunFolder; a loaded one has `trained`, (epochs, steps of the next), and no data.
    """

    TABLE = ()              # rows of hyperparameters.table
    CURVES = []             # (title of a panel, names of metrics)
    SUMMARY = ()            # metrics that a comparison of several runs prints
    TITLE = ''
    NEEDS_LABELS = True     # where there is a row `labels`: 0 is an error

    def __init__(self, config, image_shape):
        super().__init__(config, image_shape)
        self.first_rates = {name: optimizer.learning_rate
                            for name, optimizer in self.model.optimizers.items()}
        self.rates(0)       # fails here, before anything is written, if the decay epochs are wrong

    @classmethod
    def preset(cls, name, **changes):
        """name -> value of every row of TABLE in a preset, with some values changed."""
        return {row.name: row.presets[name] for row in cls.TABLE} | changes

    def rates(self, epoch):
        """A dict, optimizer name -> learning rate in `epoch`, which counts from 0.

        `build` gave each optimiser its first rate. It is divided by 10 after decay_epoch epochs,
        and by 10 again after second_decay_epoch; 0: never.
        """
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

    def check_data(self):
        """Raise RunError where `data` has too few images for what `evaluate` measures."""

    def use(self, data):
        """Give the experiment its Dataset, and choose which training images are labelled. Its
        RunFolder, `run`, comes when all is checked. Raises DataError, RunError."""
        self.data, self.prefix = data, file_prefix(data.name)
        self.check_data()
        if isinstance(self.pixels, Layer):
            self.pixels.fit(data.train.images)
        self.labelled = None
        if any(row.name == 'labels' for row in self.TABLE):
            self.labelled = LabelledImages(self.config, data.train.labels, self.NEEDS_LABELS)
        self.batch(np.arange(1), 0, 0)      # fails here if the labels are too few for a batch
        check_memory(self)

    def batch(self, indices, epoch, step):
        """The host arrays of one training step: the training images `indices` and, where images are
        labelled, a batch of those and their labels."""
        images, labels = self.data.train
        arrays = [self.pixels.prepare(images[indices])]
        if self.labelled and len(self.labelled.indices):
            chosen = self.labelled.batch(epoch, step)
            arrays += [self.pixels.prepare(images[chosen]), labels[chosen]]
        return tuple(arrays)

    # What a run shows

    def evaluate(self, epoch):
        """Metrics of an epoch; may draw the pictures that are cheap."""
        raise NotImplementedError

    def figure(self, name):
        return self.run.path / f'{self.prefix}{name}.png'

    def sampling_rng(self):
        """The random numbers of the pictures: the same each time that a run is drawn."""
        return np.random.default_rng([self.config['seed'], 2**31 + 1])

    def draw(self, history):
        """The pictures of a complete run: curves.png, then its own."""
        figures.training_curves(self.figure('curves'), history, self.CURVES,
                                f'{self.TITLE} of {self.data.name}')
        self.draw_pictures()

    def draw_pictures(self):
        """The pictures of a complete run that are its own."""

    def animate(self, path, rng):
        """An animated GIF of the images along `walk`."""
        codes, columns = self.walk(FRAMES, rng)
        figures.animation(path, [self.sample(frame, rng) for frame in codes], columns, self.CMAP)

    @classmethod
    def compare(cls, path, runs):
        """A picture of several runs, [(label, Experiment, history)], in the folder `path`: here
        comparison.png, the first metric of SUMMARY after each epoch (PixelGAN, figure 7)."""
        figures.comparison_curves(path / f'{runs[0][1].prefix}comparison.png',
                                  [(label, history) for label, _, history in runs],
                                  {cls.SUMMARY[0]: cls.SUMMARY[0].replace('_', ' ')}, cls.TITLE)

    def report(self, row):
        """The line that ends a run, from the metrics of its last epoch."""
        return ', '.join(f'{name} {row[name]:.4g}' for name in self.SUMMARY)
