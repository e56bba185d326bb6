"""The variational autoencoder that the adversarial autoencoder is compared with.

References: AAE, section 2.1 (equation 2) and figures 2c, 2d; Kingma and Welling, Auto-Encoding
Variational Bayes, 2014.

    paper                               here
    q(z|x) = N(mu(x), sigma(x)^2)       encoder: the statistics' network x -> (N, 2 n), which is
                                        [mu, log sigma^2], then GaussianPosterior -> z (N, n)
    p(x|z)                              decoder, code -> pixels
    p(z)                                prior
    E_q[-log p(x|z)]                    cost, at one z per image
    KL(q(z|x) || p(z))                  gaussian_kl (Gaussian prior) or monte_carlo_kl
    - Entropy, CrossEntropy             the two parts of monte_carlo_kl

How this differs from the paper: nothing that it states. It speaks of Monte Carlo sampling; for the
Gaussian the KL is in closed form here. For other priors the cross-entropy is estimated at the z
that is decoded, and the entropy is exact, as equation 2 has it. -log p(x|z) up to a constant is
the caller's cost: half_squared_error is a Gaussian of variance 1 on the pixels.
"""
from models.priors import LOG_2PI, Gaussian
from nn.backend import array_module
from nn.losses import gaussian_kl, half_squared_error
from nn.processes import share


def monte_carlo_kl(statistics, z, prior):
    """KL(q(z|x) || p(z)) averaged over the batch, in nats, with E_q[-log p(z)] estimated at one z
    per image: equation 2's - Entropy + CrossEntropy.

    statistics: (N, 2 n), [mu, log sigma^2]; z: (N, n), drawn from them; prior: any that has
    `log_density`. Returns (kl, dstatistics, dz): dstatistics holds z fixed; dz reaches the
    statistics through z = mu + sigma eps.
    """
    xp = array_module(statistics, z)
    n = z.shape[1]
    log_variance = statistics[:, n:]
    # log q(z|x) = -1/2 sum [log sigma^2 + eps^2 + log 2 pi]: once z = mu + sigma eps is put in, mu
    # is gone and log sigma^2 has the gradient -1/2, whatever eps is. So eps^2 is replaced by its
    # mean, 1 (the exact entropy): the same gradient and a value with less noise.
    negative_entropy = -0.5 * (log_variance + (1 + LOG_2PI)).sum()
    log_p, dlog_p = prior.log_density(z)
    kl = (negative_entropy - log_p.sum()) / len(z)
    dstatistics = xp.concatenate([xp.zeros_like(z), xp.full_like(log_variance, -0.5)], axis=1)
    return kl, dstatistics / len(z), -dlog_p / len(z)


class VAE:
    """The two networks, the prior, and the one phase that trains both.

    encoder: Sequential(network, GaussianPosterior); forward gives codes (N, n), mu where train is
    False. prior: has `log_density`; a Gaussian's KL is in closed form, any other's by Monte Carlo.
    optimizers: 'encoder' and 'decoder'. rng: the generator that the encoder draws eps from, kept to
    be saved with the model. cost(decoder's output, x) -> (loss, gradient), as in nn.losses. Raises
    TypeError where the prior has no density, such as the swiss roll.
    """

    def __init__(self, encoder, decoder, prior, optimizers, rng, cost=half_squared_error):
        if not hasattr(prior, 'log_density'):
            raise TypeError(f'a VAE needs the density of its prior, and {type(prior).__name__} '
                            'can only be sampled from (AAE, section 2.1)')
        self.networks = {'encoder': encoder, 'decoder': decoder}
        self.encoder, self.decoder = encoder, decoder
        self.prior, self.optimizers, self.rng, self.cost = prior, optimizers, rng, cost

    def step(self, x):
        """Train on images x (N, H, W, C). Returns a dict of losses (0-d arrays), in nats per image
        where `cost` is; their sum is the bound on -log p(x), up to the constant of `cost`."""
        reconstruction, kl = self.reconstruction_phase(x)
        return {'reconstruction': reconstruction, 'kl': kl}

    def reconstruction_phase(self, x):
        """Update encoder and decoder to lower the bound of equation 2 on the clean x; only the
        encoder's input is noisy. Returns (reconstruction cost, KL), averaged over the images."""
        encoder_optimizer = self.optimizers['encoder']
        decoder_optimizer = self.optimizers['decoder']
        encoder_optimizer.zero_grads()
        decoder_optimizer.zero_grads()
        network, posterior = self.encoder.layer
        statistics, network_cache = network.forward(x, train=True)
        z, noise = posterior.forward(statistics, train=True)
        output, decoder_cache = self.decoder.forward(z, train=True)
        loss, doutput = share(*self.cost(output, x.reshape(output.shape)))
        kl, dstatistics, dz = share(*self.kl(statistics, z))
        dz = dz + self.decoder.backward(doutput, decoder_cache)
        network.backward(dstatistics + posterior.backward(dz, noise), network_cache)
        encoder_optimizer.step()
        decoder_optimizer.step()
        return loss, kl

    def kl(self, statistics, z):
        """(KL(q(z|x) || p(z)), dstatistics, dz); see monte_carlo_kl."""
        if isinstance(self.prior, Gaussian):
            kl, dstatistics = gaussian_kl(statistics, self.prior.std)
            return kl, dstatistics, array_module(z).zeros_like(z)
        return monte_carlo_kl(statistics, z, self.prior)
