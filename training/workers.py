"""The runs of one command side by side, `--workers N`: joblib's processes, or whatever backend the
user has told joblib to use.

The numbers are those of one run after the other: each divides its work as if it had all cores, and
does it on its share of them (nn/fast/parallel.py). The processes share no memory, and may be on
other machines with the same folders: what a run says, how far it is, and that it shall stop go
through hidden files in the command's folder.
"""
import importlib
import io
import json
import os
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path

from tqdm import tqdm

from console import INTERRUPTED, interrupts
from datasets import DataError
from nn import backend
from nn.fast import parallel
from training.checkpoint import load, read
from training.files import PART, read_json
from training.pictures import add_drawn, tolerated
from training.processes import count
from training.progress import NonFiniteLoss
from training.run import fit
from training.run_folder import RunError, RunFolder
from training.terminal import StopRequest

SECONDS = 0.2       # between looks at a file, and between reports
PARENT = os.getppid()


def check_workers(workers, config):
    """Raise RunError where `workers` processes cannot be of use."""
    if workers is None:
        return
    if not config['several']:
        raise RunError(f'--workers {workers} is for several runs, and this is one: give a flag '
                       'several values, such as --seed 0,1,2, or leave out --workers')
    if count() > 1:
        raise RunError('--workers goes without mpirun, which has its processes share each run')
    try:
        import joblib  # noqa: F401
    except ImportError:
        raise RunError('--workers needs joblib: pip install -r requirements.txt') from None


def fit_side_by_side(experiments, folders, names, out, animate, workers):
    """Train and draw every experiment in its folder; a list of their histories, None for one that
    was asked to stop. Then the experiments are what they would be had they been trained here.
    names: of the runs. Raises NonFiniteLoss, RunError when all others are done.
    """
    from joblib import Parallel, delayed
    cores = parallel.available_cores()
    threads = max(1, cores // workers)
    with StopRequest() as stop, Board(out, names, stop) as board:
        try:
            results = Parallel(n_jobs=workers, batch_size=1)(
                delayed(run_one)(number, experiment.config, os.path.abspath(folder),
                                 board.file(number), board.stop_file, (cores, threads), animate)
                for number, (experiment, folder) in enumerate(zip(experiments, folders)))
        except BrokenProcessPool:
            if stop.requested:
                raise KeyboardInterrupt from None
            raise RunError('a process of --workers was killed, perhaps for want of memory: go on '
                           f'with --out {out} --resume and fewer --workers') from None
    for _, drawn, error in results:
        add_drawn(drawn)
        if error:
            raise error
    for experiment, folder, (history, *_) in zip(experiments, folders, results):
        if history is not None:
            experiment.config |= read_json(Path(folder, 'config.json'))
            experiment.run = RunFolder(folder, experiment.config)
            load(experiment, read(experiment))
    return [history for history, *_ in results]


def run_one(number, config, folder, report, stop_file, cores, animate):
    """One run, in a process of its own: (history or None, pictures as `tolerated` gives them, what
    went wrong or None)."""
    stop = StopFile(stop_file)
    if stop.requested:
        return None, {}, None
    if threading.current_thread() is threading.main_thread():
        interrupts.ignore()         # the command's process is told, and tells by the file
    parallel.use_cores(*cores)
    backend.gpu = number
    trainer = importlib.import_module(f'train_{config["dataset"]}').main
    with open(report, 'a', buffering=1, newline='\n') as file, tolerated() as drawn:
        said = Report(file)
        try:
            with redirect_stdout(said), redirect_stderr(said):
                experiment = trainer.make_experiment(config)
                history, _ = fit(experiment, folder, animate, lambda: nullcontext(stop), said.bar)
        except (NonFiniteLoss, RunError, DataError, backend.DeviceError, OSError,
                MemoryError) as error:
            return None, drawn, error
    if os.getppid() != PARENT:      # nobody is there for what this returns, or to end the process
        os._exit(INTERRUPTED)
    return history, drawn, None


class StopFile:
    """In the place of a StopRequest: it comes as a file, or as the end of the process that would
    write it."""

    def __init__(self, path):
        self.path = path

    @property
    def requested(self):
        return os.path.exists(self.path) or os.getppid() != PARENT


class Report(io.TextIOBase):
    """In the place of the terminal: lines, and the steps of a Bar, go into a file, as JSON."""

    def __init__(self, file):
        self.file, self.line, self.reported = file, '', 0.0

    def note(self, **what):
        self.file.write(json.dumps(what) + '\n')

    def write(self, text):
        *lines, self.line = (self.line + text).split('\n')
        for line in lines:
            self.note(line=line)
        return len(text)

    def print(self, line):
        self.note(line=line)

    def bar(self, epochs, steps, progress):
        self.steps, self.total = steps, epochs * steps
        return nullcontext(self)

    def step(self, progress):
        done = progress.epoch * self.steps + progress.step
        if done == self.total or time.monotonic() - self.reported > SECONDS:
            self.reported = time.monotonic()
            self.note(done=done, total=self.total)


class Board:
    """On the terminal: the lines of every run, after its name, and a bar for each that trains."""

    def __init__(self, out, names, stop):
        self.out, self.names, self.stop = Path(os.path.abspath(out)), names, stop
        self.stream = sys.stdout
        self.stop_file = str(self.out / f'.stop{PART}')
        self.read, self.bars = [0] * len(names), {}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def file(self, number):
        return str(self.out / f'.run-{number}{PART}')

    def __enter__(self):
        RunFolder(self.out, None).clean()
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.thread.join()
        RunFolder(self.out, None).clean()

    def watch(self):
        while not self.over.wait(SECONDS):
            if self.stop.requested:
                Path(self.stop_file).touch()
            self.show()
        self.show()
        for bar in self.bars.values():
            bar.close()

    def show(self):
        for number, name in enumerate(self.names):
            try:
                with open(self.file(number), 'rb') as file:
                    file.seek(self.read[number])
                    lines = [line for line in file if line.endswith(b'\n')]
            except OSError:         # it has not begun
                continue
            self.read[number] += sum(map(len, lines))
            for said in map(json.loads, lines):
                if 'line' in said:
                    tqdm.write(f'{name}: {said["line"]}', file=self.stream)
                else:
                    self.move(number, **said)

    def move(self, number, done, total):
        if number not in self.bars:
            self.bars[number] = tqdm(desc=self.names[number], total=total, initial=done,
                                     unit='step', disable=None, leave=False)
        self.bars[number].update(done - self.bars[number].n)
        if done == total:
            self.bars.pop(number).close()
