"""The re-parametrisation trick, and the KL divergence of a Gaussian."""
import numpy as np

from assignments.assignment import Assignment, Part
from assignments.questions import ask_backward, ask_forward, refuses, returned
from nn import losses
from nn.gradcheck import check_layer, check_loss
from nn.reparametrization import GaussianPosterior


def statistics(train):
    def inputs(rng):
        n, size = (3 + rng.permutation(5)[:2]).tolist()     # no batch of 2, a factor of mistakes
        x = 1.5 * rng.standard_normal((n, 2 * size))
        return {'x': x, 'dy': rng.standard_normal((n, size)), 'train': train,
                'seed': int(rng.integers(1 << 31))}
    return inputs


def layer(seed):
    return GaussianPosterior(np.random.default_rng(seed))


def draw(x, dy, train, seed):
    return ask_forward(layer(seed), x, train=bool(train), name='z')


def odd(train):
    def inputs(rng):
        return {'x': rng.standard_normal((4, 2 * int(rng.integers(1, 6)) + 1)), 'train': train}
    return inputs


def refusal(x, train):
    return refuses(layer(1).forward, x, bool(train))


def apart(gradient, x):
    """That of mu, and that of log sigma^2."""
    if np.shape(gradient) != x.shape:
        return {'gradient': gradient}
    halves = np.split(gradient, 2, axis=1)
    return {'dL/dmu': halves[0], 'dL/dlog sigma^2': halves[1]}


def gradient(x, dy, train, seed):
    return apart(ask_backward(layer(seed), dy, train=bool(train), x=x)['dx'], x)


def kl(std):
    def inputs(rng):
        n, size = (3 + rng.permutation(5)[:2]).tolist()
        return {'statistics': rng.standard_normal((n, 2 * size)),
                'std': std or float(rng.uniform(2, 6))}
    return inputs


def kl_of(statistics, std):
    return returned(('cost', 'gradient'), losses.gaussian_kl, statistics, std)


def kl_cost(statistics, std):
    return {'loss': kl_of(statistics, std)['cost']}


def kl_gradient(statistics, std):
    return apart(kl_of(statistics, std)['gradient'], statistics)


def gradcheck():
    rng = np.random.default_rng(3)
    return [*check_layer(GaussianPosterior(np.random.default_rng(1)), rng.standard_normal((5, 6))),
            *check_loss(losses.gaussian_kl, rng.standard_normal((5, 6)), constants=(1.7,))]


TRAINING = {'training': statistics(1)}
EVALUATION = {'evaluation': statistics(0)}
PRIORS = {'std 1': kl(1.0), 'another std': kl(None)}

ASSIGNMENT = Assignment(
    name='reparametrization',
    title='A draw that can be differentiated',
    learns='The gradient of a random draw in the parameters of its distribution, and a KL '
           'divergence in closed form.',
    sources='AAE, section 2 (Gaussian posterior), section 2.1, equation 2; PixelGAN, equation 1',
    hours=1.5,
    parts=(
        Part('draw', 'nn/reparametrization.py:GaussianPosterior.forward', 2, draw,
             TRAINING | EVALUATION,
             doc='x: (N, 2 n), [mu, log sigma^2] -> (z, cache), z: (N, n). cache: sigma * eps,\n'
                 'None where there is no draw. Raises ValueError where 2 n is odd.'),
        Part('odd statistics', 'nn/reparametrization.py:GaussianPosterior.forward', 1, refusal,
             {'training': odd(1), 'evaluation': odd(0)}),
        Part('gradient', 'nn/reparametrization.py:GaussianPosterior.backward', 3, gradient,
             TRAINING | EVALUATION, own='draw', doc='dL/dx: (N, 2 n), from dL/dz: (N, n).'),
        Part('cost', 'nn/losses.py:gaussian_kl', 2, kl_cost, PRIORS),
        Part('gradient of the cost', 'nn/losses.py:gaussian_kl', 2, kl_gradient, PRIORS)),
    after=('activations', 'losses'),
    gives=('nn.draws',),
    gradcheck=gradcheck)
