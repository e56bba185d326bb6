"""64 images from the 15-block decoder: the cached sampler against naive ones, which run the whole
network on the whole image for each pixel."""
from functools import partial

import numpy as np

from benchmarks.contest import OURS, Contest
from benchmarks.models import build, torch_peer
from models.sampler import sample
from nn.parallel import available_cores

PART = 40       # a naive sampler does one fortieth of its passes; its time is multiplied


def codes(model, images):
    return np.eye(model.prior.size, dtype=np.float32)[np.arange(images) % model.prior.size]


def ours(preset, images):
    model, _ = build('PixelGAN clustering', preset)
    z, rng = codes(model, images), np.random.default_rng(0)
    return {'sample': lambda: sample(model.decoder, z, rng)}


def naive(preset, images):
    model, _ = build('PixelGAN clustering', preset)
    z = codes(model, images)
    x = np.zeros((images, 28, 28, 1), np.float32)

    def passes():
        for _ in range(784 // PART):
            model.decoder_shards.run(lambda decoder, x, z: decoder.forward(x, z)[0], x, z)

    return {'sample': passes}


def pytorch_naive(preset, images, channels_last):
    import torch
    torch.set_num_threads(available_cores())
    ours, _ = build('PixelGAN clustering', preset)
    model = torch_peer(ours, channels_last)
    x = model.to_input(np.zeros((images, 28, 28, 1), np.float32))
    z = torch.from_numpy(codes(ours, images))

    def passes():
        with torch.no_grad():
            for _ in range(784 // PART):
                model.decoder(x, z)

    return {'sample': passes}


def contests(tiny):
    arguments = ('smoke', 4) if tiny else ('paper', 64)
    peers = {'ours, naive': partial(naive, *arguments),
             'PyTorch, naive': partial(pytorch_naive, *arguments, False),
             'PyTorch channels last, naive': partial(pytorch_naive, *arguments, True)}
    scale = dict.fromkeys(peers, 784 / (784 // PART))
    return [Contest('sample', {OURS: partial(ours, *arguments)} | peers, scale=scale)]
