"""Data sets in their official file formats, and synthetic stand-ins for them."""

from datasets.base import DataError, Dataset, Split, Unavailable, binarize
from datasets.download import MirrorsFailed, fetch
from datasets.downsample import area_downsample
from datasets.idx import read_idx, write_idx
from datasets.labelled import balanced_indices
from datasets.mnist import MIRRORS, MNIST_FILES, load_mnist
from datasets.norb import NORB_FILES, NORB_MIRRORS, load_norb
from datasets.norb_format import read_matrix, write_matrix
from datasets.standardise import Standardisation, standardisation
from datasets.svhn import SVHN_FILES, SVHN_MIRRORS, load_svhn
from datasets.svhn_mat import read_svhn_mat, write_svhn_mat
from datasets.synthetic import synthetic_dataset, synthetic_digits
from datasets.synthetic_norb import synthetic_norb_dataset, synthetic_solids
from datasets.synthetic_svhn import synthetic_house_numbers, synthetic_svhn_dataset
from datasets.synthetic_tfd import synthetic_faces, synthetic_tfd_members, write_synthetic_tfd
from datasets.tfd import TFD_FILE, load_tfd

__all__ = [
    'DataError',
    'Dataset',
    'Split',
    'Unavailable',
    'binarize',
    'balanced_indices',
    'MirrorsFailed',
    'fetch',
    'area_downsample',
    'read_idx',
    'write_idx',
    'MIRRORS',
    'MNIST_FILES',
    'load_mnist',
    'synthetic_dataset',
    'synthetic_digits',
    'Standardisation',
    'standardisation',
    'SVHN_FILES',
    'SVHN_MIRRORS',
    'load_svhn',
    'read_svhn_mat',
    'write_svhn_mat',
    'synthetic_house_numbers',
    'synthetic_svhn_dataset',
    'NORB_FILES',
    'NORB_MIRRORS',
    'load_norb',
    'read_matrix',
    'write_matrix',
    'synthetic_norb_dataset',
    'synthetic_solids',
    'synthetic_faces',
    'synthetic_tfd_members',
    'write_synthetic_tfd',
    'TFD_FILE',
    'load_tfd',
]
