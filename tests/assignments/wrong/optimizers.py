from tests.assignments.wrong import Wrong

MOMENTUM, UPDATE, STEP = 'momentum', 'Adam update', 'Adam step'

WRONG = [
    Wrong('a new velocity', {'SGD.update': [
        ('velocity *= momentum', 'velocity = momentum * velocity')]},
        {MOMENTUM: 'velocity is as it was: change it in place'}),
    Wrong('a new parameter', {'SGD.update': [
        ('parameter -= rate * velocity', 'parameter = parameter - rate * velocity')]},
        {MOMENTUM: 'parameter is as it was: change it in place'}),
    Wrong('uphill', {'SGD.update': [('parameter -=', 'parameter +=')]},
          {MOMENTUM: 'parameter: it is'}),
    Wrong('an average of the gradient', {'SGD.update': [
        ('velocity += gradient', 'velocity += (1 - momentum) * gradient')]},
        {MOMENTUM: 'velocity: it is'}),
    Wrong('the rate in the velocity, which is then another one', {'SGD.update': [
        ('velocity += gradient', 'velocity += rate * gradient'),
        ('parameter -= rate * velocity', 'parameter -= velocity')]}, {MOMENTUM: 'velocity: it is'}),
    Wrong('the gradient is used up', {'SGD.update': [
        ('velocity += gradient', 'gradient += velocity; velocity[...] = gradient')]},
        {MOMENTUM: 'update changes the gradient'}),
    Wrong('the gradient is not squared', {'Adam.update': [
        ('rest2 * (gradient * gradient)', 'rest2 * gradient')]}, {UPDATE: 'v: it is'}),
    Wrong('no root', {'Adam.update': [('array_module(v).sqrt(v)', 'v')]},
          {UPDATE: 'parameter: it is'}),
    Wrong('eps in the root', {'Adam.update': [
        ('(array_module(v).sqrt(v) + eps)', 'array_module(v).sqrt(v + eps)')]},
        {UPDATE: 'parameter: it is'}),
    Wrong('the gradient in the place of m', {'Adam.update': [
        ('step_size * m /', 'step_size * gradient /')]}, {UPDATE: 'parameter: it is'}),
    Wrong('no correction', {'Adam.step': [
        ('1 - self.beta1 ** self.steps', '1'), ('math.sqrt(1 - self.beta2 ** self.steps)', '1')]},
        {STEP: 'one step: W: '}),
    Wrong('eps is not corrected', {'Adam.step': [('self.eps * correction2', 'self.eps')]},
          {STEP: 'right for: one step, five steps'}),
    Wrong('the correction of v without its root', {'Adam.step': [
        ('math.sqrt(1 - self.beta2 ** self.steps)', '1 - self.beta2 ** self.steps')]},
        {STEP: 'one step: W: '}),
    Wrong('always the first step', {'Adam.step': [
        ('1 - self.beta1 ** self.steps', '1 - self.beta1'),
        ('1 - self.beta2 ** self.steps', '1 - self.beta2')]},
        {STEP: 'right for: one step'}),
    Wrong('the step is counted at the end', {'Adam.step': '''
        def step(self):
            correction1 = 1 - self.beta1 ** self.steps
            correction2 = math.sqrt(1 - self.beta2 ** self.steps)
            self._update_all(step_size=self.learning_rate * correction2 / correction1,
                             beta1=self.beta1, rest1=1 - self.beta1,
                             beta2=self.beta2, rest2=1 - self.beta2, eps=self.eps * correction2)
            self.steps += 1
        '''}, {STEP: 'ZeroDivisionError'}),
    Wrong('no step is counted', {'Adam.step': [
        ('self.steps += 1', 't = self.steps + 1'), ('beta1 ** self.steps', 'beta1 ** t'),
        ('beta2 ** self.steps', 'beta2 ** t')]}, {STEP: 'steps: it is 0, and should be 1'}),
]
