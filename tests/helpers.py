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


def model_to_float64(model):
    """The same of all networks of a model and of the state of its optimisers; returns the model."""
    to_float64(*model.networks.values())
    for optimizer in model.optimizers.values():
        for arrays in optimizer.slot_arrays.values():
            for path in arrays:
                arrays[path] = arrays[path].astype(np.float64)
    return model
