"""What a student runs: python check.py [NAME ...] -- which parts are right at the open questions.

Exit code: 0 all right, 1 something is not, 2 an unknown name, or a file of the folder is missing or
cannot be read.
"""
import argparse
import hashlib
import io
import sys
import traceback
from pathlib import Path

from assignments.assignment import SEEDS_OF_CHECK, load
from assignments.assignment import names as all_names
from assignments.source import ROOT, NotThere, code_of, outside, text_of

HERE = Path(__file__).parent
FILES = 'answers/files'     # the list of all Python files of the folder
SEAL = 32
AGAIN = 'take it from the folder as it was given'


class Parser(argparse.ArgumentParser):
    """Its errors are one line."""

    def error(self, message):
        message = ' '.join(message.split())
        self.exit(_stop(f'{message}; python check.py --help says how it is called'))


def main(arguments=None):
    try:
        open_answers = _of_folder()
    except OSError as error:
        return _stop(f'{error.filename} cannot be read: {AGAIN}')
    except NotThere as error:
        return _stop(error)
    names = [*open_answers]
    parser = Parser(
        prog='python check.py', description='Which parts are right at the open questions.')
    parser.add_argument('names', nargs='*', metavar='NAME',
                        help=f'assignments [all]: {", ".join(names)}')
    chosen = parser.parse_args(arguments).names or names
    for name in chosen:
        if name not in names:
            return _stop(f'no assignment named {name!r} here: {", ".join(names)}')
    results = [check(name, io.BytesIO(open_answers[name])) for name in chosen]
    return 0 if all(results) else 1


def _stop(text):
    print(f'check: {text}', file=sys.stderr)
    return 2


def _of_folder():
    """name -> open questions and answers, of the assignments of the folder. Raises NotThere,
    OSError where one of its files is missing or is no text."""
    open_answers = {}
    for name in text_of(ROOT / 'assignments.txt', 'assignments.txt').split():
        if name not in all_names():
            raise NotThere(f'assignments.txt names {name[:40]!r}, which is no assignment: {AGAIN}')
        data = (ROOT / 'answers' / name).read_bytes()
        if data != sealed(name, data[SEAL:]):
            raise NotThere(f'answers/{name} was changed: {AGAIN}')
        open_answers[name] = data[SEAL:]
    if not open_answers:
        raise NotThere(f'assignments.txt is empty: {AGAIN}')
    for path in text_of(ROOT / FILES, FILES).splitlines():
        text_of(ROOT / path, path)
    return open_answers


def sealed(name, data):
    """The file of an assignment's open questions and answers `data`: SEAL bytes more, which show
    whether it is whole."""
    return hashlib.sha256(name.encode() + data).digest() + data


def check(name, file):
    """Print the parts of an assignment, then its gradient check; whether all is right. file: its
    open questions and answers (make.open_answers)."""
    try:
        # Not above: what these import may be what a student has to mend.
        from assignments.answers import failure, read
        from nn.gradcheck import report
        assignment = load(name)
    except (Exception, SystemExit) as error:
        print(f'{name}: nothing of it can be tried before this is mended: {_of_import(error)}')
        return False
    print(f'{assignment.name}: {assignment.title}; part, points, result')
    right, written = True, True
    functions, given = read(file), read(file)
    for path in assignment.paths:
        if says := _outside(path, given[path].item(), functions[path]):
            right = False
            print(f'    {path} {says}')
    for part in assignment.parts:
        questions = [(case, read(file), read(file)) for case in part.cases for _ in SEEDS_OF_CHECK]
        says = _wrong(assignment, part, questions)
        right &= not says
        written &= 'not written' not in says
        print(f'    {part.name:<32} {part.points:>2}  {says or "right"}')
    if assignment.gradcheck and written:
        print('  its gradients, beside differences of its own forward passes (no points):')
        try:
            right &= report(assignment.gradcheck())
        except NotImplementedError as error:    # the checker is what another assignment writes
            print(f'    none: {failure(error)}')
        except (Exception, SystemExit) as error:
            print(f'    {failure(error)}')
            right = False
    return right


def _of_import(error):
    """What was raised while the student's files were imported, and where in these."""
    place = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        place.append((error.filename, error.lineno))
    place = [(Path(file).relative_to(ROOT).as_posix(), line) for file, line in place
             if Path(file).is_relative_to(ROOT) and not Path(file).is_relative_to(HERE)]
    return f'{type(error).__name__}: {getattr(error, "msg", error)}' + ''.join(
        f' ({path}, line {line})' for path, line in place[-1:])


def _outside(path, given, functions):
    """What is wrong with a file outside of the functions that are written in it; '' if nothing."""
    try:
        same = outside(text_of(ROOT / path, path), functions) == outside(given, functions)
    except (NotThere, SyntaxError, RecursionError) as error:
        return f'cannot be compared: {error}'
    return '' if same else (
        'differs outside of the functions to write, which alone are marked: an import at its top, '
        'a function of yours, or one that was not asked for, will be missing there')


def _wrong(assignment, part, questions):
    """What is wrong with a part, '' where nothing is."""
    from assignments.answers import answer
    from assignments.compare import explain, summary
    file = ROOT / part.path
    try:
        code_of(text_of(file, part.path), part.function, part.path)
    except NotThere as error:
        return str(error)
    says = dict.fromkeys(part.cases, '')
    for case, inputs, right in questions:
        reply = answer(part, inputs, str(file))
        if not isinstance(reply, str):
            reply = explain(inputs, reply, right)
        elif reply.startswith('not written yet') and ', part' in reply and not (
                f'({assignment.name}, ' in reply and part.name in reply):
            reply = f'it needs what is {reply}'
        says[case] = says[case] or reply
    return summary(says)
