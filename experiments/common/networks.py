"""What both papers' experiments need to build a model: the encoder's noise, the phases' optimisers.

What the papers leave open: Adam is the algorithm of its own paper, with epsilon beside the root of
the corrected second moment; TensorFlow, which both papers used, has it beside the uncorrected one.
"""
from nn.optim import SGD, Adam
from training.run_folder import RunError


def noise_settings(config, posteriors=('universal', 'deterministic')):
    """The settings of the encoder's input noise; none for the deterministic posterior (PixelGAN,
    A.1). Raises RunError for a posterior that the model has not."""
    if config['posterior'] not in posteriors:
        raise RunError(f'--posterior {config["posterior"]} is not there with --model '
                       f'{config["model"]}; choose from {", ".join(posteriors)}')
    if config['posterior'] != 'universal':
        return {}
    return {name: config[name] for name in ('keep', 'noise_std', 'affine_noise_std')
            if name in config}


def optimizer(kind, networks, rate, momentum):
    """The optimiser of `networks`, name -> Layer. kind: 'sgd', gradient descent with a momentum;
    'adam'; 'adam-momentum', with the momentum as beta1. momentum: None where a table has none.
    Raises RunError where the kind needs one."""
    if kind == 'adam':
        return Adam(networks, rate)
    if momentum is None:
        raise RunError(f'--adversarial-optimizer {kind} needs a momentum, which this experiment '
                       'has no flag for: choose adam')
    return SGD(networks, rate, momentum) if kind == 'sgd' else Adam(networks, rate, momentum)


def reconstruction_optimizers(config, encoder, decoder):
    """name -> optimiser of the reconstruction phase, one for each network, by the rows of a table:
    Adam where it has no row `reconstruction_optimizer` (PixelGAN, B.1.2, B.1.3)."""
    kind, momentum = (config.get('reconstruction_optimizer', 'adam'),
                      config.get('reconstruction_momentum'))
    return {'encoder': optimizer(kind, {'encoder': encoder}, config['encoder_rate'], momentum),
            'decoder': optimizer(kind, {'decoder': decoder}, config['decoder_rate'], momentum)}


def adversarial_optimizers(config, encoder, discriminators):
    """name -> optimiser of the adversarial game, by the rows of a table: gradient descent with
    momentum where it has no row `adversarial_optimizer` (PixelGAN, B.1.2, B.1.3).
    discriminators: name -> Layer; the generator is the encoder."""
    kind, momentum = (config.get('adversarial_optimizer', 'sgd'),
                      config.get('adversarial_momentum'))
    return {
        'discriminator': optimizer(kind, discriminators, config['discriminator_rate'], momentum),
        'generator': optimizer(kind, {'encoder': encoder}, config['generator_rate'], momentum)}
