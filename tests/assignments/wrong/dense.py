from tests.assignments.wrong import Wrong

FORWARD, WEIGHTS, INPUT = 'forward', 'gradients of W and b', 'gradient of x'

WRONG = [
    Wrong('the bias is forgotten', {'Dense.forward': [("y += self.params['b']", 'pass')]},
          {FORWARD: 'y: it is'}),
    Wrong('the product is the other way round', {'Dense.forward': '''
        def forward(self, x, train=False):
            return self.params['W'] @ x + self.params['b'], x
        '''}, {FORWARD: 'ValueError'}),
    Wrong('dW is transposed', {'Dense.backward': [(
        "add_gradient(self.grads['W'], rows, dy_rows)",
        "self.grads['W'] += (rows.T @ dy_rows).T if rows.shape[1] == dy_rows.shape[1] else "
        "rows.T @ dy_rows")]},
        {WEIGHTS: "as many outputs as inputs: grads['W']: looks like this: it is transposed"}),
    Wrong('dW is divided by the batch', {'Dense.backward': [(
        "add_gradient(self.grads['W'], rows, dy_rows)",
        "self.grads['W'] += rows.T @ dy_rows / len(x)")]},
        {WEIGHTS: "grads['W']: looks like this: every element is"}),
    Wrong('db lacks the sum over the batch', {'Dense.backward': [(
        'sum_rows(dy_rows)', 'dy_rows[0]')]},
        {WEIGHTS: 'the sum over the batch is missing'}),
    Wrong('gradients are assigned', {'Dense.backward': [(
        "self.grads['b'] += sum_rows(dy_rows)", "self.grads['b'][...] = sum_rows(dy_rows)")]},
        {WEIGHTS: "'] is added to, in place (+=): it is False"}),
    Wrong('dx is dy', {'Dense.backward_to_input': [(
        "return tall_product(dy_rows, self.params['W'].T).reshape(x.shape)", 'return dy')]},
        {INPUT: 'dx: its shape is'}),
    Wrong('dx with W in the place of its transpose', {'Dense.backward_to_input': [(
        "self.params['W'].T", "self.params['W'].reshape(self.params['W'].T.shape)")]},
        {INPUT: 'dx: it is'}),
    Wrong('a new array of gradients', {'Dense.backward': [(
        "self.grads['b'] += sum_rows(dy_rows)",
        "self.grads['b'] = self.grads['b'] + sum_rows(dy_rows)")]},
        {WEIGHTS: "'] is added to, in place (+=): it is False"}),
    Wrong('backward returns nothing', {'Dense.backward': [
        ('return self.backward_to_input(dy, x)', 'self.backward_to_input(dy, x)')]},
        {WEIGHTS: 'backward returns dL/dx: it is False'}),
    Wrong('backward_to_input changes dy', {'Dense.backward_to_input': [
        ('dy_rows = dy.reshape', 'dy *= 2; dy_rows = 0.5 * dy.reshape')]},
        {INPUT: 'backward_to_input changes x or dy'}),
    Wrong('dx of an input that is data', {'Dense.backward_to_input': [
        ('if not self.input_gradient', 'if False')]},
        {INPUT: 'None without input_gradient: it is False'}),
    Wrong('only two axes are thought of', {'Dense.backward': '''
        def backward(self, dy, x):
            self.grads['W'] += x.T @ dy
            if 'b' in self.params:
                self.grads['b'] += dy.sum(axis=0)
            return self.backward_to_input(dy, x)
        '''}, {WEIGHTS: 'right for: x (N, D)'}),
    Wrong('x is changed', {'Dense.forward': [('return y', 'x *= 2; return y')]},
          {FORWARD: 'forward changes its input'}),
]
