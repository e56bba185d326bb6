"""Speed side by side with PyTorch, and of the cached sampler against the naive one.

    python -m benchmarks                  every table
    python -m benchmarks --only step      one clustering training step by phase, paper preset
    python -m benchmarks --only sample    64 images, cached against naive

Contestants run in processes of their own and take turns, so that a machine that slows down slows
them all; what counts is the ratio. Without PyTorch its rows are left out.
"""
import importlib.util
import platform
import sys

import numpy as np

from benchmarks.sampling import benchmark_sample
from benchmarks.step import benchmark_step
from experiments.flags import Parser, integer, one_of
from nn.parallel import available_cores


def main(arguments=None):
    parser = Parser(prog='python -m benchmarks', description=__doc__)
    tables = {'step': benchmark_step, 'sample': benchmark_sample}
    parser.add_argument('--only', type=one_of(*tables), help=f'one table: {", ".join(tables)}')
    parser.add_argument('--rounds', type=integer(1), default=5, help='of each contestant [5]')
    parser.add_argument('--blocks', type=integer(0), default=15, help='decoder blocks [15]')
    flags = parser.parse_args(arguments)
    versions = f'Python {platform.python_version()}, NumPy {np.__version__}'
    if importlib.util.find_spec('torch'):
        import torch
        versions += f', PyTorch {torch.__version__}'
    print(f'{available_cores()} cores, {platform.machine()}, {versions}\n')
    for name, benchmark in tables.items():
        if flags.only in (None, name):
            benchmark(flags.rounds, flags.blocks)
            print()
    return 0


if __name__ == '__main__':
    sys.exit(main())
