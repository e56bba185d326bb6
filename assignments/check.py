"""What a student runs: python check.py [NAME ...] -- which parts are right at the open questions.

Exit code: 0 all right, 1 something is not, 2 an unknown name.
"""
import argparse
import sys

import numpy as np

from assignments import answers
from assignments.assignment import SEEDS_OF_CHECK, load, names
from assignments.compare import explain
from assignments.source import ROOT, NotThere, code_of, outside
from nn.gradcheck import report


def main(arguments=None):
    flags = parser().parse_args(arguments)
    wrong = [name for name in flags.names if name not in names()]
    if wrong:
        print(f'check: no assignment named {wrong[0]!r} here: {", ".join(names())}',
              file=sys.stderr)
        return 2
    open_answers = np.load(ROOT / 'answers.npz', allow_pickle=False)
    right = True
    for name in flags.names or names():
        right &= check(load(name), open_answers)
    return 0 if right else 1


def parser():
    result = argparse.ArgumentParser(
        prog='python check.py', description='Which parts are right at the open questions.')
    result.add_argument('names', nargs='*', metavar='NAME',
                        help=f'assignments [all]: {", ".join(names())}')
    return result


def check(assignment, open_answers):
    """Print the parts of an assignment, then its gradient check; whether all is right."""
    print(f'{assignment.name}: {assignment.title}; part, points, result')
    arrays = {name: open_answers[name] for name in open_answers.files
              if name.startswith(f'{assignment.name}/')}
    right, written = True, True
    for name, original in arrays.items():
        _, kind, path = name.split('/', 2)
        if kind == 'outside' and _outside(path) != original:
            right = False
            print(f'    {path} differs outside of the functions below, which alone are marked')
    for part in assignment.parts:
        says = _wrong(assignment, part, arrays)
        right &= not says
        written &= not says.startswith('not written')
        print(f'    {part.name:<32} {part.points:>2}  {says or "right"}')
    if assignment.gradcheck and written:
        print('  its gradients, beside differences of its own forward passes:')
        try:
            right &= report(assignment.gradcheck())
        except Exception as error:      # the checker may be what another assignment writes
            print(f'    {answers.failure(error)}')
            right &= isinstance(error, NotImplementedError)
    return right


def _outside(path):
    """What a file of this folder is but for the functions of all of its assignments."""
    try:
        return outside((ROOT / path).read_text(encoding='utf-8'), [
            part.function for name in names() for part in load(name).parts if part.path == path])
    except (NotThere, SyntaxError) as error:
        return str(error)


def _wrong(assignment, part, arrays):
    """What is wrong with a part, '' where nothing is."""
    try:
        code_of((ROOT / part.path).read_text(encoding='utf-8'), part.function, part.path)
    except NotThere as error:
        return str(error)
    for case in part.cases:
        for seed in SEEDS_OF_CHECK:
            place = f'{assignment.name}/{part.name}/{case}/{seed}'
            inputs, outputs = ({name.removeprefix(f'{place}/{kind}/'): array
                                for name, array in arrays.items()
                                if name.startswith(f'{place}/{kind}/')} for kind in ('in', 'out'))
            inputs = {name: array if array.ndim else array.item()
                      for name, array in inputs.items()}
            reply = answers.answer(part, inputs)
            if isinstance(reply, str):
                return reply
            if says := explain(inputs, reply, outputs):
                return f'{case}: {says}'
    return ''
