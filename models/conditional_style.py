"""A style that matches its prior in every class; not in the paper.

References: AAE, section 2.3 (a discriminator that is told a label), figure 8 (the label and the
style, whose discriminator sees the style alone: models/aae.py).
"""
from models.aae import AdversarialAutoencoder
from nn.backend import array_module


class ConditionalStyleAutoencoder(AdversarialAutoencoder):
    """The style's discriminator is given y, as section 2.3's is given a label: q(z|y) must match
    the prior for every y, not only q(z) on average, so what the style cannot tell the decoder must
    read from y.

    discriminators['style']: style and y, side by side -> logits. A true sample is a style of the
    prior beside the y of an image of the batch, so y alone tells nothing; no gradient goes to y.
    What it does for clusters: docs/not-in-the-papers.md.
    """

    def regularize(self, real, fake, cache):
        """As in the base class, with y (N, K) beside the styles, true and generated."""
        join = array_module(fake['label']).concatenate
        y = fake['label']
        return super().regularize(real | {'style': join([real['style'], y], axis=1)},
                                  fake | {'style': join([fake['style'], y], axis=1)}, cache)
