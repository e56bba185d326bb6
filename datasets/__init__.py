"""Data sets in their official file formats, and drawn stand-ins for them.

What the rest of the program needs is imported here. The files:

- a loader each: mnist, svhn, norb, tfd; what they share: source, and download
- what every data set is: base; which images have labels: labelled; their pixels: downsample,
  standardise
- formats: idx (MNIST), norb_format, svhn_mat and matlab (SVHN, TFD); contents, gzipped or not
- whether four IDX files are of one data set, and of which: known, agreement
- stand-ins: synthetic (digits), synthetic_svhn, synthetic_norb and solids, synthetic_tfd
- images of the user's own: images, pictures, fit
"""

from datasets.base import DataError, Split, binarize
from datasets.idx import write_idx
from datasets.labelled import balanced_indices
from datasets.mnist import load_mnist
from datasets.norb import load_norb
from datasets.standardise import Standardisation, standardisation
from datasets.svhn import load_svhn
from datasets.synthetic import synthetic_digits
from datasets.tfd import load_tfd

__all__ = ['DataError', 'Split', 'Standardisation', 'balanced_indices', 'binarize', 'load_mnist',
           'load_norb', 'load_svhn', 'load_tfd', 'standardisation', 'synthetic_digits',
           'write_idx']
