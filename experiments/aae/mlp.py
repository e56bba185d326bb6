"""The supervised baseline (AAE, section 5 and table 2): the encoder's hidden layers and its
softmax, trained on the labelled images alone.

How this differs from the paper: 'a dropout supervised neural network with the same architecture' is
all that it says, and it says it of all labels only. An epoch is as many steps as for the other
models, of 100 labelled images.
"""
from experiments.common.experiment import Experiment
from experiments.common.hyperparameters import table
from experiments.common.labelled import LabelledBatches
from models.classifier import Classifier
from models.encoders import CategoricalEncoder, dense_features, linear_head
from nn.initializers import redraw
from nn.layer import Sequential


class Baseline(LabelledBatches, Experiment):
    """A classifier."""

    TABLE = table(
        #                   paper   quick   smoke
        epochs=(100, 10, 1, 'not stated'),
        batch_size=(100, 100, 20, 'not stated; A.1'),
        train_images=(50000, 50000, 200, 'not stated'),
        eval_images=(10000, 10000, 100, 'not stated'),
        decay_epoch=(50, 0, 0, 'not stated; A.2.1'),
        labels=(100, 100, 20, '100, 1000 and all'),
        label_choice=('balanced',) * 3 + ('not stated; A.2.1',),
        encoder_units=(1000, 1000, 30),
        semi_supervised_rate=(0.1, 0.1, 0.1, 'not stated; A.2.1'),
        reconstruction_optimizer=('sgd',) * 3 + ('not stated; A.2.1',),
        reconstruction_momentum=(0.9, 0.9, 0.9, 'not stated; A.2.1'),
        init_std=(0.01, 0.01, 0.01, 'not stated; A.1'),
        posterior=('universal',) * 3 + ('not stated',),
        keep=(1.0, 1.0, 1.0, "not stated but 'dropout'"),
        noise_std=(0.0, 0.0, 0.0, 'not stated'),
        affine_noise_std=(0.0, 0.0, 0.0, 'none'),
        hidden_keep=(0.5, 0.5, 0.5, "not stated but 'dropout'"),
        batch_norm=('none',) * 3 + ('not stated; A.2.1',),
    )
    CURVES = [('cost of the labels, nats', ['semi_supervised']),
              ('error, %', ['error', 'validation_error'])]
    SUMMARY = ('error', 'validation_error')
    TITLE = 'Supervised network'
    OPTIMIZER = 'sgd'       # where a table does not say

    def make_encoder(self):
        config = self.config
        units, normed = config['encoder_units'], config['batch_norm'] != 'none'
        encoder = CategoricalEncoder(Sequential(
            dense_features(self.image_shape, self.rng, units, **self.noise(), batch_norm=normed,
                           hidden_keep=config['hidden_keep']),
            linear_head(units, self.categories(), self.rng, normed)))
        if config['init_std']:
            redraw(encoder, config['init_std'], self.rng)
        return encoder

    def build(self):
        encoder = self.make_encoder().to(self.device)
        return Classifier(encoder, {'semi_supervised': self.optimizer(
            'reconstruction', self.OPTIMIZER, 'semi_supervised', {'encoder': encoder})}, self.rng)

    def batch(self, indices, epoch, step):
        """The labelled batch alone; with all labels, the images of the step."""
        if self.config['labels'] == 'all':
            return *Experiment.batch(self, indices, epoch, step), self.data.train.labels[indices]
        return super().batch(indices, epoch, step)[1:]

    def evaluate(self, epoch):
        return self.class_errors()[0]
