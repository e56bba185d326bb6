"""Forward passes against plain loops, over drawn shapes; gradient checks over drawn shapes."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nn.activations import ReLU, Softmax
from nn.affine_noise import AffineNoise
from nn.batch_norm import BatchNorm
from nn.causal_conv import CausalConv2D, causal_mask
from nn.conditioning import LocationInvariantBias
from nn.conv import Conv2D
from nn.dense import Dense
from nn.fast import products
from nn.fast.parallel import by_rows
from nn.gradcheck import check_layer
from nn.initializers import gaussian, xavier_normal
from nn.layer import Sequential
from nn.noise import Dropout, GaussianNoise
from nn.pooling import MaxPool2D

settings.register_profile('project', max_examples=25, deadline=None, derandomize=True)
settings.load_profile('project')

RNG = np.random.default_rng(0)
sizes = st.integers(1, 3)
seeds = st.integers(0, 2**16)


def draw_x(rng, shape, contiguous):
    """Normal values; for contiguous=False every other column of a wider array."""
    if contiguous:
        return rng.standard_normal(shape)
    return rng.standard_normal((*shape[:2], 2 * shape[2], shape[3]))[:, :, ::2]


def assert_gradients(layer, *inputs, **options):
    wrong = [check for check in check_layer(layer, *inputs, **options) if not check.passed]
    assert not wrong, wrong


def conv2d_simple(x, weight, bias, stride, border):
    """The definition, as loops over output pixels."""
    top, bottom, left, right = border
    x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    (kh, kw), (sh, sw) = weight.shape[:2], stride
    height, width = (x.shape[1] - kh) // sh + 1, (x.shape[2] - kw) // sw + 1
    y = np.zeros((len(x), height, width, weight.shape[3]))
    for i in range(height):
        for j in range(width):
            patch = x[:, i * sh:i * sh + kh, j * sw:j * sw + kw]
            y[:, i, j] = np.einsum('nabc,abcf->nf', patch, weight) + bias
    return y


@given(sizes, st.integers(3, 7), st.integers(3, 7), sizes, sizes, st.tuples(sizes, sizes),
       st.tuples(sizes, sizes), st.sampled_from(['same', 'valid']), st.booleans(), seeds)
def test_conv2d(n, h, w, c, f, kernel_size, stride, padding, contiguous, seed):
    rng = np.random.default_rng(seed)
    layer = Conv2D(c, f, kernel_size, rng, stride, padding, dtype=np.float64)
    layer.params['b'][...] = rng.standard_normal(f)
    x = draw_x(rng, (n, h, w, c), contiguous)
    y, _ = layer.forward(x)
    if padding == 'same':
        assert y.shape[1:3] == (-(-h // stride[0]), -(-w // stride[1]))
        total = [max(0, (out - 1) * s + k - size)
                 for out, s, k, size in zip(y.shape[1:3], stride, kernel_size, (h, w))]
        border = (total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2)
    else:
        border = (0, 0, 0, 0)
    np.testing.assert_allclose(
        y, conv2d_simple(x, layer.params['W'], layer.params['b'], stride, border), atol=1e-12)
    assert_gradients(layer, x)


@given(sizes, st.integers(1, 6), st.integers(1, 6), sizes, sizes, st.integers(2, 3),
       st.sampled_from([3, 5]), st.booleans(), st.booleans(), st.booleans(), seeds)
def test_causal_conv_is_a_masked_convolution(n, h, w, c, f, kh, kw, vertical, first, contiguous,
                                             seed):
    rng = np.random.default_rng(seed)
    stack, kernel_size = ('vertical', (kh, kw)) if vertical else ('horizontal', (1, (kw + 1) // 2))
    layer = CausalConv2D(c, f, kernel_size, stack, first, rng, dtype=np.float64)
    layer.params['b'][...] = rng.standard_normal(f)
    x = draw_x(rng, (n, h, w, c), contiguous)
    weight = layer.params['W'] * causal_mask(kernel_size, stack, first)[:, :, None, None]
    border = ((kh - 1, 0, kw // 2, kw // 2) if vertical else (0, 0, kernel_size[1] - 1, 0))
    np.testing.assert_allclose(layer.forward(x)[0],
                               conv2d_simple(x, weight, layer.params['b'], (1, 1), border),
                               atol=1e-12)
    assert_gradients(layer, x)


def test_masked_weights_take_no_part():
    layer = CausalConv2D(1, 1, (3, 5), 'vertical', True, np.random.default_rng(0))
    x = np.ones((1, 4, 4, 1), np.float32)
    y, _ = layer.forward(x)
    layer.params['W'][-1] = np.nan
    np.testing.assert_array_equal(layer.forward(x)[0], y)


@pytest.mark.parametrize('stack, kernel_size, words', [
    ('vertical', (1, 3), 'no live tap'), ('vertical', (3, 4), 'odd width'),
    ('horizontal', (1, 1), 'no live tap'), ('diagonal', (3, 3), "got 'diagonal'")])
def test_causal_conv_refuses(stack, kernel_size, words):
    with pytest.raises(ValueError, match=words):
        CausalConv2D(1, 1, kernel_size, stack, True, np.random.default_rng(0))


@given(sizes, sizes, sizes, sizes, st.integers(1, 3), st.booleans(), seeds)
def test_max_pool(n, h, w, c, size, contiguous, seed):
    x = draw_x(np.random.default_rng(seed), (n, h * size, w * size, c), contiguous)
    y, _ = MaxPool2D(size).forward(x)
    for i in range(h):
        for j in range(w):
            window = x[:, i * size:(i + 1) * size, j * size:(j + 1) * size]
            np.testing.assert_array_equal(y[:, i, j], window.max(axis=(1, 2)))
    assert_gradients(MaxPool2D(size), x)


def test_max_pool_gives_a_tie_to_the_first():
    layer = MaxPool2D(2)
    y, cache = layer.forward(np.ones((1, 2, 2, 1)))
    np.testing.assert_array_equal(layer.backward(3 * y, cache)[0, :, :, 0], [[3, 0], [0, 0]])
    with pytest.raises(ValueError, match='3x4'):
        layer.forward(np.ones((1, 3, 4, 1)))


@given(st.integers(2, 6), sizes, st.booleans(), st.booleans(), seeds)
def test_batch_norm(n, c, four_d, train, seed):
    rng = np.random.default_rng(seed)
    layer = BatchNorm(c, dtype=np.float64)
    for array in (*layer.params.values(), *layer.buffers.values()):
        array[...] = rng.uniform(0.5, 2, c)
    gamma, beta = layer.params['gamma'], layer.params['beta']
    x = rng.standard_normal((n, 2, 3, c) if four_d else (n, c))
    axes = tuple(range(x.ndim - 1))
    mean, var = ((x.mean(axes), x.var(axes)) if train else
                 (layer.buffers['running_mean'].copy(), layer.buffers['running_var'].copy()))
    expected_mean = 0.9 * layer.buffers['running_mean'] + 0.1 * x.mean(axes)
    expected_var = 0.9 * layer.buffers['running_var'] + 0.1 * x.var(axes)
    y, _ = layer.forward(x, train)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(var + 1e-5) * gamma + beta, atol=1e-12)
    if train:
        np.testing.assert_allclose(layer.buffers['running_mean'], expected_mean)
        np.testing.assert_allclose(layer.buffers['running_var'], expected_var)
    # With two examples the normalised values are +-1 whatever x is: dx is all cancellation.
    if n > 2:
        assert_gradients(layer, x, train=train)


def test_batch_norm_with_a_fixed_scale_learns_nothing():
    x = np.random.default_rng(0).standard_normal((50, 3))
    layer = BatchNorm(3, scale=1.5, dtype=np.float64)
    y, _ = layer.forward(x, train=True)
    np.testing.assert_allclose(
        y, 1.5 * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5), rtol=1e-12, atol=1e-12)
    assert not layer.parameters()


def test_batch_norm_refuses_one_value():
    with pytest.raises(ValueError, match='BatchNorm'):
        BatchNorm(3).forward(np.ones((1, 3), np.float32), train=True)


@given(st.integers(1, 5), st.integers(2, 6), st.floats(-1e4, 1e4), seeds)
def test_softmax_is_shift_invariant(n, k, shift, seed):
    x = np.random.default_rng(seed).standard_normal((n, k))
    y, _ = Softmax().forward(x)
    shifted, _ = Softmax().forward(x + shift)
    np.testing.assert_allclose(shifted, y, rtol=1e-9)
    np.testing.assert_allclose(y.sum(axis=1), 1)


def test_noise_is_for_training_only():
    x = np.ones((200, 200), np.float32)
    for layer in (Dropout(0.8, np.random.default_rng(0)),
                  GaussianNoise(0.3, np.random.default_rng(0))):
        assert layer.forward(x)[0] is x
        noisy, _ = layer.forward(x, train=True)
        assert not np.array_equal(noisy, layer.forward(x, train=True)[0])
    kept, _ = Dropout(0.8, np.random.default_rng(0)).forward(x, train=True)
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1 / 0.8)}
    assert abs((kept > 0).mean() - 0.8) < 5 * np.sqrt(0.8 * 0.2 / x.size)
    for std in (0.3, 2.0):
        noisy, _ = GaussianNoise(std, np.random.default_rng(0)).forward(x, train=True)
        assert stats.kstest(((noisy - x) / std).ravel(), 'norm').pvalue > 1e-6


def moved_pixel(row, column, moves):
    """Where the light of one pixel of 9x7 is after an affine map with the draws `moves` (2, 3)."""
    class Draws:
        def standard_normal(self, shape, dtype):
            return np.broadcast_to(np.asarray(moves, dtype), shape)
    x = np.zeros((1, 9, 7, 1), np.float32)
    x[0, row, column] = 1
    y, _ = AffineNoise(1, Draws()).forward(x, train=True)
    return [(int(i), int(j)) for i, j in np.argwhere(y[0, :, :, 0] > 0.5)]


def test_affine_noise_moves_what_the_docstring_says():
    """y[p] = x[p + E p + e], row before column, p from -1 to 1: a pixel is 2/9 or 2/7."""
    nothing = [[0, 0, 0], [0, 0, 0]]
    assert moved_pixel(2, 5, nothing) == [(2, 5)]
    assert moved_pixel(2, 5, [[0, 0, 2 / 9], [0, 0, 0]]) == [(1, 5)]
    assert moved_pixel(2, 5, [[0, 0, 0], [0, 0, -2 / 7]]) == [(2, 6)]
    assert moved_pixel(2, 5, [[0, 0, 2], [0, 0, 0]]) == []                 # out of the image
    assert moved_pixel(2, 5, [[-2, 0, 0], [0, -2, 0]]) == [(6, 1)]         # half a turn
    assert moved_pixel(4, 6, [[0, -7 / 9, 0], [0, 0, 0]]) == [(7, 6)]      # a slant: columns fall
    assert moved_pixel(4, 3, [[-0.9, 0, 0], [0, -0.9, 0]]) == [            # ten times as large
        (i, j) for i in range(9) for j in range(7)
        if (1 - abs(i - 4) / 10) * (1 - abs(j - 3) / 10) > 0.5]


def test_affine_noise_is_for_training_only_and_each_image_has_its_own():
    x = np.zeros((400, 28, 28, 1), np.float32)
    brightness = np.arange(1, 401, dtype=np.float32)
    x[:, 12:16, 12:16] = brightness[:, None, None, None]
    layer = AffineNoise(0.1, np.random.default_rng(0))
    assert layer.forward(x)[0] is x
    y, _ = layer.forward(x, train=True)
    np.testing.assert_allclose(y.max(axis=(1, 2, 3)), brightness, rtol=1e-5)
    places = [np.einsum(axes, y, np.arange(28)) / y.sum(axis=(1, 2, 3)) - 13.5
              for axes in ('nhwc,h->n', 'nhwc,w->n')]
    for place in places:
        assert abs(place.mean()) < 0.3 and 1.2 < place.std() < 1.6      # 0.1 of half of 28: 1.4
    assert abs(np.corrcoef(places)[0, 1]) < 0.15


@pytest.mark.parametrize('make, words', [
    (lambda: Dropout(0, None), 'got 0'), (lambda: Dropout(1.1, None), 'got 1.1'),
    (lambda: GaussianNoise(-1, None), 'got -1'), (lambda: AffineNoise(-1, None), 'got -1'),
    (lambda: Conv2D(1, 1, 3, None, padding='full'), "'full'")])
def test_constructors_refuse(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_initial_weights_keep_the_size_of_what_goes_through():
    """Of inputs of size one a layer before a ReLU gives twice the variance, of which the ReLU keeps
    one (He et al., 2015); a linear one the mean of both directions (Glorot and Bengio, 2010). Fans
    are of live taps alone."""
    rng = np.random.default_rng(0)
    for layer, live, std in (
            (Dense(300, 200, rng, dtype=np.float64), 300 * 200, np.sqrt(2 / 300)),
            (Dense(300, 200, rng, init=xavier_normal, dtype=np.float64), 300 * 200,
             np.sqrt(2 / 500)),
            (Conv2D(20, 40, (3, 5), rng, dtype=np.float64), 300 * 40, np.sqrt(2 / 300)),
            (CausalConv2D(30, 40, (3, 5), 'vertical', True, rng, dtype=np.float64), 300 * 40,
             np.sqrt(2 / 300)),
            (CausalConv2D(100, 40, (1, 3), 'horizontal', False, rng, dtype=np.float64), 300 * 40,
             np.sqrt(2 / 300)),
            (LocationInvariantBias(100, 400, rng, dtype=np.float64), 100 * 400, np.sqrt(2 / 500)),
            (Dense(300, 200, rng, init=gaussian(0.01), dtype=np.float64), 300 * 200, 0.01)):
        weights = next(iter(layer.params.values()))
        weights = weights[weights != 0]
        assert weights.size == live
        assert stats.kstest(weights / std, 'norm').pvalue > 1e-6, layer
        assert not any(array.any() for name, array in layer.params.items() if name == 'b')


def test_conv2d_refuses_a_kernel_larger_than_the_image():
    layer = Conv2D(1, 1, 5, np.random.default_rng(0), padding='valid')
    with pytest.raises(ValueError, match='5x5'):
        layer.forward(np.ones((1, 4, 4, 1), np.float32))


PRODUCTS = [(3920, 480, 32), (3136, 384, 128), (100, 3000, 300), (200, 1000, 1000), (97, 32, 32),
            (5, 7, 3), (784, 32, 1)]       # small ones, divided columns, threads, neither


@pytest.mark.parametrize('rows, columns, features', PRODUCTS)
def test_products_are_products(rows, columns, features):
    tall, matrix, dy = (RNG.standard_normal(shape) for shape in (
        (rows, columns), (columns, features), (rows, features)))
    out = np.empty((rows, features))
    assert products.tall_product(tall, matrix, out) is out
    transposed = np.ascontiguousarray(matrix.T).T
    for y in (out, products.tall_product(tall, matrix), products.tall_product(tall, transposed)):
        np.testing.assert_allclose(y, tall @ matrix, rtol=1e-10, atol=1e-10)
    total = np.ones((columns, features))
    products.add_gradient(total, tall, dy)
    np.testing.assert_allclose(total, 1 + tall.T @ dy, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(products.sum_rows(np.stack([dy, 2 * dy])),
                               np.stack([dy.sum(axis=0), 2 * dy.sum(axis=0)]), atol=1e-10)


def test_backward_to_input_is_backward_without_gradients():
    network = Sequential(Dense(3, 4, RNG, dtype=np.float64), ReLU(),
                         Dense(4, 2, RNG, dtype=np.float64))
    y, cache = network.forward(RNG.standard_normal((5, 3)))
    dy = RNG.standard_normal(y.shape)
    dx = network.backward_to_input(dy, cache)
    assert not any(gradient.any() for gradient in network.gradients().values())
    np.testing.assert_array_equal(dx, network.backward(dy, cache))
    first = Sequential(Dense(3, 4, RNG, input_gradient=False))
    assert first.backward_to_input(RNG.standard_normal((5, 4)), [np.ones((5, 3))]) is None


def test_by_rows_reaches_every_row_once():
    total = np.zeros((1000, 300))
    seen = np.zeros((1000, 1))

    def add(part, rows):
        part += 1
        rows += 1

    by_rows(add, total, seen)
    assert (total == 1).all() and (seen == 1).all()
