"""What a student's code answers, and how answers go from one process to another."""
import importlib
import inspect
import linecache
from contextlib import contextmanager

import numpy as np
from numpy.lib.format import read_array, write_array

from assignments.questions import Broken
from assignments.source import NotThere, code_of, split
from nn.gradcheck.calls import describe, explain

LONGEST = 300       # characters of a complaint
MOST = 1 << 22      # elements of an answer


@contextmanager
def installed(texts):
    """Within it the functions of the codebase have the bodies of others: `texts`, target -> the
    text of the student's file. Raises NotThere."""
    originals = []
    try:
        for target, text in texts.items():
            path, name = split(target)
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
    """The function itself of 'nn/dense.py:Dense.forward', of a static method, a property or one
    that is decorated, too."""
    path, names = split(target)
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
    """name -> array; a text where it fails. inputs: of 0-dimensional arrays the numbers and texts
    are asked. file: that the student's function was imported from, if it was not `installed`."""
    inputs = {name: value if np.ndim(value) else np.asarray(value).item()
              for name, value in inputs.items()}
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
    """Write a dict of arrays, numbers and texts, or one text: its names, or the text, and then its
    values, each as in a file .npy."""
    text = isinstance(values, str)
    write_array(file, np.array(values if text else [*values], str), allow_pickle=False)
    for value in () if text else values.values():
        write_array(file, np.asarray(value), allow_pickle=False)


def read(file, kinds='biufU'):
    """What `write` wrote, numbers and texts as 0-dimensional arrays. kinds: of NumPy's types. It is
    safe to read what a stranger wrote: raises ValueError where it is nothing of the kind."""
    def array(kinds):
        array = read_array(file, allow_pickle=False)
        if array.dtype.kind not in kinds or array.size > MOST:
            raise ValueError('no such arrays')
        return array

    try:
        names = array('U')
        if names.ndim:
            return {name: array(kinds) for name in names.tolist()}
        return ''.join(letter if letter.isprintable() else '?' for letter in names.item()[:LONGEST])
    except Exception as error:      # whatever NumPy makes of it
        raise ValueError('these are no answers') from error
