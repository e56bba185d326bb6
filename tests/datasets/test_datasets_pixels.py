"""What is done to pixels: area downsampling and standardisation."""

import numpy as np
import pytest

import datasets.downsample
import datasets.standardise
from datasets import DataError, standardisation
from datasets.downsample import area_downsample


@pytest.mark.parametrize('factor', [1, 2, 3])
def test_area_downsampling_takes_rounded_means(monkeypatch, factor):
    monkeypatch.setattr(datasets.downsample, 'CHUNK_BYTES', 5000)  # several chunks
    images = np.random.default_rng(0).integers(0, 256, (50, 12, 18, 3), dtype=np.uint8)
    small = area_downsample(images, factor)
    blocks = images.reshape(50, 12 // factor, factor, 18 // factor, factor, 3).astype(float)
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(small, np.floor(blocks.mean((2, 4)) + 0.5))
    np.testing.assert_array_equal(area_downsample(images[:, ::-1], factor), small[:, ::-1])


@pytest.mark.parametrize('level', [0, 1, 128, 255])
def test_area_downsampling_keeps_flat_images(level):
    assert (area_downsample(np.full((2, 96, 96, 1), level, np.uint8), 3) == level).all()


@pytest.mark.parametrize(
    'shape, dtype, factor',
    [
        ((5, 31, 32, 3), np.uint8, 2),
        ((5, 32, 31, 3), np.uint8, 2),
        ((5, 32, 32, 3), np.uint8, 0),
        ((5, 32, 32), np.uint8, 2),
        ((5, 32, 32, 3), np.float32, 2),
    ],
)
def test_area_downsampling_errors(shape, dtype, factor):
    with pytest.raises(DataError):
        area_downsample(np.zeros(shape, dtype), factor)


def test_standardisation(monkeypatch):
    monkeypatch.setattr(datasets.standardise, 'CHUNK_BYTES', 8 * 192 * 7)  # seven images at once
    rng = np.random.default_rng(0)
    images = (rng.integers(0, 99, (100, 8, 8, 3)) + rng.integers(0, 150, (8, 8, 3))).astype('uint8')
    images[:, 2, 3, 1] = 200  # never changes
    scaling = standardisation(images)
    assert scaling.mean.shape == scaling.std.shape == (8, 8, 3)
    assert scaling.mean.dtype == scaling.std.dtype == np.float64
    np.testing.assert_allclose(scaling.mean, images.mean(0), rtol=1e-14)
    expected = images.std(0)
    assert scaling.std[2, 3, 1] == 1
    expected[2, 3, 1] = 1
    np.testing.assert_allclose(scaling.std, expected, rtol=1e-12)

    x = scaling.standardise(images)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.mean(0), 0, atol=1e-5)
    assert not x[:, 2, 3, 1].any()
    np.testing.assert_allclose(np.delete(x.std(0).ravel(), (2 * 8 + 3) * 3 + 1), 1, rtol=1e-5)
    back = scaling.inverse(x)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(np.rint(back), images)
    np.testing.assert_allclose(back, images, atol=1e-3)
    picture = scaling.to_unit(x * 100)
    assert picture.min() == 0 and picture.max() == 1
    np.testing.assert_allclose(scaling.to_unit(x), images / 255, atol=1e-5)


def test_the_sums_of_standardisation_are_exact():
    images = np.full((3000, 1, 1, 1), 255, np.uint8)  # large sums, a tiny variance
    images[0] = 254
    n = len(images)
    assert standardisation(images).std[0, 0, 0] == pytest.approx(np.sqrt(n - 1) / n, rel=1e-14)


def test_standardisation_errors():
    for images in (np.zeros((3, 4, 4, 1), np.float32), np.zeros((0, 4, 4, 1), np.uint8)):
        with pytest.raises(DataError, match='uint8'):
            standardisation(images)
