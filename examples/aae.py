"""The adversarial autoencoder on one page: MNIST with a hundred labels.

    python -m examples.aae

Reference: Makhzani et al., Adversarial Autoencoders: sections 2 and 5, figure 8, appendix A.2.1.
The method is written out here; the layers are in nn/, the networks in models/. `train_mnist.py
--model aae --mode semisup --preset paper` gives the same numbers and has all that a long run needs.
An epoch takes about a minute on two cores; the paper has 5,000. After one the error is about 25%,
and the decoder goes by the style alone: the columns of the picture look alike.
"""
import numpy as np
from matplotlib.figure import Figure

from datasets import balanced_indices, load_mnist
from models.aae import dense_decoder
from models.discriminator import discriminator
from models.encoders import MultiHeadEncoder, dense_features, linear_head
from nn.activations import Softmax
from nn.initializers import redraw
from nn.losses import discriminator_cost, generator_cost, half_squared_error, softmax_cross_entropy
from nn.optim import SGD

# A.2.1; batches and initial weights are A.1's. 'Half the Euclidean error' is read as half the
# squared error, summed over the pixels.
LABELS, CLASSES, STYLE, UNITS, NOISE, INIT = 100, 10, 10, 1000, 0.3, 0.01
RATE = {'reconstruction': 0.01, 'adversarial': 0.1, 'labels': 0.1}
MOMENTUM = {'reconstruction': 0.9, 'adversarial': 0.1, 'labels': 0.9}
DECAY = 50, 1000        # epochs after which all rates are divided by 10
EPOCHS, BATCH, SEED = 1, 100, 0


def build(image_shape, rng):
    """q(y, z|x): noise on x, then a softmax y and a linear z side by side; p(x|y, z); and
    discriminators of y and of z. Images are (H, W, 1)."""
    trunk = dense_features(image_shape, rng, UNITS, noise_std=NOISE)
    encoder = MultiHeadEncoder(trunk, [(linear_head(UNITS, CLASSES, rng), Softmax()),
                                       (linear_head(UNITS, STYLE, rng), None)])
    decoder = dense_decoder(CLASSES + STYLE, image_shape, rng, UNITS)
    label_judge, style_judge = (discriminator(size, UNITS, rng) for size in (CLASSES, STYLE))
    for network in (encoder, decoder, label_judge, style_judge):
        redraw(network, INIT, rng)
    return encoder, decoder, label_judge, style_judge


def pixels(images):
    return images.astype(np.float32) / 255


def train(data, rng, epochs=EPOCHS):
    """The encoder and the decoder after `epochs` passes over the training images of a Dataset."""
    encoder, decoder, label_judge, style_judge = build(data.train.images.shape[1:], rng)
    judges = {'label': label_judge, 'style': style_judge}
    # Gradient descent with momentum; each phase has a state of its own.
    optimizers = {name: SGD(networks, RATE[phase], MOMENTUM[phase]) for name, phase, networks in (
        ('encoder', 'reconstruction', {'encoder': encoder}),
        ('decoder', 'reconstruction', {'decoder': decoder}),
        ('discriminators', 'adversarial', judges),
        ('generator', 'adversarial', {'encoder': encoder}),
        ('labels', 'labels', {'encoder': encoder}))}
    chosen = balanced_indices(data.train.labels, LABELS, np.random.default_rng([SEED, 2**31 + 2]))
    x_labelled, labels = pixels(data.train.images[chosen]), data.train.labels[chosen]

    for epoch in range(epochs):
        if epoch in DECAY:
            for optimizer in optimizers.values():
                optimizer.learning_rate /= 10
        order = np.random.default_rng([SEED, epoch]).permutation(len(data.train.images))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            x = pixels(data.train.images[np.sort(order[start:start + BATCH])])

            # Reconstruction phase: encoder and decoder, half the squared error of the clean image.
            encoder.zero_grads()
            decoder.zero_grads()
            code, encoder_cache = encoder.forward(x, train=True)
            output, decoder_cache = decoder.forward(code, train=True)
            cost, doutput = half_squared_error(output, x.reshape(output.shape))
            encoder.backward(decoder.backward(doutput, decoder_cache), encoder_cache)
            optimizers['encoder'].step()
            optimizers['decoder'].step()

            # Regularization phase: q(y) and q(z) are matched to a one-hot label and a Gaussian.
            code, encoder_cache = encoder.forward(x, train=True)
            fake = {'label': code[:, :CLASSES], 'style': code[:, CLASSES:]}
            real = {'label': np.eye(CLASSES, dtype=np.float32)[rng.integers(CLASSES, size=len(x))],
                    'style': rng.standard_normal((len(x), STYLE)).astype(np.float32)}
            # The discriminators, to tell them apart; what they give back to the code is dropped.
            label_judge.zero_grads()
            style_judge.zero_grads()
            for part, judge in judges.items():
                judged, cache = judge.forward(np.concatenate([real[part], fake[part]]), train=True)
                _, d_real, d_fake = discriminator_cost(judged[:len(x)], judged[len(x):])
                judge.backward(np.concatenate([d_real, d_fake]), cache)
            optimizers['discriminators'].step()
            # The generator, which is the encoder, to raise log D(fake) of both, which are not
            # updated: one step by the sum of both costs.
            encoder.zero_grads()
            dcode = []
            for part, judge in judges.items():
                judged, cache = judge.forward(fake[part], train=True)
                dcode.append(judge.backward_to_input(generator_cost(judged)[1], cache))
            encoder.backward(np.concatenate(dcode, axis=1), encoder_cache)
            optimizers['generator'].step()

            # Semi-supervised phase: cross-entropy of the encoder's y, on all labelled images.
            encoder.zero_grads()
            logits, cache = encoder.logits.forward(x_labelled, train=True)
            nats, dlogits = softmax_cross_entropy(logits, labels)
            encoder.logits.backward(dlogits, cache)
            optimizers['labels'].step()

        print(f'{data.name}, epoch {epoch + 1}: reconstruction {cost:.1f}, labels {nats:.3f} nats '
              f'(last step), test error {error_rate(encoder, data):.2f}%', flush=True)
    return encoder, decoder


def error_rate(encoder, data):
    """In per cent, of the most probable label, without noise."""
    y = encoder.forward(pixels(data.test.images))[0][:, :CLASSES].argmax(axis=1)
    return 100 * (y != data.test.labels).mean()


def draw(decoder, path, styles=10):
    """Images of every label in styles drawn from the prior, a style in a row (as in figure 7a)."""
    z = np.random.default_rng(SEED).standard_normal((styles, STYLE)).astype(np.float32)
    codes = np.hstack([np.tile(np.eye(CLASSES, dtype=np.float32), (styles, 1)),
                       z.repeat(CLASSES, axis=0)])
    images = decoder.forward(codes)[0].reshape(styles, CLASSES, 28, 28)
    figure = Figure(figsize=(2.8, 2.8))     # a pixel for a pixel
    figure.figimage(np.block([list(row) for row in images]), cmap='gray_r', origin='upper')
    figure.savefig(path)


if __name__ == '__main__':
    mnist = load_mnist()
    _, p = train(mnist, np.random.default_rng([SEED, 2**31]))
    draw(p, 'aae-styles.png')
