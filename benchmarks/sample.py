"""64 images from the 15-block decoder: the cached sampler against naive ones, which run the whole
network on the whole image for each pixel."""
from functools import partial

import numpy as np

from benchmarks.contest import OURS, Contest
from benchmarks.models import build, torch_peer
from models.sampler import sample
from nn.fast.parallel import available_cores

PASSES = 20     # of 784 that a naive sampler does; its time is multiplied


def codes(model, images):
    return np.eye(model.prior.size, dtype=np.float32)[np.arange(images) % model.prior.size]


def ours(preset, images):
    model, _ = build('PixelGAN clustering', preset)
    z, rng = codes(model, images), np.random.default_rng(0)
    return {'sample': lambda: sample(model.decoder, z, rng)}


def naive(preset, images, passes):
    model, _ = build('PixelGAN clustering', preset)
    z = codes(model, images)
    x = np.zeros((images, 28, 28, 1), np.float32)

    def run():
        for _ in range(passes):
            model.decoder_shards.run(lambda decoder, x, z: decoder.forward(x, z)[0], x, z)

    return {'sample': run}


def pytorch_naive(preset, images, passes, channels_last):
    import torch
    torch.set_num_threads(available_cores())
    ours, _ = build('PixelGAN clustering', preset)
    model = torch_peer(ours, channels_last)
    x = model.to_input(np.zeros((images, 28, 28, 1), np.float32))
    z = torch.from_numpy(codes(ours, images))

    def run():
        with torch.no_grad():
            for _ in range(passes):
                model.decoder(x, z)

    return {'sample': run}


def contests(tiny):
    preset, images, passes = ('smoke', 2, 1) if tiny else ('paper', 64, PASSES)
    peers = {'ours, naive': partial(naive, preset, images, passes),
             'PyTorch, naive': partial(pytorch_naive, preset, images, passes, False),
             'PyTorch channels last, naive': partial(pytorch_naive, preset, images, passes, True)}
    return [Contest('sample', {OURS: partial(ours, preset, images)} | peers,
                    scale=dict.fromkeys(peers, 784 / passes))]
