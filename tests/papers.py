"""What the papers state, in one table for all experiments of both;
tests/experiments/test_papers.py holds the paper preset to it.

An entry of STATED is a section, the experiments that it is about, and the section's words with what
they say as rows of a mode's table. P: PixelGAN, A: AAE. A row of a section about another experiment
is borrowed: --help then names the section.
"""
from experiments.aae import clustering as aae_clustering
from experiments.aae import embedding, faces
from experiments.aae import semisup as aae
from experiments.aae import svhn as aae_svhn
from experiments.aae.likelihood import Likelihood
from experiments.aae.mlp import Baseline
from experiments.aae.prior import Prior
from experiments.aae.supervised import Supervised
from experiments.aae.vae import VariationalPrior
from experiments.pixelgan import cnn, norb, svhn
from experiments.pixelgan.clustering import Clustering
from experiments.pixelgan.crossdomain import CrossDomain
from experiments.pixelgan.density import Density
from experiments.pixelgan.gaussian import GaussianCode
from experiments.pixelgan.semisup import RealSemiSupervised, SemiSupervised
from experiments.pixelgan.simplex import Simplex

FEW = (SemiSupervised, RealSemiSupervised)
PHOTOGRAPHS = (svhn.SemiSupervisedSVHN, norb.SemiSupervisedNORB)
PARZEN = (Likelihood, faces.FacesLikelihood)
LABEL_AND_STYLE = (aae.SemiSupervised, aae_svhn.SemiSupervisedSVHN, aae_clustering.Clustering)


def decoder(blocks, filter_size, features, activation):
    return dict(blocks=blocks, filter_size=filter_size, features=features, activation=activation)


def encoder(stages, convolutions, filter_size):
    return dict(encoder_stages=stages, encoder_convolutions=convolutions,
                encoder_filter=filter_size, encoder_features=32)


def units(n):
    return {f'{network}_units': n for network in ('encoder', 'decoder', 'discriminator')}


def both(rate, *networks):
    return {f'{network}_rate': rate for network in networks}


def adversarial(rate):
    return both(rate, 'discriminator', 'generator')


def reconstruction(rate):
    return both(rate, 'encoder', 'decoder')


CATEGORICAL = {'we impose a categorical distribution with uniform probabilities':
               dict(adversarial='on', prior_smoothing=0)}
GAME = {'discriminator has two layers of 1000 hidden units': dict(discriminator_units=1000)}
ALL_ADAM = {     # B.2.1 and B.3.1
    'We use Adam [42] optimizer for optimizing all the cost function': dict(
        adversarial_optimizer='adam'),
    'For the PixelCNN cost and the cross-entropy cost we use the learning rate of 0.001':
        reconstruction(0.001) | dict(semi_supervised_rate=0.001),
    'the discriminator costs of the adversarial network we use the learning rate of 0.0001':
        adversarial(0.0001)}
MOMENTUM = {     # A.2.1, A.2.2 and A.3
    'We use gradient descent with momentum for optimizing all the cost functions': dict(
        reconstruction_optimizer='sgd', adversarial_optimizer='sgd'),
    'is fixed to 0.9': dict(reconstruction_momentum=0.9),
    'adversarial networks is fixed to 0.1': dict(adversarial_momentum=0.1)}
EVENLY = {'made sure they are distributed evenly': dict(label_choice='balanced')}
STYLE = {'we impose a Gaussian distribution with the standard deviation of 1': dict(prior_std=1),
         'we impose a Categorical distribution': dict(prior_smoothing=0)}
DROPOUT = {'We use dropout at the input layer with the dropout rate of 20%': dict(
               posterior='universal', keep=0.8),
           'Gaussian noise regularization were used in any other layer': dict(noise_std=0)}

STATED = [
    # PixelGAN
    ('P section 2.1', [Density], {'the same limited receptive field size of 9': dict(blocks=3)}),
    ('P section 2.2', [Simplex], {
        'the first three digits of MNIST (18000 training and 3000 test points)': dict(
            train_images=18_000, eval_images=3000),
        '(a) no distribution is imposed on the hidden code. (b) a categorical prior': dict(
            adversarial=('on', 'off'))}),
    ('P table 1', [SemiSupervised], {'MNIST (100 labels)': dict(labels=100)}),
    ('P table 1', [svhn.SemiSupervisedSVHN], {'SVHN (1000 labels)': dict(labels=1000)}),
    ('P section 4', [CrossDomain], {
        '(a) output distribution matching and (b) adversarial autoencoders': dict(
            method=('odm', 'aae', 'pixelgan')),
        'to the categorical distribution using adversarial training': dict(adversarial='on')}),
    ('P A.2', [Clustering, Simplex, *FEW, *PHOTOGRAPHS], {
        'this method in all the clustering and semi-supervised learning experiments': dict(
            conditioning='location-invariant')}),
    ('P B.1', [Clustering, *FEW, GaussianCode, Density, cnn.ConvolutionalBaseline], {
        '50K training points, 10K validation points and 10K test points': dict(
            train_images=50_000, eval_images=10_000)}),
    ('P B.1.1', [GaussianCode], {
        'uses the location-dependent bias': dict(conditioning='location-dependent'),
        'a tensor of size (batch, width, height, 1)': dict(code_channels=1),
        '3 residual blocks (filter size of 3x5, 32 feature maps, ReLU': decoder(
            3, [3, 5], 32, 'relu'),
        'two layers of 2000 hidden units': dict(discriminator_units=2000),
        'two fully-connected layers of size 2000': dict(encoder_units=2000),
        'of size 2, we impose a Gaussian distribution with standard deviation of 5': dict(
            code_size=2, prior_std=5),
        'the gradient descent with momentum algorithm for optimizing all the cost functions': dict(
            reconstruction_optimizer='sgd', adversarial_optimizer='sgd'),
        'the learning rate of 0.001 and the momentum value of 0.9': reconstruction(0.001) | dict(
            reconstruction_momentum=0.9),
        'After 25 epochs we reduce the learning rate to 0.0001': dict(decay_epoch=25),
        'the learning rates and the momentum values were set to 0.1': adversarial(0.1) | dict(
            adversarial_momentum=0.1)}),
    ('P B.1.2', [Clustering], {
        'The number of clusters is chosen to be 30': dict(clusters=30),
        'we impose a categorical distribution with uniform probabilities': dict(adversarial='on')}),
    ('P B.1.2', [Clustering, Simplex], {
        '15 residual blocks (filter size of 3x5, 32 feature maps, ReLU': decoder(
            15, [3, 5], 32, 'relu'),
        'two layers of 3000 hidden units': dict(discriminator_units=3000),
        'filter size of 7, 32 feature maps': dict(encoder_filter=7, encoder_features=32),
        'for all the layers of the encoder including the softmax layer': dict(logit_scale=0),
        'represented by a discrete one-hot variable': dict(prior_smoothing=0),
        'Adam [42] optimizer with learning rate of 0.001': reconstruction(0.001),
        'the momentum values were set to 0.1 and the learning rates were set to 0.01':
            adversarial(0.01) | dict(adversarial_momentum=0.1),
        'an input dropout noise with the keep probability of 0.8': dict(
            posterior='universal', keep=0.8)}),
    ('P B.1.3', [SemiSupervised], {
        '6 residual blocks (filter size of 3x5, 32 feature maps, ReLU': decoder(
            6, [3, 5], 32, 'relu')}),
    ('P B.1.3', [RealSemiSupervised], {
        'the samples of the real-valued MNIST with 100 labels': dict(labels=100),
        '20 residual blocks (filter size of 2 x 3, 64 feature maps, gated': decoder(
            20, [2, 3], 64, 'gated'),
        'After 150 epochs, we divide all the learning rates by 10': dict(decay_epoch=150)}),
    ('P B.1.3', FEW, CATEGORICAL | GAME | {
        'three convolutional layers (filter size of 5, 32 feature maps, ReLU activation) and a '
        'max-pooling layer (pooling size 2), followed by another three': encoder(2, 3, 5),
        'learning rate of 0.001 for optimizing the PixelCNN cost and the cross-entropy cost':
            reconstruction(0.001) | dict(semi_supervised_rate=0.001),
        'the momentum values were set to 0.1 and the learning rates were set to 0.1':
            adversarial(0.1) | dict(adversarial_momentum=0.1),
        'a Gaussian noise with standard deviation of 0.3 to the input layer': dict(
            posterior='universal', noise_std=0.3)}),
    ('P B.2', [svhn.SemiSupervisedSVHN, cnn.ConvolutionalSVHN], {
        'about 530K training points and 26K test points. We use 10K points for the validation set':
            dict(train_images=531_131 - 10_000, eval_images=26_032)}),
    ('P B.2.1', PHOTOGRAPHS[:1], CATEGORICAL | GAME | ALL_ADAM | {
        '20 residual blocks (filter size of 3x5, 32 feature maps, gated': decoder(
            20, [3, 5], 32, 'gated'),
        'two convolutional layers (filter size of 5, 32 feature maps, ReLU activation) and a '
        'max-pooling layer (pooling size 2), followed by another two': encoder(2, 2, 5),
        'a Gaussian noise with standard deviation of 0.2 to the input layer': dict(
            posterior='universal', noise_std=0.2)}),
    ('P B.3', [norb.SemiSupervisedNORB, cnn.ConvolutionalNORB], {
        'about 24K training points and 24K test points. We use 4K points for the validation set':
            dict(train_images=24_300 - 4000, eval_images=24_300)}),
    ('P B.3.1', PHOTOGRAPHS[1:], CATEGORICAL | GAME | ALL_ADAM | {
        '15 residual blocks (filter size of 3x5, 32 feature maps, gated': decoder(
            15, [3, 5], 32, 'gated'),
        'followed by another convolutional layer (filter size of 7, 32 feature maps, ReLU '
        'activation) and a max-pooling layer (pooling size 2), followed by another': encoder(
            3, 1, 7),
        'a Gaussian noise with standard deviation of 0.3 to the input layer': dict(
            posterior='universal', noise_std=0.3),
        'In the case of NORB with 1000 labels': dict(labels=1000),
        'after 500 epochs is 8.17%': dict(epochs=500)}),
    # AAE
    ('A section 2', [Prior, *PARZEN, Supervised], {
        'in the rest of the paper, we only report results with the deterministic version': dict(
            posterior='deterministic')}),
    ('A section 2.1', [Prior], {
        'a spherical 2-D Gaussian prior distribution is imposed': dict(prior='gaussian')}),
    ('A section 2.1', [VariationalPrior], {
        'Same for variational autoencoder with (c) a 2-D gaussian': dict(prior='gaussian')}),
    ('A section 2.3', [Prior], {
        'we return to Figure 2b in which the adversarial autoencoder is fit to a mixture of 10 2-D '
        'Gaussians. We now aim to force each mode': dict(labels=0),
        '10K labeled MNIST examples and 40K unlabeled MNIST examples': dict(train_images=50_000)}),
    ('A section 3', PARZEN, {
        '10,000 samples generated from the model': dict(samples=10_000)}),
    ('A section 4', [Supervised, aae_svhn.SupervisedSVHN], {
        '(15-D Gaussian) on MNIST and SVHN datasets': dict(style_size=15)}),
    ('A section 5', LABEL_AND_STYLE, {
        'p(y) = Cat(y) p(z) = N(z|0, I)': dict(prior_std=1, prior_smoothing=0),
        'The second adversarial network imposes a Gaussian distribution on the style': dict(
            style_match='marginal')}),
    ('A section 5', [Baseline], {'with the same architecture': dict(encoder_units=1000)}),
    ('A table 2', [aae.SemiSupervised, Baseline], {'MNIST (100)': dict(labels=100)}),
    ('A table 2', [aae_svhn.BaselineSVHN], {'SVHN (1000)': dict(labels=1000)}),
    ('A section 7', [embedding.Embedding], {
        'with 1000 and 100 labels': dict(labels=100),
        'results of the semi-supervised dimensionality reduction in n = 2 dimensions': dict(dims=2),
        'the number of clusters have chosen to be m = 20': dict(clusters=20),
        'The cluster heads are learned by SGD': dict(heads='auto'),
        'a 10D Gaussian distribution with the standard deviation of 1': dict(prior_std=1)}),
    ('A A.1', PARZEN, {
        'each have two layers of 1000 hidden units': units(1000),
        'The weights are initialized with a Gaussian distribution with the standard deviation of '
        '0.01': dict(init_std=0.01, discriminator_init_std=0.01),
        'trained with a Euclidean cost function': dict(cost='sum'),
        'The mini-batch size is 100': dict(batch_size=100)}),
    ('A A.1', [Likelihood], {
        'code z is 8 and 15 and the standard deviation of the Gaussian prior is 5 and 10': dict(
            code_size=8, prior_std=5)}),
    ('A A.1', [faces.FacesLikelihood], {'for MNIST and TFD, respectively': dict(
        code_size=15, prior_std=10)}),
    ('A A.2.1', [aae.SemiSupervised], MOMENTUM | EVENLY | STYLE | {
        'each have two layers of 1000 hidden units': units(1000),
        'The cost function is half the Euclidean error': dict(cost='sum'),
        'both the style and label representation is 10': dict(style_size=10),
        'For the reconstruction cost, we use the initial learning rate of 0.01': reconstruction(
            0.01),
        'after 50 epochs reduce it to 0.001 and after 1000 epochs reduce it to 0.0001': dict(
            decay_epoch=50, second_decay_epoch=1000),
        'For the semi-supervised cost, we use the initial learning rate of 0.1': dict(
            semi_supervised_rate=0.1),
        'adversarial networks, we use the initial learning rate of 0.1': adversarial(0.1),
        'We train the network for 5000 epochs': dict(epochs=5000),
        'a Gaussian noise with standard deviation of 0.3 only to the input layer': dict(
            posterior='universal', noise_std=0.3),
        'No dropout': dict(keep=1),
        'did not help in the case of the MNIST dataset': dict(batch_norm='none', logit_scale=0)}),
    ('A A.2.2', [aae_svhn.SemiSupervisedSVHN, aae_svhn.SupervisedSVHN, aae_svhn.BaselineSVHN], {
        'about 530K training points and 26K test points': dict(
            train_images=531_131 - 10_000, eval_images=26_032)}),
    ('A A.2.2', [aae_svhn.SemiSupervisedSVHN], MOMENTUM | EVENLY | DROPOUT | {
        'for the style representation we use 20 dimensions': dict(style_size=20),
        'the initial learning rate of 0.0001 and after 250 epochs reduce it to 0.00001':
            reconstruction(0.0001) | dict(decay_epoch=250, second_decay_epoch=0),
        'the initial learning rate of 0.1 and after 250 epochs reduce it to 0.01': dict(
            semi_supervised_rate=0.1),
        'the initial learning rate of 0.01 and after 250 epochs reduce it to 0.001': adversarial(
            0.01),
        'We train the network for 1000 epochs': dict(epochs=1000),
        'In the case of SVHN with 1000 labels': dict(labels=1000),
        'in all the autoencoder layers including the softmax layer': dict(
            batch_norm='autoencoder', logit_scale=0)}),
    ('A A.3', [aae_clustering.Clustering], MOMENTUM | STYLE | DROPOUT | {
        'each have two layers of 3000 hidden units': units(3000),
        'The cost function is half the Euclidean error': dict(cost='sum'),
        'is 5 and 30 (number of clusters), respectively': dict(style_size=5, clusters=30),
        'the initial learning rate of 0.01 and after 50 epochs reduce it to 0.001':
            reconstruction(0.01) | dict(decay_epoch=50, second_decay_epoch=0),
        'the initial learning rate of 0.1 and after 50 epochs reduce it to 0.01': adversarial(0.1),
        'We train the network for 1500 epochs': dict(epochs=1500),
        'only in the encoder layers of the autoencoder including the last layer': dict(
            batch_norm='encoder', logit_scale=0)}),
]
