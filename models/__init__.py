"""The networks of both papers, and the models that train them: a phase of training is a method.

    pixelgan.py        the PixelGAN autoencoder
    aae.py             the adversarial autoencoder; embedding.py, conditional_style.py: variants
    phases.py          what both share: the adversarial game, training on labels
    encoders.py        q(z|x)
    pixelcnn.py        p(x|z) of PixelGAN; sampler.py draws from it; unconditional.py: it alone
    discriminator.py   the adversarial network; priors.py: p(z)
    vae.py             what the AAE is compared with; classifier.py: the supervised baseline
"""
