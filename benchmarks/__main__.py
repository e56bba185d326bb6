"""Speed and memory side by side with PyTorch, DeZero, numpy-ml and scikit-learn.

    python -m benchmarks                    every table (an hour)
    python -m benchmarks --only step        training steps by phase, paper presets
    python -m benchmarks --device gpu       training steps on a GPU, whole, and what it does
    python -m benchmarks --json rows.json   and the rows in a file; without a name, printed alone

What counts is the ratio ours / peer: below 1 we are faster. A peer that is not installed is left
out (pip install -r requirements-bench.txt).
"""
import json
import sys
from argparse import SUPPRESS
from pathlib import Path

from benchmarks import conv, device_step, parzen, sample, step
from benchmarks.contest import measure_memory, measure_time
from benchmarks.machine import describe_machine
from nn.backend import DeviceError, check_device
from training.flags import Parser, file_name, integer, one_of

TABLES = {'conv': conv.contests, 'step': step.contests, 'sample': sample.contests,
          'parzen': parzen.contests}


def main(arguments=None):
    parser = Parser(prog='python -m benchmarks', description=__doc__)
    names = [*TABLES, 'memory']
    parser.add_argument('--only', type=one_of(*names), help=f'one table: {", ".join(names)}')
    parser.add_argument('--device', type=one_of('cpu', 'gpu'), default='cpu',
                        help='gpu: the table step alone, with other columns [cpu]')
    parser.add_argument('--rounds', type=integer(1),
                        help='of each contestant, after a warm-up [5; on a GPU 8]')
    parser.add_argument('--json', type=file_name, nargs='?', const='-', metavar='FILE',
                        help='write the rows as JSON; without FILE: print them instead of tables')
    parser.add_argument('--tiny', action='store_true', help=SUPPRESS)      # for the tests
    flags = parser.parse_args(arguments)
    if flags.device == 'gpu' and flags.only not in (None, 'step'):
        parser.error(f'--only {flags.only} is not there with --device gpu; it has step')
    try:
        check_device(flags.device)
    except DeviceError as error:
        parser.error(str(error))
    if flags.json not in (None, '-'):
        try:
            open(flags.json, 'a').close()       # now, and not after an hour
        except OSError as error:
            parser.error(f'--json {flags.json}: {error.strerror}; choose another name')
    show = print if flags.json != '-' else lambda *arguments, **options: None
    show(describe_machine(flags.device))
    rows = []
    for head, line, found in tables(flags):
        show('\n' + head, flush=True)
        for row in found:
            show(line(row), flush=True)
            rows.append(row)
    if flags.json == '-':
        print(json.dumps(rows, indent=1))
    elif flags.json:
        Path(flags.json).write_text(json.dumps(rows, indent=1) + '\n')
    return int(any('failed' in row for row in rows))


def tables(flags):
    """(head, row -> line, the rows as they come) of each table."""
    if flags.device == 'gpu':
        yield device_step.HEAD, device_step.line, device_step.rows(flags.tiny, flags.rounds or 8)
        return
    for name in [*TABLES, 'memory'] if flags.only is None else [flags.only]:
        if name == 'memory':
            contests = (contest for table in TABLES.values() for contest in table(flags.tiny))
            yield MEMORY_HEAD, memory_line, (
                row for contest in contests for row in measure_memory(contest))
        else:
            yield TIME_HEAD, time_line, (row for contest in TABLES[name](flags.tiny)
                                         for row in measure_time(contest, flags.rounds or 5))


TIME_HEAD = ('| what | phase | contestant | its time, ms | ratio ours / it (min to max) |\n'
             '|---|---|---|---|---|')
MEMORY_HEAD = ('| what | contestant | peak of its process, MiB | of it for the work | '
               'ratio ours / it, process |\n|---|---|---|---|---|')


def time_line(row):
    return (f'| {row["name"]} | {row["phase"]} | {row["peer"]} | {row["peer_ms"]:.4g} | '
            f'{row["ratio"]:.3g} ({row["ratio_min"]:.3g} to {row["ratio_max"]:.3g}) |')


def memory_line(row):
    return (f'| {row["name"]} | {row["peer"]} | {row["peer_mib"]:.0f} | '
            f'{row["peer_work_mib"]:.0f} | {row["ratio"]:.2f} |')


if __name__ == '__main__':
    sys.exit(main())
