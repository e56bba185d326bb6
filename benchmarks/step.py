"""One training step by phase, paper presets, against the same networks in PyTorch."""
from functools import partial

from benchmarks.contest import OURS, Contest
from benchmarks.models import STEPS, build, phases, torch_peer
from nn.fast.parallel import available_cores


def ours(name, preset):
    model, batch = build(name, preset)
    return phases(model, *batch)


def pytorch(name, preset, channels_last=False):
    import torch
    torch.set_num_threads(available_cores())
    model, batch = build(name, preset)
    model = torch_peer(model, channels_last)
    return phases(model, *model.to_batch(*batch))


def contests(tiny):
    preset = 'smoke' if tiny else 'paper'
    found = []
    for name in STEPS:
        contestants = {OURS: partial(ours, name, preset), 'PyTorch': partial(pytorch, name, preset)}
        if name.startswith('PixelGAN'):     # an AAE has no convolution
            contestants['PyTorch channels last'] = partial(pytorch, name, preset, True)
        found.append(Contest(name, contestants, total=True))
    return found
