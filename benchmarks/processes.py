"""One training step shared by processes of one thread, against one process of as many threads.

    mpirun -n 2 --bind-to none python -m benchmarks.processes

Paper presets. The first process also takes steps alone, in turn with the common ones: on as many
threads as there are processes, on one, and on one with its part of the batch only, which tells what
of a step does not become less with fewer rows: `fixed`. Then, on paper, what P processes of one
thread would take:

    T(P) = fixed + (T(1) - fixed) / P + 2 (P - 1) / P bytes / BANDWIDTH + sums log2(P) LATENCY
"""
import math
import statistics
import sys
import time
from argparse import SUPPRESS

from benchmarks.machine import describe_machine
from benchmarks.models import build
from nn import processes
from nn.fast.parallel import use_cores
from training.flags import Parser
from training.processes import run

BANDWIDTH, LATENCY = 12.5e9, 20e-6      # of a network of 100 Gbit/s: bytes in a second, seconds
ROUNDS, MANY = 5, (8, 16, 32, 64)
NAMES = ('PixelGAN clustering', 'AAE semisup', 'AAE clustering')
HEAD = ('| step | threads together, ms | processes, ms | ratio (min to max) | one thread, ms | '
        'its part of the batch, ms | not divided, ms | MB summed | sums |\n'
        '|---|---|---|---|---|---|---|---|---|')


class Counted:
    """The processes, counting what they sum."""

    def __init__(self, others):
        self.others, self.sums, self.bytes = others, 0, 0

    def __getattr__(self, name):
        return getattr(self.others, name)

    def add(self, array):
        self.sums, self.bytes = self.sums + 1, self.bytes + array.nbytes
        self.others.add(array)


def alone(make, cores):
    """A step of the first process, which the others do not know of."""
    found, processes.others = processes.others, None
    use_cores(cores)
    step = make()
    processes.others = found

    def timed():
        found, processes.others = processes.others, None
        use_cores(cores)
        seconds = once(step)
        processes.others = found
        return seconds
    return timed


def once(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def step_of(name, preset, divide):
    """A training step. divide: the rows that it takes of an array."""
    model, batch = build(name, preset)

    def step():
        own = [divide(array) for array in batch]
        with processes.rows_of(own[0]):
            model.step(*own)
    return step


def on_paper(one, fixed, n_bytes, sums, n):
    """The seconds of a step on n processes."""
    return (fixed + (one - fixed) / n + 2 * (n - 1) / n * n_bytes / BANDWIDTH
            + sums * math.log2(n) * LATENCY)


def measure(name, preset, rounds):
    """A line of each table; None but on the first process."""
    others, n = processes.others, processes.others.size
    part = processes.own
    use_cores(1)
    common = step_of(name, preset, part)
    if others.rank == 0:
        steps = [alone(lambda: step_of(name, preset, lambda array: array), cores)
                 for cores in (n, 1)]
        steps.append(alone(lambda: step_of(name, preset, lambda array: array[:len(array) // n]), 1))
    times = []
    for number in range(rounds + 1):
        row = [step() for step in steps] if others.rank == 0 else []
        others.all_arrive(float('inf'))         # they sleep: a waiting MPI takes a whole core
        use_cores(1)
        processes.others = counted = Counted(others)
        row.append(once(common))
        processes.others = others
        if number:      # the first is a warm-up
            times.append(row)
    if others.rank:
        return None
    threads, one, its_part, shared = (1e3 * statistics.median(each) for each in zip(*times))
    ratios = [row[3] / row[0] for row in times]
    fixed = max(0, (n * its_part - one) / (n - 1))      # of T(rows) = fixed + rows * each
    paper = (1e3 * on_paper(one / 1e3, fixed / 1e3, counted.bytes, counted.sums, n) for n in MANY)
    return (f'| {name} | {threads:.4g} | {shared:.4g} | **{statistics.median(ratios):.2f}** '
            f'({min(ratios):.2f} to {max(ratios):.2f}) | {one:.4g} | {its_part:.4g} | {fixed:.3g} '
            f'| {counted.bytes / 1e6:.3g} | {counted.sums} |',
            f'| {name} | ' + ' | '.join(f'{time_:.3g} ({one / n / time_:.0%})'
                                        for n, time_ in zip(MANY, paper)) + ' |')


def main(arguments=None):
    parser = Parser(prog='python -m benchmarks.processes', description=__doc__)
    parser.add_argument('--tiny', action='store_true', help=SUPPRESS)      # for the tests
    tiny = parser.parse_args(arguments).tiny
    if processes.others is None:
        parser.error('start it with mpirun -n 2 --bind-to none')
    print(describe_machine())
    print(HEAD.replace('threads', f'{processes.others.size} threads', 1).replace(
        'processes', f'{processes.others.size} processes', 1))
    paper = []
    for name in NAMES:
        lines = measure(name, 'smoke' if tiny else 'paper', 1 if tiny else ROUNDS)
        if lines:
            print(lines[0], flush=True)
            paper.append(lines[1])
    print('\n| step, ms (efficiency) | ' + ' | '.join(f'{n} processes' for n in MANY)
          + ' |\n|---' + '|---' * len(MANY) + '|', *paper, sep='\n')
    return 0


if __name__ == '__main__':
    sys.exit(run('benchmarks.processes', main))
