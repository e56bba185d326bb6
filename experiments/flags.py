"""The command line that the trainers share: one-line errors, near names, types of flags."""
import argparse
import difflib
import sys
import unicodedata


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line, with the nearest flag where one is unknown."""

    def __init__(self, **options):
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
                         **options)

    def error(self, message):
        print(one_line(f'{self.prog}: error: {message}'), file=sys.stderr)
        sys.exit(2)

    def parse_args(self, args=None, namespace=None):
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            flags = [flag for action in self._actions for flag in action.option_strings]
            self.error(f'unknown argument {unknown[0]}{_near(unknown[0].split("=")[0], flags)}')
        return parsed


def one_line(text):
    r"""text with what no line can hold as Python writes it: \n, \x1b, and \udcff where a file name
    is not UTF-8."""
    return ''.join(c.encode('unicode_escape').decode()
                   if unicodedata.category(c) in ('Cc', 'Cs', 'Zl', 'Zp') else c for c in text)


def _near(name, names):
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f'; did you mean {close[0]}?' if close else f'; choose from {", ".join(names)}'


def one_of(*names):
    """A flag's type: one of `names`, else an error that suggests the nearest."""
    def parse(text):
        if text not in names:
            raise argparse.ArgumentTypeError(f'unknown name {text!r}{_near(text, names)}')
        return text
    return parse


def integer(at_least):
    """A flag's type: an integer of at least `at_least`."""
    def parse(text):
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number') from None
        if value < at_least:
            raise argparse.ArgumentTypeError(f'{value} is less than {at_least}')
        return value
    return parse


def number(at_least=0.0, at_most=float('inf')):
    """A flag's type: a finite number in [at_least, at_most]."""
    def parse(text):
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f'{text!r} is not a number') from None
        if not at_least <= value <= at_most or value == float('inf'):
            limits = f'at least {at_least:g}' + (f' and at most {at_most:g}'
                                                 if at_most < float('inf') else '')
            raise argparse.ArgumentTypeError(f'{text} must be {limits}')
        return value
    return parse


def filter_size(text):
    """A flag's type: 'HxW' -> [H, W], a PixelCNN's filter."""
    try:
        height, width = (int(part) for part in text.split('x'))
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not of the form 3x5') from None
    if height < 2 or width < 3 or width % 2 == 0:
        raise argparse.ArgumentTypeError(f'{text}: at least 2 rows and an odd width of at least 3')
    return [height, width]


def label_count(text):
    """A flag's type: a number of labels, or 'all'."""
    if text != 'all' and not text.removeprefix('-').isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor 'all'")
    return text if text == 'all' else integer(0)(text)


def file_name(text):
    """A flag's type: the name of a file or folder. An empty one is a shell variable not set."""
    if not text:
        raise argparse.ArgumentTypeError('the name is empty')
    return text


def several(parse):
    """A flag's type: one value, or a tuple of the different values between commas."""
    def parse_all(text):
        values = tuple(parse(part) for part in text.split(','))
        if any(value in values[:i] for i, value in enumerate(values)):
            raise argparse.ArgumentTypeError(f'{text!r} has a value twice')
        return values if len(values) > 1 else values[0]
    return parse_all
