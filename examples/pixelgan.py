"""The PixelGAN autoencoder on one page: clustering MNIST without labels.

    python -m examples.pixelgan

Reference: Makhzani and Frey, PixelGAN Autoencoders: sections 2 and 3.1, figure 6, appendix B.1.2.
The method is written out here; the layers are in nn/, the networks in models/. `train_mnist.py
--mode clustering --preset paper` takes the same steps and has all that a long run needs. (Its
threads sum a gradient in another order, so the numbers part after some steps.) An epoch takes
fifteen to twenty minutes on two cores.

What the paper leaves open: z is the softmax output itself, for D and for the PixelCNN, not a draw
or an arg max. D and the generator see the same codes of the batch.
"""
import numpy as np
from matplotlib.figure import Figure

from datasets import binarize, load_mnist
from models.discriminator import discriminator as make_discriminator
from models.encoders import categorical_encoder
from models.pixelcnn import PixelCNN
from nn.losses import discriminator_cost, generator_cost, sigmoid_cross_entropy
from nn.optim import SGD, Adam

# B.1.2; how long to train, and in which batches, it does not say.
CLUSTERS, BLOCKS, FEATURES, FILTER = 30, 15, 32, (3, 5)
ENCODER_FEATURES, ENCODER_FILTER, KEEP = 32, 7, 0.8
DISCRIMINATOR_UNITS = 3000
RECONSTRUCTION_RATE, ADVERSARIAL_RATE, MOMENTUM = 0.001, 0.01, 0.1
EPOCHS, BATCH, SEED = 1, 100, 0


def build(image_shape, rng):
    """q(z|x), a softmax over the clusters, with dropout on its input; p(x|z), a PixelCNN that is
    told z by a bias at every layer; and D(z). Images are (H, W, 1)."""
    encoder = categorical_encoder(image_shape, CLUSTERS, rng, stages=2, convolutions=1,
                                  features=ENCODER_FEATURES, filter_size=ENCODER_FILTER,
                                  logit_batch_norm=True, keep=KEEP)
    decoder = PixelCNN(image_shape, CLUSTERS, BLOCKS, rng, FEATURES, FILTER, activation='relu',
                       conditioning='location-invariant')
    return encoder, decoder, make_discriminator(CLUSTERS, DISCRIMINATOR_UNITS, rng)


def train(data, rng, epochs=EPOCHS):
    """The encoder after `epochs` passes over the training images of a Dataset, and the decoder."""
    encoder, decoder, discriminator = build(data.train.images.shape[1:], rng)
    # Each phase has optimisers of its own: the encoder has one to rebuild, one to deceive D.
    encoder_optimizer = Adam({'encoder': encoder}, RECONSTRUCTION_RATE)
    decoder_optimizer = Adam({'decoder': decoder}, RECONSTRUCTION_RATE)
    discriminator_optimizer = SGD({'discriminator': discriminator}, ADVERSARIAL_RATE, MOMENTUM)
    generator_optimizer = SGD({'encoder': encoder}, ADVERSARIAL_RATE, MOMENTUM)

    for epoch in range(epochs):
        order = np.random.default_rng([SEED, epoch]).permutation(len(data.train.images))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            x = binarize(data.train.images[np.sort(order[start:start + BATCH])])

            # Reconstruction phase: encoder and decoder, to raise log p(x|z). The encoder sees x
            # with noise; the PixelCNN predicts each clean pixel from z and the clean ones before.
            encoder.zero_grads()
            decoder.zero_grads()
            z, encoder_cache = encoder.forward(x, train=True)
            logits, decoder_cache = decoder.forward(x, z, train=True)
            nats, dlogits = sigmoid_cross_entropy(logits, x)
            _, dz = decoder.backward(dlogits, decoder_cache)
            encoder.backward(dz, encoder_cache)
            encoder_optimizer.step()
            decoder_optimizer.step()

            # Adversarial phase. Real: one-hot vectors of the prior. Fake: the codes of the batch,
            # by the encoder as it is now, with new noise.
            fake, encoder_cache = encoder.forward(x, train=True)
            real = np.eye(CLUSTERS, dtype=np.float32)[rng.integers(0, CLUSTERS, len(x))]
            # The discriminator, to tell them apart; what it gives back to the codes is dropped.
            discriminator.zero_grads()
            judged, cache = discriminator.forward(np.concatenate([real, fake]), train=True)
            d_loss, d_real, d_fake = discriminator_cost(judged[:len(x)], judged[len(x):])
            discriminator.backward(np.concatenate([d_real, d_fake]), cache)
            discriminator_optimizer.step()
            # The generator, which is the encoder, to raise log D(fake) (appendix B): the gradient
            # comes through the discriminator, which is not updated.
            encoder.zero_grads()
            judged, cache = discriminator.forward(fake, train=True)
            g_loss, djudged = generator_cost(judged)
            encoder.backward(discriminator.backward_to_input(djudged, cache), encoder_cache)
            generator_optimizer.step()

            if start // BATCH % 50 == 0:
                print(f'epoch {epoch + 1}, step {start // BATCH + 1}: {nats:.1f} nats per image, '
                      f'D {d_loss:.2f}, G {g_loss:.2f}', flush=True)
    return encoder, decoder


def probabilities(encoder, images):
    """q(z|x) of uint8 images, without noise: (N, clusters)."""
    return np.concatenate([encoder.forward(binarize(images[i:i + 500]))[0]
                           for i in range(0, len(images), 500)])


def clustering_error(encoder, data):
    """(test error in per cent, the label of each cluster) by section 3.1: a cluster has the label
    of the validation image that it is surest of."""
    labels = data.validation.labels[probabilities(encoder, data.validation.images).argmax(axis=0)]
    clusters = probabilities(encoder, data.test.images).argmax(axis=1)
    return 100 * (labels[clusters] != data.test.labels).mean(), labels


def draw(encoder, data, labels, path, columns=12):
    """Test images of each cluster, a cluster in a row, with its label. (Figure 6 has samples of
    p(x|z) there: the trainer's samples.png.)"""
    clusters = probabilities(encoder, data.test.images).argmax(axis=1)
    rows = [(k, data.test.images[clusters == k][:columns]) for k in np.unique(clusters)]
    axes = Figure(figsize=(5, 0.36 * len(rows)), layout='constrained').subplots(
        len(rows), columns, squeeze=False)
    for (k, images), row in zip(sorted(rows, key=lambda row: labels[row[0]]), axes):
        for axis, image in zip(row, [*images, *[None] * (columns - len(images))]):
            axis.set_axis_off()
            if image is not None:
                axis.imshow(image[..., 0], cmap='gray_r', origin='upper')
        row[0].set_title(f"{labels[k]}", x=-0.6, y=0)
    axes[0, 0].figure.savefig(path)


if __name__ == '__main__':
    mnist = load_mnist()
    q, _ = train(mnist, np.random.default_rng([SEED, 2**31]))
    error, meaning = clustering_error(q, mnist)
    print(f'{mnist.name}: test error {error:.2f}% (the paper: 5.27%, epochs not stated)')
    draw(q, mnist, meaning, 'pixelgan-clusters.png')
