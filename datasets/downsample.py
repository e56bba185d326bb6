"""Area downsampling: every pixel of the small image is the mean of one block of the large one."""

import numpy as np

from datasets.base import DataError

CHUNK_BYTES = 1 << 24  # images summed at once: their uint32 sums stay below this


def area_downsample(images, factor):
    """Means over blocks of factor x factor pixels, per channel, rounded to the nearest, half up.

    images: uint8 (N, H, W, C), 0..255, H and W multiples of `factor`
        -> uint8 (N, H / factor, W / factor, C), a new array also where factor is 1.
    The result stays 8 bits, for the 256 bins of the discretized logistic mixture; rounding half
    up brightens 2 x 2 means by 1/8 of a level on average. Beside the result it needs about
    CHUNK_BYTES. Raises DataError for another dtype or shape, or a factor below 1.
    """
    if images.dtype != np.uint8 or images.ndim != 4:
        raise DataError(
            f'area_downsample takes uint8 images (N, H, W, C), not {images.dtype} {images.shape}'
        )
    n, height, width, channels = images.shape
    if factor < 1 or height % factor or width % factor:
        raise DataError(f'images of {height} x {width} pixels have no blocks of {factor}')
    small = np.empty((n, height // factor, width // factor, channels), np.uint8)
    chunk = max(1, CHUNK_BYTES // max(1, 4 * small[:1].size))
    area = factor * factor
    for start in range(0, n, chunk):
        part = images[start : start + chunk]
        total = np.zeros((len(part), *small.shape[1:]), np.uint32)
        for row in range(factor):
            for column in range(factor):
                total += part[:, row::factor, column::factor]
        total += area // 2
        total //= area
        small[start : start + chunk] = total
    return small
