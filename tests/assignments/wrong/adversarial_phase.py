from tests.assignments.wrong import Wrong

GRADIENTS, CODES = 'discriminator_gradients', 'generator_gradient'
D, G, BOTH = ('PixelGAN.discriminator_phase', 'PixelGAN.generator_phase',
              'PixelGAN.adversarial_phase')
OF_D, OF_CODES = 'gradients of D', 'gradient of the codes'

WRONG = [
    Wrong('the targets exchanged', {GRADIENTS: '''
        def discriminator_gradients(discriminator, real, fake):
            real_logits, real_cache = discriminator.forward(real, train=True)
            fake_logits, fake_cache = discriminator.forward(fake, train=True)
            loss, d_fake, d_real = discriminator_cost(fake_logits, real_logits)
            discriminator.backward(d_real, real_cache)
            discriminator.backward(d_fake, fake_cache)
            return loss
        '''}, {OF_D: 'loss: it is'}),
    Wrong('the cache of the other pass', {GRADIENTS: '''
        def discriminator_gradients(discriminator, real, fake):
            real_logits, cache = discriminator.forward(real, train=True)
            fake_logits, cache = discriminator.forward(fake, train=True)
            loss, d_real, d_fake = discriminator_cost(real_logits, fake_logits)
            discriminator.backward(d_real, cache)
            discriminator.backward(d_fake, cache)
            return loss
        '''}, {OF_D: 'ValueError'}),
    Wrong('D learns from the fake codes alone', {GRADIENTS: [
        ('join([d_real, d_fake])', 'join([0 * d_real, d_fake])')]}, {OF_D: "grads['"}),
    Wrong('the gradients of D are zeroed within', {GRADIENTS: [
        ('discriminator.backward(', 'discriminator.zero_grads(); discriminator.backward(')]},
        {OF_D: "'] is added to, in place (+=): it is False"}),
    Wrong('the encoder minimises log(1 - D)', {CODES: [
        ('loss, dlogits = share(*generator_cost(logits))',
         'loss = -generator_cost(-logits)[0]; dlogits = -discriminator_cost(logits, logits)[2]')]},
        {OF_CODES: 'dfake: it is'}),
    Wrong('the encoder helps D', {CODES: [
        ('return loss, discriminator', 'return loss, -discriminator')]},
        {OF_CODES: 'dfake: looks like this: the sign is wrong'}),
    Wrong('the codes are detached', {CODES: [
        ('discriminator.backward_to_input(dlogits, cache)', '0 * fake')]},
        {OF_CODES: 'dfake: looks like this: it is zero'}),
    Wrong('D keeps the gradients of other phases', {D: [('optimizer.zero_grads()', 'pass')]},
          {'discriminator phase': 'gradients of the discriminator that still hold what'}),
    Wrong('the discriminator phase moves the encoder', {D: [
        ('optimizer.step()', "optimizer.step(); self.optimizers['generator'].step()")]},
        {'discriminator phase': 'it moves the encoder, which is not to learn'}),
    Wrong('the real codes are called fake', {D: [
        ('real, fake)\n        opt', 'fake, real)\n        opt')]},
        {'discriminator phase': 'loss: it is'}),
    Wrong('the generator phase moves D', {G: [
        ('optimizer.step()', "optimizer.step(); self.optimizers['discriminator'].step()")]},
        {'generator phase': 'it moves the discriminator, which is not to learn'}),
    Wrong('the gradient does not reach the encoder', {G: [
        ('self.encoder.backward(dfake, encoder_cache)', 'pass')]},
        {'generator phase': 'gradient of the encoder: looks like this: it is zero'}),
    Wrong('the encoder keeps the gradients of other phases', {G: [
        ('optimizer.zero_grads()', 'pass')]},
        {'generator phase': 'gradients of the encoder that still hold what another phase left'}),
    Wrong('the momentum of the reconstruction phase', {G: [
        ("self.optimizers['generator']", "self.optimizers['encoder']")]},
        {'generator phase': "optimizers['generator'].step() is never called"}),
    Wrong('two steps', {G: [('optimizer.step()', 'optimizer.step(); optimizer.step()')]},
          {'generator phase': 'step of the encoder: it is'}),
    Wrong('the encoder first', {BOTH: [
        ('discriminator_loss = self.discriminator_phase(real, fake)',
         'generator_loss = self.generator_phase(fake, cache); discriminator_loss = '
         'self.discriminator_phase(real, fake)'),
        ('self.generator_phase(fake, cache)}', 'generator_loss}')]},
        {'adversarial phase': 'loss of the generator: it is'}),
    Wrong('the encoder is run again, with other noise', {BOTH: [
        ('self.generator_phase(fake, cache)}',
         'self.generator_phase(*self.encoder.forward(x, train=True))}')]},
        {'adversarial phase': 'right for: a dense encoder'}),
    Wrong('the encoder as at test time', {BOTH: [('train=True', 'train=False')]},
          {'adversarial phase': 'right for: a dense encoder'}),
    Wrong('the prior in float32', {BOTH: [
        ('self.rng, fake.dtype)', "self.rng, 'float32')")]},
        {'adversarial phase': 'samples of the prior in float32'}),
    Wrong('D as at test time', {GRADIENTS: '''
        def discriminator_gradients(discriminator, real, fake):
            real_logits, real_cache = discriminator.forward(real)
            fake_logits, fake_cache = discriminator.forward(fake, train=True)
            loss, d_real, d_fake = discriminator_cost(real_logits, fake_logits)
            discriminator.backward(d_real, real_cache)
            discriminator.backward(d_fake, fake_cache)
            return loss
        '''}, {OF_D: 'D is run without train=True'}),
    Wrong('D as at test time for the encoder', {CODES: [('train=True', 'train=False')]},
          {OF_CODES: 'D is run without train=True'}),
    Wrong('the gradient alone is returned', {CODES: [
        ('return loss, discriminator', 'return discriminator')]},
        {OF_CODES: 'it must return (loss, dfake)'}),
    Wrong('the loss of D alone is returned', {BOTH: [
        ("return {'discriminator': discriminator_loss,\n                'generator': "
         "self.generator_phase(fake, cache)}",
         'self.generator_phase(fake, cache); return discriminator_loss')]},
        {'adversarial phase': 'it must return a dict of both losses'}),
    Wrong('the prior is fake', {BOTH: [
        ('self.discriminator_phase(real, fake)', 'self.discriminator_phase(fake, real)')]},
        {'adversarial phase': 'loss of the discriminator: it is'}),
    Wrong('the encoder does not learn', {BOTH: [
        ('self.generator_phase(fake, cache)}', 'discriminator_loss}')]},
        {'adversarial phase': "optimizers['generator'].step() is never called"}),
]
