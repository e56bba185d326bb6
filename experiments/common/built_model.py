"""The model that a configuration describes, trained or not: encode, decode, draw images.

Below: what the commands on saved runs (experiments/sample.py, encode.py, codes.py) ask of it.
"""
import numpy as np

from experiments.common.pixels import PIXELS
from models.pixelcnn import PixelCNN
from models.sampler import sample
from nn.backend import to_device, to_host
from nn.layer import Layer
from nn.processes import shared_out
from training.run_folder import RunError

PART = 500              # images that go through a network at once


class BuiltModel:
    """Builds the `model` of a configuration.

    config: a value for every row of a table, seed and device, and the name of the pixels.
    """

    CLASSES = tuple(range(10))      # what the labels stand for
    CMAP = 'gray_r'                 # of grey images; 'gray' for photographs
    GRID = 20                       # codes along each axis of a grid over a Gaussian code
    code = None                     # what the decoder is given, a Code; `build` says

    def __init__(self, config, image_shape):
        self.config, self.image_shape, self.device = config, tuple(image_shape), config['device']
        # The numbers of the model; those of the epochs' orders come from [seed, epoch].
        self.rng = np.random.default_rng([config['seed'], 2**31])
        self.pixels = PIXELS[config.get('pixels', 'binary')](self.image_shape)
        self.model = self.build()
        if isinstance(self.pixels, Layer):
            self.model.networks['pixels'] = self.pixels     # it has a state to save

    def build(self):
        """The model: its networks, optimisers and prior; also sets `code`."""
        raise NotImplementedError

    def encode(self, images, train=False):
        """The codes of uint8 images, with the encoder's noise if `train`: (N, size) on the host."""
        def part(start):
            x = self.to_input(images[start:start + PART])
            return to_host(self.model.encoder.forward(x, train)[0])

        starts = range(0, len(images), PART)
        return np.concatenate([part(start) for start in starts] if train else
                              shared_out(part, starts))

    def q(self, images):
        """q(y|x) of uint8 images: probabilities of the categories (N, categories)."""
        return self.encode(images)[:, :self.encoded_categories]

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
        """Images (N, H, W, C) in [0, 1] of codes. A PixelCNN draws them from p(x | z), or n of them
        from p(x) if codes is None; of a dense decoder they are the output."""
        if not self.decoder_draws():
            return self.pixels.to_unit(self.decode(codes))
        z = None if codes is None else to_device(codes, self.device)
        return self.pixels.to_unit(
            to_host(sample(self.model.decoder, z, rng, n, self.pixels.draw)))

    # What the commands ask of a trained model

    @property
    def encoded_categories(self):
        """How many numbers of the encoder's code, from the left, are probabilities of a category.
        An experiment whose encoder and decoder have different codes says it itself."""
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
