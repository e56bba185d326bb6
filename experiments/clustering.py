"""Unsupervised clustering with a PixelGAN autoencoder (PixelGAN, section 3.1, figure 6, B.1.2).

`TABLE` is every hyperparameter with its value in each preset; `build` makes the model from them;
`Clustering` evaluates it and draws its pictures.
"""
import numpy as np

from datasets import binarize
from experiments import figures
from experiments.cluster_metrics import evaluate_clusters, labels_by_most_confident
from experiments.flags import Hyperparameter, filter_size, integer, number, one_of
from models.discriminator import discriminator
from models.encoders import clustering_encoder
from models.pixelcnn import CONDITIONINGS, PixelCNN
from models.pixelgan import PixelGAN
from models.priors import Categorical
from models.sampler import sample
from nn.backend import to_device, to_host
from nn.losses import sigmoid_cross_entropy
from nn.optim import SGD, Adam, piecewise_constant

TABLE = {
    'training': [
        Hyperparameter('epochs', integer(1), 500, 2, 1, 'passes over the training images',
                       'not stated'),
        Hyperparameter('batch_size', integer(2), 100, 100, 20, 'images in a step', 'not stated'),
        Hyperparameter('train_images', integer(2), 50000, 50000, 60, 'training images used'),
        Hyperparameter('eval_images', integer(1), 10000, 10000, 100,
                       'validation and test images used, of each'),
        Hyperparameter('clusters', integer(2), 30, 30, 5, 'size of the categorical code'),
        Hyperparameter('decay_epoch', integer(0), 0, 0, 0,
                       'epochs after which every rate is divided by 10; 0: never', 'not stated'),
    ],
    'decoder (PixelCNN)': [
        Hyperparameter('blocks', integer(0), 15, 2, 1, 'residual blocks'),
        Hyperparameter('filter_size', filter_size, [3, 5], [3, 5], [3, 5], 'HxW of the filters'),
        Hyperparameter('features', integer(1), 32, 32, 8, 'feature maps'),
        Hyperparameter('conditioning', one_of(*CONDITIONINGS), *['location-invariant'] * 3,
                       'how the code enters: ' + ', '.join(CONDITIONINGS)),
        Hyperparameter('decoder_rate', number(), 0.001, 0.001, 0.001, "Adam's learning rate"),
    ],
    'encoder': [
        Hyperparameter('encoder_features', integer(1), 32, 32, 8, 'feature maps'),
        Hyperparameter('encoder_filter', integer(1), 7, 7, 3, 'filter size'),
        Hyperparameter('encoder_rate', number(), 0.001, 0.001, 0.001,
                       "Adam's learning rate in the reconstruction phase"),
        Hyperparameter('keep', number(0.01, 1), 0.8, 1.0, 0.8,
                       'input dropout: the probability that a pixel is kept; 1: no dropout'),
        Hyperparameter('noise_std', number(), 0.0, 0.3, 0.0,
                       'standard deviation of Gaussian noise on the input'),
        Hyperparameter('logit_scale', number(), 0.0, 1.5, 0.0,
                       "scale of the logits' batch norm; 0: gamma and beta are learnt",
                       'batch norm, no details'),
    ],
    'adversarial network': [
        Hyperparameter('discriminator_units', integer(1), 3000, 1000, 30,
                       'units in each of the two hidden layers'),
        Hyperparameter('discriminator_rate', number(), 0.01, 0.1, 0.1, 'learning rate'),
        Hyperparameter('generator_rate', number(), 0.01, 0.6, 0.1, 'learning rate'),
        Hyperparameter('prior_smoothing', number(0, 0.99), 0.0, 0.15, 0.0,
                       "how far the prior's one-hot vectors are drawn towards uniform"),
        Hyperparameter('adversarial_momentum', number(0, 1), 0.1, 0.1, 0.1,
                       'momentum of both'),
    ],
}

CURVES = [('nats per image', ['reconstruction', 'validation_nats']),
          ('adversarial losses (1.386, 0.693 when D cannot tell)', ['discriminator', 'generator']),
          ('test error, %', ['error', 'majority_error']),
          ('clusters used', ['clusters_used'])]
NATS_IMAGES = 1000      # validation images whose likelihood is measured at each epoch
SAMPLES_PER_CLUSTER = 12


def preset_config(preset):
    """name -> value of every row of TABLE."""
    return {row.name: row.presets[preset] for rows in TABLE.values() for row in rows}


def build(config, image_shape):
    """The PixelGAN of `config` (a value for every row of TABLE, seed, device)."""
    rng = np.random.default_rng([config['seed'], 2**31])    # not a stream of the epochs' orders
    device, clusters = config['device'], config['clusters']
    encoder = clustering_encoder(
        image_shape, clusters, rng, config['encoder_features'], config['encoder_filter'],
        config['keep'], config['noise_std'], config['logit_scale'] or None).to(device)
    decoder = PixelCNN(image_shape, clusters, config['blocks'], rng, config['features'],
                       tuple(config['filter_size']), 'relu', config['conditioning']).to(device)
    adversary = discriminator(clusters, config['discriminator_units'], rng).to(device)
    momentum = config['adversarial_momentum']
    optimizers = {
        'encoder': Adam({'encoder': encoder}, config['encoder_rate']),
        'decoder': Adam({'decoder': decoder}, config['decoder_rate']),
        'discriminator': SGD({'discriminator': adversary}, config['discriminator_rate'], momentum),
        'generator': SGD({'encoder': encoder}, config['generator_rate'], momentum)}
    prior = Categorical(clusters, config['prior_smoothing'])
    return PixelGAN(encoder, decoder, adversary, prior, optimizers, rng)


def rates(config):
    """optimizer name -> learning rate as a function of the epoch."""
    decay = config['decay_epoch']
    return {name: piecewise_constant([rate, rate / 10] if decay else [rate],
                                     [decay] if decay else [])
            for name in ('encoder', 'decoder', 'discriminator', 'generator')
            for rate in [config[f'{name}_rate']]}


class Clustering:
    """Evaluation and pictures of a clustering run; `data` is a datasets.Dataset."""

    def __init__(self, run, model, data):
        self.run, self.model, self.data = run, model, data
        self.device = run.config['device']
        # Files of a run on synthetic digits say so in their names.
        self.prefix = 'synthetic-' if 'synthetic' in data.name else ''

    def encode(self, images):
        """q(z|x) of uint8 images, without noise: (N, clusters) on the host."""
        return np.concatenate([
            to_host(self.model.encoder.forward(to_device(binarize(images[start:start + 500]),
                                                         self.device))[0])
            for start in range(0, len(images), 500)])

    def evaluate(self, epoch):
        """The metrics of an epoch; redraws the pictures that are cheap."""
        validation, test = self.data.validation, self.data.test
        q_validation, q_test = self.encode(validation.images), self.encode(test.images)
        metrics = {'validation_nats': self.nats(validation.images[:NATS_IMAGES],
                                                q_validation[:NATS_IMAGES])}
        metrics |= evaluate_clusters(q_validation, validation.labels, q_test, test.labels)
        self.draw_clusters(q_validation, q_test, epoch, metrics)
        return metrics

    def nats(self, images, q):
        """-log p(x | z), z = q(z|x), in nats per image."""
        def total(decoder, x, z):
            return len(x) * sigmoid_cross_entropy(decoder.forward(x, z)[0], x)[0]

        parts = []
        for start in range(0, len(images), 100):
            x, z = (to_device(array[start:start + 100], self.device)
                    for array in (binarize(images), q))
            parts += self.model.decoder_shards.run(total, x, z)
        return float(sum(parts)) / len(images)

    def rows(self, q_validation, q_test):
        """(cluster, its label by the paper's rule, its test images) for clusters in use."""
        labels = labels_by_most_confident(q_validation, self.data.validation.labels)
        members = q_test.argmax(axis=1)
        used = [k for k in range(q_test.shape[1]) if (members == k).any()]
        return [(k, int(labels[k]), np.flatnonzero(members == k))
                for k in sorted(used, key=lambda k: (labels[k], k))]

    def draw_clusters(self, q_validation, q_test, epoch, metrics):
        """clusters.png: test images of each cluster, in the order of the test set."""
        rows = self.rows(q_validation, q_test)
        figures.image_rows(
            self.run.path / f'{self.prefix}clusters.png',
            [self.data.test.images[members[:SAMPLES_PER_CLUSTER]] for _, _, members in rows],
            [f"cluster {k} = '{label}' ({len(members)})" for k, label, members in rows],
            f'{self.data.name}: test images by cluster, epoch {epoch}, '
            f'test error {metrics["error"]:.1f}%')

    def draw_curves(self, history):
        figures.training_curves(self.run.path / f'{self.prefix}curves.png', history, CURVES,
                                f'PixelGAN clustering of {self.data.name}')

    def draw_samples(self):
        """samples.png: images drawn from p(x | cluster), a cluster in a row (figure 6)."""
        rows = self.rows(self.encode(self.data.validation.images),
                         self.encode(self.data.test.images))
        codes = np.eye(self.model.prior.size, dtype=np.float32)
        rng = np.random.default_rng([self.run.config['seed'], 2**31 + 1])
        images = [to_host(sample(self.model.decoder, to_device(
            np.repeat(codes[[k]], SAMPLES_PER_CLUSTER, axis=0), self.device), rng))
            for k, _, _ in rows]
        figures.image_rows(
            self.run.path / f'{self.prefix}samples.png', images,
            [f"cluster {k} = '{label}'" for k, label, _ in rows],
            f'{self.data.name}: samples of p(x|z), a cluster in a row')
