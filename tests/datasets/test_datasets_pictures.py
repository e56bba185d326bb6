"""Pictures of all kinds become the bytes that a viewer shows."""
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, features

from datasets import DataError, pictures
from datasets.images import read_images

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6     # PNG's colour types
SHAPE = (28, 28, 1)


def png(samples, bits, colour, claimed=None, **chunks):
    """A PNG file of samples (H, W, channels), of any depth: Pillow does not write all of them.
    claimed: (height, width) in its header, if not that of the samples."""
    samples = np.asarray(samples)
    height, width, _ = samples.shape
    digits = (samples[..., None] >> np.arange(bits)[::-1] & 1).reshape(height, -1)
    rows = np.packbits(digits.astype(np.uint8), axis=1)
    data = b''.join(b'\0' + row.tobytes() for row in rows)      # 0: no filter
    height, width = claimed or (height, width)
    header = struct.pack('>IIBBBBB', width, height, bits, colour, 0, 0, 0)
    parts = [(b'IHDR', header), *((name.encode(), chunks[name]) for name in chunks),
             (b'IDAT', zlib.compress(data)), (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(body)) + name + body + struct.pack('>I', zlib.crc32(name + body))
        for name, body in parts)


def written(tmp_path, contents):
    path = tmp_path / 'picture'
    path.write_bytes(contents)
    return path


def saved(tmp_path, picture, file_format, **options):
    file = io.BytesIO()
    picture.save(file, file_format, **options)
    return written(tmp_path, file.getvalue())


@pytest.fixture
def ramp():
    """Bytes (28, 28) of all sizes."""
    return (np.arange(28 * 28).reshape(28, 28) * 255 // (28 * 28 - 1)).astype(np.uint8)


@pytest.mark.parametrize('bits', [1, 2, 4, 8, 16])
def test_grey_of_every_depth(tmp_path, bits):
    samples = np.random.default_rng(0).integers(0, 2**bits, (28, 28, 1))
    found = read_images(written(tmp_path, png(samples, bits, GREY)), SHAPE)
    np.testing.assert_array_equal(found[0], np.rint(samples / (2**bits - 1) * 255))


@pytest.mark.parametrize('bits', [1, 2, 4, 8])
def test_palettes_of_every_depth(tmp_path, bits):
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (2**bits, 3), np.uint8)
    samples = rng.integers(0, 2**bits, (28, 28, 1))
    opaque = read_images(written(tmp_path, png(samples, bits, PALETTE, PLTE=palette.tobytes())),
                         (28, 28, 3))
    np.testing.assert_array_equal(opaque[0], palette[samples[..., 0]])
    path = written(tmp_path, png(samples, bits, PALETTE, PLTE=palette.tobytes(), tRNS=b'\0'))
    for invert, background in ((False, 0), (True, 255)):        # colour 0 is transparent
        shown = palette.copy()
        shown[0] = background
        shown = 255 - shown if invert else shown
        np.testing.assert_array_equal(read_images(path, (28, 28, 3), invert)[0],
                                      shown[samples[..., 0]])


@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('colour, channels', [(RGB, 3), (GREY_ALPHA, 2), (RGB_ALPHA, 4)])
def test_colours_and_transparency(tmp_path, bits, colour, channels):
    samples = np.random.default_rng(0).integers(0, 2**bits, (28, 28, channels))
    values = samples / (2**bits - 1) * 255
    shown = values if colour == RGB else values[..., :-1] * values[..., -1:] / 255
    found = read_images(written(tmp_path, png(samples, bits, colour)), (28, 28, 3))
    # Of 16 bits Pillow keeps the upper 8: each of two factors is up to one level off.
    np.testing.assert_allclose(found[0], np.broadcast_to(shown, found[0].shape),
                               atol=0.51 if bits == 8 else 2.5)


@pytest.mark.parametrize('bits', [8, 16])
def test_a_grey_that_is_transparent(tmp_path, bits):
    samples = np.full((28, 28, 1), 200)
    samples[5] = 77
    path = written(tmp_path, png(samples, bits, GREY, tRNS=struct.pack('>H', 77)))
    found = read_images(path, SHAPE, invert=True)
    assert (found[0, 5] == 0).all()     # shows the white paper
    assert (found[0, 6] == 255 - round(200 * 255 / (2**bits - 1))).all()


def test_what_printers_and_old_programs_use(tmp_path, ramp):
    grey = Image.fromarray(ramp)
    colour = Image.merge('RGB', [grey, Image.new('L', (28, 28), 90),
                                 Image.eval(grey, lambda value: value // 2)])
    expected = np.asarray(colour).astype(float)
    for mode, file_format, options, near in (
            ('CMYK', 'JPEG', {'quality': 100}, 6), ('CMYK', 'TIFF', {}, 1),
            ('YCbCr', 'JPEG', {'quality': 100}, 6), ('RGB', 'BMP', {}, 0), ('RGB', 'PPM', {}, 0),
            ('RGB', 'TGA', {}, 0), ('RGB', 'TIFF', {'compression': 'tiff_lzw'}, 0)):
        path = saved(tmp_path, colour.convert(mode), file_format, **options)
        found = read_images(path, (28, 28, 3))[0].astype(float)
        assert np.abs(found - expected).mean() <= near, (mode, file_format)
    path = saved(tmp_path, grey, 'JPEG', quality=100)
    assert np.abs(read_images(path, SHAPE)[0, ..., 0].astype(float) - ramp).max() <= 2
    for numbers, low in ((ramp / np.float32(255), True), (ramp.astype(np.int32), False)):
        path = saved(tmp_path, Image.fromarray(numbers), 'TIFF')
        np.testing.assert_array_equal(read_images(path, SHAPE)[0, ..., 0], ramp)
    with pytest.raises(DataError, match='floats from 0 to 255'):
        read_images(saved(tmp_path, Image.fromarray(ramp.astype(np.float32)), 'TIFF'), SHAPE)


@pytest.mark.parametrize('orientation, shown', [
    (1, lambda a: a), (2, np.fliplr), (3, lambda a: np.rot90(a, 2)), (4, np.flipud),
    (5, np.transpose), (6, lambda a: np.rot90(a, -1)), (7, lambda a: np.rot90(a, 2).T),
    (8, np.rot90)])
def test_pictures_are_turned_as_their_camera_says(tmp_path, ramp, orientation, shown):
    exif = Image.Exif()
    exif[274] = orientation
    path = saved(tmp_path, Image.fromarray(ramp), 'PNG', exif=exif)
    np.testing.assert_array_equal(read_images(path, SHAPE)[0, ..., 0], shown(ramp))


@pytest.mark.parametrize('file_format', ['GIF', 'PNG', 'TIFF', 'WEBP'])
def test_every_picture_of_an_animation_or_of_pages(tmp_path, file_format):
    if file_format == 'WEBP' and not features.check('webp'):
        pytest.skip('Pillow without WebP')
    greys = [0, 120, 255]
    first, *others = [Image.new('RGB', (28, 28), (grey,) * 3) for grey in greys]
    options = {'lossless': True} if file_format == 'WEBP' else {}
    path = saved(tmp_path, first, file_format, save_all=True, append_images=others, **options)
    found = read_images(path, SHAPE)
    assert found.shape == (3, 28, 28, 1)
    for image, grey in zip(found, greys):
        assert (image == grey).all()


def test_a_telephones_preview_is_no_image(tmp_path, ramp):
    small = Image.new('L', (14, 14))
    path = saved(tmp_path, Image.fromarray(ramp), 'MPO', save_all=True, append_images=[small])
    assert read_images(path, SHAPE).shape == (1, 28, 28, 1)


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    """Its header is enough: there are no pixels in these files."""
    for side in (7_100, 12_992, 20_000, 2**31 - 1):
        contents = png(np.zeros((1, 1, 1), int), 8, GREY, claimed=(side, side))
        with pytest.raises(DataError, match='picture: more than 50 million pixels; make it smal'):
            read_images(written(tmp_path, contents), SHAPE)
    monkeypatch.setattr(pictures, 'MOST_PIXELS', 2 * 28 * 28)   # of all pictures of a file
    frames = [Image.new('L', (28, 28), k) for k in range(3)]
    path = saved(tmp_path, frames[0], 'GIF', save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match='million pixels'):
        read_images(path, SHAPE)


def test_postscript_is_not_run(tmp_path, monkeypatch):
    monkeypatch.setattr('PIL.EpsImagePlugin.Ghostscript', None)     # a call of it ends here
    path = saved(tmp_path, Image.new('RGB', (28, 28)), 'EPS')
    with pytest.raises(DataError, match='PostScript is a program; convert it to PNG'):
        read_images(path, SHAPE)
