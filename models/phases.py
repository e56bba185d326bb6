"""What the phases of the PixelGAN autoencoder and of the adversarial autoencoder share: the
adversarial game on the codes, and training on labels.

References: AAE, sections 2 and 5; PixelGAN, sections 2 and 2.2.

    paper                                    here
    discriminative network, D                discriminator
    true samples, from the prior             real
    generated samples, the hidden codes      fake

In a run on one process and on a CPU four words may be read over: `share(*cost)` is the cost,
`rows_of(x)` does nothing, `whole(n)` is n, `drawn(make, z)` is make(len(z)) (nn/processes.py,
nn/draws.py).

How this differs from the papers: the discriminator and the generator see the same codes of the
batch (one pass of the encoder, one draw of its input noise): the papers do not say whether to
draw twice, and between the two updates the encoder does not change.
"""
from nn.backend import array_module
from nn.losses import discriminator_cost, generator_cost
from nn.processes import rows_of, share


def discriminator_gradients(discriminator, real, fake):
    """Add to D's gradients those of telling `real` from `fake`, both (N, size). Returns the loss,
    1.386 where D cannot tell them apart."""
    join = array_module(real, fake).concatenate
    # One pass of both: no layer of D looks at more than one code, and its weights are read once.
    logits, cache = discriminator.forward(join([real, fake]), train=True)
    loss, d_real, d_fake = share(*discriminator_cost(logits[:len(real)], logits[len(real):]))
    discriminator.backward(join([d_real, d_fake]), cache)
    return loss


def generator_gradient(discriminator, fake):
    """(loss, dfake) of making D take `fake` (N, size) for the prior's samples: what the encoder
    descends. D's own gradients are not for use after it."""
    logits, cache = discriminator.forward(fake, train=True)
    loss, dlogits = share(*generator_cost(logits))
    return loss, discriminator.backward_to_input(dlogits, cache)


def semi_supervised_update(encoder, optimizer, cost, x, targets):
    """One step of the encoder so that `encoder.logits`, its way to what the labels are about, gives
    the targets (N, ...) of images x. cost(logits, targets) -> (loss, dlogits). Returns the loss."""
    optimizer.zero_grads()
    with rows_of(x):
        logits, cache = encoder.logits.forward(x, train=True)
        loss, dlogits = share(*cost(logits, targets))
        encoder.logits.backward(dlogits, cache)
        optimizer.step()
    return loss
