"""One clustering training step by phase, against the same network in PyTorch."""
import importlib.util
import multiprocessing
import statistics
import time

import numpy as np

from benchmarks.paper_model import paper_model
from nn.parallel import available_cores

PHASES = ('reconstruction', 'adversarial', 'all')


def step_contestant(pipe, peer, blocks):
    """Answers each message with the seconds of the two phases of one training step."""
    model, config = paper_model(blocks)
    x = (np.random.default_rng(0).random((config['batch_size'], 28, 28, 1)) > 0.8).astype('float32')
    if peer != 'ours':
        import torch

        from benchmarks.torch_pixelgan import TorchPixelGAN
        torch.set_num_threads(available_cores())
        model = TorchPixelGAN(model, channels_last=peer.endswith('channels last'))
        x = model.to_input(x)
    while pipe.recv():
        start = time.perf_counter()
        model.reconstruction_phase(x)
        middle = time.perf_counter()
        model.adversarial_phase(x)
        pipe.send((middle - start, time.perf_counter() - middle))


def benchmark_step(rounds, blocks):
    """Seconds of a training step, and ratios ours / peer, as medians over interleaved rounds."""
    peers = ['ours']
    if importlib.util.find_spec('torch'):
        peers += ['PyTorch', 'PyTorch channels last']
    context, pipes = multiprocessing.get_context('spawn'), {}
    for peer in peers:
        pipes[peer], far_end = context.Pipe()
        context.Process(target=step_contestant, args=(far_end, peer, blocks),
                        daemon=True).start()
    times = {peer: [] for peer in peers}
    for round_number in range(rounds + 1):
        for peer in peers:
            pipes[peer].send(True)
            reconstruction, adversarial = pipes[peer].recv()
            if round_number:     # the first round is a warm-up
                times[peer].append((reconstruction, adversarial, reconstruction + adversarial))
    for pipe in pipes.values():
        pipe.send(False)
    print('| contestant | ' + ' | '.join(f'{phase}, ms' for phase in PHASES)
          + ' | ratio ours / it, all (min to max) |')
    print('|---|---|---|---|---|')
    for peer in peers:
        medians = [1e3 * statistics.median(column) for column in zip(*times[peer])]
        ratios = [ours[2] / its[2] for ours, its in zip(times['ours'], times[peer])]
        print(f'| {peer} | ' + ' | '.join(f'{ms:.0f}' for ms in medians)
              + f' | {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |')
