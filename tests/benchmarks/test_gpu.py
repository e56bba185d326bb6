"""Parity of a device with the CPU: on a GPU where CuPy and one are (pytest -m gpu), and everywhere
on the stand-in for CuPy, so that what is to prove a GPU has been tried itself."""
from functools import partial

import numpy as np
import pytest

import train_mnist
import train_norb
import train_svhn
import train_tfd
from experiments.pixelgan.clustering import Clustering
from experiments.pixelgan.density import Density
from experiments.pixelgan.semisup import RealSemiSupervised, SemiSupervised
from experiments.registry import MODES
from experiments.saved_run import open_run
from nn import backend
from tests import stand_in
from tests.helpers import to_float64
from tests.runs import run
from training.checkpoint import network_state

try:
    backend.check_device('gpu')
    missing = ''
except backend.DeviceError as error:
    missing = str(error)

LOAD = {'mnist': train_mnist.load, 'svhn': train_svhn.load, 'norb': train_norb.load,
        'tfd': train_tfd.load}
EVERY = [(dataset, model, mode, pixels) for dataset, models in MODES.items()
         for model, modes in models.items() for mode, variants in modes.items()
         for pixels in variants]


@pytest.fixture(autouse=True, params=['stand-in', pytest.param('gpu', marks=[
    pytest.mark.gpu, pytest.mark.skipif(bool(missing), reason=missing or 'a GPU is here')])])
def device(request, monkeypatch):
    """From here on 'gpu' is this one."""
    if request.param == 'stand-in':
        stand_in.install(monkeypatch)


def pair(dataset, model, mode, pixels):
    """The experiment of a smoke preset with its data, on the CPU and on the device, in float64."""
    experiment = MODES[dataset][model][mode][pixels]
    for name in ('cpu', 'gpu'):
        config = experiment.preset('smoke', seed=0, device=name, model=model, mode=mode,
                                   pixels=pixels, preset='smoke', data='synthetic', data_dir=None)
        data = experiment.select(config, partial(LOAD[dataset], config))
        made = experiment(config, data.train.images.shape[1:])
        to_float64(*made.model.networks.values())
        for optimizer in made.model.optimizers.values():
            for arrays in optimizer.slot_arrays.values():
                arrays |= {path: array.astype(np.float64) for path, array in arrays.items()}
        made.use(data)
        yield made


def models(experiment):
    config = experiment.preset('smoke', seed=0)
    return (experiment(config | {'device': name}, (28, 28, 1)).model for name in ('cpu', 'gpu'))


def images():
    return (np.random.default_rng(5).random((20, 28, 28, 1)) > 0.8).astype(np.float32)


@pytest.mark.parametrize('names', EVERY, ids=' '.join)
def test_two_steps_of_every_mode_in_float64(names):
    """The second one's losses depend on all gradients and updates of the first."""
    host, device = pair(*names)
    for step in range(2):
        batch = [array.astype(np.float64) if array.dtype == np.float32 else array
                 for array in host.batch(np.arange(20), 0, step)]
        ours = host.model.step(*batch)
        theirs = device.model.step(*(backend.to_device(array, 'gpu') for array in batch))
        assert ours.keys() == theirs.keys()
        for phase, loss in ours.items():
            assert isinstance(theirs[phase], backend.cupy().ndarray), phase
            assert float(theirs[phase]) == pytest.approx(float(loss), rel=1e-8), phase
    ours, theirs = network_state(host.model), network_state(device.model)
    assert ours.keys() == theirs.keys()
    for path, array in ours.items():
        np.testing.assert_allclose(backend.to_host(theirs[path]), array, rtol=1e-6, atol=1e-7,
                                   err_msg=path)


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
            assert isinstance(theirs[phase], backend.cupy().ndarray)
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


@pytest.mark.parametrize('names', [
    ('mnist', 'pixelgan', 'clustering', 'binary'), ('mnist', 'pixelgan', 'semisup', 'real'),
    ('mnist', 'pixelcnn', 'density', 'binary')], ids=' '.join)
def test_sampling(names):
    """The draws are made on the host, so the images are the same."""
    drawn = []
    for experiment in pair(*names):
        size = getattr(getattr(experiment.model, 'prior', None), 'size', 0)
        codes = np.eye(size)[[0, 1, 1]] if size else None
        drawn.append(experiment.sample(codes, np.random.default_rng(3), 3))
    assert drawn[0].shape == (3, 28, 28, 1) and drawn[0].std() > 0
    np.testing.assert_allclose(drawn[1], drawn[0], atol=1e-6)


def test_a_run_begun_on_the_device_goes_on_on_the_cpu(tmp_path):
    out = tmp_path / 'run'
    assert run(out, '--epochs', '1', '--device', 'gpu') == 0
    host, device = (network_state(open_run(out, name).model) for name in ('cpu', 'gpu'))
    assert host.keys() == device.keys()
    for path, array in host.items():
        assert isinstance(device[path], backend.cupy().ndarray)
        np.testing.assert_array_equal(backend.to_host(device[path]), array, err_msg=path)
    assert run(out, '--epochs', '2', '--resume', '--device', 'cpu') == 0
    assert open_run(out).trained == (2, 0)


def test_host_and_device_arrays_do_not_mix():
    with pytest.raises(TypeError, match='different devices'):
        backend.array_module(np.ones(2), backend.cupy().ones(2))
