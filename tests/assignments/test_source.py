"""Files as texts: what is blanked, kept and installed."""
import functools

from assignments.answers import function_of, installed
from assignments.source import blank, code_of, lines_of, outside, replaced, used_imports

TEXT = '''import numpy as np

from nn.fast.flat import pack
from nn.fast.parallel import by_rows


@by_rows
def helper(x):
    return np.abs(x)


class A:
    @staticmethod
    @by_rows
    def f(x, *,
          y=1):
        # the absolute value
        return helper(x) + y

    g = 3
'''


def decorated(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments)
    return wrapper


@decorated
def double(x):
    return 2 * x


def test_a_decorator_stays_where_it_is():
    """That of a helper, and that of a function which students write; and its import."""
    blanked = used_imports(blank(TEXT, {'A.f': ('A, part f', 'x: (N,)\n\ny: ()'),
                                        'A.g': ('hidden', '')}), {})
    assert blanked == TEXT.replace('from nn.fast.flat import pack\n', '').replace(
        "        # the absolute value\n        return helper(x) + y\n",
        '        """x: (N,)\n\n        y: ()"""\n        raise NotImplementedError(\'A, part f\')\n'
    ).replace('g = 3', 'g = None      # hidden')
    assert replaced(blanked, 'A.f', lines_of(TEXT, 'A.f')) == TEXT.replace(
        'from nn.fast.flat import pack\n', '').replace('g = 3', 'g = None      # hidden')
    assert outside(TEXT, ['A.f']) == outside(TEXT.replace('+ y', '- y'), ['A.f'])
    assert outside(TEXT, ['A.f']) != outside(TEXT.replace('    @by_rows\n', ''), ['A.f'])
    assert code_of(TEXT, 'A.f', 'x.py').co_varnames == ('x', 'y')


def test_what_is_installed_is_inside_of_a_decorator():
    target = 'tests/assignments/test_source.py:double'
    assert function_of(target) is double.__wrapped__
    with installed({target: 'def double(x):\n    return 3 * x'}):
        assert double(2) == 6
    assert double(2) == 4


def test_a_body_that_begins_with_a_decorated_function_is_blanked_whole():
    text = ('def f(x):\n    # inside\n    @by_rows\n    def inner(x):\n        return x\n\n'
            '    return inner(x)\n')
    assert blank(text, {'f': ('write f', '')}) == (
        "def f(x):\n    raise NotImplementedError('write f')\n")
