"""The arrays of a network side by side in memory, so that one call works on all of them.

A deep network has some 150 small arrays. Zeroing or updating them one by one takes 150 calls, and
on a GPU, or for a small network, the calls take longer than the work. This is a matter of speed
alone: a network that was never packed learns the same, and so does one in which an array has been
replaced.
"""
import operator

from nn.backend import address, array_module, to_device


def pack(network, kind, device=None):
    """Move all arrays of one kind ('params', 'grads' or 'buffers') of a network into one block of
    memory, on `device` if given. Its layers get views of the block."""
    places = [(arrays, name, array) for _, layer in network.layers()
              for arrays in [getattr(layer, kind)] for name, array in arrays.items()]
    # An array that two layers share is moved once and stays shared.
    found = {id(array): array for *_, array in places}
    moved = dict(zip(found, side_by_side(found.values(), device)))
    for arrays, name, array in places:
        arrays[name] = moved[id(array)]


def side_by_side(arrays, device=None):
    """Copies of `arrays` as views of one new array, one after the other, on `device` if given.
    Arrays of several types cannot be in one: they are moved, and no more."""
    def move(array):
        return array if device is None else to_device(array, device)

    arrays = list(arrays)
    if len({array.dtype for array in arrays}) != 1:
        return [move(array) for array in arrays]
    block = move(array_module(*arrays).concatenate([array.reshape(-1) for array in arrays]))
    views, start = [], 0
    for array in arrays:
        views.append(block[start:start + array.size].reshape(array.shape))
        start += array.size
    return views


class Joined:
    """Joins rows of arrays, such as (parameter, gradient, velocity): rows whose parameters,
    gradients and velocities each follow one another in memory become one row.

    Joined()(rows) is a list of tuples of arrays: the given ones, or one-dimensional views over
    several. It is remembered until the rows hold other arrays.
    """

    def __init__(self):
        self.arrays, self.joined = [], []

    def __reduce__(self):       # a deep copy starts empty: its arrays lie elsewhere
        return Joined, ()

    def __call__(self, rows):
        rows = list(rows)
        arrays = [array for row in rows for array in row]
        if len(arrays) != len(self.arrays) or not all(map(operator.is_, arrays, self.arrays)):
            self.arrays, self.joined = arrays, _join(rows)
        return self.joined


def _join(rows):
    groups = []
    for row in rows:
        if groups and all(map(_follows, row, groups[-1][-1])):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [group[0] if len(group) == 1 else tuple(map(_span, group[0], group[-1]))
            for group in groups]


def _follows(array, before):
    """Whether `array` begins where `before` ends, in the same block."""
    return (_in_a_block(array) and _in_a_block(before)
            and address(array.base) == address(before.base)
            and address(array) == address(before) + before.nbytes)


def _in_a_block(array):
    block = array.base      # of a view: the array whose memory it shows
    return (type(block) is type(array) and block.ndim == 1 and block.dtype == array.dtype
            and block.flags.c_contiguous and array.flags.c_contiguous)


def _span(first, last):
    """From the first element of one array to the last of another, of the same block."""
    start, stop = (address(array) - address(first.base) for array in (first, last))
    return first.base[start // first.itemsize:stop // first.itemsize + last.size]
