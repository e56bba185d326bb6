"""What both papers' experiments need to build their networks: the encoder's noise, an optimiser.

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
