"""What PixelGAN's experiments share: the PixelCNN decoder, the labelled encoder, the autoencoder
with its discriminator and the optimisers of its phases."""
from experiments.common.networks import (
    adversarial_optimizers,
    noise_settings,
    reconstruction_optimizers,
)
from models.discriminator import discriminator
from models.encoders import categorical_encoder
from models.pixelcnn import PixelCNN
from models.pixelgan import PixelGAN
from training.run_folder import RunError


def pixelcnn(experiment, code_size):
    """The PixelCNN decoder by the rows of a table, on its device; code_size 0: unconditional.
    Raises RunError for a filter that reaches farther than any pixel is."""
    config = experiment.config
    (height, width, _), (rows, columns) = experiment.image_shape, config['filter_size']
    if rows > height or columns > 2 * width - 1:
        raise RunError(f'--filter-size {rows}x{columns} is larger than the images: at most '
                       f'{height}x{2 * width - 1}')
    return PixelCNN(experiment.image_shape, code_size, config['blocks'], experiment.rng,
                    config['features'], tuple(config['filter_size']), config['activation'],
                    config.get('conditioning', 'location-invariant'),
                    config.get('code_channels', 1), out_channels=experiment.pixels.outputs,
                    residual_start=config['residual_start']).to(experiment.device)


def check_encoder(experiment, stages=2):
    """Raise RunError for more poolings than images can be halved, and for a filter that is larger
    than an image."""
    (height, width, _), size = experiment.image_shape, experiment.config['encoder_filter']
    if size > min(height, width):
        raise RunError(f'--encoder-filter {size} is larger than the images, of {height} x {width}')
    if height % 2**stages or width % 2**stages:
        raise RunError(f'--encoder-stages {stages}: an image of {height} x {width} pixels cannot '
                       'be halved so often')


def labelled_encoder(experiment):
    """q(y|x) by the rows of a table, on its device: `encoder_stages` times `encoder_convolutions`
    convolutions and a pooling, batch norm on all but the logits (B.1.3, B.2.1, B.3.1). Raises
    RunError."""
    config = experiment.config
    check_encoder(experiment, config['encoder_stages'])
    return categorical_encoder(
        experiment.image_shape, len(experiment.CLASSES), experiment.rng, config['encoder_stages'],
        config['encoder_convolutions'], config['encoder_features'], config['encoder_filter'],
        **noise_settings(config)).to(experiment.device)


def pixelgan(experiment, encoder, decoder, prior):
    """The PixelGAN autoencoder of an encoder and a decoder, by the rows of a table: with a
    discriminator, unless `adversarial` is off, and an optimiser for each phase. Where the table has
    no row for it, Adam reconstructs, and gradient descent with momentum plays the game."""
    config, rng = experiment.config, experiment.rng
    optimizers, adversary = reconstruction_optimizers(config, encoder, decoder), None
    if config.get('adversarial', 'on') == 'on':
        adversary = discriminator(prior.size, config['discriminator_units'],
                                  rng).to(experiment.device)
        optimizers |= adversarial_optimizers(config, encoder, {'discriminator': adversary})
    return PixelGAN(encoder, decoder, adversary, prior, optimizers, rng, experiment.pixels.cost)
