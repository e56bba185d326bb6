"""The models whose training steps are measured, with a batch of made-up images."""
import numpy as np

from experiments.registry import MODES
from models.pixelgan import PixelGAN

# name -> (model, mode, pixels) of the trainer's flags
STEPS = {
    'PixelGAN clustering': ('pixelgan', 'clustering', 'binary'),
    'PixelGAN semisup': ('pixelgan', 'semisup', 'binary'),
    'PixelGAN semisup, real-valued': ('pixelgan', 'semisup', 'real'),
    'AAE semisup': ('aae', 'semisup', 'unit'),
    'AAE clustering': ('aae', 'clustering', 'unit'),
}


def build(name, preset='paper', image_shape=(28, 28, 1), device='cpu', **changes):
    """(model, batch): the model of an experiment's preset, with some hyperparameters changed, on
    a device, and the arguments of its `step`, on the host."""
    kind, mode, pixels = STEPS[name]
    experiment = MODES['mnist'][kind][mode][pixels]
    config = experiment.preset(preset, seed=0, device=device, model=kind, mode=mode, pixels=pixels,
                               **changes)
    built = experiment(config, image_shape)
    rng = np.random.default_rng(0)
    # As in MNIST four pixels of five are black.
    images = (rng.integers(256, size=(2 * config['batch_size'], *image_shape))
              * (rng.random((2 * config['batch_size'], *image_shape)) > 0.8)).astype(np.uint8)
    x, x_labelled = np.split(built.pixels.prepare(images), 2)
    batch = [x]
    if 'semi_supervised' in built.model.optimizers:
        batch += [x_labelled, rng.integers(10, size=len(x_labelled))]
    return built.model, batch


def phases(model, x, x_labelled=None, labels=None):
    """name -> function of the phases of a training step, of our model or of a peer."""
    functions = {'reconstruction': lambda: model.reconstruction_phase(x),
                 'adversarial': lambda: model.adversarial_phase(x)}
    if labels is not None:
        functions['semi_supervised'] = lambda: model.semi_supervised_phase(x_labelled, labels)
    return functions


def torch_peer(model, channels_last=False, device='cpu'):
    """The same networks, with the same weights, optimisers and phases, in PyTorch, on its 'cpu' or
    'cuda'. model: on the CPU."""
    from benchmarks.torch_aae import TorchAAE
    from benchmarks.torch_pixelgan import TorchPixelGAN
    return (TorchPixelGAN(model, channels_last, device) if isinstance(model, PixelGAN) else
            TorchAAE(model, device))
