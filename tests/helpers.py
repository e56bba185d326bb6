"""What several tests need."""
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets import Split
from experiments.common import figures

ROOT = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name != 'posix', reason='sends POSIX signals or runs bash')
VALIDATION, TEST = 40, 25       # images of the splits of `splits`


def to_float64(*networks):
    """Turn all arrays of the networks into float64; returns them."""
    for network in networks:
        for _, layer in network.layers():
            for arrays in (layer.params, layer.grads, layer.buffers):
                for name in arrays:
                    arrays[name] = arrays[name].astype(np.float64)
    return networks


def python(*arguments, **options):
    """Run Python in the repository's folder; stdout and stderr come as text."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, text=True, timeout=60,
                          capture_output=True, **options)


def draw_biases(*networks):
    """Add to all biases, in place; returns the networks. Biases of 0 put the units that get nothing
    on the ReLU's kink, where differences are no gradient."""
    rng = np.random.default_rng(8)
    for network in networks:
        for array in network.parameters().values():
            if array.ndim == 1:
                array += 0.1 * rng.standard_normal(array.shape)
    return networks


def model_to_float64(model):
    """The same of all networks of a model and of the state of its optimisers; returns the model."""
    to_float64(*model.networks.values())
    for optimizer in model.optimizers.values():
        for arrays in optimizer.slot_arrays.values():
            for path in arrays:
                arrays[path] = arrays[path].astype(np.float64)
    return model


def binary_images(n=12):
    """Of 28 x 28 pixels, 0 or 1: (n, 28, 28, 1)."""
    return (np.random.default_rng(5).random((n, 28, 28, 1)) > 0.8).astype(np.float32)


def snapshot(model):
    """network/path -> copy of each parameter of a model."""
    return {f'{name}/{path}': array.copy() for name, network in model.networks.items()
            for path, array in network.parameters().items()}


def moved(model, before):
    """Names of the networks whose parameters changed."""
    return {path.split('/')[0] for path, array in snapshot(model).items()
            if not np.array_equal(array, before[path])}


def splits(data):
    """Splits of different sizes, so that they can be told apart, labelled 0, 1, .. 9, 0, 1, .."""
    def first(split, n):
        return Split(split.images[:n], np.arange(n) % 10)
    return replace(data, validation=first(data.validation, VALIDATION),
                   test=first(data.test, TEST))


def shown(monkeypatch, name):
    """Arguments of every call of a function of figures.py, which then draws nothing."""
    calls = []
    monkeypatch.setattr(figures, name, lambda *arguments, **options: calls.append(arguments))
    return calls
