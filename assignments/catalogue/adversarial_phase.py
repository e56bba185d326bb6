"""The adversarial game on the codes: who is updated, by the gradient of what."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import Broken, ask_gradients, returned, unchanged
from models import phases
from models.discriminator import discriminator
from models.pixelgan import PixelGAN
from nn.activations import ReLU
from nn.dense import Dense
from nn.gradcheck import check_loss
from nn.gradcheck.calls import describe
from nn.layer import Sequential
from nn.noise import GaussianNoise
from nn.optim import SGD


def drawn(layer, seed):
    """The layer with parameters from a seed, all in float64."""
    rng = np.random.default_rng(seed)
    for parameter in layer.parameters().values():
        parameter[...] = 0.5 * rng.standard_normal(parameter.shape)
    return layer


def network(size, seed):
    made = drawn(discriminator(size, 8, np.random.default_rng(0), np.float64), seed)
    forward = made.forward

    def watched(x, train=False):
        if not train:
            raise Broken('D is run without train=True')
        return forward(x, train)
    made.forward = watched
    return made


def codes(rng):
    size, n, m = (3 + rng.permutation(4)[:3]).tolist()
    return {'real': rng.standard_normal((n, size)), 'fake': 0.5 + rng.standard_normal((m, size)),
            'seed': int(rng.integers(1 << 31))}


def discriminator_gradients(real, fake, seed):
    D = network(real.shape[1], seed)
    loss, gradients = ask_gradients(D, lambda: unchanged(
        'it changes the codes', phases.discriminator_gradients, D, real, fake))
    return {'loss': loss} | gradients


def generator_gradient(real, fake, seed):
    return unchanged('it changes the codes', returned, ('loss', 'dfake'),
                     phases.generator_gradient, network(fake.shape[1], seed), fake)


def gradcheck():
    D = network(3, 1)
    return check_loss(lambda fake: phases.generator_gradient(D, fake),
                      np.random.default_rng(2).standard_normal((5, 3)), name='generator_gradient')


class Prior:
    """N(0, 1), sample(n, rng, dtype) like those of models/priors.py."""

    def __init__(self, size):
        self.size = size

    def sample(self, n, rng, dtype):
        if np.dtype(dtype) != np.float64:
            raise Broken(f'samples of the prior in {np.dtype(dtype)}, where the codes are float64')
        return rng.standard_normal((n, self.size)).astype(dtype)


class Watched(SGD):
    """Notes what the gradients are when it steps."""

    def step(self):
        self.gradients = vector(gradient for _, _, gradient in self._parameters())
        super().step()


def vector(arrays):
    return np.concatenate([array.ravel() for array in arrays]).copy()


def images(noise):
    def inputs(rng):
        n, pixels, size = (3 + rng.permutation(3)).tolist()
        return {'x': rng.standard_normal((n, pixels)), 'size': size, 'noise': int(noise),
                'seed': int(rng.integers(1 << 31))}
    return inputs


def model(x, size, noise, seed):
    """Each optimizer has a rate and a velocity of its own; all gradients hold what shows."""
    host = np.random.default_rng(seed)
    encoder = drawn(Sequential(
        GaussianNoise(0.5 * noise, np.random.default_rng(seed + 3)),
        Dense(x.shape[1], 5, host, dtype=np.float64), ReLU(),
        Dense(5, size, host, dtype=np.float64)), seed + 1)
    D = network(size, seed + 2)
    optimizers = {'encoder': Watched({'encoder': encoder}, 0.03, 0.5),
                  'discriminator': Watched({'discriminator': D}, 0.1, 0.4),
                  'generator': Watched({'encoder': encoder}, 0.2, 0.3),
                  'semi_supervised': Watched({'encoder': encoder}, 0.05, 0.6)}
    for optimizer in optimizers.values():
        for velocity in optimizer.state().values():
            velocity[...] = host.standard_normal(velocity.shape)
    for gradient in (*encoder.gradients().values(), *D.gradients().values()):
        gradient[...] = np.nan
    return PixelGAN(encoder, None, D, Prior(size), optimizers, host)


def moved(model, phase, **learners):
    """What a phase returns, and what it does; learners: network -> the optimizer that is to move
    it. No other may."""
    before = {name: vector(each.parameters().values()) for name, each in model.networks.items()}
    answers = phase()
    for name, old in before.items():
        change = vector(model.networks[name].parameters().values()) - old
        if name not in learners:
            if change.any():
                raise Broken(f'it moves the {name}, which is not to learn in this phase')
            continue
        optimizer = model.optimizers[learners[name]]
        if not optimizer.steps:
            raise Broken(f"optimizers['{learners[name]}'].step() is never called")
        if np.isnan(optimizer.gradients).any():
            raise Broken(f'step() goes by gradients of the {name} that still hold what another '
                         'phase left: zero_grads() of this optimizer comes first')
        answers |= {f'gradient of the {name}': optimizer.gradients,
                    f'step of the {name}': change}
    return answers


def codes_of(made, x):
    """(the prior's samples, the codes of x, the encoder's cache)"""
    fake, cache = made.encoder.forward(x, train=True)
    return made.prior.sample(len(x), made.rng, fake.dtype), fake, cache


def discriminator_phase(**inputs):
    made = model(**inputs)
    real, fake, _ = codes_of(made, inputs['x'])
    return moved(made, lambda: {'loss': made.discriminator_phase(real, fake)},
                 discriminator='discriminator')


def generator_phase(**inputs):
    made = model(**inputs)
    _, fake, cache = codes_of(made, inputs['x'])
    return moved(made, lambda: {'loss': made.generator_phase(fake, cache)}, encoder='generator')


def adversarial_phase(**inputs):
    made = model(**inputs)

    def phase():
        losses = made.adversarial_phase(inputs['x'])
        if not isinstance(losses, dict):
            raise Broken(f'it returned {describe(losses)}; it must return a dict of both losses')
        return {f'loss of the {name}': loss for name, loss in losses.items()}
    return moved(made, phase, discriminator='discriminator', encoder='generator')


CASES = {'N real and M fake codes': codes}
STEP = {'a dense encoder': images(False), 'noise on its input': images(True)}

ASSIGNMENT = Assignment(
    name='adversarial-phase',
    title='The adversarial phase',
    learns='Which network is updated, by the gradient of which cost, through which other network.',
    sources='PixelGAN, sections 1 and 2, appendix B; AAE, sections 1.1 and 2',
    hours=3,
    parts=(
        Part('gradients of D', 'models/phases.py:discriminator_gradients', 3,
             discriminator_gradients, CASES),
        Part('gradient of the codes', 'models/phases.py:generator_gradient', 3,
             generator_gradient, CASES),
        Part('discriminator phase', 'models/pixelgan.py:PixelGAN.discriminator_phase', 2,
             discriminator_phase, STEP),
        Part('generator phase', 'models/pixelgan.py:PixelGAN.generator_phase', 3,
             generator_phase, STEP),
        Part('adversarial phase', 'models/pixelgan.py:PixelGAN.adversarial_phase', 2,
             adversarial_phase, STEP)),
    after=('dense', 'losses'),
    gives=('models.phases', 'nn.backend', 'nn.draws', 'nn.losses'),
    hides=('nn/losses.py:gaussian_kl',),
    gradcheck=gradcheck)
