"""What a student's code answers, and how answers go from one process to another."""
import importlib
import inspect
import json
import linecache
import math
from contextlib import contextmanager

import numpy as np

from assignments.questions import Broken
from assignments.source import NotThere, code_of
from nn.gradcheck.calls import describe, explain

LONGEST = 300       # characters of a complaint


@contextmanager
def installed(texts):
    """Within it the functions of the codebase have the bodies of others: `texts`, target -> the
    text of the student's file. Raises NotThere."""
    originals = []
    try:
        for target, text in texts.items():
            path, _, name = target.partition(':')
            function = function_of(target)
            linecache.cache[path] = len(text), None, text.splitlines(keepends=True), path
            code = code_of(text, name, path)
            if _signature(code) != _signature(function.__code__):
                raise NotThere(f'the first line of {name} was changed: it takes '
                               f'{inspect.signature(function)}')
            originals.append((function, function.__code__))
            function.__code__ = code
        yield
    finally:
        for function, code in originals:
            function.__code__ = code


def function_of(target):
    """The function itself of 'nn/dense.py:Dense.forward': of a static method or property, and of
    one in a decorator, too."""
    path, _, names = target.partition(':')
    owner = importlib.import_module(path.removesuffix('.py').replace('/', '.'))
    *classes, name = names.split('.')
    for each in classes:
        owner = getattr(owner, each)
    function = inspect.getattr_static(owner, name)
    return inspect.unwrap(getattr(function, '__func__', getattr(function, 'fget', function)))


def _signature(code):
    count = code.co_argcount + code.co_kwonlyargcount
    return code.co_argcount, code.co_posonlyargcount, code.co_flags & 12, code.co_varnames[:count]


def answer(part, inputs, file=''):
    """name -> array; a text where it fails. file: that the student's function was imported from,
    if it was not `installed`."""
    try:
        with np.errstate(all='ignore'):
            return {name: _array(name, value) for name, value in part.ask(**inputs).items()}
    except (Exception, SystemExit) as error:
        return failure(error, file or part.path)


def failure(error, file=''):
    """An exception as the line of a mark, with the innermost line of the student's file."""
    if isinstance(error, NotImplementedError):
        return f'not written yet ({error})'
    if isinstance(error, Broken):
        return str(error)[:LONGEST]
    return explain(error, file)[:LONGEST]


def _array(name, value):
    try:
        array = np.asarray(value)
        if array.dtype.kind in 'biuf':
            return array
    except ValueError:      # a list or tuple of several shapes
        pass
    raise Broken(f'{name} is {describe(value)}, not an array of numbers')


def write(file, values):
    """Write a dict of arrays, numbers and texts, or one text: a line of JSON, then the bytes."""
    if isinstance(values, str):
        head, arrays = values, []
    else:
        arrays = [np.ascontiguousarray(value).reshape(np.shape(value))
                  for value in values.values()]
        head = [(name, array.dtype.str, array.shape) for name, array in zip(values, arrays)]
    file.write(json.dumps(head).encode() + b'\n')
    for array in arrays:
        file.write(array.tobytes())


def read(file, kinds='biufU'):
    """What `write` wrote, numbers and texts as 0-dimensional arrays. kinds: of NumPy's types. It is
    safe to read what a stranger wrote: raises ValueError where it is nothing of the kind."""
    try:
        head = json.loads(file.readline(1 << 16))
        if isinstance(head, str):
            return ''.join(letter if letter.isprintable() else '?' for letter in head[:LONGEST])
        values = {}
        for name, dtype, shape in head:
            dtype, shape = np.dtype(dtype), tuple(int(length) for length in shape)
            size = math.prod(shape) * dtype.itemsize
            if dtype.kind not in kinds or min(shape, default=0) < 0 or not 0 <= size < 1 << 26:
                raise ValueError('no such arrays')
            values[str(name)] = np.ndarray(shape, dtype, file.read(size)).copy()
        return values
    except (TypeError, KeyError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError('these are no answers') from error
