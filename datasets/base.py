"""What every data set is: three splits of images and labels, and where they came from."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np


class DataError(ValueError):
    """Data that cannot be used; the message is one line: which file, what is wrong, what to do."""


class Unavailable(DataError):
    """Files are missing and cannot be fetched: a synthetic stand-in may take their place."""


class Split(NamedTuple):
    """images: uint8 (N, H, W, C), intensity 0..255; labels: int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)  # comparing arrays with == has no single truth value
class Dataset:
    """`name` is what figures and tables call it; `source` says where the images came from; drawn:
    by the program, not read from files; formerly: the name that older runs know it by, if any."""

    name: str
    source: str
    train: Split
    validation: Split
    test: Split
    drawn: bool = False
    formerly: str | None = None

    def subset(self, digits=None, train=None, validation=None, test=None):
        """Keep only the classes in `digits`, then only the first N of each split.

        digits: labels to keep, None for all; train, validation, test: N of each, None for all.
        Labels and order are unchanged. Raises DataError when a split has fewer than N, or none.
        """
        sizes = {'train': train, 'validation': validation, 'test': test}
        splits = {}
        for split_name, size in sizes.items():
            images, labels = getattr(self, split_name)
            if digits is not None:
                kept = np.isin(labels, list(digits))
                images, labels = images[kept], labels[kept]
                absent = sorted(set(digits) - set(labels.tolist()))
                if absent or not len(labels):
                    raise DataError(
                        f'{self.name}, {split_name} split: no images with the labels '
                        f'{absent}; choose labels that it has'
                    )
            if size is not None and not 1 <= size <= len(labels):
                raise DataError(
                    f'{self.name}, {split_name} split: {size:,} images asked for; '
                    f'choose from 1 to {len(labels):,}'
                )
            splits[split_name] = Split(images[:size], labels[:size])
        return replace(self, **splits)

    def at_most(self, train, validation, test):
        """Like `subset`, but all of a split where it has fewer."""
        sizes = zip((train, validation, test), (self.train, self.validation, self.test))
        return self.subset(None, *(min(size, len(split.labels)) for size, split in sizes))


def binarize(images):
    """1 where pixel / 255 > 0.5, else 0 (PixelGAN, appendix B.1).

    images: uint8 (N, H, W, C) -> float32 (N, H, W, C) in {0, 1}.
    Raises DataError for other dtypes: images already scaled to [0, 1] would all turn black.
    """
    if images.dtype != np.uint8:
        raise DataError(f'binarize takes uint8 images in 0..255, not {images.dtype}')
    return (images > 127).astype(np.float32)  # 127 / 255 < 0.5 < 128 / 255
