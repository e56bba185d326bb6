"""The command line that all commands share: one-line errors, near names, types of flags."""
import argparse
import difflib
import math
import os
import re
import sys
import unicodedata
from fnmatch import fnmatch

MOST = 10**9            # more of anything no machine holds or does
MOST_REAL = 1e30        # the square of more is not a float32
LARGEST_SEED = 2**128 - 1       # what numpy.random.SeedSequence draws for itself
LARGEST_IMAGE = 1000    # rows and columns of the images of a data set

# What other programs call a flag, without its dashes -> the flags here, with * for anything. Names
# of hyperparameters are in experiments/common/hyperparameters.py.
OTHER_NAMES = {
    '--out': 'output outputdir outputfolder outdir outf outpath name runname expname '
             'experimentname savedir savepath logdir resultdir resultsdir workdir checkpointdir '
             'modeldir folder',
    '--resume': 'continue restore load loadcheckpoint fromcheckpoint checkpoint ckpt',
    '--overwrite': 'force forceoverwrite clobber restart',
    '--data': 'dataset datasetname',
    '--data-dir': 'dataroot datapath datafolder datasetdir root rootdir',
    '--device gpu': 'gpu gpus gpuid usegpu cuda usecuda ngpu ngpus',
    '--device cpu': 'cpu nocuda nogpu disablecuda',
    '--seed': 'rng rngseed',
}
COUNTS = ('n', 'num', 'nb', 'number', 'max', 'total', 'random', 'manual')   # before a name


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line, with the nearest flags where one is unknown."""

    def __init__(self, other_names=OTHER_NAMES, **options):
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
                         **options)
        self.other_names = other_names

    def error(self, message):
        print(one_line(f'{self.prog}: error: {message}'), file=sys.stderr)
        sys.exit(2)

    def parse_known_args(self, args=None, namespace=None):
        """As argparse, but what follows a flag that takes a value, and no path, is its value, also
        with a minus sign in front: -inf is a bad number and not a missing one."""
        joined = []
        for argument in sys.argv[1:] if args is None else args:
            action = self._option_string_actions.get(joined[-1]) if joined else None
            if (action and action.nargs is None and action.type is not file_name
                    and argument.startswith('-') and argument != '--'
                    and argument.split('=')[0] not in self._option_string_actions):
                joined[-1] += f'={argument}'
            else:
                joined.append(argument)
        return super().parse_known_args(joined, namespace)

    def parse_args(self, args=None, namespace=None):
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            near = self.near(unknown[0])
            self.error(f'unknown argument {short(unknown[0])}; ' + (
                f'did you mean {" or ".join(filter(None, [", ".join(near[:-1]), near[-1]]))}?'
                if near else f'python {self.prog.removeprefix("python ")} --help lists the flags'))
        return parsed

    def near(self, argument):
        """What may have been meant by an unknown argument: flags, some with a value."""
        flags = [flag for flag in self._option_string_actions if flag.startswith('--')]
        text = argument.split('=')[0].lstrip('-').replace('_', '-').lower()
        words = re.sub(r'\b(learning(-rate)?|lr)\b', 'rate', text).split('-')
        name = '-'.join(words[1:] if words[0] in COUNTS and words[1:] else words)
        if f'--{name}' in flags:
            return [f'--{name}']
        meant = [flag for pattern, names in self.other_names.items()
                 if name.replace('-', '') in names.split()
                 for flag in ([pattern] if pattern.split()[0] in flags else
                              [flag for flag in flags if fnmatch(flag, pattern)])]
        valued = [f'{flag} {name}' for flag, action in self._option_string_actions.items()
                  if name in getattr(action.type, 'names', ())]
        rates = [flag for flag in flags if 'rate' in words and flag.endswith('-rate')]
        return meant or valued or rates or [
            f'--{flag}' for flag in nearest(name, [flag[2:] for flag in flags])]


def one_line(text):
    r"""text with what no line can hold as Python writes it: \n, \x1b, and \udcff where a file name
    is not UTF-8."""
    return ''.join(c.encode('unicode_escape').decode()
                   if unicodedata.category(c) in ('Cc', 'Cs', 'Zl', 'Zp') else c for c in text)


def nearest(name, names):
    """A list of the one of `names` that `name` is mistyped for; empty where there is none: what
    has more in front ('un-', 'no-', 'semi-') is another thing."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.72)
    return [one for one in close if not name.endswith(one)]


def one_of(*names):
    """A flag's type: one of `names`, else an error that suggests the nearest."""
    def parse(text):
        if text not in names:
            close = nearest(text.lower(), names)
            near = f'did you mean {close[0]}? ' if close else ''
            raise argparse.ArgumentTypeError(f'unknown name {short(text)!r}; {near}'
                                             f'choose from {", ".join(names)}')
        return text
    parse.names = names
    return parse


def show(value):
    """A value as it is written on the command line."""
    if isinstance(value, tuple):
        return ','.join(map(show, value))
    return 'x'.join(map(str, value)) if isinstance(value, list) else str(value)


def flag_of(name):
    return '--' + name.replace('_', '-')


def short(text, length=40):
    """A value in a message."""
    return text if len(text) <= length else f'{text[:length - 10]}...'


def integer(at_least, at_most=MOST):
    """A flag's type: an integer in [at_least, at_most]."""
    def parse(text):
        try:
            value = int(text)
        except ValueError:
            if not text.isdecimal():
                raise argparse.ArgumentTypeError(f'{short(text)!r} is not a whole number') from None
            value = at_most + 1         # more digits than Python reads
        if value < at_least:
            raise argparse.ArgumentTypeError(f'{short(text)} is less than {at_least}')
        if value > at_most:
            raise argparse.ArgumentTypeError(f'{short(text)} is more than {at_most}')
        return value
    return parse


def number(at_least=0.0, at_most=MOST_REAL):
    """A flag's type: a finite number in [at_least, at_most]."""
    def parse(text):
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f'{short(text)!r} is not a number') from None
        if not math.isfinite(value):
            raise argparse.ArgumentTypeError(f'{short(text)} must be a finite number')
        if not at_least <= value <= at_most:
            limits = f'at least {at_least:g} and at most {at_most:g}'
            raise argparse.ArgumentTypeError(f'{short(text)} must be {limits}')
        return value
    return parse


def file_name(text):
    """A flag's type, for every path that a user gives: the name of a file or folder, ~ expanded,
    which no shell does after an equals sign or in quotes. An empty one is a shell variable not
    set."""
    if not text:
        raise argparse.ArgumentTypeError('the name is empty')
    try:
        if b'\0' not in os.fsencode(text):
            return os.path.expanduser(text)
    except UnicodeEncodeError:
        pass
    raise argparse.ArgumentTypeError(f'{short(text)!r} is no name of a file')


def image_shape(text):
    """A type of config.json: 'HxWxC' -> [H, W, C]."""
    parse = integer(1, LARGEST_IMAGE)
    shape = [parse(part) for part in text.split('x')]
    if len(shape) != 3:
        raise argparse.ArgumentTypeError(f'{short(text)!r} is not of the form 28x28x1')
    return shape


def is_value(value, parse):
    """Whether a flag of the type `parse` can have `value`, which a JSON file says. parse: a flag's
    type, or Python's str, bool, list, dict for what is no flag."""
    if isinstance(parse, type):
        return isinstance(value, parse)
    if value is None:
        return parse is file_name       # the flag was not given
    try:
        return parse(show(value)) == value
    except argparse.ArgumentTypeError:
        return False


def several(parse):
    """A flag's type: one value, or a tuple of the different values between commas."""
    def parse_all(text):
        values = tuple(parse(part) for part in text.split(','))
        if any(value in values[:i] for i, value in enumerate(values)):
            raise argparse.ArgumentTypeError(f'{text!r} has a value twice')
        return values if len(values) > 1 else values[0]
    parse_all.names = getattr(parse, 'names', ())
    return parse_all
