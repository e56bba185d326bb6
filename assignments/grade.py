"""The marks of several folders, and the tables of them."""
import csv
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from assignments import marking
from assignments.assignment import load, names
from assignments.source import NotThere

LONGEST = 1 << 20       # bytes of a student's file


class BadFolder(Exception):
    """It cannot be graded at all; the message says why."""


def assignments_in(folder):
    """The assignments that a folder was made of, from its assignments.txt. Raises BadFolder."""
    text = student_text(folder, 'assignments.txt')
    if isinstance(text, NotThere):
        raise BadFolder(f'{folder}: {text}: is it a folder that `make` made?')
    found = text.split()
    for name in found:
        if name not in names():
            raise BadFolder(f'{folder}: assignments.txt names {name[:40]!r}, which is none')
    return found


def student_text(folder, path):
    """The text of a student's file; a NotThere where it has none, or is not the folder's own."""
    folder = Path(folder).resolve()
    file = folder / path
    try:
        if file.resolve() != file or not stat.S_ISREG(file.lstat().st_mode):
            return NotThere(f'{path} is a link, or no file')
        if file.stat().st_size > LONGEST:
            return NotThere(f'{path} is longer than {LONGEST >> 20} MB')
        return file.read_text(encoding='utf-8')
    except FileNotFoundError:
        return NotThere(f'{path} is not in the folder')
    except (OSError, ValueError) as error:
        return NotThere(f'{path} cannot be read ({type(error).__name__})')


def grade(folders, chosen, seed):
    """Pairs (folder, [Mark]) as they come, in the order of the folders. chosen: names."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield from zip(folders, pool.map(partial(_marks, chosen=chosen, seed=seed), folders))


def _marks(folder, chosen, seed):
    return [mark for assignment in map(load, chosen) for mark in marking.mark(
        assignment, {path: student_text(folder, path) for path in assignment.paths}, seed)]


def write_csv(path, rows):
    """A row a folder: its name, its points, those of each part, and what is wrong."""
    with open(path, 'w', newline='', encoding='utf-8') as file:
        table = csv.writer(file)
        for k, (folder, marks) in enumerate(rows):
            if not k:
                table.writerow(['folder', 'points', 'of', *(
                    f'{mark.assignment}: {mark.part} ({mark.of})' for mark in marks), 'comments'])
            table.writerow([
                Path(folder).name, sum(mark.points for mark in marks), sum(
                    mark.of for mark in marks), *(mark.points for mark in marks),
                '\n'.join(f'{mark.assignment}, {mark.part}: {mark.says}' for mark in marks
                          if mark.says)])


def write_gradescope(path, marks):
    """results.json as gradescope.com's autograders write it."""
    Path(path).write_text(json.dumps({
        'score': sum(mark.points for mark in marks),
        'tests': [{'name': f'{mark.assignment}: {mark.part}', 'score': mark.points,
                   'max_score': mark.of, 'output': mark.says or 'right',
                   'status': 'failed' if mark.says else 'passed'} for mark in marks]},
        indent=1), encoding='utf-8')
