"""Parameters in one piece: neighbours are worked on as one, and whatever lies elsewhere as well."""
import copy

import numpy as np
import pytest

from benchmarks.models import STEPS, build
from nn import backend
from nn.activations import ReLU
from nn.batch_norm import BatchNorm
from nn.dense import Dense
from nn.fast.flat import Joined, side_by_side
from nn.fast.parallel import Shards
from nn.gradcheck import check_layer
from nn.layer import Layer, Sequential
from nn.optim import SGD, Adam
from tests.helpers import to_float64

OPTIMIZERS = [lambda networks: SGD(networks, 0.1, 0.5), lambda networks: Adam(networks, 0.1)]
both = pytest.mark.parametrize('make', OPTIMIZERS, ids=['SGD', 'Adam'])


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(Dense(3, 4, rng), BatchNorm(4), ReLU(),
                      Sequential(Dense(4, 5, rng, bias=False), Dense(5, 2, rng)))


def draw_gradients(rng, *networks):
    for each in networks:
        for gradient in each.gradients().values():
            gradient[...] = rng.standard_normal(gradient.shape)


def pieces(optimizer):
    return [array.size for array, *_ in optimizer._arrays()]


def train(optimizer, networks, change=lambda step: None, seed=1):
    """Three steps with drawn gradients; the parameters and the state after them."""
    rng = np.random.default_rng(seed)
    for step in range(3):
        optimizer.zero_grads()
        assert not any(array.any() for each in networks for array in each.gradients().values())
        change(step)
        draw_gradients(rng, *networks)
        optimizer.step()
    return [{path: array.copy() for path, array in arrays.items()}
            for arrays in (*(each.parameters() for each in networks), optimizer.state())]


def test_one_array_of_parameters_one_of_gradients_one_of_each_slot():
    one, other = network().to('cpu'), network(1).to('cpu')
    size = sum(array.size for array in one.parameters().values())
    assert pieces(Adam({'one': one}, 0.1)) == [size]
    assert pieces(Adam({'one': one, 'other': other}, 0.1)) == [size, size]
    assert pieces(Adam({'a part of it': one.layer[3]}, 0.1)) == [4 * 5 + 5 * 2 + 2]
    assert pieces(SGD({'one layer': one.layer[0]}, 0.1)) == [3 * 4 + 4]
    assert len(pieces(Adam({'never packed': network()}, 0.1))) == len(one.parameters())
    assert not pieces(SGD({}, 0.1)) and not pieces(SGD({'empty': ReLU().to('cpu')}, 0.1))


@pytest.mark.parametrize('name', STEPS)
def test_the_networks_of_the_experiments_are_in_one_piece(name):
    for optimizer in build(name, 'smoke')[0].optimizers.values():
        assert len(pieces(optimizer)) == len(optimizer.networks)


@both
def test_packed_or_not_the_steps_are_the_same(make):
    results = []
    for change in (lambda layer: layer, lambda layer: layer.to('cpu')):
        networks = [change(network()), change(network(1))]
        results.append(train(make({'one': networks[0], 'other': networks[1]}), networks))
    np.testing.assert_equal(*results)
    assert all(np.abs(array - before).max() > 0 for array, before in
               zip(results[0][0].values(), network().parameters().values()))


@both
@pytest.mark.parametrize('register', ['params', 'grads'])
@pytest.mark.parametrize('when', ['before it', 'between steps', 'in a step'])
def test_an_array_put_in_the_place_of_another_is_learnt(make, register, when):
    def result(packed):
        layer = network().to('cpu') if packed else network()
        arrays = getattr(layer.layer[3].layer[0], register)

        def replace(step):
            if step == 1:
                arrays['W'] = arrays['W'].copy()

        if when == 'before it':
            replace(1)
        optimizer = make({'layer': layer})
        if when == 'between steps':
            optimizer.zero_grads()
            replace(1)
        trained = train(optimizer, [layer], replace if when == 'in a step' else lambda step: None)
        assert packed == (len(pieces(optimizer)) == 3)
        return trained
    np.testing.assert_equal(result(True), result(False))


@both
def test_arrays_that_change_places_keep_their_gradients(make):
    """Views of one block, out of order: together they fill it, but are not one array."""
    def result(packed):
        layers = [Dense(2, 2, np.random.default_rng(k), bias=False) for k in range(3)]
        layer = Sequential(*layers)
        if packed:
            layer.to('cpu')
        for register in (layers[0].params, layers[1].params):
            register['W'] = register['W'][:]
        layers[0].params['W'], layers[1].params['W'] = layers[1].params['W'], layers[0].params['W']
        return train(make({'layer': layer}), [layer])
    np.testing.assert_equal(result(True), result(False))


@both
def test_a_copy_of_a_model_learns_by_itself(make):
    layer = network().to('cpu')
    optimizer = make({'layer': layer})
    train(optimizer, [layer])           # it remembers its one array
    before = copy.deepcopy(layer.state())
    twin, twin_optimizer = copy.deepcopy((layer, optimizer))
    twins = train(twin_optimizer, [twin], seed=2)
    np.testing.assert_equal(layer.state(), before)
    np.testing.assert_equal(train(optimizer, [layer], seed=2), twins)


def test_several_optimizers_of_one_network_and_of_parts_of_it():
    """An encoder has an optimiser for each phase; cluster heads, one beside the decoder's."""
    def result(packed):
        layer = network()
        if packed:
            layer.to('cpu')
        whole, again = Adam({'layer': layer}, 0.1), SGD({'layer': layer}, 0.1, 0.5)
        part = SGD({'part': layer.layer[3]}, 0.1, 0.5)
        return [train(optimizer, optimizer.networks.values())
                for optimizer in (whole, part, again, part, whole)]
    np.testing.assert_equal(result(True), result(False))


def test_arrays_that_two_layers_share_stay_one():
    one, other = Dense(3, 3, np.random.default_rng(0)), Dense(3, 3, np.random.default_rng(1))
    other.params['W'] = one.params['W']
    layer = Sequential(one, other, one).to('cpu')
    assert other.params['W'] is one.params['W'] and len(layer.layer[2].params) == 2
    train(SGD({'layer': layer}, 0.1), [layer])
    np.testing.assert_array_equal(other.params['W'], one.params['W'])


def test_views_of_other_memory_are_not_joined():
    """Neighbours in the memory of somebody else's matrix, of another type, and with gaps."""
    matrix, block = np.ones((3, 4)), np.arange(12.0)
    for one, other in ((matrix[0], matrix[1]), (block[:4], block[4:8].view(np.int64)),
                       (block[:4:2], block[2:4]), (block[:4], block[5:]), (block[4:8], block[:4]),
                       (block[:4].reshape(2, 2).T, block[4:6]), (np.arange(3.0), np.arange(3.0))):
        assert len(Joined()([(one,), (other,)])) == 2
    (joined,), = Joined()([(block[:4].reshape(2, 2),), (block[4:7],)])
    assert joined.shape == (7,) and np.shares_memory(joined, block)


def test_types_stay_as_they_are():
    arrays = [np.ones(2, np.float32), np.ones((2, 3)), np.ones(0)]
    moved = side_by_side(arrays)
    assert [(array.dtype, array.shape) for array in moved] == [
        (array.dtype, array.shape) for array in arrays]


def test_a_parameter_put_in_place_after_a_step_reaches_the_threads():
    layer, x = network().layer[3].to('cpu'), np.ones((6, 4), np.float32)
    shards = Shards(layer, images=2, threads=2)

    def both_ways():
        layer.zero_grads()
        y = np.concatenate(shards.run(forward_and_backward, x))
        found = {path: array.copy() for path, array in layer.gradients().items()}
        layer.zero_grads()
        np.testing.assert_allclose(y, forward_and_backward(layer, x), rtol=1e-6)
        for path, array in layer.gradients().items():
            np.testing.assert_allclose(found[path], array, rtol=1e-5)

    def forward_and_backward(layer, x):
        y, cache = layer.forward(x)
        layer.backward(y, cache)
        return y

    both_ways()
    layer.layer[0].params['W'] = 2 * layer.layer[0].params['W']
    both_ways()
    layer.to('cpu')
    both_ways()
    for register in (shards.replicas[1].layer[0].grads, layer.layer[1].grads):
        register['W'] = register['W'].copy()
    both_ways()


def test_the_checker_takes_packed_layers_and_leaves_them_packed():
    layer, = to_float64(network())
    layer.to('cpu')
    optimizer = SGD({'layer': layer}, 0.1)
    before = copy.deepcopy(layer.state())
    assert all(check.passed for check in check_layer(
        layer, np.random.default_rng(3).standard_normal((6, 3))))
    np.testing.assert_equal(layer.state(), before)
    assert len(pieces(optimizer)) == 1


@both
@pytest.mark.parametrize('dtype, rtol', [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_one_kernel_says_what_the_lines_of_numpy_say(device, make, dtype, rtol):
    networks = [network(), network()]
    if dtype == np.float64:
        to_float64(*networks)
    layers = [each.to(device) for each, device in zip(networks, ('cpu', 'gpu'))]
    optimizers = [make({'layer': layer}) for layer in layers]
    assert len(pieces(optimizers[1])) == 1
    rng = np.random.default_rng(1)
    for number in range(4):
        for path, gradient in layers[0].gradients().items():
            gradient[...] = 10.0 ** -number * rng.standard_normal(gradient.shape)
            layers[1].gradients()[path][...] = backend.like(gradient,
                                                            layers[1].gradients()[path])
        for optimizer in optimizers:
            optimizer.learning_rate = 0.1 / (number + 1)
            optimizer.step()
        for host, moved in zip([layers[0].parameters(), optimizers[0].state()],
                               [layers[1].parameters(), optimizers[1].state()]):
            for path, array in host.items():
                assert moved[path].dtype == dtype
                np.testing.assert_allclose(backend.to_host(moved[path]), array, rtol=rtol,
                                           atol=rtol * np.abs(array).max(), err_msg=path)
    optimizers[1].zero_grads()
    assert not any(backend.to_host(array).any() for array in layers[1].gradients().values())


def test_the_protocol_is_as_it_was():
    """A layer that knows nothing of all this, alone."""
    class Scale(Layer):
        def __init__(self):
            super().__init__()
            self.add_param('a', np.ones(()))

        def forward(self, x, train=False):
            return self.params['a'] * x, x

        def backward(self, dy, x):
            self.grads['a'] += (dy * x).sum()
            return self.params['a'] * dy
    for layer in (Scale(), Scale().to('cpu')):
        _, x = layer.forward(np.arange(3.0))
        layer.backward(np.ones(3), x)
        SGD({'layer': layer}, 0.5).step()
        assert layer.params['a'] == -0.5
