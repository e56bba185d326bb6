"""python -m nn.gradcheck [--device cpu|gpu] [NAME ...]: 0 when all pass, 1 when one fails, 2 on bad
input, 130 when interrupted."""
import argparse
import difflib
import importlib
import sys

from nn.backend import DeviceError, check_device
from nn.gradcheck import report
from nn.gradcheck.calls import explain
from nn.gradcheck.report import Check

# By their names: nn/ does not import what is built on it.
CASE_MODULES = ('nn.gradcheck.cases', 'models.gradcheck_cases')


def cases():
    """name -> function of the device that returns a list of Check."""
    return {name: case for module in CASE_MODULES
            for name, case in importlib.import_module(module).CASES.items()}


def checks_of(name, case, device):
    """The rows of a case; one that failed where it cannot even be made."""
    try:
        return case(device)
    except (Exception, SystemExit) as error:
        return [Check(name, 'case', float('nan'), False, detail=explain(error))]


def parser(names):
    result = argparse.ArgumentParser(
        prog='python -m nn.gradcheck', description='Compare backward passes with finite '
        'differences. A row: layer, array, largest relative error, result.')
    result.add_argument('names', nargs='*', metavar='NAME',
                        help=f'layers, networks and losses [all]: {", ".join(names)}')
    result.add_argument('--device', choices=('cpu', 'gpu'), default='cpu', help='[cpu]')
    return result


def main(arguments=None):
    known = cases()
    flags = parser(known).parse_args(arguments)
    for name in flags.names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            print(f'gradcheck: no layer, network or loss named {name!r}; '
                  + (f'did you mean {near[0]}?' if near else f'choose from {", ".join(known)}'),
                  file=sys.stderr)
            return 2
    try:
        check_device(flags.device)
    except DeviceError as error:
        print(f'gradcheck: {error}', file=sys.stderr)
        return 2
    try:
        return 0 if report(check for name in flags.names or known
                           for check in checks_of(name, known[name], flags.device)) else 1
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    sys.exit(main())
