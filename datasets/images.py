"""Images from files of the user's own: NumPy's .npy and .npz, IDX (also gzipped), pictures.

A file is known by its contents, whatever its name.
"""

import os
import stat
from pathlib import Path

import numpy as np
from PIL import UnidentifiedImageError

from datasets.base import DataError
from datasets.downsample import area_downsample
from datasets.fit import SHAPE as FITTED_SHAPE
from datasets.fit import fit_digit
from datasets.idx import read_idx
from datasets.pictures import read_pictures

GREY = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601
CHANNELS = (1, 3, 4)  # grey, RGB, RGBA
PART = 1 << 22  # pixels whose channels are changed at once


def read_images(path, image_shape, invert=False, fit=False):
    """The images in a file as uint8 (N, H, W, C) with (H, W, C) = image_shape.

    An array in a file is one image or several, with or without a last axis of 1 (grey), 3 (RGB) or
    4 (RGBA) channels: bytes, whole numbers in 0..255, booleans, or floats in [0, 1]. An .npz file
    has one array, or one called `images`. invert: black on white becomes white on black. What is
    transparent shows the background: black, and white with invert. Images whose sides are a whole
    number of times as long are reduced by area, as those of SVHN and NORB are.
    fit: images of any size become digits like MNIST's (see `fit_digit`).
    Raises DataError for other contents, another size, and shapes that may mean two things.
    """
    batches = _read(path, image_shape, fit)
    make = _fitted if fit else _reduced
    return np.concatenate([make(images, path, image_shape, invert) for images in batches])


def _reduced(images, path, image_shape, invert):
    height, width, channels = image_shape
    factor = max(1, images.shape[1] // height)
    if images.shape[1:3] != (factor * height, factor * width):
        raise DataError(
            f'{path}: {images.shape[1]} x {images.shape[2]} pixels; the run needs images of '
            f'{height} x {width}, or a whole number of times as large '
            f'({2 * height} x {2 * width}, {3 * height} x {3 * width}, ...)'
            + '; --fit takes any size' * (image_shape == FITTED_SHAPE)
        )
    images = _to_channels(images, channels, 255 if invert else 0)
    images = area_downsample(images, factor)
    return 255 - images if invert else images


def _fitted(images, path, *_):
    fitted = []
    for k, image in enumerate(images):
        try:
            grey = _to_channels(image[None], 1, _behind(image))
            fitted.append(fit_digit(grey[0, ..., 0]))
        except DataError as error:
            place = f', image {k}' if len(images) > 1 else ''
            raise DataError(f'{path}{place}: {error}') from error
    return np.stack(fitted)


def _behind(image):
    """The grey that what is transparent in (H, W, C) shows where nobody says: that of the paper
    where more than half is opaque; else what is opaque is ink, and this is its opposite."""
    if image.shape[2] < 4:
        return 0
    seen = image[..., 3] > 127
    greys = _to_channels(image[None, ..., :3], 1, 0)[0, ..., 0][seen]
    if 2 * greys.size > seen.size:
        return float(np.median(greys))
    return 0 if greys.size and greys.mean() > 127 else 255


def _read(path, image_shape, fit):
    """Batches of images in a file, a list of uint8 (N, H, W, C), by what its first bytes say."""
    try:
        # Opening a pipe would wait for somebody who writes to it.
        if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):
            raise DataError(f'{path}: not a file but a pipe or a device')
        with Path(path).open('rb') as file:
            start = file.read(8)
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({error.strerror or error})') from error
    readers = {b'\x1f\x8b': read_idx, b'\x00\x00\x08': read_idx, b'\x93NUMPY': _npy, b'PK': _npz}
    reader = next((readers[magic] for magic in readers if start.startswith(magic)), None)
    try:
        if reader:
            array = reader(path)
        else:
            pictures = read_pictures(path)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(
            f'{path}: neither .npy, .npz, IDX nor a picture that Pillow reads; convert it to PNG'
        ) from error
    except Exception as error:  # zipfile, zlib, NumPy and Pillow each raise their own
        raise DataError(f'{path}: cannot be read ({type(error).__name__}: {error})') from error
    if reader:
        return [_to_bytes(_as_batch(array, path, image_shape, fit), path)]
    # The bytes of a picture are what they are; only of numbers it must be found out.
    return [
        picture[None] if picture.dtype == np.uint8 else _to_bytes(picture[None], path)
        for picture in pictures
    ]


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


def _as_batch(array, path, image_shape, fit):
    """(N, H, W, C) with C = 1, 3 or 4. Raises DataError where the shape says nothing, or two
    things, and says how to write what is meant."""
    shape, (height, width, channels) = array.shape, image_shape
    if not array.size:
        raise DataError(f'{path}: no images in it')
    whole = f'{path}: an array of shape {shape}'
    if array.ndim in (1, 2) and shape[-1] == height * width * channels:
        images = (*shape[:-1], height, width, *[channels] * (channels > 1))
        picture = array.ndim == 2 and (fit or shape[0] == shape[1])
        raise DataError(
            f'{whole}: reshape to {images}' + f', or one picture to {(1, *shape)}' * picture
        )
    if array.ndim == 4 and shape[3] in CHANNELS:
        return array
    if array.ndim == 4 and shape[1] in CHANNELS:
        raise DataError(f'{whole}: channels come last: array.transpose(0, 2, 3, 1)')
    if array.ndim == 3 and shape[2] in CHANNELS:
        return array[None]
    if array.ndim == 3:
        if shape[0] in CHANNELS[1:] and (channels > 1 or shape[1:] != (height, width)):
            raise DataError(
                f'{whole}: one colour image is array.transpose(1, 2, 0); {shape[0]} grey ones are '
                f'array.reshape{(*shape, 1)}'
            )
        return array[..., None]
    if array.ndim == 2:
        return array[None, ..., None]
    raise DataError(f'{whole} is not images: (N, {height}, {width}) or (N, {height}, {width}, 3)')


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
    n, height, width, given = images.shape
    if given == channels:
        return images
    rows = images.reshape(n * height, width, given)
    result = np.empty((n * height, width, channels), np.uint8)
    step = max(1, PART // width)  # in parts: they become floats of eight bytes
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        if given == 4:
            opacity = part[..., 3:] / 255
            part = np.rint(opacity * part[..., :3] + (1 - opacity) * background)
        if part.shape[2] == 3 and channels == 1:
            part = np.rint(part @ np.array(GREY))[..., None]
        result[start : start + step] = part  # one channel serves all three
    return result.reshape(n, height, width, channels)
