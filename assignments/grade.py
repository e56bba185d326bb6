"""The marks of several folders, and the tables of them."""
import csv
import io
import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path

from assignments import marking
from assignments.assignment import load, names
from assignments.source import NotThere, ours, text_of
from nn.fast.parallel import available_cores
from training.files import RunError

LONGEST = 1 << 20       # bytes of a student's file


def names_in(folder):
    """The assignments that a folder was made of; a NotThere where it does not say so."""
    text = student_text(folder, 'assignments.txt')
    if isinstance(text, NotThere):
        return text
    for name in text.split():
        if name not in names():
            return NotThere(f'assignments.txt names {name[:40]!r}, which is none')
    return tuple(dict.fromkeys(text.split())) or NotThere('assignments.txt is empty')


def student_text(folder, path):
    """The text of a student's file; a NotThere where it has none, or is not the folder's own."""
    folder = Path(folder).resolve()
    file = folder / path
    try:
        if file.resolve() != file or not stat.S_ISREG(file.lstat().st_mode):
            return NotThere(f'{path} is a link, or no file')
        if file.stat().st_size > LONGEST:
            return NotThere(f'{path} is longer than {LONGEST >> 20} MB')
        return text_of(file, path)
    except NotThere as error:
        return error
    except FileNotFoundError:
        return NotThere(f'{path} is not in the folder')
    except (OSError, ValueError, RuntimeError) as error:
        return NotThere(f'{path} cannot be read ({type(error).__name__})')


def grade(chosen, seed):
    """Pairs (folder, [Mark]) as they come, in order. chosen: folder -> names of assignments. Raises
    RunError where even the reference gets no points."""
    for assignment in map(load, dict.fromkeys(chain.from_iterable(chosen.values()))):
        part = assignment.parts[0]
        mark, = marking.mark(replace(assignment, parts=(part,)), {part.path: ours(part.path)}, seed)
        if mark.says:
            raise RunError(f'nothing can be marked here, as the solution of {assignment.name} '
                           f'fails, too: {mark.says}')
    stopped = threading.Event()

    def process(*arguments):
        if stopped.is_set():
            raise InterruptedError
        return marking.in_child(*arguments, stopped)

    def marks(folder):
        return [mark for assignment in map(load, chosen[folder]) for mark in marking.mark(
            assignment, {path: student_text(folder, path) for path in assignment.paths}, seed,
            process)]

    with ThreadPoolExecutor(available_cores()) as pool:
        try:
            yield from zip(chosen, pool.map(marks, chosen))
        finally:
            stopped.set()       # where the user interrupts it: no thread goes on, no process


def total(marks):
    """(points, of how many)"""
    return sum(mark.points for mark in marks), sum(mark.of for mark in marks)


def csv_table(rows):
    """A row a folder: its name, its points, those of each part, and what is wrong. A part that a
    folder was not marked on is empty there."""
    titles = {f'{mark.title} ({mark.of})': None for _, marks in rows for mark in marks}
    file = io.StringIO()
    table = csv.DictWriter(file, ['folder', 'points', 'of', *titles, 'comments'])
    table.writeheader()
    for folder, marks in rows:
        points, of = total(marks)
        comments = '\n'.join(f'{mark.title}: {mark.says}' for mark in marks if mark.says)
        table.writerow({'folder': Path(folder), 'points': points, 'of': of, 'comments': comments}
                       | {f'{mark.title} ({mark.of})': mark.points for mark in marks})
    return file.getvalue()


def gradescope(rows):
    """results.json as gradescope.com's autograders write it (its documentation, 'Autograder
    specifications', output format)."""
    (_, marks), = rows
    return json.dumps({
        'score': total(marks)[0],
        'visibility': 'visible',
        'tests': [{'name': mark.title, 'score': mark.points,
                   'max_score': mark.of, 'status': 'failed' if mark.says else 'passed',
                   'output': mark.says or 'right'} for mark in marks]}, indent=1)
