"""What several tests need."""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name != 'posix', reason='sends POSIX signals or runs bash')


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
