"""The numbers of every experiment's smoke run, frozen: a redesign must not change them.

    python -m tests.reference            compare with tests/reference.json; exit code 1: they differ
    python -m tests.reference --write    freeze what they are now

A run is one command line, on synthetic data with seed 0. Its hash is of all arrays of its
checkpoints (names, types, shapes, bytes) and of its metrics, less the seconds. The last bits of a
product depend on the library that multiplies and on the processor, and those of a PixelCNN's
gradient on the number of threads; so runs have one thread, and the file says on what it was made.
"""
import hashlib
import importlib
import json
import platform
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import scipy
import threadpoolctl

from experiments.registry import MODES
from tests.smoke_runs import save_roughly
from training.files import write_atomically

FILE = Path(__file__).with_suffix('.json')
# The trainer's data set and its flags, of every experiment.
NAMES = [f'{dataset} --model {model} --mode {mode} --pixels {pixels}'
         for dataset, models in MODES.items() for model, modes in models.items()
         for mode, variants in modes.items() for pixels in variants]


def smoke_run(name, out):
    """Make one of NAMES in the folder `out`, on one thread, with rough pictures."""
    dataset, *flags = name.split()
    trainer = importlib.import_module(f'train_{dataset}')
    with (patch('nn.fast.parallel.available_cores', lambda: 1),
          patch('experiments.common.figures._save', save_roughly)):
        code = trainer.main([*flags, '--preset', 'smoke', '--data', 'synthetic', '--seed', '0',
                             '--out', str(out)])
    assert code == 0, f'{name} ended with exit code {code}'


def digest(out):
    """The hash of a run's folder, or of those inside it."""
    found = hashlib.sha256()
    for path in sorted(out.rglob('checkpoint.npz')):
        with np.load(path, allow_pickle=False) as file:
            for key in sorted(set(file.files) - {'progress'}):
                array = np.ascontiguousarray(file[key])
                found.update(f'{path.parent.relative_to(out)} {key} {array.dtype.str} '
                             f'{array.shape}\n'.encode() + array.tobytes())
        for line in path.with_name('metrics.jsonl').read_text().splitlines():
            row = json.loads(line)
            del row['seconds']
            found.update(json.dumps(row, sort_keys=True).encode())
    return found.hexdigest()


def made_on():
    """What the last bits of a run depend on."""
    return {'machine': platform.machine(), 'libc': ' '.join(platform.libc_ver()),
            'numpy': np.__version__, 'scipy': scipy.__version__,
            'simd': ' '.join(np.show_config('dicts')['SIMD Extensions']['found']),
            'blas': sorted(f'{each["internal_api"]} {each["version"]} {each.get("architecture")}'
                     for each in threadpoolctl.threadpool_info() if each['user_api'] == 'blas')}


def stored():
    """(what the file was made on, name -> hash)."""
    content = json.loads(FILE.read_text())
    return content['made_on'], content['hashes']


def differing():
    """Why hashes cannot be compared here, a line; '' where they can."""
    there, here = stored()[0], made_on()
    return '; '.join(f'{name}: {here[name]} here, {there[name]} in {FILE.name}'
                     for name in here if here[name] != there[name])


def main(arguments):
    started, hashes = time.monotonic(), {}
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(NAMES):
            out = Path(folder, str(number))
            smoke_run(name, out)
            hashes[name] = digest(out)
    print(f'{len(NAMES)} runs in {time.monotonic() - started:.0f} s')
    if arguments == ['--write']:
        text = json.dumps({'made_on': made_on(), 'hashes': hashes}, indent=2) + '\n'
        write_atomically(FILE, lambda file: file.write(text.encode()))
        return 0
    if differing():
        print(f'other hashes mean nothing here ({differing()})')
    changed = sorted(name for name, _ in hashes.items() ^ stored()[1].items())
    print('\n'.join(['the same' if not changed else 'differ:', *dict.fromkeys(changed)]))
    return 1 if changed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
