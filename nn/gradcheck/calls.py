"""Calls of other people's code, and one line on what came back."""
import traceback
from pathlib import Path

import numpy as np

from nn.backend import array_module
from nn.gradcheck.report import Complaint

HERE = str(Path(__file__).parent)
LIBRARY = str(Path(np.__file__).parent)


def call(where, function, *arguments, **options):
    """function(...). Raises Complaint about `where` in the place of whatever it raises."""
    try:
        return function(*arguments, **options)
    except Complaint:
        raise
    except (Exception, SystemExit) as error:
        raise Complaint(where, explain(error)) from error


def explain(error, file=''):
    """An exception in one line: its type, its text, and the caller's line that it came from, or
    the innermost of `file`, if any."""
    text = ' '.join(str(error).split())
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if (
        frame.filename == file if file else not frame.filename.startswith((HERE, LIBRARY)))]
    place = (f' ({Path(frames[-1].filename).name}, line {frames[-1].lineno}: {frames[-1].line})'
             if frames else '')
    return type(error).__name__ + (f': {text}' if text else '') + place


def is_array(value):
    """Whether it is a NumPy or CuPy array, not a number of theirs."""
    try:
        array_module(value)
    except TypeError:
        return False
    return not isinstance(value, np.generic)


def describe(value):
    """'None', 'an array of shape (2, 3), float32', 'a list of length 4', 'a float'."""
    if value is None:
        return 'None'
    if is_array(value):
        return f'an array of shape {value.shape}, {value.dtype}'
    length = f' of length {len(value)}' if isinstance(value, (tuple, list)) else ''
    return f'a {type(value).__name__}{length}'


def require_float64(what, array, remedy):
    """Raises Complaint unless `array` is of finite float64 numbers: in float32 nothing is
    provable. what: its name; remedy: what gives it the right type."""
    if not is_array(array):
        raise Complaint(what, f'{what} is {describe(array)}, not an array: {remedy}')
    if array.dtype != np.float64:
        raise Complaint(what, f'{what} is {array.dtype}; gradient checks need float64: {remedy}')
    if not finite(array):
        raise Complaint(what, f'{what} has numbers that are not finite')


def finite(array):
    return float((~array_module(array).isfinite(array)).sum()) == 0


def same(a, b):
    """Equal bit for bit, through tuples, lists and dicts of arrays. A NaN equals a NaN."""
    if is_array(a) and is_array(b):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return float(((a != b) & ~((a != a) & (b != b))).sum()) == 0
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if type(a) is not type(b):
        return False
    return type(a).__eq__ is object.__eq__ or bool(a == b)      # copies of an object are not equal


def close(a, b):
    """Equal up to rounding, where sums may have run in another order."""
    if a.shape != b.shape:
        return False
    return float(abs(a - b).max()) <= 1e-12 * float(abs(a).max()) if a.size else True
