"""Bad input by the thousand.

    python -m tests.sweep --minutes 10 [--seed 0] [--case 'flags: ...']

Inputs of four kinds, those of tests/sweep_cases.py, in a random order: flags, values of
config.json, flipped bytes of a run's files, data files that are cut or changed. A command gets each
of them in this process, and must end with 0 (1 where training diverged), or with 2, one line on
stderr and nothing written. What is otherwise is counted and printed; --case tries one input again.
An input that takes longer than SECONDS is stopped as Ctrl-C stops it. The machine says that it has
MEGABYTES, so that what is larger is refused, and a run may grow by no more.
"""
import argparse
import contextlib
import hashlib
import importlib
import io
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from unittest.mock import patch

import numpy as np

from datasets import DataError, load_mnist, load_norb, load_svhn, load_tfd
from experiments import codes, encode, sample
from tests import sweep_cases
from tests.reference import smoke_run

SECONDS, MEGABYTES = 4, 1000
LOADERS = {'mnist': load_mnist, 'svhn': load_svhn, 'norb': load_norb}


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

    def files(self, name):
        base = self.base(name)
        return sorted(str(path.relative_to(base)) for path in base.rglob('*') if path.is_file())

    def settings(self, name):
        return json.loads((self.base(name) / 'config.json').read_text())

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
                  warnings.catch_warnings(action='ignore'), memory() as peak, time_limit()):
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

    # The kinds of inputs

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
        out, files = self.fresh(run), self.files(run)
        file = files[number // 3 % len(files)]
        flip(out / file, number)
        self.use(f'flips: {run}, {command}, {number}', run, out, command)

    def use(self, name, run, out, command):
        """Give the run in `out` to a command; where it takes it, the result must be that of the
        reference run."""
        code, _ = self.attempt(name, lambda: apply(command, run, out))
        if code == 0 and command == 'resume':
            config = json.loads((out / 'config.json').read_text())
            if config['epochs'] == self.settings(run)['epochs']:
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
            path = self.folder / 'here' / 'out.npz'
            run = self.base(sweep_cases.NAMES[0])
            code, _ = self.attempt(name, lambda: encode.main(
                [str(run), str(folder / file), '--out', str(path)]))
            if code == 0 and how == 'cut':      # what is missing may not have been of the image
                whole = sweep_cases.data_files()[kind][file]
                (folder / file).write_bytes(whole)
                encode_quietly(run, folder / file, path.with_name('whole.npz'))
                if arrays(path, 'codes') != arrays(path.with_name('whole.npz'), 'codes'):
                    self.fail('wrong result', name, 'other codes than those of the whole file')
            return

        def load():
            try:
                if kind == 'tfd':
                    load_tfd(folder, data='tfd')
                else:
                    LOADERS[kind](folder, kind, mirrors=())
                return 0
            except DataError as error:
                print(error, file=sys.stderr)
                return 2
        if self.attempt(name, load)[0] == 0 and how == 'cut':
            self.fail('wrong result', name, 'a file that ends too early was read')


def apply(command, run, out):
    dataset, beside = run.split()[0], out.parent
    if command == 'resume':
        return importlib.import_module(f'train_{dataset}').main(['--out', str(out), '--resume'])
    if command == 'sample':
        return sample.main([str(out), '--n', '3', '--out', str(beside / 'new.npz')])
    if command == 'codes':
        return codes.main([str(out), '--out', str(beside / 'codes.png')])
    return encode.main([str(out), str(beside / 'images.npy'), '--out', str(beside / 'new.npz')])


def encode_quietly(run, images, out):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert encode.main([str(run), str(images), '--out', str(out)]) == 0


def flip(path, number):
    """Change one byte, or in every fifth file three, of a file."""
    rng, content = np.random.default_rng([number, 7]), bytearray(path.read_bytes())
    for place in rng.integers(0, max(1, len(content)), 1 + 2 * (number % 5 == 0)):
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


@contextlib.contextmanager
def memory():
    """Gives a list whose element is, in the end, by how many MB the process had grown at most."""
    def status(name):
        with open('/proc/self/status') as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024
    result = [0]
    try:
        with open('/proc/self/clear_refs', 'w') as file:
            file.write('5')         # the peak starts anew
        before = status('VmRSS')
    except OSError:                 # another system
        yield result
        return
    try:
        yield result
    finally:
        result[0] = status('VmHWM') - before


@contextlib.contextmanager
def time_limit():
    def interrupt(*_):
        os.kill(os.getpid(), signal.SIGINT)
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def cases(seed, runs=sweep_cases.NAMES):
    """(kind, an input) of all inputs, the kinds in turn, each in a random order."""
    kinds = {'flags': sweep_cases.flags(runs), 'cuts': sweep_cases.cuts(),
             'configs': sweep_cases.configs(runs), 'flips': sweep_cases.flips(runs)}
    orders = []
    for number, (kind, inputs) in enumerate(kinds.items()):
        inputs = list(inputs)
        random.Random(seed + number).shuffle(inputs)
        print(f'{kind}: {len(inputs)} inputs')
        orders.append([(kind, each) for each in inputs])
    return (case for row in itertools.zip_longest(*orders) for case in row if case)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=float, default=10)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--case', help='an input as it was printed')
    flags = parser.parse_args()
    with (tempfile.TemporaryDirectory() as folder, small_machine(),
          patch('experiments.common.figures._save', lambda figure, path: None)):
        sweep = Sweep(folder)
        if flags.case:
            kind, rest = flags.case.split(': ', 1)
            parts = rest.split(', ')
            if kind != 'flags':
                parts[-1] = int(parts[-1])
            getattr(sweep, kind)(*parts)
        else:
            end = time.monotonic() + 60 * flags.minutes
            for kind, case in itertools.takewhile(lambda _: time.monotonic() < end,
                                                  cases(flags.seed)):
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
