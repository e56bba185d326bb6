"""Bad input by the thousand.

    python -m tests.sweep --minutes 10 [--seed 0] [--case 'flags: ...']

Inputs of four kinds, those of tests/sweep_cases.py, in a random order: flags, values of
config.json, flipped bytes of a run's files, data files that are cut or changed. A command gets each
of them in this process, and must end with 0 (1 where training diverged), or with 2, one line on
stderr and nothing written. What is otherwise is counted and printed; --case tries one input again.
An input that takes longer than 4 seconds is stopped as Ctrl-C stops it. The machine says that it
has 1,000 MB, so that what is larger is refused, and a run may grow by no more.
"""
import argparse
import contextlib
import hashlib
import importlib
import inspect
import io
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from datasets import DataError, load_mnist, load_norb, load_svhn, load_tfd
from experiments import codes, encode, sample
from tests import sweep_cases
from tests.reference import smoke_run
from tests.sweep_guard import memory, time_limit
from training.flags import Parser, integer, number

SECONDS, MEGABYTES = 4, 1000
HEAD = 256      # bytes of a file: what says how to read the others is mostly there
LOADERS = {'mnist': partial(load_mnist, data='mnist', mirrors=()),
           'svhn': partial(load_svhn, data='svhn', mirrors=()),
           'norb': partial(load_norb, data='norb', mirrors=()),
           'tfd': partial(load_tfd, data='tfd')}


class Sweep:
    """Tries inputs in a folder of its own; `counts` says what came of them."""

    def __init__(self, folder):
        self.folder, self.counts, self.bases = Path(folder), Counter(), {}
        self.failures = []

    def base(self, name):
        """The folder of a reference run, made when first asked for."""
        if name not in self.bases:
            self.bases[name] = self.folder / f'base-{len(self.bases)}'
            with contextlib.redirect_stdout(io.StringIO()):
                smoke_run(name, self.bases[name])
        return self.bases[name]

    def fresh(self, name):
        """A copy of a reference run, in an empty folder."""
        shutil.rmtree(self.folder / 'here', ignore_errors=True)
        out = self.folder / 'here' / 'run'
        if name is None:
            out.parent.mkdir()
        else:
            shutil.copytree(self.base(name), out)
            shape = {'mnist': (28, 28, 1), 'tfd': (48, 48, 1), 'svhn': (32, 32, 3),
                     'norb': (32, 32, 1)}[name.split()[0]]
            np.save(out.parent / 'images.npy', np.zeros((2, *shape), np.uint8))
        return out

    def attempt(self, name, call):
        """(exit code, text on stderr) of call(); counts what it must not do. name: of the input."""
        before, stderr = contents(self.folder / 'here'), io.StringIO()
        self.counts['inputs'] += 1
        try:
            with (contextlib.redirect_stderr(stderr), contextlib.redirect_stdout(io.StringIO()),
                  warnings.catch_warnings(action='ignore'), memory() as peak, time_limit(SECONDS)):
                code = call()
        except SystemExit as error:
            code = error.code
        except BaseException:
            code = 'traceback'
            stderr.write(traceback.format_exc())
        text = stderr.getvalue()
        if code not in (0, 1, 2, 130):
            self.fail('traceback', name, text)
        elif code == 2 and contents(self.folder / 'here') != before:
            self.fail('written on exit 2', name, text)
        elif code == 2 and len(text.strip().splitlines()) != 1:
            self.fail('not one line', name, text)
        if peak[0] > MEGABYTES:
            self.fail('memory', name, f'{peak[0]:.0f} MB')
        self.counts[f'exit {code}'] += 1
        return code, text

    def fail(self, kind, name, text):
        self.counts[kind] += 1
        self.failures.append((kind, name))
        print(f'--- {kind}: {name}\n{text.strip()[-3000:]}', flush=True)

    def flags(self, run, flag, text):
        out, (dataset, *given) = self.fresh(None), run.split()
        main = importlib.import_module(f'train_{dataset}').main
        name = f'flags: {run}, {flag}, {text}'
        code, _ = self.attempt(name, lambda: main(
            [*given, '--preset', 'smoke', '--data', 'synthetic', '--out', str(out), flag, text]))
        if code == 0:
            rows = [row for path in out.rglob('metrics.jsonl')
                    for row in map(json.loads, path.read_text().splitlines())]
            if not rows or not all(np.isfinite(value) for row in rows for key, value in row.items()
                                   if key != 'data'):
                self.fail('wrong result', name, 'no metrics, or not finite')

    def configs(self, run, command, key, number):
        out = self.fresh(run)
        config = json.loads((out / 'config.json').read_text())
        if number < 0:
            config.pop(key, None)
        else:
            config[key] = sweep_cases.VALUES[number]
        (out / 'config.json').write_text(json.dumps(config))
        self.use(f'configs: {run}, {command}, {key}, {number}', run, out, command)

    def flips(self, run, command, number):
        out = self.fresh(run)
        files = sorted(path for path in out.rglob('*') if path.is_file())
        flip(files[number // 3 % len(files)], number)
        self.use(f'flips: {run}, {command}, {number}', run, out, command)

    def use(self, name, run, out, command):
        """Give the run in `out` to a command; where it takes it, the result must be that of the
        reference run."""
        code, _ = self.attempt(name, lambda: apply(command, run, out))
        if code == 0 and command == 'resume':
            epochs, before = (json.loads((folder / 'config.json').read_text())['epochs']
                              for folder in (out, self.base(run)))
            if epochs == before:
                for path in self.base(run).rglob('checkpoint.npz'):
                    if arrays(out / path.relative_to(self.base(run))) != arrays(path):
                        self.fail('wrong result', name, 'the checkpoint is another one')

    def cuts(self, kind, file, how, number):
        self.fresh(None)
        folder = self.folder / 'here' / 'data'
        folder.mkdir()
        for other, content in sweep_cases.data_files()[kind].items():
            (folder / other).write_bytes(content)
        if how == 'cut':
            os.truncate(folder / file, number)
        else:
            flip(folder / file, number)
        name = f'cuts: {kind}, {file}, {how}, {number}'
        if kind == 'images':
            self.encode(name, folder / file, sweep_cases.data_files()[kind][file], how)
        elif self.attempt(name, lambda: load(kind, folder))[0] == 0 and how == 'cut':
            self.fail('wrong result', name, 'a file that ends too early was read')

    def encode(self, name, path, whole, how):
        """Encode a file of images of which `whole` are the right bytes."""
        run, out = self.base(sweep_cases.NAMES[0]), path.parents[1] / 'out.npz'
        code, _ = self.attempt(name, lambda: encode.main([str(run), str(path), '--out', str(out)]))
        if code == 0 and how == 'cut':      # what is missing may not have been of the image
            path.write_bytes(whole)
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(
                    io.StringIO()):
                encode.main([str(run), str(path), '--out', str(out.with_name('whole.npz'))])
            if arrays(out, 'codes') != arrays(out.with_name('whole.npz'), 'codes'):
                self.fail('wrong result', name, 'other codes than those of the whole file')


def load(kind, folder):
    """0, or 2 and the message on stderr, as a trainer does."""
    try:
        LOADERS[kind](folder)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def apply(command, run, out):
    dataset, beside = run.split()[0], out.parent
    if command == 'resume':
        return importlib.import_module(f'train_{dataset}').main(['--out', str(out), '--resume'])
    if command == 'sample':
        return sample.main([str(out), '--n', '3', '--out', str(beside / 'new.npz')])
    if command == 'codes':
        return codes.main([str(out), '--out', str(beside / 'codes.png')])
    return encode.main([str(out), str(beside / 'images.npy'), '--out', str(beside / 'new.npz')])


def flip(path, number):
    """Change one byte, or in every fifth file three, of a file; in every other file of its head."""
    rng, content = np.random.default_rng([number, 7]), bytearray(path.read_bytes())
    end = min(len(content), HEAD) if number % 2 else len(content)
    for place in rng.integers(0, max(1, end), 1 + 2 * (number % 5 == 0)):
        if content:
            content[place] ^= int(rng.integers(1, 256))
    path.write_bytes(content)


def arrays(path, only=None):
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name].tobytes() for name in file.files
                if name != 'progress' and only in (None, name)}


def contents(folder):
    return {path: hashlib.sha256(path.read_bytes()).digest() if path.is_file() else None
            for path in folder.rglob('*')}


KINDS = {'flags': Sweep.flags, 'configs': Sweep.configs, 'flips': Sweep.flips, 'cuts': Sweep.cuts}


def printed_input(text):
    """A flag's type: an input as it was printed -> (kind, its parts)."""
    kind, _, rest = text.partition(': ')
    parts = rest.split(', ')
    try:
        if kind != 'flags':
            parts[-1] = int(parts[-1])
        inspect.signature(KINDS[kind]).bind(None, *parts)
        return kind, parts
    except (KeyError, TypeError, ValueError):
        raise argparse.ArgumentTypeError(f'{text!r} is not an input as it was printed') from None


def main(arguments=None):
    parser = Parser(prog='python -m tests.sweep', description=__doc__)
    parser.add_argument('--minutes', type=number(), default=10)
    parser.add_argument('--seed', type=integer(0), default=0)
    parser.add_argument('--case', type=printed_input, help='an input as it was printed')
    flags = parser.parse_args(arguments)
    with (tempfile.TemporaryDirectory() as folder, small_machine(),
          patch('experiments.common.figures._save', lambda figure, path: None)):
        sweep = Sweep(folder)
        if flags.case:
            kind, parts = flags.case
            getattr(sweep, kind)(*parts)
        else:
            end = time.monotonic() + 60 * flags.minutes
            for kind, case in itertools.takewhile(lambda _: time.monotonic() < end,
                                                  sweep_cases.cases(flags.seed)):
                getattr(sweep, kind)(*case)
                sweep.counts[kind] += 1
        print(', '.join(f'{name} {n}' for name, n in sorted(sweep.counts.items())))
    return bool(sweep.failures)


def small_machine():
    """One with so much memory: what does not fit is refused."""
    size = MEGABYTES << 20
    return patch('nn.fast.memory.machine_memory', lambda *names: 8 * size if names else size)


if __name__ == '__main__':
    sys.exit(main())
