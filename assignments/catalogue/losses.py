"""The two cross-entropies, and the two costs of a GAN."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import returned, unchanged
from nn import losses
from nn.gradcheck import check_loss


def logits(axes):
    """With so many axes, of different lengths that are drawn, too."""
    def draw(rng):
        return {'logits': 2 * rng.standard_normal((3 + rng.permutation(axes + 2)[:axes]).tolist())}
    return draw


def with_targets(axes):
    def draw(rng):
        inputs = logits(axes)(rng)
        return inputs | {'targets': rng.random(inputs['logits'].shape)}
    return draw


def with_labels(rng):
    inputs = logits(2)(rng)
    n, classes = inputs['logits'].shape
    labels = rng.integers(0, classes, n)
    labels[1] = (inputs['logits'][1].argmax() + 1) % classes    # so that no cost is almost 0
    return inputs | {'labels': labels}


def large(draw):
    """Logits of 1e4, where a formula that is written down as it stands overflows; of both signs:
    with one alone a right cost may be 0 or 1e-320, as one writes it."""
    def inputs(rng):
        drawn = draw(rng)
        for name in drawn.keys() - {'targets', 'labels'}:
            array = drawn[name] = 1e4 * drawn[name]
            array.flat[0], array.flat[-1] = abs(array.flat[0]), -abs(array.flat[-1])
        return drawn
    return inputs


def real_and_fake(rng):
    n, m = (3 + rng.permutation(5)[:2]).tolist()
    return {'real_logits': 2 * rng.standard_normal((n, 1)),
            'fake_logits': 2 * rng.standard_normal((m, 1))}


def fake(rng):
    return {'fake_logits': 2 * rng.standard_normal((int(rng.integers(3, 8)), 1))}


def softplus(logits):
    return {'y': unchanged('softplus changes x', losses.softplus, logits)}


def cost_and_gradients(function, inputs):
    names = ['cost', 'gradient']
    if function is losses.discriminator_cost:
        names[1:] = 'gradient of the real logits', 'gradient of the fake logits'
    return list(returned(names, function, *inputs.values()).values())


def cost(function):
    return lambda **inputs: {'loss': cost_and_gradients(function, inputs)[0]}


def gradient(function):
    def ask(**inputs):
        _, *gradients = cost_and_gradients(function, inputs)
        return {f'd{name}': gradient for name, gradient in zip(inputs, gradients)}
    return ask


BINARY = {'logits (N, D)': with_targets(2), 'images': with_targets(4),
          'logits of 1e4': large(with_targets(2))}
LABELS = {'logits (N, K)': with_labels, 'logits of 1e4': large(with_labels)}
GAN = {'N real, M fake': real_and_fake, 'logits of 1e4': large(real_and_fake)}
FAKE = {'N fake': fake, 'logits of 1e4': large(fake)}


def parts(name, function, cases, points):
    target = f'nn/losses.py:{function.__name__}'
    return (Part(f'{name} cost', target, points, cost(function), cases),
            Part(f'{name} gradient', target, points, gradient(function), cases))


def gradcheck():
    rng = np.random.default_rng(3)
    return [
        *check_loss(losses.sigmoid_cross_entropy, rng.standard_normal((5, 4)),
                    constants=(rng.random((5, 4)),)),
        *check_loss(losses.softmax_cross_entropy, rng.standard_normal((5, 4)),
                    constants=(np.array([0, 3, 1, 3, 2]),)),
        *check_loss(losses.discriminator_cost, rng.standard_normal((5, 1)),
                    rng.standard_normal((4, 1))),
        *check_loss(losses.generator_cost, rng.standard_normal((5, 1)))]


ASSIGNMENT = Assignment(
    name='losses',
    title='Cross-entropies and the costs of a GAN',
    learns='Costs on logits: what is summed, what is averaged, and how not to overflow.',
    sources='PixelGAN, section 1 (the GAN), appendix B (the non-saturating cost); AAE, section 1.1',
    hours=2,
    parts=(Part('softplus', 'nn/losses.py:softplus', 1, softplus,
                {'any shape': logits(2), 'logits of 1e4': large(logits(2))}),
           *parts('sigmoid', losses.sigmoid_cross_entropy, BINARY, 1),
           *parts('softmax', losses.softmax_cross_entropy, LABELS, 1),
           *parts('discriminator', losses.discriminator_cost, GAN, 1),
           *parts('generator', losses.generator_cost, FAKE, 1)),
    gives=('nn.activations',),
    hides=('nn/losses.py:half_squared_error', 'nn/losses.py:gaussian_kl'),
    gradcheck=gradcheck)
