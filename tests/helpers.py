"""What several tests need."""
import numpy as np


def to_float64(*networks):
    """Turn all arrays of the networks into float64; returns them."""
    for network in networks:
        for _, layer in network.layers():
            for arrays in (layer.params, layer.grads, layer.buffers):
                for name in arrays:
                    arrays[name] = arrays[name].astype(np.float64)
    return networks
