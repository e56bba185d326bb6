"""Every hyperparameter of the experiments: its flag, its type and its meaning, said once.

An experiment's table gives the values, so that it reads like the paper's appendix (experiments/
pixelgan/clustering.py is B.1.2). Any of them but the epochs takes several values with commas
between, for a run of each.
"""
import argparse

from models.pixelcnn import ACTIVATIONS, CONDITIONINGS, RESIDUAL_STARTS
from training.configuration import PRESETS
from training.flags import flag_of, integer, number, one_of, several, short, show

FREE = ('epochs', 'samples')        # may differ on --resume
# What runs had before there was a flag for it.
EARLIER = {'code_channels': 1, 'residual_start': 'full', 'discriminator_init_std': 0.0}
SIZE = 10**6        # the largest of a layer: two of it have more weights than a machine holds
FEATURES = 10**5    # the same of a convolution
CLUSTERS = 10**4    # the same, as the one-hot vectors of all have a number for each two of them
LARGEST_FILTER = 255        # rows and columns; no image here is larger than half of it
LATENT = 'latent latents latentdim latentsize zdim zsize nz codedim embeddingdim bottleneck'

# What other programs call them: see flags.OTHER_NAMES.
OTHER_NAMES = {
    '--model': 'arch architecture net network modelname',
    '--mode': 'experiment method',
    '--*-rate': 'rate stepsize',
    '--*-momentum': 'momentum beta1',
    '--*-optimizer': 'optimizer optim optimiser',
    '--*decay-epoch': 'ratedecay decay decayepochs ratestep schedule rateschedule milestones',
    '--epochs': 'nepochs iter iters iterations steps niter trainepochs',
    '--batch-size': 'batch bs batches minibatch minibatchsize trainbatchsize',
    '--train-images': 'trainsize ntrain trainingimages limit subset',
    '--eval-images': 'testsize ntest valsize testimages validationimages',
    '--labels': 'labeled labelled labeledimages labelledimages',
    '--clusters': 'k classes categories components ydim',
    '--code-size': LATENT,
    '--style-size': LATENT,
    '--dims': LATENT,
    '--*-units': 'units hidden hiddensize hiddendim hiddenunits hiddenfeatures nhid width',
    '--*features': 'channels filters featuremaps nf ngf ndf basechannels',
    '--*filter*': 'kernel kernelsize ksize filter',
    '--blocks': 'layers depth resblocks residualblocks',
    '--*keep': 'dropout dropoutrate droprate keepprob',
    '--*noise-std': 'noise sigma std noiselevel',
    '--batch-norm': 'bn norm batchnormalization',
}


def filter_size(text):
    """A flag's type: 'HxW' -> [H, W], a PixelCNN's filter."""
    try:
        height, width = (int(part) for part in text.split('x'))
    except ValueError:
        raise argparse.ArgumentTypeError(f'{short(text)!r} is not of the form 3x5') from None
    if height < 2 or width < 3 or width % 2 == 0:
        raise argparse.ArgumentTypeError(f'{text}: at least 2 rows and an odd width of at least 3')
    if max(height, width) > LARGEST_FILTER:
        raise argparse.ArgumentTypeError(f'{short(text)} is larger than any image: at most '
                                         f'{LARGEST_FILTER} rows and columns')
    return [height, width]


def label_count(text):
    """A flag's type: a number of labels, or 'all'."""
    if text != 'all' and not text.removeprefix('-').isdecimal():
        raise argparse.ArgumentTypeError(f"{short(text)!r} is neither a whole number nor 'all'")
    return text if text == 'all' else integer(0)(text)


GROUPS = {
    'training': {
        'epochs': (integer(1), 'passes over the training images'),
        'batch_size': (integer(2), 'images in a step'),
        'train_images': (integer(2), 'training images used, where there are so many'),
        'eval_images': (integer(1),
                        'validation and test images used, of each, where there are so many'),
        'decay_epoch': (integer(0), 'epochs after which rates (--mode gaussian: those of the '
                        'reconstruction) are divided by 10; 0: never'),
        'second_decay_epoch': (integer(0), 'epochs after which they are divided by 10 again; 0: '
                               'never'),
        'labels': (label_count, 'labelled training images, as many of each class, or all; 0, where '
                   'a mode can do without: none'),
        'label_choice': (one_of('balanced', 'random'), 'balanced: as many labels of each class; '
                         'random: whatever comes'),
        'fold': (integer(0), 'of the Toronto faces, 0 to 4: which of them validate and test'),
        'cost': (one_of('sum', 'mean'), 'reconstruction cost: half the squared error, its sum or '
                 'its mean over the pixels'),
        'method': (one_of('odm', 'aae', 'pixelgan'), 'what is added to matching the codes: nothing '
                   '(odm), a decoder that sees a style code (aae), a PixelCNN (pixelgan)'),
    },
    'code': {
        'prior': (one_of('gaussian', 'mixture', 'swiss-roll'),
                  'imposed on the code: gaussian, mixture (of ten 2-D Gaussians), swiss-roll'),
        'clusters': (integer(2, CLUSTERS), 'size of the categorical code'),
        'code_size': (integer(1, SIZE), 'dimensions of the code'),
        'prior_std': (number(0.01), "standard deviation of the Gaussian prior"),
        'style_size': (integer(1, SIZE), "dimensions of the adversarial autoencoder's style code"),
        'dims': (integer(2, SIZE), 'dimensions of the embedding'),
        'heads': (one_of('auto', 'learnt', 'fixed'), 'cluster heads; fixed: ten times the identity '
                  'matrix; auto: that where there are as many dimensions as clusters'),
        'head_distance': (number(), 'eta: nearer cluster heads are pushed apart'),
        'heads_rate': (number(), 'learning rate of that'),
    },
    'evaluation': {
        'samples': (integer(1), 'images drawn for the Parzen window estimate'),
    },
    'decoder': {
        'decoder_units': (integer(1, SIZE), 'units in each of the two hidden layers'),
        'blocks': (integer(0, 1000), 'residual blocks of the PixelCNN'),
        'filter_size': (filter_size, 'HxW of the filters'),
        'features': (integer(1, FEATURES), 'feature maps'),
        'activation': (one_of(*ACTIVATIONS), 'non-linearity: ' + ', '.join(ACTIVATIONS)),
        'conditioning': (one_of(*CONDITIONINGS),
                         'how the code enters: ' + ', '.join(CONDITIONINGS)),
        'code_channels': (integer(1, FEATURES), 'maps that the code becomes, where it enters as '
                          "maps (k of PixelGAN's A.2)"),
        'residual_start': (one_of(*RESIDUAL_STARTS), 'how large the last 1x1 convolution of each '
                           'residual block starts: zero (a block is the identity), scaled '
                           '(divided by the root of twice the blocks), full. With zero and scaled '
                           'the vertical stack keeps its size. A mode with --init-std draws these '
                           'convolutions by it unless it is 0: then only that size remains'),
        'decoder_rate': (number(), 'learning rate'),
    },
    'encoder': {
        'encoder_stages': (integer(1, 20), 'times that convolutions are followed by a pooling'),
        'encoder_convolutions': (integer(1, 1000), 'convolutions before each pooling'),
        'encoder_features': (integer(1, FEATURES), 'feature maps'),
        'encoder_filter': (integer(1, LARGEST_FILTER), 'filter size'),
        'encoder_units': (integer(1, SIZE), 'units in each of the two hidden layers'),
        'encoder_rate': (number(), 'learning rate in the reconstruction phase'),
        'reconstruction_optimizer': (one_of('adam', 'sgd'), 'of the reconstruction phase (--model '
                                     'aae and mlp: of the semi-supervised phase, too)'),
        'reconstruction_momentum': (number(0, 1), 'momentum of the same phases, for sgd'),
        'init_std': (number(), 'standard deviation of the initial weights of dense layers and 1x1 '
                     'convolutions, the discriminator aside; 0: by their sizes'),
        'semi_supervised_rate': (number(), 'learning rate in the semi-supervised phase'),
        'posterior': (one_of('universal', 'deterministic', 'gaussian'), 'universal approximator: '
                      'with noise on the input (--noise-std, --keep, --affine-noise-std, where '
                      'a mode has them); deterministic: without; '
                      'gaussian, of the adversarial autoencoder alone: mean and variance are '
                      'encoded, without noise on the input'),
        'keep': (number(0.01, 1),
                 'input dropout: the probability that a pixel is kept; 1: no dropout'),
        'noise_std': (number(), 'standard deviation of Gaussian noise on the input'),
        'hidden_keep': (number(0.01, 1), 'dropout after the hidden layers: the probability that a '
                        'unit is kept'),
        'batch_norm': (one_of('none', 'encoder', 'autoencoder'), 'encoder: on its hidden layers '
                       "and its heads; autoencoder: on the decoder's, too, the output included"),
    },
    'adversarial network': {
        'adversarial': (one_of('on', 'off'), 'off: nothing is imposed on the code'),
        'discriminator_units': (integer(1, SIZE), 'units in each of the two hidden layers'),
        'discriminator_init_std': (number(), 'standard deviation of its initial weights; 0: by '
                                   'their sizes'),
        'discriminator_rate': (number(), 'learning rate of the discriminator'),
        'generator_rate': (number(), 'learning rate of the generator, which is the encoder'),
        'adversarial_optimizer': (one_of('sgd', 'adam', 'adam-momentum'), 'of both; adam-momentum: '
                                  'Adam with the momentum as its beta1'),
        'adversarial_momentum': (number(0, 1), 'momentum of both, for sgd; beta1, for '
                                 'adam-momentum'),
    },
    # With these values the papers' method is unchanged: 0 and marginal.
    'not in the papers': {
        'affine_noise_std': (number(), 'standard deviation of affine noise, which moves, turns and '
                             'stretches the input, 0.1 by about a tenth; 0: none'),
        'style_match': (one_of('marginal', 'conditional'), "what must match the style's prior: "
                        "q(z) (marginal, the paper's), or q(z|y) for every label y (conditional)"),
        'prior_smoothing': (number(0, 0.99), "how far the prior's one-hot vectors are drawn "
                            'towards uniform; 0: not at all'),
        'logit_scale': (number(), "fixed scale of the logits' batch norm; 0: gamma and beta are "
                        'learnt'),
    },
}
FLAGS = {name: flag for group in GROUPS.values() for name, flag in group.items()}

# (flags, another flag, its values): with any other value of that one, these change nothing.
NEEDS = (
    (('keep', 'noise_std', 'affine_noise_std'), 'posterior', ('universal',)),
    (('discriminator_units', 'discriminator_init_std', 'discriminator_rate', 'generator_rate',
      'adversarial_optimizer', 'adversarial_momentum'), 'adversarial', ('on',)),
    (('adversarial_momentum',), 'adversarial_optimizer', ('sgd', 'adam-momentum')),
    (('reconstruction_momentum',), 'reconstruction_optimizer', ('sgd',)),
    (('logit_scale',), 'batch_norm', ('encoder', 'autoencoder')),
    (('prior_std',), 'prior', ('gaussian',)),
    (('clusters',), 'labels', (0,)),
    (('code_channels',), 'conditioning', ('location-dependent', 'input-channel')),
    (('blocks', 'filter_size', 'features', 'activation', 'code_channels', 'residual_start'),
     'method', ('pixelgan',)),
    (('decoder_units', 'style_size'), 'method', ('aae',)),
    (('decoder_rate',), 'method', ('aae', 'pixelgan')),
    (('head_distance', 'heads_rate'), 'heads', ('auto', 'learnt')),
)


class Hyperparameter:
    """One row of a mode's table: a flag and its value in each preset.

    paper_says: what the paper states, shown by --help: '' where it states the paper preset's value
    for this experiment, a section where it states it there for another one, 'not stated' where the
    value is ours, 'none' where it has no such thing. tests/experiments/test_papers.py has the
    paper's words.
    """

    def __init__(self, name, paper, quick, smoke, paper_says=''):
        self.name, self.paper_says = name, paper_says
        self.presets = dict(zip(PRESETS, (paper, quick, smoke)))
        parse, self.meaning = FLAGS[name]
        self.free, self.earlier = name in FREE, EARLIER.get(name)
        self.type = parse if self.free else several(parse)

    def add_to(self, group):
        values = ', '.join(f'{preset} {show(value)}' for preset, value in self.presets.items())
        note = f'; the paper: {self.paper_says}' if self.paper_says else ''
        group.add_argument(flag_of(self.name), type=self.type, metavar='V',
                           help=f'{self.meaning} [{values}{note}]'.replace('%', '%%'))


def table(**values):
    """The rows of a mode, name=(paper, quick, smoke) or (paper, quick, smoke, what the paper says).

    A tuple as a preset's value is a run for each of its elements.
    """
    return [Hyperparameter(name, *row) for name, row in values.items()]
