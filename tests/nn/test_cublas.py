"""Products by cuBLAS, of arrays that lie in memory in all ways: everywhere on the stand-in, which
has its rules, and on a GPU by cuBLAS itself (pytest -m gpu)."""
import itertools

import numpy as np
import pytest

from nn import backend
from nn.fast import cublas, products
from tests import stand_in

# name -> function of (xp, x): x with other strides
LAYOUTS = {
    'rows': lambda xp, x: x,
    'columns': lambda xp, x: x.swapaxes(-1, -2).copy().swapaxes(-1, -2),
    'rows apart': lambda xp, x: xp.concatenate([x, x], axis=-1)[..., :x.shape[-1]],
    'columns apart': lambda xp, x: xp.concatenate([x, x], axis=-2).swapaxes(-1, -2).copy(
        ).swapaxes(-1, -2)[..., :x.shape[-2], :],
    'every second': lambda xp, x: xp.repeat(x, 2, axis=-1)[..., ::2],
    'backwards': lambda xp, x: x[..., ::-1, :],
    'one row for all': lambda xp, x: xp.broadcast_to(x[..., :1, :], x.shape),
}


@pytest.fixture(params=['stand-in', pytest.param('gpu', marks=pytest.mark.gpu)])
def xp(request, monkeypatch):
    if request.param == 'stand-in':
        stand_in.install(monkeypatch)
    try:
        return backend.cupy()
    except backend.DeviceError as error:
        pytest.skip(str(error))


def on_device(array):
    return backend.to_device(array, 'gpu')


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('left, right', list(itertools.product(LAYOUTS, repeat=2)))
def test_products_are_numpys_whatever_the_layout(xp, left, right, dtype):
    rng = np.random.default_rng(0)
    for shapes in (((5, 4), (4, 3)), ((1, 4), (4, 3)), ((5, 1), (1, 3)), ((5, 4), (4, 1)),
                   ((2, 5, 4), (2, 4, 3)), ((2, 5, 4), (4, 3)), ((5, 4), (2, 4, 3)),
                   ((1, 5, 4), (2, 4, 3)), ((3, 5, 4), (2, 1, 4, 3))):
        a, b = (LAYOUTS[layout](xp, on_device(rng.integers(-9, 9, shape).astype(dtype)))
                for layout, shape in zip((left, right), shapes))
        product = cublas.cublas(xp).matmul(a, b)
        assert product.dtype == dtype and (product.ndim > 3 or product.flags.c_contiguous)
        np.testing.assert_array_equal(backend.to_host(product),
                                      backend.to_host(a) @ backend.to_host(b), err_msg=str(shapes))


def test_a_sum_over_rows_and_mixed_types(xp):
    rng, blas = np.random.default_rng(0), cublas.cublas(xp)
    rows, matrix = rng.integers(9, size=(2, 6, 3)).astype('f4'), rng.random((3, 4))
    for stack in (rows, rows[0]):
        np.testing.assert_array_equal(backend.to_host(blas.matmul(
            on_device(np.ones(6, 'f4')), on_device(stack))), stack.sum(axis=-2))
    product = blas.matmul(on_device(rows[0]), on_device(matrix))
    assert product.dtype == np.float64
    np.testing.assert_allclose(backend.to_host(product), rows[0] @ matrix)
    out = backend.to_device(np.zeros((6, 4), 'f4'), 'gpu')
    assert blas.matmul(on_device(rows[0]), on_device(matrix), out=out) is out
    np.testing.assert_allclose(backend.to_host(out), rows[0] @ matrix, rtol=1e-6)


def test_a_product_is_added_to_what_is_there(xp):
    """Into every second column of blocks, where the rows of a stack's matrices alternate."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(9, size=(2, 5, 4)).astype('f8'), rng.integers(9, size=(4, 3)).astype('f8')
    block = rng.integers(9, size=(5, 2, 3)).astype('f8')
    out = backend.to_device(block, 'gpu')
    cublas.cublas(xp).gemm(on_device(a), on_device(b), out.swapaxes(0, 1), total=True)
    np.testing.assert_array_equal(backend.to_host(out), block + (a @ b).swapaxes(0, 1))


def test_within_it_cupys_products_are_those_of_cublas(xp, monkeypatch):
    blas, seen = cublas.cublas(xp), []
    original = blas.gemm
    monkeypatch.setattr(blas, 'gemm', lambda *arguments: (seen.append(1), original(*arguments)))
    a = on_device(np.ones((2, 2)))
    with blas.for_cupys():
        products = [a @ a, xp.matmul(a, a), xp.matmul(a, a, out=xp.empty((2, 2)))]
    assert len(seen) == 3 and all(float(product.sum()) == 8 for product in products)
    assert float((a @ a).sum()) == 8 and len(seen) == 3


def test_a_library_that_is_missing_or_wrong_says_so(monkeypatch):
    stand_in.install(monkeypatch)
    monkeypatch.setattr(stand_in.stand_in_cuda.CuBLAS, 'cublasSgemm_v2', lambda *_: 0)
    with pytest.raises(RuntimeError, match='cublasSgemm multiplies wrongly'):
        cublas.CuBLAS(stand_in.module)
    monkeypatch.setattr(stand_in.stand_in_cuda.CuBLAS, 'cublasSgemm_v2', lambda *_: 13)
    with pytest.raises(RuntimeError, match=r'cublasSgemm_v2 returned status 13 for \[1, 0, 4, '):
        cublas.CuBLAS(stand_in.module)
    monkeypatch.undo()
    with pytest.raises(OSError, match='no libcublas.so is loaded'):
        cublas.library()


@pytest.mark.parametrize('types', [('f4', 'f4', 'f4'), ('f8', 'f8', 'f8'), ('f4', 'f4', 'f8')])
def test_a_gradient_is_added_to_what_is_there(xp, types):
    rng = np.random.default_rng(0)
    total, tall, dy = (rng.standard_normal(shape).astype(dtype) for shape, dtype in
                       zip([(3, 2), (7, 3), (7, 2)], types))
    block = on_device(np.concatenate([total.ravel(), [5]]).astype(types[0]))
    there = block[:6].reshape(3, 2)         # a view, as the gradients of a packed network are
    products.add_gradient(there, on_device(tall), on_device(dy))
    np.testing.assert_allclose(backend.to_host(there), total + tall.T @ dy, rtol=1e-5, atol=1e-6)
    assert float(block[6]) == 5
