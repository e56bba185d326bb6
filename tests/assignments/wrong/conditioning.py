from tests.assignments.wrong import Wrong

INVARIANT, INVARIANT_D = 'location-invariant bias', 'location-invariant gradients'
DEPENDENT, DEPENDENT_D = 'location-dependent bias', 'location-dependent gradients'
BIASES, INPUT = 'decoder with biases', 'decoder with an input channel'
DX, DZ_BIASES, DZ_INPUT = (
    'gradient of x', 'gradient of z by biases', 'gradient of z by an input channel')
LIB, LDB = 'LocationInvariantBias', 'LocationDependentBias'
SUM = 'sum_rows(dy.reshape(len(dy), -1, dy.shape[3]))'
ADD = 'dz = dz_layer if dz is None else dz + dz_layer'

WRONG = [
    Wrong('the code of the first image for all', {f'{LIB}.forward': [
        ("(z @ self.params['V'])", "(z[:1] @ self.params['V'])")]}, {INVARIANT: 'y: it is'}),
    Wrong('V the other way round', {f'{LIB}.forward': [
        ("z @ self.params['V']", "z @ self.params['V'].T")]}, {INVARIANT: 'ValueError'}),
    Wrong('the mean over the positions', {f'{LIB}.backward': [(SUM, 'dy.mean(axis=(1, 2))')]},
          {INVARIANT_D: 'one over the'}),
    Wrong('one position', {f'{LIB}.backward': [(SUM, 'dy[:, 0, 0]')]}, {INVARIANT_D: 'dz: it is'}),
    Wrong('dz is forgotten', {f'{LIB}.backward': [
        ("dbias @ self.params['V'].T", 'dbias @ self.params["V"].T * 0')]},
        {INVARIANT_D: 'dz: looks like this: it is zero'}),
    Wrong('dx is that of the code alone', {f'{LIB}.backward': [
        ('return dy,', 'return dy * 0,')]}, {INVARIANT_D: 'dx: looks like this: it is zero'}),
    Wrong('dV is assigned', {f'{LIB}.backward': [("['V'] +=", "['V'][...] =")]},
          {INVARIANT_D: "'] is added to, in place (+=): it is False"}),
    Wrong('the map is added to one channel', {f'{LDB}.forward': [
        ('return x + bias', 'y = x.copy()\n'
                            '        y[..., :bias.shape[3]] += bias[..., :x.shape[3]]\n'
                            '        return y')]}, {DEPENDENT: 'right for: k = 4'}),
    Wrong('no projection', {f'{LDB}.forward': [
        ('self.project is not None', 'False'),
        ('x + bias', 'x + bias.sum(axis=3, keepdims=True)')]}, {DEPENDENT: 'right for: k = 1'}),
    Wrong('no sum over the channels', {f'{LDB}.backward': [
        ('dy.sum(axis=3, keepdims=True)', 'dy[..., :1]')]}, {DEPENDENT_D: 'right for: k = 4'}),
    Wrong('the mean over the channels', {f'{LDB}.backward': [
        ('dy.sum(axis=3, keepdims=True)', 'dy.mean(axis=3, keepdims=True)')]},
        {DEPENDENT_D: 'dz: looks like this: every element is'}),
    Wrong('dz before dx', {f'{LDB}.backward': [
        ('return dy, self.code_map.backward(dbias, map_cache)',
         'return self.code_map.backward(dbias, map_cache), dy')]}, {DEPENDENT_D: 'dx: its shape'}),
    Wrong('the head takes the vertical stack', {'PixelCNN.forward': [
        ('self.head.forward(h)', 'self.head.forward(v)')]},
        {BIASES: 'logits: it is', INPUT: 'logits: it is'}),
    Wrong('the code in the first layer alone', {'PixelCNN.forward': [
        ('layer.forward(v, h, z)',
         'layer.forward(v, h, z if layer is self.layer[0] or z is None else 0 * z)')]},
        {BIASES: 'right for: location-dependent, no code'}),
    Wrong('the map before the image', {'PixelCNN.forward': [('[x, code_map]', '[code_map, x]')]},
          {INPUT: 'logits: it is'}),
    Wrong('the map in the vertical stack alone', {'PixelCNN.forward': [
        ('v = h = x', 'v, h = x, x.copy()\n'
                      '        if self.code_map is not None:\n'
                      '            h[..., self.image_shape[2]:] = 0')]}, {INPUT: 'logits: it is'}),
    Wrong('dx of one stack', {'PixelCNN.backward': [('dx = dv + dh', 'dx = dh')]},
          {DX: 'dx: it is', DZ_INPUT: 'dz: it is'}),
    Wrong('dx with the channels of the map', {'PixelCNN.backward': [
        ('dx = dx[..., :self.image_shape[2]]', 'pass')]},
        {DX: 'right for: location-invariant, location-dependent, no code'}),
    Wrong('both stacks begin with the gradient of the logits', {'PixelCNN.backward': [
        ('array_module(dh).zeros_like(dh)', 'dh.copy()')]},
        {DX: 'dx: it is', DZ_BIASES: 'dz: it is', DZ_INPUT: 'dz: it is'}),
    Wrong('dz of one layer', {'PixelCNN.backward': [(ADD, 'dz = dz_layer')]},
          {DZ_BIASES: 'right for: location-dependent'}),
    Wrong('dz of the last channels and of the first', {'PixelCNN.backward': [
        ('dz = self.code_map.backward(dx[..., self.image_shape[2]:], map_cache)',
         'dz = self.code_map.backward(dx[..., :dx.shape[3] - self.image_shape[2]], map_cache)')]},
        {DZ_INPUT: 'dz: it is'}),
]
