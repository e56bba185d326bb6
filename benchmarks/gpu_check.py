"""Everything that needs a GPU, in four minutes: for whoever has one for a short time.

    python -m benchmarks.gpu_check --out gpu.md

Each part is a process with a time limit of its own; one that fails does not stop the next. What
they print is shown as it comes and is in the file, too; at the end come a summary and all tables
once more, ready to paste. After some errors of CUDA (an illegal address) a process cannot use the
device any more: of the tests that fail in a part, believe the first.
"""
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from nn.backend import DeviceError, check_device
from training.flags import Parser, file_name

SECONDS = 240       # all parts together
TESTS = ['-m', 'pytest', '-v', '-rfEs', '--tb', 'short', '-m', 'gpu', '--durations', '5',
         '--continue-on-collection-errors', '-p', 'no:cacheprovider']
CAPTURED = 'tests/training/test_capture.py'
# name -> (seconds at most, arguments of Python)
PARTS = {
    'versions and device': (20, [
        '-c', 'from benchmarks.machine import describe_machine; print(describe_machine("gpu"))']),
    'tests on the device': (75, [*TESTS, '--ignore', CAPTURED]),
    'captured steps beside steps launch by launch': (75, [*TESTS, CAPTURED]),
    'training steps': (150, ['-m', 'benchmarks', '--only', 'step', '--device', 'gpu']),
    'gradient checks on the device, float64': (60, ['-m', 'nn.gradcheck', '--device', 'gpu']),
}


def main(arguments=None):
    """0 when every part passes, 1 when one does not, 2 without a GPU."""
    parser = Parser(prog='python -m benchmarks.gpu_check', description=__doc__)
    parser.add_argument('--out', type=file_name, metavar='FILE', help='a new file, in Markdown')
    flags = parser.parse_args(arguments)
    try:
        check_device('gpu')
        file = open(flags.out, 'x') if flags.out else contextlib.nullcontext()
    except DeviceError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f'--out {flags.out}: {error.strerror}; choose another name')
    with file as out:
        return check(out)


def check(out=None):
    """Run all parts, their output to stdout and to the file `out`; 0 when all pass, else 1."""
    tables, summary = [], []

    def show(text):
        print(text, flush=True)
        if out is not None:
            print(text, file=out, flush=True)

    def show_part(text):
        show(text)
        if text.startswith('|'):
            tables.append(text)

    start = time.monotonic()
    for name, (limit, arguments) in PARTS.items():
        show(f'\n## {name}\n')
        before = time.monotonic()
        result = run(arguments, max(1, min(limit, start + SECONDS - before)), show_part)
        summary.append(f'| {name} | {result} | {time.monotonic() - before:.0f} |')
        show(f'\n{summary[-1]}')
    for title, lines in (('summary', ['| part | result | seconds |', '|---|---|---|', *summary]),
                         ('tables', tables)):
        show('\n'.join([f'\n## {title}\n', *lines]))
    return int(not all('| passed |' in line for line in summary))


def run(arguments, limit, show):
    """Run Python on `arguments`, each line of its output to `show`, for at most `limit` seconds.
    Returns what became of it."""
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors='replace', cwd=Path(__file__).parents[1], start_new_session=True,
        env=os.environ | {'PYTHONUNBUFFERED': '1', 'COLUMNS': '300'})   # pytest cuts lines to them
    late = threading.Event()

    def stop():
        # With the processes that it started, which would hold its output open.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(limit, lambda: (late.set(), stop()))
    timer.start()
    try:
        for line in process.stdout:
            show(line.rstrip('\n'))
        code = process.wait()
    finally:
        timer.cancel()
        stop()
    if late.is_set():
        return f'stopped after {limit:.0f} s'
    return 'passed' if code == 0 else f'failed, exit code {code}'


if __name__ == '__main__':
    sys.exit(main())
