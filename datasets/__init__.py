"""Data sets in their official file formats, and a synthetic stand-in for MNIST."""

from datasets.base import DataError, Dataset, Split, binarize
from datasets.download import MirrorsFailed, fetch
from datasets.idx import read_idx, write_idx
from datasets.labelled import balanced_indices
from datasets.mnist import MIRRORS, MNIST_FILES, load_mnist
from datasets.synthetic import synthetic_dataset, synthetic_digits

__all__ = [
    'DataError',
    'Dataset',
    'Split',
    'binarize',
    'balanced_indices',
    'MirrorsFailed',
    'fetch',
    'read_idx',
    'write_idx',
    'MIRRORS',
    'MNIST_FILES',
    'load_mnist',
    'synthetic_dataset',
    'synthetic_digits',
]
