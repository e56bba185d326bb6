"""64 images from the paper's decoder: the cached sampler against the naive one."""
import statistics
import time

import numpy as np

from benchmarks.paper_model import paper_model
from models.sampler import sample


def benchmark_sample(rounds, blocks):
    """64 images through the paper's 15-block decoder.

    The naive sampler runs the whole network once per pixel; a tenth of its passes are timed and
    multiplied by ten.
    """
    model, _ = paper_model(blocks)
    z = np.eye(model.prior.size, dtype=np.float32)[np.arange(64) % model.prior.size]
    rng, ratios, cached, naive = np.random.default_rng(0), [], [], []
    for _ in range(rounds):
        start = time.perf_counter()
        x = sample(model.decoder, z, rng)
        cached.append(time.perf_counter() - start)
        start = time.perf_counter()
        passes = 784 // 10
        for _ in range(passes):
            model.decoder_shards.run(lambda decoder, x, z: decoder.forward(x, z)[0], x, z)
        naive.append((time.perf_counter() - start) * 784 / passes)
        ratios.append(naive[-1] / cached[-1])
    print('| sampler | seconds for 64 images | speed-up (min to max) |\n|---|---|---|')
    print(f'| naive, a full pass per pixel | {statistics.median(naive):.1f} | 1 |')
    print(f'| cached | {statistics.median(cached):.2f} | {statistics.median(ratios):.0f} '
          f'({min(ratios):.0f} to {max(ratios):.0f}) |')
