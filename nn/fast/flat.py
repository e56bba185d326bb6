"""The arrays of a network side by side in one block of memory, and neighbours worked on as one.

A deep network has some 150 small arrays. To zero or to update each by itself is 150 calls, which on
a GPU, and for a small network on a CPU, take longer than their work. Where its arrays lie is a
matter of speed alone: a layer that was never packed, or in which somebody has put another array in
the place of one, learns as well, in more calls.
"""
import operator

from nn.backend import address, array_module, to_device


def pack(network, register, device=None):
    """Move all 'params', 'grads' or 'buffers' of a network into one block of memory, on a device
    where one is given; its layers get views of it."""
    places = [(arrays, name, array) for _, layer in network.layers()
              for arrays in [getattr(layer, register)] for name, array in arrays.items()]
    found = {id(array): array for *_, array in places}      # what two layers share stays one
    moved = dict(zip(found, side_by_side(found.values(), device)))
    for arrays, name, array in places:
        arrays[name] = moved[id(array)]


def side_by_side(arrays, device=None):
    """Copies of `arrays` as views of one new array, one after the other, on a device where one is
    given. Arrays of several types stay apart."""
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


class Runs:
    """Rows of arrays, such as (parameter, gradient, velocity), in as few rows as possible: those
    that lie one after the other in every column become one.

    Runs()(rows) is a list of tuples of arrays, the given ones or one-dimensional views of several.
    It is remembered for as long as the rows are of the very same arrays.
    """

    def __init__(self):
        self.arrays, self.runs = [], []

    def __reduce__(self):       # a copy's arrays lie elsewhere
        return Runs, ()

    def __call__(self, rows):
        rows = list(rows)
        arrays = [array for row in rows for array in row]
        if len(arrays) != len(self.arrays) or not all(map(operator.is_, arrays, self.arrays)):
            self.arrays, self.runs = arrays, _runs(rows)
        return self.runs


def _runs(rows):
    groups = []
    for row in rows:
        if groups and all(map(_follows, row, groups[-1][-1])):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [group[0] if len(group) == 1 else tuple(map(_span, group[0], group[-1]))
            for group in groups]


def _follows(array, before):
    """Whether it begins where the array `before` ends, in one block."""
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
