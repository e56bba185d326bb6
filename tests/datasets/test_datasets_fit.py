"""Photographs of digits become the images that MNIST has of them."""
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets import DataError, load_mnist
from datasets.fit import fit_digit
from datasets.images import read_images
from datasets.synthetic import synthetic_dataset

SHAPE = (28, 28, 1)


def on_paper(digit, rng, times, shape, place=None):
    """Ink from 0 to about 1, of `shape`: a digit (28, 28), enlarged, at its (y, x) or anywhere."""
    side = 28 * times
    enlarged = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    y, x = place or (int(rng.integers(0, length - side + 1)) for length in shape)
    ink = np.zeros(shape)
    ink[y:y + side, x:x + side] = np.asarray(enlarged) / 255
    return ink


def photograph(digit, rng):
    """The bytes of a JPEG file: dark ink on paper that is not white, in a light that falls off to
    one side, with noise, its camera held in any of four ways, of any size, off centre."""
    times = int(rng.integers(5, 9))
    shape = tuple(int(length) for length in rng.integers(28 * times + 2, 480, size=2))
    ink = on_paper(digit, rng, times, shape)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = (np.linspace(0, 1, length) for length in shape)
    slope = np.cos(angle) * x + np.sin(angle) * y[:, None]
    light = rng.uniform(170, 225) * (1 - rng.uniform(0.15, 0.45) * (slope - slope.min())
                                     / np.ptp(slope))
    picture = light * (1 - rng.uniform(0.65, 0.9) * ink) + rng.normal(0, rng.uniform(1, 5), shape)
    colours = np.clip(picture[..., None] * [1, 0.97, 0.9], 0, 255).astype(np.uint8)
    orientation, turns = [(1, 0), (3, 2), (6, 1), (8, 3)][rng.integers(4)]
    exif = Image.Exif()
    exif[274] = orientation
    file = io.BytesIO()
    Image.fromarray(np.rot90(colours, turns)).save(
        file, 'JPEG', quality=int(rng.integers(60, 95)), exif=exif)
    return file.getvalue()


def fitted(path, contents):
    path.write_bytes(contents)
    image, = read_images(path, SHAPE, fit=True)
    return image


def distance(images, others):
    """Root mean squares (N,) of the differences of uint8 images, as parts of white."""
    return np.sqrt(np.square(images / 255 - others / 255).mean(axis=(1, 2, 3)))


def test_the_numbers_of_mnist():
    """The longer side 20, the aspect ratio kept, the centre of mass in the middle, white 255."""
    for height, width, small in ((200, 100, (20, 10)), (60, 180, (7, 20)), (3, 90, (1, 20))):
        for ink, paper in ((20, 200), (240, 90)):
            picture = np.full((400, 300), paper, np.uint8)
            picture[150:150 + height, 30:30 + width] = ink
            image = fit_digit(picture)
            assert image.shape == SHAPE and image.dtype == np.uint8
            rows, columns = np.nonzero(image[..., 0] > 127)
            assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == small
            assert abs(rows.mean() - 14) <= 0.51 and abs(columns.mean() - 14) <= 0.51
            assert image.min() == 0 and image.max() == 255


def test_photographs_of_mnist(tmp_path):
    """The median distance is less than half of that to the image one pixel aside, and for most the
    nearest training image has the same label as before."""
    folder = Path(os.environ.get('PIXELGAN_DATA_DIR') or 'data')
    if not list(folder.rglob('t10k-images-idx3-ubyte*')):
        pytest.skip(f'no MNIST files in {folder} (set PIXELGAN_DATA_DIR)')
    n, rng = 60, np.random.default_rng(0)
    data = load_mnist(folder, 'mnist', mirrors=(), sizes=(5000, 1, n))
    found = np.stack([fitted(tmp_path / 'a.jpg', photograph(image[..., 0], rng))
                      for image in data.test.images])
    aside = np.median(distance(data.test.images, np.roll(data.test.images, 1, axis=2)))
    assert np.median(distance(found, data.test.images)) < aside / 2
    train = data.train.images.reshape(5000, -1).astype(np.float32)

    def nearest(images):
        x = images.reshape(n, -1).astype(np.float32)
        return data.train.labels[(np.square(train).sum(axis=1) - 2 * x @ train.T).argmin(axis=1)]
    assert (nearest(found) == nearest(data.test.images)).sum() >= n - 5


@pytest.fixture(scope='module')
def digits():
    """Synthetic digits (10, 28, 28), one of each class."""
    images, labels = synthetic_dataset(0, sizes=(1, 1, 60)).test
    return np.stack([images[labels == k][0, ..., 0] for k in range(10)])


def scenes(ink):
    """What light, paper and pens do: name -> grey picture (300, 360) of ink in [0, 1]."""
    y, x = np.mgrid[:300, :360]
    noise = np.random.default_rng(1).normal(0, 3, ink.shape)
    squared = 0.25 * ((y % 40 < 2) | (x % 40 < 2))
    table = np.where((x < 340) & (y > 20), 210 - 0.1 * x, 70)
    return {
        'gradient': (220 - 0.3 * x) * (1 - 0.8 * ink),
        'lamp': 225 * (1 - 0.4 * (np.square(x / 180 - 1) + np.square(y / 150 - 1)) / 2)
        * (1 - 0.8 * ink),
        'shadow': np.where(x + y < 110, 120, 200) * (1 - 0.8 * ink),
        'table': table * (1 - 0.8 * ink),
        'squared paper': (210 - 0.1 * x) * (1 - np.maximum(0.8 * ink, squared)),
        'pencil': 190 * (1 - 0.25 * ink),
        'dirt': 210 * (1 - 0.8 * np.maximum(ink, (y % 97 < 4) & (x % 89 < 4))),
        'blackboard': 60 + 0.05 * x + 150 * ink,
    }, noise


@pytest.mark.parametrize('scene', ['gradient', 'lamp', 'shadow', 'table', 'squared paper', 'pencil',
                                   'dirt', 'blackboard'])
def test_light_paper_and_pens(digits, scene):
    for k, digit in enumerate(digits):
        ink = on_paper(digit, None, 6, (300, 360), (80, 130))
        pictures, noise = scenes(ink)
        found = fit_digit(np.clip(pictures[scene] + noise, 0, 255).astype(np.uint8))
        expected = fit_digit((255 * np.clip(ink, 0, 1)).astype(np.uint8))
        assert distance(found[None], expected[None])[0] < 0.13, k


def test_a_digit_that_fills_the_picture(digits):
    """As small as MNIST's own, and with little paper around: a pixel of the small one."""
    for k, digit in enumerate(digits):
        rows, columns = (np.flatnonzero((digit > 127).any(axis=axis)) for axis in (1, 0))
        tight = digit[rows[0] - 1:rows[-1] + 2, columns[0] - 1:columns[-1] + 2]
        expected = fit_digit((255 * np.clip(on_paper(digit, None, 6, (300, 360), (80, 130)), 0, 1))
                             .astype(np.uint8))
        large = Image.fromarray(255 - tight).resize([12 * side for side in tight.shape[::-1]],
                                                    Image.Resampling.BICUBIC)
        for picture in (digit, 255 - digit, np.asarray(large)):
            assert distance(fit_digit(picture)[None], expected[None])[0] < 0.2, k


def test_a_small_digit_on_a_large_sheet(digits):
    sheet = np.full((1500, 2000), 205, np.uint8)
    sheet[1000:1056, 1500:1556] -= (np.kron(digits[3], np.ones((2, 2))) * 0.6).astype(np.uint8)
    assert distance(fit_digit(sheet)[None], fit_digit(digits[3])[None])[0] < 0.13


@pytest.mark.parametrize('ink, paper', [(0, None), (255, None), (20, 230), (230, 20)])
def test_ink_that_is_transparent_around(tmp_path, digits, ink, paper):
    """Or a round piece of paper, a little larger than what is transparent."""
    grey = np.full((28, 28), ink if paper is None else paper)
    if paper is None:
        opacity = digits[2]
    else:
        grey = np.rint(paper + (ink - paper) * (digits[2] / 255))
        from_centre = np.square(np.arange(28) - 13.5)
        opacity = 255 * (from_centre + from_centre[:, None] < 12**2)
    picture = np.stack([grey, grey, grey, opacity], axis=2).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).resize((280, 280), Image.Resampling.NEAREST).save(file, 'PNG')
    found = fitted(tmp_path / 'a.png', file.getvalue())
    assert distance(found[None], fit_digit(digits[2])[None])[0] < 0.13


def test_nothing_to_be_found(tmp_path):
    y, x = np.mgrid[:200, :300]
    noise = np.random.default_rng(0).normal(0, 5, y.shape)
    for picture in (np.zeros((30, 30)), np.full((1, 1), 255), np.full((1, 900), 7),
                    200 - 0.3 * x + noise):
        with pytest.raises(DataError, match='^no digit found: nothing stands out'):
            fit_digit(picture.astype(np.uint8))
    np.save(tmp_path / 'a.npy', np.zeros((3, 40, 50, 1), np.uint8))
    with pytest.raises(DataError, match='a.npy, image 0: no digit found'):
        read_images(tmp_path / 'a.npy', SHAPE, fit=True)
    Image.new('RGBA', (30, 30)).save(tmp_path / 'a.png')
    with pytest.raises(DataError, match='a.png: no digit found'):
        read_images(tmp_path / 'a.png', SHAPE, fit=True)
