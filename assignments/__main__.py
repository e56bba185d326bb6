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
from pathlib import Path

from assignments import grade, make
from assignments.assignment import load, names
from training.command import run_command
from training.flags import LARGEST_SEED, Parser, file_name, integer, one_line, one_of, several
from training.run_folder import RunError, write_atomically

PROGRAM = 'python -m assignments'


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
    making.add_argument('--later', type=several(one_of(*names())), metavar='NAME,NAME', default=(),
                        help='assignments that come later: their solutions are blanked, too')
    grading = commands.add_parser('grade', help='the marks of folders that students worked in')
    grading.add_argument('folders', nargs='+', metavar='FOLDER', type=file_name)
    grading.add_argument('--of', type=several(one_of(*names())), metavar='NAME,NAME',
                         help='assignments [those that the folders were made of, each of all]')
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
    if Path(flags.out).exists():
        raise RunError(f'--out {flags.out} exists already: name a new folder')
    chosen = list(dict.fromkeys(flags.names))
    later = (flags.later,) if isinstance(flags.later, str) else flags.later
    make.make(chosen, flags.out, flags.format == 'notebook', later)
    print(one_line(f'{flags.out}: {", ".join(chosen)}; its README.md is the handout'))
    if others := make.also_solved(chosen, later):
        print(f'It holds solutions of other assignments: {", ".join(others)}')


def grade_folders(flags):
    if os.name != 'posix':
        raise RunError('grade needs Linux or macOS, for the limits on what students run')
    if flags.gradescope and len(flags.folders) > 1:
        raise RunError('--gradescope is for one folder')
    for flag, path in (('--csv', flags.csv), ('--gradescope', flags.gradescope)):
        if path and (Path(path).is_dir() or not Path(path).absolute().parent.is_dir()):
            raise RunError(f'{flag} {path}: it must be a file in a folder that is there')
    for folder in flags.folders:
        if not Path(folder).is_dir():
            raise RunError(f'{folder} is no folder')
    chosen = flags.of or [name for folder in flags.folders for name in grade.names_in(folder)]
    chosen = list(dict.fromkeys([chosen] if isinstance(chosen, str) else chosen))
    seed = secrets.randbits(32) if flags.seed is None else flags.seed
    print(f'--seed {seed}')
    rows = []
    for folder, marks in grade.grade(flags.folders, chosen, seed):
        rows.append((folder, marks))
        print(one_line(f'{folder}: {sum(mark.points for mark in marks)} of '
                       f'{sum(mark.of for mark in marks)} points'))
        for mark in marks:
            print(one_line(f'    {mark.assignment + ": " + mark.part:<44} '
                           f'{mark.points}/{mark.of}  {mark.says}').rstrip())
    for path, table in ((flags.csv, grade.csv_table), (flags.gradescope, grade.gradescope)):
        if path:
            write_atomically(path, lambda file: file.write(table(rows).encode()))


def command(arguments):
    flags = parser().parse_args(arguments)
    {None: catalogue, 'make': make_folder, 'grade': grade_folders}[flags.command](flags)


def main(arguments=None):
    return run_command(PROGRAM, command, arguments)


if __name__ == '__main__':
    sys.exit(main())
