"""The inputs of the sweep (tests/sweep.py): each is a name, a line of words, and what it is made
of."""
import gzip
import itertools
import json
import random
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from datasets import synthetic_digits, write_idx
from datasets.norb import NORB_FILES
from datasets.norb_format import write_matrix
from datasets.svhn_mat import write_svhn_mat
from datasets.synthetic_norb import TEST_INSTANCES, TRAIN_INSTANCES, synthetic_solids
from datasets.synthetic_svhn import synthetic_house_numbers
from datasets.synthetic_tfd import write_synthetic_tfd
from datasets.tfd import TFD_FILE
from experiments.registry import MODES
from tests.reference import NAMES
from training.configuration import RECORDED

TEXTS = ('-1', '-0.5', '0', '1', '2.5', '20000', '1000000', '999999999', '9' * 40, '1e30', '1e300',
         '1e-300', 'inf', '-inf', 'nan', '', 'text', '1,1', '0x10', '1_0', ' 3', '\u0663', '--5')
DEEP = json.loads('[' * 300 + ']' * 300)
VALUES = (None, True, -1, 1.5, 10**40, float('nan'), float('inf'), '', 'x', '../../../evil', '\0',
          '\ud800', [], [1], [1, 2], ['../evil', '/evil'], [[3, 5], [3, 5]], {}, {'a': 1}, DEEP)
COMMANDS = ('resume', 'sample', 'encode', 'codes')
FLIPS, CUTS = 30, 20
FILES = 10      # of a run, about
GENERAL = ('dataset', 'model', 'mode', 'pixels', 'preset', 'seed', 'device', 'capture', 'data',
           'data_dir', 'several')


def experiment_of(name):
    dataset, _, model, _, mode, _, pixels = name.split()
    return MODES[dataset][model][mode][pixels]


def flags(runs=NAMES):
    """(name of a reference run, flag, its text), for every numeric flag."""
    for name in runs:
        values = {'seed': 0} | experiment_of(name).preset('smoke')
        for row, value in values.items():
            if not isinstance(value, (str, tuple)) or value == 'all':
                for text in TEXTS:
                    yield name, '--' + row.replace('_', '-'), text


def configs(runs=NAMES):
    """(name of a reference run, command, name in config.json, number of a value; -1: missing)."""
    for name in runs:
        rows = experiment_of(name).preset('smoke')
        for key in dict.fromkeys((*GENERAL, *RECORDED, *rows, 'extra', 'labels', 'task')):
            for number in range(-1, len(VALUES)):
                yield name, COMMANDS[number % len(COMMANDS)], key, number


def flips(runs=NAMES):
    """(name of a reference run, command, number of a flip); the number also says which file."""
    for name in runs:
        for number in range(FLIPS * FILES):
            yield name, COMMANDS[number % 3], number


@cache
def data_files():
    """kind -> name -> bytes: what the loaders read, and files of images."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for kind in ('mnist', 'svhn', 'norb', 'tfd', 'images'):
            (folder / kind).mkdir()
        (images, labels), (test, test_labels) = synthetic_digits(60, 0), synthetic_digits(20, 1)
        for stem, array in (('train-images-idx3', images[..., 0]), ('train-labels-idx1', labels),
                            ('t10k-images-idx3', test[..., 0]), ('t10k-labels-idx1', test_labels)):
            write_idx(folder / 'mnist' / f'{stem}-ubyte.gz', array.astype(np.uint8))
        for split, seed in (('train', 0), ('test', 1)):
            write_svhn_mat(folder / 'svhn' / f'{split}_32x32.mat',
                           *synthetic_house_numbers(30, seed))
        for file, array in zip(NORB_FILES, (*synthetic_solids(20, TRAIN_INSTANCES, 0),
                                            *synthetic_solids(5, TEST_INSTANCES, 1))):
            write_matrix(folder / 'norb' / file, array)
        write_synthetic_tfd(folder / 'tfd' / TFD_FILE, 0, (60, 20, 20))
        few = folder / 'images'
        np.save(few / 'a.npy', images[:3])
        np.savez_compressed(few / 'a.npz', images=images[:3])
        (few / 'a.idx').write_bytes((folder / 'mnist' / 't10k-images-idx3-ubyte.gz').read_bytes())
        (few / 'a.raw').write_bytes(gzip.decompress((few / 'a.idx').read_bytes()))
        for suffix in ('png', 'jpg', 'gif', 'bmp', 'tif', 'webp', 'pgm'):
            Image.fromarray(images[0, ..., 0]).save(few / f'a.{suffix}')
        return {kind.name: {path.name: path.read_bytes() for path in sorted(kind.iterdir())}
                for kind in folder.iterdir()}


def cuts():
    """(kind of data, name of a file, the offset that it ends at, or a flipped byte's)."""
    for kind, files in data_files().items():
        for file, contents in files.items():
            ends = {*range(8), *(len(contents) * k // CUTS for k in range(CUTS)), len(contents) - 1}
            for end in sorted(ends):
                yield kind, file, 'cut', end
            for number in range(CUTS):
                yield kind, file, 'flip', number


def cases(seed, runs=NAMES):
    """(kind, an input) of all inputs, the kinds in turn, each in a random order."""
    kinds = {'flags': flags(runs), 'cuts': cuts(),
             'configs': configs(runs), 'flips': flips(runs)}
    orders = []
    for number, (kind, inputs) in enumerate(kinds.items()):
        inputs = list(inputs)
        random.Random(seed + number).shuffle(inputs)
        print(f'{kind}: {len(inputs)} inputs')
        orders.append([(kind, each) for each in inputs])
    return (case for row in itertools.zip_longest(*orders) for case in row if case)
