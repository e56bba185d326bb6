from tests.assignments.wrong import Wrong

MOMENTUM, UPDATE, NUMBERS = 'momentum', 'Adam update', 'Adam numbers'

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
    Wrong('no correction', {'Adam.numbers': [
        ('1 - self.beta1 ** self.steps', '1'), ('math.sqrt(1 - self.beta2 ** self.steps)', '1')]},
        {NUMBERS: 'one step: W: '}),
    Wrong('eps is not corrected', {'Adam.numbers': [('self.eps * correction2', 'self.eps')]},
          {NUMBERS: 'right for: one step, five steps'}),
    Wrong('the correction of v without its root', {'Adam.numbers': [
        ('math.sqrt(1 - self.beta2 ** self.steps)', '1 - self.beta2 ** self.steps')]},
        {NUMBERS: 'one step: W: '}),
    Wrong('always the first step', {'Adam.numbers': [
        ('1 - self.beta1 ** self.steps', '1 - self.beta1'),
        ('1 - self.beta2 ** self.steps', '1 - self.beta2')]},
        {NUMBERS: 'right for: one step'}),
    Wrong('the step is counted from 0', {'Adam.numbers': [
        ('beta1 ** self.steps', 'beta1 ** (self.steps - 1)')]}, {NUMBERS: 'ZeroDivisionError'}),
    Wrong('the step is counted twice', {'Adam.numbers': [
        ('correction1 = 1', 'self.steps += 1; correction1 = 1')]},
        {NUMBERS: 'numbers changes something: asked again'}),
    Wrong('the powers are kept', {'Adam.numbers': [
        ('correction1 = 1 - self.beta1 ** self.steps',
         'self.power = self.beta1 * (1 if self.steps == 1 else self.power); '
         'correction1 = 1 - self.power')]}, {NUMBERS: 'numbers changes something'}),
    Wrong('a tuple', {'Adam.numbers': [
        ('return {', 'return tuple({'), ('* correction2}', '* correction2}.values())')]},
        {NUMBERS: 'numbers returned a tuple of length 6; it must return a dict'}),
]
