"""The networks that PixelGAN's experiments share: the PixelCNN decoder, the labelled encoder."""
from experiments.common.networks import noise_settings
from models.encoders import categorical_encoder
from models.pixelcnn import PixelCNN
from training.run_folder import RunError


def pixelcnn(experiment, code_size):
    """The PixelCNN decoder by the rows of a table, on its device; code_size 0: unconditional."""
    config = experiment.config
    return PixelCNN(experiment.image_shape, code_size, config['blocks'], experiment.rng,
                    config['features'], tuple(config['filter_size']), config['activation'],
                    config.get('conditioning', 'location-invariant'),
                    config.get('code_channels', 1), out_channels=experiment.pixels.outputs,
                    residual_start=config['residual_start']).to(experiment.device)


def check_stages(stages, image_shape):
    """Raise RunError for more poolings than images can be halved."""
    height, width, _ = image_shape
    if height % 2**stages or width % 2**stages:
        raise RunError(f'--encoder-stages {stages}: an image of {height} x {width} pixels cannot '
                       'be halved so often')


def labelled_encoder(experiment):
    """q(y|x) by the rows of a table, on its device: `encoder_stages` times `encoder_convolutions`
    convolutions and a pooling, batch norm on all but the logits (B.1.3, B.2.1, B.3.1). Raises
    RunError."""
    config = experiment.config
    check_stages(config['encoder_stages'], experiment.image_shape)
    return categorical_encoder(
        experiment.image_shape, len(experiment.CLASSES), experiment.rng, config['encoder_stages'],
        config['encoder_convolutions'], config['encoder_features'], config['encoder_filter'],
        **noise_settings(config)).to(experiment.device)
