"""Answers on their way from one process to another, and whatever a stranger wrote instead."""
import io
import tempfile

import numpy as np
import pytest

from assignments import answers
from assignments.answers import read
from assignments.assignment import load, names
from assignments.marking import mark
from tests.assignments.submissions import solved


def test_answers_go_and_come():
    values = {'a': np.arange(6.0).reshape(2, 3), 'b': np.array(True), 'c': np.zeros((0, 2)),
              'd': 'text', 'e': 7, 'f': np.arange(6.0).reshape(2, 3).T}
    file = io.BytesIO()
    answers.write(file, values)
    answers.write(file, 'x' * 1000 + '\x1b')
    file.seek(0)
    found = read(file)
    assert all(np.array_equal(found[name], value) for name, value in values.items())
    assert read(file) == 'x' * answers.LONGEST


def npy(head, data=b''):
    """A file .npy with this text as its header."""
    return b'\x93NUMPY\x01\x00' + len(head).to_bytes(2, 'little') + head.encode() + data


def array(dtype, *shape, data=b''):
    return npy(str({'descr': dtype, 'fortran_order': False, 'shape': shape}), data)


ONE_NAME = array('<U1', 1, data='y'.encode('utf-32-le'))


@pytest.mark.parametrize('data', [
    b'', b'[["y", "<f8", [1]]]\n' + bytes(8), b'PK\x03\x04' + bytes(99), npy(''), npy('3'),
    npy('[' * 9999), npy('-' * 9999 + '1'), npy('1 +' * 3000 + '1'), npy("{'descr': 3}"),
    array('<f8', 1, data=bytes(8)), array('<U0', 10**12), array('<U1', 10**12), array('<U0', -1),
    array('<U1', 1, data=b'\xff' * 4), array('<U1', data=b'\xff' * 4), array('|O', 1),
    ONE_NAME, ONE_NAME + array('|O', 1, data=bytes(8)), ONE_NAME + array('<f8', 3, data=bytes(8)),
    ONE_NAME + array('<f8', -1), ONE_NAME + array('<f8', 10**12), ONE_NAME + array('<f8', 10**30),
    ONE_NAME + array('<f8,<f8', 1, data=bytes(16)), ONE_NAME + array('|S4', 1, data=bytes(4)),
    ONE_NAME + array('<U1', 1, data=bytes(4)), ONE_NAME + array('<f8', *[1] * 99, data=bytes(8)),
    ONE_NAME + array('<f8', 'a'), ONE_NAME + array('<m8[s]', 1, data=bytes(8)),
    ONE_NAME + array([('a', '|O')], 1, data=bytes(8)), ONE_NAME + npy("'" * 9999)])
def test_answers_that_are_none(data):
    """Neither from memory nor from a file, which NumPy reads in another way."""
    with pytest.raises(ValueError):
        read(io.BytesIO(data), 'biuf')
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        with pytest.raises(ValueError):
            read(file, 'biuf')


def test_one_answer():
    file = io.BytesIO(ONE_NAME + array('<f8', 1, data=bytes(8)))
    assert read(file, 'biuf') == {'y': np.zeros(1)}


@np.errstate(all='ignore')
@pytest.mark.parametrize('name', names())
def test_no_answer_breaks_the_grader(name):
    """Whatever a process writes is compared, or is no answer."""
    rng, arrays = np.random.default_rng(1), [
        np.zeros(0), np.array(1e308), np.array([np.nan, np.inf]), np.full((3, 4), -1e308),
        np.ones(2, np.float16), np.arange(3, dtype='>i8'), np.ones((2, 2), bool)]

    def process(assignment, part, texts, inputs):
        replies = []
        for each in inputs:
            right = answers.answer(part, each)
            wrong = {key: [value, 1e300 * value, value.astype('f4'), value[None], *arrays][
                rng.integers(len(arrays) + 4)] for key, value in right.items()}
            replies.append(dict([item for item in wrong.items() if rng.random() < 0.8]))
        return replies
    for seed in range(5):
        assert not all(each.points for each in mark(load(name), solved(load(name)), seed, process))
