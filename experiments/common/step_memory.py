"""Whether the machine has the memory for a training step, measured before anything is written."""
import numpy as np

from models.pixelcnn import PixelCNN
from nn.fast.memory import bytes_in, gigabytes, machine_memory
from nn.processes import own
from training.run_folder import RunError


def check_memory(experiment):
    """Raise RunError where a step keeps more than the machine has. On a GPU CuPy says so."""
    if experiment.device != 'cpu':
        return
    size = experiment.config['batch_size']
    needed = len(own(range(size))) * kept_bytes(experiment)
    if needed > machine_memory():
        raise RunError(f'--batch-size {size}: a step needs more than {gigabytes(needed)}, and the '
                       f'machine has {gigabytes(machine_memory())}: choose a smaller one, or '
                       'smaller networks')


def kept_bytes(experiment):
    """Bytes that the encoder and a PixelCNN keep of each image for their backward passes: less than
    a step needs, which has gradients, too."""
    def kept(n):
        images = experiment.to_input(experiment.data.train.images[:n])
        encoder = getattr(experiment.model, 'encoder', None)
        decoder = getattr(experiment.model, 'decoder', None)
        caches = [encoder.forward(images)[1]] if encoder else []
        if isinstance(decoder, PixelCNN):
            codes = np.zeros((n, decoder.code_size), np.float32) if decoder.code_size else None
            caches.append(decoder.forward(images, codes)[1])
        return bytes_in(caches)
    return kept(2) - kept(1)        # what does not depend on their number falls out
