"""Course assignments, for teachers (assignments/README.md). Without a command: the catalogue.

Exit code: 0 done, whatever the marks are; 2 on bad input, and then nothing is written; 130 when
interrupted.
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a moment
import os
import secrets
import sys
from collections import Counter
from pathlib import Path

PROGRAM = 'python -m assignments'
try:
    from assignments import grade, make
    from assignments.assignment import load, names
    from assignments.source import NotThere
    from training.command import run_command
    from training.files import RunError, write_atomically
    from training.flags import LARGEST_SEED, Parser, file_name, integer, one_line, one_of, several
except ModuleNotFoundError as error:
    print(f'{PROGRAM}: error: {error}: pip install -r requirements.txt', file=sys.stderr)
    sys.exit(2)


def some_names(text):
    """A flag's type: names of assignments between commas."""
    chosen = several(one_of(*names()))(text)
    return chosen if isinstance(chosen, tuple) else (chosen,)


def parser():
    result = Parser(prog=PROGRAM, description=__doc__)
    commands = result.add_subparsers(dest='command', metavar='COMMAND')
    making = commands.add_parser('make', help='a folder for students')
    making.add_argument('names', nargs='+', metavar='NAME', type=one_of(*names()),
                        help=', '.join(names()))
    making.add_argument('--out', required=True, metavar='FOLDER', type=file_name,
                        help='a new folder')
    making.add_argument('--format', choices=('folder', 'notebook'), default='folder',
                        help='notebook: with a notebook whose cells edit and check the parts '
                             '[folder]')
    making.add_argument('--later', type=some_names, metavar='NAME,NAME', default=(),
                        help='assignments that come later: their solutions are blanked, too')
    grading = commands.add_parser('grade', help='the marks of folders that students worked in')
    grading.add_argument('folders', nargs='+', metavar='FOLDER', type=file_name)
    grading.add_argument('--of', type=some_names, metavar='NAME,NAME',
                         help='assignments, of all folders [those that each was made of]')
    grading.add_argument('--seed', type=integer(0, LARGEST_SEED), metavar='S',
                         help='of the hidden questions [drawn anew, and shown]')
    grading.add_argument('--csv', metavar='FILE', type=file_name, help='a row a folder')
    grading.add_argument('--gradescope', metavar='FILE', type=file_name,
                         help="results.json of gradescope.com's autograders, of one folder")
    return result


def catalogue(flags):
    for assignment in map(load, names()):
        parts = ', '.join(f'{part.name} ({part.points})' for part in assignment.parts)
        print(f'{assignment.name}: {assignment.title}\n'
              f'    you learn   {assignment.learns}\n'
              f'    sources     {assignment.sources}\n'
              f'    hours       {assignment.hours:g}\n'
              f'    points      {assignment.points}: {parts}\n'
              f'    after       {", ".join(assignment.after) or "nothing"}')


def make_folder(flags):
    if os.path.lexists(flags.out):
        raise RunError(f'--out {flags.out} exists already: name a new folder')
    chosen = list(dict.fromkeys(flags.names))
    make.make(chosen, flags.out, flags.format == 'notebook', flags.later)
    print(one_line(f'{flags.out}: {", ".join(chosen)}; its README.md is the handout'))
    if others := make.also_solved(chosen, flags.later):
        print(f'It holds solutions of other assignments: {", ".join(others)}')


def grade_folders(flags):
    if os.name != 'posix':
        raise RunError('grade needs Linux or macOS, for the limits on what students run')
    if flags.gradescope and len(flags.folders) > 1:
        raise RunError('--gradescope is for one folder')
    if others := [folder for folder in flags.folders if not Path(folder).is_dir()]:
        raise RunError(f'no folder{"s" * (len(others) > 1)}: {", ".join(others)}')
    tables = [_place(flag, path, flags.folders) for flag, path in (
        ('--csv', flags.csv), ('--gradescope', flags.gradescope)) if path]
    if len({*tables}) < len(tables):
        raise RunError(f'--csv and --gradescope are both {flags.csv}: name two files')
    chosen = _chosen(flags)
    seed = secrets.randbits(32) if flags.seed is None else flags.seed
    print(f'--seed {seed}')
    rows = []
    for folder, marks in grade.grade(chosen, seed):
        rows.append((folder, marks))
        points, of = grade.total(marks)
        print(one_line(f'{folder}: {points} of {of} points'))
        for mark in marks:
            print(one_line(f'    {mark.title:<44} {mark.points}/{mark.of}  {mark.says}').rstrip())
    for path, table in ((flags.csv, grade.csv_table), (flags.gradescope, grade.gradescope)):
        if path:
            write_atomically(path, lambda file: file.write(table(rows).encode()))


def _chosen(flags):
    """folder -> the assignments it is marked on: a class is not to wait for one folder that does
    not say what it was made of. Raises RunError where none does."""
    chosen = {folder: flags.of or grade.names_in(folder) for folder in flags.folders}
    silent = [folder for folder, why in chosen.items() if isinstance(why, NotThere)]
    reasons = ', '.join(f'{folder}: {chosen[folder]}' for folder in silent)
    if len(silent) == len(chosen):
        raise RunError(f'{reasons}; say which it is, with --of')
    usual, _ = Counter(chosen[folder] for folder in chosen if folder not in silent).most_common()[0]
    chosen |= dict.fromkeys(silent, usual)
    if silent:
        print(one_line(f'Marked on {", ".join(usual)}, as most folders are: {reasons}'))
    if others := [f'{folder} ({", ".join(given)})' for folder, given in chosen.items()
                  if {*given} != {*usual}]:
        print(one_line(f'Not all folders were made of {", ".join(usual)}: {", ".join(others)}. '
                       'Each is marked on what it was made of; --of marks all on the same'))
    return chosen


def _place(flag, path, folders):
    """Where a table is written, which replaces what is there: only a file, and none that somebody
    handed in. Raises RunError."""
    place = Path(path).parent.resolve() / Path(path).name
    if not place.parent.is_dir() or os.path.lexists(place) and (
            place.is_symlink() or not place.is_file()):
        raise RunError(f'{flag} {path}: it must be a file, no link, in a folder that is there')
    for folder in folders:
        if place.is_relative_to(Path(folder).resolve()):
            raise RunError(f'{flag} {path} is in {folder}, which is graded: name a file elsewhere')
    return place


def command(arguments):
    flags = parser().parse_args(arguments)
    {None: catalogue, 'make': make_folder, 'grade': grade_folders}[flags.command](flags)


def main(arguments=None):
    return run_command(PROGRAM, command, arguments)


if __name__ == '__main__':
    sys.exit(main())
