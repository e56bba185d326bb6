"""Layers with a forward and a backward pass of their own, costs and optimisers: no autograd.

    layer.py           the protocol, Sequential, Residual
    dense.py  conv.py  causal_conv.py  pooling.py  batch_norm.py  activations.py
    conditioning.py    a PixelCNN's biases by a code
    noise.py           on the encoder's input; affine_noise.py; reparametrization.py
    losses.py          costs on logits; logistic_mixture.py: of real-valued pixels
    optim.py           gradient descent with momentum, Adam
    initializers.py    first weights
    gradcheck/         python -m nn.gradcheck: backward passes against finite differences
    backend.py         NumPy or CuPy; draws.py: random numbers; processes.py: sums over processes
    fast/              speed
"""
