"""python -m assignments [make NAME ... | grade FOLDER ...]: without a word, the catalogue.

Exit code: 0 done, whatever the marks; 2 on bad input, and nothing is written; 130 when interrupted.
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a moment
import argparse
import difflib
import secrets
import sys
from pathlib import Path

import console
from assignments import grade, make
from assignments.assignment import load, names


class BadInput(Exception):
    """The message is for the user."""


def parser():
    result = argparse.ArgumentParser(prog='python -m assignments', description=(
        'Course assignments made from this codebase. Without a command: the catalogue.'))
    commands = result.add_subparsers(dest='command')
    making = commands.add_parser('make', help='a folder for students')
    making.add_argument('names', nargs='+', metavar='NAME', help=', '.join(names()))
    making.add_argument('--out', required=True, metavar='FOLDER', help='a new folder')
    making.add_argument('--format', choices=('folder', 'notebook'), default='folder',
                        help='notebook: its cells edit and check the parts [folder]')
    grading = commands.add_parser('grade', help='the marks of folders that students worked in')
    grading.add_argument('folders', nargs='+', metavar='FOLDER')
    grading.add_argument('--seed', type=int, metavar='S',
                         help='of the hidden questions [drawn anew, and shown]')
    grading.add_argument('--csv', metavar='FILE', help='a row a folder')
    grading.add_argument('--gradescope', metavar='FILE',
                         help='results.json of an autograder on gradescope.com, of one folder')
    return result


def catalogue(flags):
    for assignment in map(load, names()):
        print(f'{assignment.name}: {assignment.title}\n'
              f'    learn     {assignment.learns}\n'
              f'    papers    {assignment.sources}\n'
              f'    takes     {assignment.hours:g} hours, gives {assignment.points} points: '
              + ', '.join(f'{part.name} {part.points}' for part in assignment.parts))
        if assignment.after:
            print(f'    after     {", ".join(assignment.after)}')


def known(name):
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=1)
        raise BadInput(f'no assignment named {name!r}; ' + (
            f'did you mean {near[0]}?' if near else f'choose from {", ".join(names())}'))
    return name


def make_folder(flags):
    if Path(flags.out).exists():
        raise BadInput(f'--out {flags.out}: it exists already; name a new folder')
    make.make([known(name) for name in dict.fromkeys(flags.names)], flags.out)
    print(f'{flags.out}: {", ".join(flags.names)}; the handout is {flags.out}/README.md')


def grade_folders(flags):
    for folder in flags.folders:
        if not Path(folder).is_dir():
            raise BadInput(f'{folder} is not a folder')
    if flags.gradescope and len(flags.folders) > 1:
        raise BadInput('--gradescope is for one folder')
    chosen = list(dict.fromkeys(name for folder in flags.folders
                                for name in grade.assignments_in(folder)))
    seed = secrets.randbits(32) if flags.seed is None else flags.seed
    print(f'seed {seed}')
    rows = []
    for folder, marks in grade.grade(flags.folders, chosen, seed):
        rows.append((folder, marks))
        print(f'{folder}: {sum(mark.points for mark in marks)} of '
              f'{sum(mark.of for mark in marks)} points')
        for mark in marks:
            print(f'    {mark.assignment + ": " + mark.part:<44} {mark.points}/{mark.of}  '
                  f'{mark.says}')
    if flags.csv:
        grade.write_csv(flags.csv, rows)
    if flags.gradescope:
        grade.write_gradescope(flags.gradescope, rows[0][1])


def main(arguments=None):
    flags = parser().parse_args(arguments)
    try:
        {None: catalogue, 'make': make_folder, 'grade': grade_folders}[flags.command](flags)
    except (BadInput, grade.BadFolder, OSError) as error:
        print(f'assignments: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(console.run(main))
