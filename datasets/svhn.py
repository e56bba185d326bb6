"""SVHN, format 2, from its official files: coloured house numbers, the digit in the middle.

'About 530K training points and 26K test points. We use 10K points for the validation set'
(PixelGAN, appendix B.2; AAE, A.2.2, has the same counts and no validation set). 530K are the
531,131 images of the extra file, of which the last 10,000 validate. The files keep the digits of
one photo together, one after the other, and each crop shows its neighbours: divided in file order,
no photo but the one at the cut is on both sides, as it would be after shuffling.
"""

import contextlib
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datasets.base import DataError, Dataset, Split
from datasets.contents import digest
from datasets.download import fetch
from datasets.matlab import check_whole
from datasets.source import check_choice, find_or_fetch, load
from datasets.svhn_mat import read_svhn_mat
from datasets.synthetic_svhn import synthetic_svhn_dataset

TEST = 'test_32x32.mat'


class Official(NamedTuple):
    """An official file: size in bytes, and its digest."""

    size: int
    sha256: str


SVHN_FILES = {  # of 531,131, 73,257 and 26,032 images
    'extra_32x32.mat': Official(
        1_329_278_602, 'a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3'),
    'train_32x32.mat': Official(
        182_040_794, '435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8'),
    TEST: Official(
        64_275_384, 'cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b'),
}

# Its authors' page names this address; the digests guard the contents, whoever sends them.
SVHN_MIRRORS = ('http://ufldl.stanford.edu/housenumbers/',)


def load_svhn(
    data_dir=None, data='auto', seed=0, mirrors=SVHN_MIRRORS, sizes=None, split=None, size=32
):
    """SVHN as a Dataset of images uint8 (N, size, size, 3) and labels int64 (N,), the digits 0..9.

    data_dir: folder with the .mat files, in it or in its svhn/ or svhn-subset/ folder, all in the
        same. Missing files are fetched.
    data ('svhn', 'synthetic' or 'auto'), sizes, data_dir None: see datasets.source.load.
    seed: of the synthetic house numbers.
    split: 'extra' or 'train', the file to train on; None for extra, or train where only that is.
        Its last 10,000 images validate, or a tenth of a file with fewer than 50,000.
    size: 32, or 16 for area downsampling (PixelGAN, B.2).
    Raises DataError, one line that says what to do.
    """
    check_choice('split', split, (None, 'extra', 'train'))
    check_choice('size', size, (32, 16))
    return load(
        'svhn',
        'SVHN',
        data,
        data_dir,
        sizes,
        read=lambda folder: _read(*_find_or_fetch(folder, split, mirrors), size),
        draw=partial(synthetic_svhn_dataset, seed, size=size),
        needed=f'{split or "extra"}_32x32.mat and {TEST}',
        stand_in='synthetic house numbers',
    )


def _find_or_fetch(folder, split, mirrors):
    """Paths of the training file and of the test file."""
    training = [f'{split}_32x32.mat'] if split else ['extra_32x32.mat', 'train_32x32.mat']

    def is_official(name, path):
        check_whole(path)
        return _is_official(path)

    return find_or_fetch(
        {training[0]: training, TEST: [TEST]}, 'SVHN contents', folder, ['svhn', 'svhn-subset'],
        is_official,
        fetch=lambda name, place: fetch(name, SVHN_FILES[name].sha256, place, mirrors, packed=True,
                                        largest=int(1.1 * SVHN_FILES[name].size)),
    )


def _is_official(path):
    """Whether size and SHA-256 are the official ones; DataError where they are another file's.

    Once they were, a file `path`.sha256 (as of sha256sum) says so: 1.3 GB are not hashed at every
    start.
    """
    official, stamp = SVHN_FILES[path.name], Path(f'{path}.sha256')
    said, stat = f'{official.sha256}  {path.name}\n', path.stat()
    names = {file: name for name, file in SVHN_FILES.items()}
    if stat.st_size not in [file.size for file in names]:
        return False
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if (stat.st_size == official.size and stamp.read_text() == said
                and stamp.stat().st_mtime_ns >= stat.st_mtime_ns):
            return True
    found = names.get(Official(stat.st_size, digest(path, packed=True)))
    if found not in (None, path.name):
        raise DataError(f'{path}: it is {found}, under another name; rename it')
    if found:
        with contextlib.suppress(OSError):  # where nothing can be written it is hashed next time
            stamp.write_text(said)
    return found is not None


def _read(train_path, test_path, size):
    """Dataset from the training file, which is divided, and the test file."""
    images, labels, drawn = _read_shuffled(train_path, size, least=10)
    test_images, test_labels, test_drawn = _read_shuffled(test_path, size, least=1)
    held_out = 10_000 if len(labels) >= 50_000 else len(labels) // 10
    counts = f'({len(labels):,} train / {len(test_labels):,} test)'
    place = train_path.parent
    source = f'{train_path.name} and {TEST} in {place}'
    if drawn or test_drawn:
        name, source = f'synthetic house numbers {counts}', f'synthetic house numbers, {source}'
    elif _is_official(train_path) and _is_official(test_path):
        # 'SVHN' alone is the papers' protocol, and no run resumes on another one.
        name = 'SVHN' if train_path.name.startswith('extra') else f'SVHN {counts}'
        source = f'official SVHN files {source}'
    else:
        subset = place.resolve().name == 'svhn-subset'
        kind = 'SVHN subset' if subset else 'images in the form of SVHN'
        name, source = f'{kind} {counts}', f'{source} (not the official SVHN contents)'
    return Dataset(
        name,
        source,
        train=Split(images[:-held_out], labels[:-held_out]),
        validation=Split(images[-held_out:], labels[-held_out:]),
        test=Split(test_images, test_labels),
    )


def _read_shuffled(path, size, least):
    """Images, labels, whether synthetic. File order, shuffled where each class stands together.

    The official files do not; one that does could neither be divided nor cut short.
    """
    images, labels, drawn = read_svhn_mat(path, size)
    if len(labels) < least:
        raise DataError(
            f'{path}: {len(labels)} images are too few for the splits; at least {least} are needed'
        )
    if np.count_nonzero(np.diff(labels)) < len(np.unique(labels)):
        order = np.random.default_rng(0).permutation(len(labels))
        images, labels = images[order], labels[order]
    return images, labels, drawn
