"""Parity of the GPU with the CPU; run where CuPy and a CUDA device are, skipped elsewhere."""
import sys

import numpy as np
import pytest

from experiments.clustering import Clustering
from experiments.density import Density
from experiments.semisup import RealSemiSupervised, SemiSupervised
from nn import backend

try:
    backend.check_device('gpu')
    missing = ''
except backend.DeviceError as error:
    missing = str(error)

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(bool(missing), reason=missing or 'a GPU is here')]


def models(experiment):
    config = experiment.preset('smoke', seed=0)
    return (experiment(config | {'device': name}, (28, 28, 1)).model for name in ('cpu', 'gpu'))


def images():
    return (np.random.default_rng(5).random((20, 28, 28, 1)) > 0.8).astype(np.float32)


@pytest.mark.parametrize('experiment', [Clustering, SemiSupervised, RealSemiSupervised, Density])
def test_a_few_training_steps(experiment):
    host, device = models(experiment)
    batch = [images()]
    if issubclass(experiment, SemiSupervised):
        batch += [images(), np.arange(20) % 10]
    for _ in range(3):
        ours = host.step(*batch)
        theirs = device.step(*(backend.to_device(array, 'gpu') for array in batch))
        assert ours.keys() == theirs.keys()
        for phase, loss in ours.items():
            assert isinstance(theirs[phase], sys.modules['cupy'].ndarray)
            assert float(theirs[phase]) == pytest.approx(float(loss), rel=1e-3)


def test_encoder_and_decoder_forward():
    host, device = models(Clustering)
    x = images()
    z, _ = host.encoder.forward(x)
    on_gpu = backend.to_device(x, 'gpu')
    z_gpu, _ = device.encoder.forward(on_gpu)
    np.testing.assert_allclose(backend.to_host(z_gpu), z, rtol=1e-3, atol=1e-4)
    logits, _ = host.decoder.forward(x, z)
    logits_gpu, _ = device.decoder.forward(on_gpu, z_gpu)
    np.testing.assert_allclose(backend.to_host(logits_gpu), logits, rtol=1e-3, atol=1e-3)


def test_host_and_device_arrays_do_not_mix():
    with pytest.raises(TypeError, match='different devices'):
        backend.array_module(np.ones(2), sys.modules['cupy'].ones(2))
