"""Images from files of the user's own: NumPy's .npy and .npz, IDX (also gzipped), PNG.

A file is known by its contents, whatever its name.
"""

from pathlib import Path

import numpy as np

from datasets.base import DataError
from datasets.downsample import area_downsample
from datasets.idx import read_idx

GREY = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601


def read_images(path, image_shape, invert=False):
    """The images in a file as uint8 (N, H, W, C) with (H, W, C) = image_shape.

    An array in a file is one image or several, with or without a last axis of 1 (grey), 3 (RGB) or
    4 (RGBA) channels: bytes, whole numbers in 0..255, booleans, or floats in [0, 1]. An .npz file
    has one array, or one called `images`. invert: black on white becomes white on black. What is
    transparent shows the background: black, and white with invert. Images whose sides are a whole
    number of times as long are reduced by area, as those of SVHN and NORB are.
    Raises DataError for other contents and another size.
    """
    height, width, channels = image_shape
    array = _read(path)
    images = _as_batch(array)
    factor = 1 if images is None else max(1, images.shape[1] // height)
    if images is None or images.shape[1:3] != (factor * height, factor * width):
        found = f'an array of shape {array.shape}'
        if images is not None:
            found = f'{images.shape[1]} x {images.shape[2]}'
            if array.ndim > 2:
                found += f' (shape {array.shape})'
        raise DataError(f'{path}: the run needs images of {height} x {width} pixels, not {found}')
    if not len(images):
        raise DataError(f'{path}: no images in it')
    images = _to_channels(_to_bytes(images, path), channels, 255 if invert else 0)
    images = area_downsample(images, factor)
    return 255 - images if invert else images


def _read(path):
    """The array in a file, by what its first bytes say."""
    try:
        with Path(path).open('rb') as file:
            start = file.read(8)
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({error.strerror or error})') from error
    if start.startswith((b'\x1f\x8b', b'\x00\x00\x08')):
        return read_idx(path)
    reader = next(
        (
            reader
            for magic, reader in ((b'\x93NUMPY', _npy), (b'PK', _npz), (b'\x89PNG', _png))
            if start.startswith(magic)
        ),
        None,
    )
    if reader is None:
        raise DataError(f'{path}: neither .npy, .npz, IDX nor PNG; convert it to one of these')
    try:
        return reader(path)
    except DataError:
        raise
    except Exception as error:  # zipfile, zlib, NumPy and Pillow each raise their own
        raise DataError(f'{path}: cannot be read ({type(error).__name__}: {error})') from error


def _npy(path):
    return np.load(path, allow_pickle=False)


def _npz(path):
    with np.load(path, allow_pickle=False) as file:
        if not file.files:
            raise DataError(f'{path}: holds no array; name an .npz of images')
        name = 'images' if 'images' in file.files else file.files[0]
        if len(file.files) != 1 and name != 'images':
            raise DataError(
                f'{path}: none of its arrays ({", ".join(file.files)}) is called images'
            )
        array = file[name]
    if not isinstance(array, np.ndarray):  # a zip of other files
        raise DataError(f'{path}: {name} in it is not an array; name an .npz of images')
    return array


def _png(path):
    """Floats in [0, 1], (H, W) or (H, W, 3 or 4), of any kind of PNG."""
    from matplotlib.image import imread  # here, because only this needs it

    with Path(path).open('rb') as file:
        return imread(file, format='png')


def _as_batch(array):
    """(N, H, W, C) with C = 1, 3 or 4; None for what is not images."""
    if array.ndim == 2:
        return array[None, ..., None]
    if array.ndim == 3:
        return array[None] if array.shape[2] in (1, 3, 4) else array[..., None]
    return array if array.ndim == 4 and array.shape[3] in (1, 3, 4) else None


def _to_bytes(images, path):
    if images.dtype == bool:
        return images * np.uint8(255)
    if images.dtype.kind not in 'iuf':
        raise DataError(f'{path}: holds {images.dtype}, not numbers that a pixel can be')
    low, high = images.min(), images.max()
    if images.dtype.kind in 'iu':
        # Bytes of 0 and 1 would all be black.
        if low < 0 or high > 255 or high == 1:
            raise DataError(
                f'{path}: whole numbers from {low} to {high}; as whole numbers, pixels go from 0 '
                'to 255 (as floats or booleans to 1)'
            )
        return images.astype(np.uint8)
    if not (low >= 0 and high <= 1):  # also where one is not a number
        raise DataError(
            f'{path}: floats from {low:g} to {high:g}; as floats, pixels go from 0 to 1 '
            '(as bytes to 255)'
        )
    return np.rint(255 * images.astype(np.float64)).astype(np.uint8)


def _to_channels(images, channels, background):
    """uint8 (N, H, W, 1, 3 or 4) -> (N, H, W, channels), on the background where transparent."""
    if images.shape[3] == 4:
        opacity = images[..., 3:] / 255
        images = np.rint(opacity * images[..., :3] + (1 - opacity) * background)
    if images.shape[3] == 3 and channels == 1:
        images = np.rint(images @ np.array(GREY))[..., None]
    if images.shape[3] == 1 and channels == 3:
        images = np.repeat(images, 3, axis=3)
    return images.astype(np.uint8)
