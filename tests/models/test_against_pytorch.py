"""Our phases against the same network in PyTorch with autograd: an independent second opinion."""
import numpy as np
import pytest

from experiments.pixelgan.clustering import Clustering
from tests.helpers import model_to_float64

torch = pytest.importorskip('torch')


@pytest.fixture
def pair():
    """The same model twice, in float64: in float32 a ReLU's sign can differ between them."""
    from benchmarks.torch_pixelgan import TorchPixelGAN
    config = Clustering.preset('smoke') | {'seed': 0, 'device': 'cpu', 'blocks': 2, 'keep': 1.0}
    ours = Clustering(config, (28, 28, 1)).model
    model_to_float64(ours)
    theirs = TorchPixelGAN(ours)
    for network in (theirs.encoder, theirs.decoder, theirs.discriminator):
        network.double()
    x = (np.random.default_rng(5).random((20, 28, 28, 1)) > 0.8).astype(np.float64)
    return ours, theirs, x


def test_losses_of_two_steps(pair):
    """The second step's losses depend on every gradient and update of the first."""
    ours, theirs, x = pair
    for _ in range(2):
        assert float(ours.reconstruction_phase(x)) == pytest.approx(
            float(theirs.reconstruction_phase(theirs.to_input(x))), rel=1e-9)
        state = ours.rng.bit_generator.state
        our_losses = ours.adversarial_phase(x)
        ours.rng.bit_generator.state = state      # both share one generator: the same prior draws
        their_losses = theirs.adversarial_phase(theirs.to_input(x))
        for phase, loss in our_losses.items():
            assert float(loss) == pytest.approx(float(their_losses[phase]), rel=1e-9)


def test_gradients_of_the_reconstruction_phase(pair):
    ours, theirs, x = pair
    ours.reconstruction_phase(x)
    theirs.reconstruction_phase(theirs.to_input(x))

    def same(gradient, tensor, axes=None):
        expected = tensor.grad.numpy()
        np.testing.assert_allclose(gradient, expected.transpose(axes) if axes else expected,
                                   rtol=1e-7, atol=1e-9)

    for layer, block in zip(ours.decoder.layer, theirs.decoder.blocks):
        for conv, peer in ((layer.conv_v, block.conv_v), (layer.conv_h, block.conv_h)):
            same(conv.grads['W'][conv.live], peer.weight, (2, 3, 1, 0))
            same(conv.grads['b'], peer.bias)
        same(layer.bias_v.grads['V'], block.bias_v)
        same(layer.bias_h.grads['V'], block.bias_h)
    _, _, first, norm, *_ = ours.encoder.logits.layer
    same(first.grads['W'], theirs.encoder[1].weight, (2, 3, 1, 0))
    same(norm.grads['gamma'], theirs.encoder[2].weight)
