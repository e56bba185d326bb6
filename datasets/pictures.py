"""Pictures in the formats that Pillow reads, as arrays.

They are shown as a viewer shows them: turned as their camera says, with palettes looked up.
"""

import warnings

import numpy as np
from PIL import Image, ImageOps

from datasets.base import DataError

MOST_PIXELS = 50_000_000  # a telephone's 48 megapixels; 0.8 GB while they are decoded
# Formats whose further pictures are further images; in an MPO they are previews and depths.
SEVERAL = ('GIF', 'PNG', 'TIFF', 'WEBP')
SEE_THROUGH = ('LA', 'La', 'PA', 'RGBA', 'RGBa')


def read_pictures(path):
    """The pictures of a file: a list of uint8 (H, W, C), C = 1 (grey), 3 (RGB) or 4 (RGBA).

    Several of an animation or a file of several pages. Numbers that no bytes can hold come as they
    are: floats or integers (H, W, 1). Raises DataError for too large ones, before it decodes them,
    and whatever Pillow raises.
    """
    arrays, pixels = [], 0
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # about what is odd in a file that can be read
        try:
            picture = Image.open(path)
        except Image.DecompressionBombError:
            raise _too_large(path) from None
        with picture:
            if picture.format == 'EPS':  # Pillow would let Ghostscript run it
                raise DataError(f'{path}: PostScript is a program; convert it to PNG')
            frames = getattr(picture, 'n_frames', 1) if picture.format in SEVERAL else 1
            for frame in range(frames):
                picture.seek(frame)
                pixels += picture.width * picture.height
                if pixels > MOST_PIXELS:
                    raise _too_large(path)
                arrays.append(_array(ImageOps.exif_transpose(picture), picture.format))
    return arrays


def _too_large(path):
    return DataError(f'{path}: more than {MOST_PIXELS // 10**6} million pixels; make it smaller')


def _array(picture, file_format):
    """(H, W, C), as in `read_pictures`."""
    transparent = picture.info.get('transparency')
    if picture.mode.startswith('I;16') or picture.mode == 'I' and file_format == 'PNG':
        numbers = np.asarray(picture).astype(np.uint32)
        grey = ((numbers * 255 + 32767) // 65535).astype(np.uint8)[..., None]
        if transparent is None:
            return grey
        opacity = np.where(numbers == transparent, 0, 255).astype(np.uint8)[..., None]
        return np.concatenate([grey, grey, grey, opacity], axis=2)
    if picture.mode in ('I', 'F'):
        return np.asarray(picture)[..., None]
    if picture.mode in SEE_THROUGH or transparent is not None:
        return np.asarray(picture.convert('RGBA'))
    if picture.mode in ('1', 'L'):
        return np.asarray(picture.convert('L'))[..., None]
    return np.asarray(picture.convert('RGB'))
