"""What the adversarial autoencoder's experiments share: networks of two hidden layers, their first
weights, an optimiser for each phase, the reconstruction cost.

How this differs from the paper: see models/aae.py. What it leaves open: 'half the Euclidean error'
(A.2.1, A.3) is read as half the squared error, summed over the pixels. Of MNIST's 60,000 training
images 50,000 train, and an epoch is one pass over those; the other 10,000 validate. Outputs are
sigmoids, and linear for standardised pixels (A.1, A.2).
"""
from experiments.common.code import Code
from experiments.common.networks import (
    adversarial_optimizers,
    noise_settings,
    optimizer,
    reconstruction_optimizers,
)
from models.aae import AdversarialAutoencoder, dense_decoder
from models.conditional_style import ConditionalStyleAutoencoder
from models.discriminator import discriminator
from models.encoders import MultiHeadEncoder, dense_features, linear_head
from models.priors import Categorical, Gaussian
from nn.activations import Softmax
from nn.initializers import redraw
from nn.losses import half_squared_error
from nn.reparametrization import GaussianPosterior

POSTERIORS = ('deterministic', 'gaussian', 'universal')


def mean_half_squared_error(output, x):
    """`half_squared_error` as a mean over the pixels, not their sum: what many public
    implementations use, with the paper's learning rates."""
    loss, doutput = half_squared_error(output, x)
    pixels = output[0].size
    return loss / pixels, doutput / pixels


COSTS = {'sum': half_squared_error, 'mean': mean_half_squared_error}


def aae_encoder(experiment, priors):
    """Two hidden layers and a head for each part of the code, by its prior: softmax for a category,
    else linear, or a Gaussian."""
    config, rng = experiment.config, experiment.rng
    units, normed = config['encoder_units'], config.get('batch_norm', 'none') != 'none'
    trunk = dense_features(experiment.image_shape, rng, units,
                           **noise_settings(config, POSTERIORS), batch_norm=normed)
    heads = []
    for prior in priors.values():
        size, scale, after = prior.size, None, None
        if isinstance(prior, Categorical):
            scale, after = config.get('logit_scale') or None, Softmax()
        elif config['posterior'] == 'gaussian':
            size, after = 2 * size, GaussianPosterior(rng)      # mu and log sigma^2
        heads.append((linear_head(units, size, rng, normed, scale), after))
    return MultiHeadEncoder(trunk, heads)


def aae_decoder(experiment, code_size):
    config = experiment.config
    return dense_decoder(code_size, experiment.image_shape, experiment.rng,
                         config['decoder_units'], sigmoid=config['pixels'] == 'unit',
                         batch_norm=config.get('batch_norm') == 'autoencoder')


def aae_optimizers(config, encoder, decoder, discriminators):
    """The optimisers of each phase, by the rows of a table. In A.2.1 (semisup.py) these are

                           momentum                       first rate
        reconstruction     0.9  reconstruction_momentum   0.01  encoder_rate, decoder_rate
        labels             0.9  reconstruction_momentum   0.1   semi_supervised_rate
        adversarial game   0.1  adversarial_momentum      0.1   discriminator_, generator_rate

    Experiment.rates divides all rates by 10 after decay_epoch (50) and after second_decay_epoch
    (1000) epochs.
    """
    optimizers = (reconstruction_optimizers(config, encoder, decoder)
                  | adversarial_optimizers(config, encoder, discriminators))
    if config.get('labels') and 'semi_supervised_rate' in config:
        optimizers['semi_supervised'] = optimizer(
            config['reconstruction_optimizer'], {'encoder': encoder},
            config['semi_supervised_rate'], config['reconstruction_momentum'])
    return optimizers


def ingredients(experiment, encoded=None, told=None, decoder=None):
    """What an adversarial autoencoder is made of, by the rows of a table: a dict of arguments of
    its class, networks, priors, optimisers, rng and cost. `experiment.code` is what its decoder is
    given.

    encoded: part -> prior of what the encoder gives, where it does not give all of the code.
    told: part -> how many numbers its discriminator is given beside the part.
    decoder: makes another one than aae_decoder does.
    """
    config, rng = experiment.config, experiment.rng
    priors, told = encoded or experiment.code.priors, told or {}
    encoder = aae_encoder(experiment, priors)
    decoder = decoder() if decoder else aae_decoder(experiment, experiment.code.size)
    discriminators = {part: discriminator(prior.size + told.get(part, 0),
                                          config['discriminator_units'], rng)
                      for part, prior in priors.items()}
    for network in (encoder, decoder, *discriminators.values()):
        std = config['init_std' if network in (encoder, decoder) else 'discriminator_init_std']
        if std:
            redraw(network, std, rng)
        network.to(experiment.device)
    return {'encoder': encoder, 'decoder': decoder, 'discriminators': discriminators,
            'priors': priors, 'rng': rng, 'cost': COSTS[config['cost']],
            'optimizers': aae_optimizers(config, encoder, decoder, discriminators)}


def gaussian_code(experiment):
    """The autoencoder of section 3, with a Gaussian code."""
    config = experiment.config
    experiment.code = Code(code=Gaussian(config['code_size'], config['prior_std']))
    return AdversarialAutoencoder(**ingredients(experiment))


def label_and_style(experiment, category, categories):
    """The autoencoder of figures 8 and 9: a label and a style, each with a discriminator."""
    config = experiment.config
    experiment.code = Code(category, label=Categorical(categories, config['prior_smoothing']),
                           style=Gaussian(config['style_size'], config['prior_std']))
    if config['style_match'] == 'marginal':
        return AdversarialAutoencoder(**ingredients(experiment))
    return ConditionalStyleAutoencoder(**ingredients(experiment, told={'style': categories}))
