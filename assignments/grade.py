"""The marks of several folders, and the tables of them."""
import csv
import io
import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from assignments import marking
from assignments.assignment import load, names
from assignments.source import ROOT, NotThere
from nn.fast.parallel import available_cores
from training.run_folder import RunError

LONGEST = 1 << 20       # bytes of a student's file


def names_in(folder):
    """The assignments that a folder was made of. Raises RunError where it says nothing of them."""
    text = student_text(folder, 'assignments.txt')
    if isinstance(text, NotThere):
        raise RunError(f'{folder}: {text}; say which assignments it is, with --of')
    for name in text.split():
        if name not in names():
            raise RunError(f'{folder}: assignments.txt names {name[:40]!r}, which is none')
    return text.split()


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
    except (OSError, ValueError, RuntimeError) as error:
        return NotThere(f'{path} cannot be read ({type(error).__name__})')


def grade(folders, chosen, seed):
    """Pairs (folder, [Mark]) as they come, in the order of the folders. chosen: names. Raises
    RunError where even the reference gets no points."""
    for assignment in map(load, chosen):
        part = assignment.parts[0]
        solved = {part.path: (ROOT / part.path).read_text('utf-8')}
        for mark in marking.mark(replace(assignment, parts=(part,)), solved, seed):
            if mark.says:
                raise RunError(f'nothing can be marked here, as the solution of {assignment.name} '
                               f'fails, too: {mark.says}')
    stopped = threading.Event()

    def process(*arguments):
        if stopped.is_set():
            raise InterruptedError
        return marking.in_child(*arguments)

    def marks(folder):
        return [mark for assignment in map(load, chosen) for mark in marking.mark(
            assignment, {path: student_text(folder, path) for path in assignment.paths}, seed,
            process)]

    with ThreadPoolExecutor(available_cores()) as pool:
        try:
            yield from zip(folders, pool.map(marks, folders))
        finally:
            stopped.set()       # where the user interrupts it: the threads do not go on


def csv_table(rows):
    """A row a folder: its name, its points, those of each part, and what is wrong."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(['folder', 'points', 'of', *(
        f'{mark.assignment}: {mark.part} ({mark.of})' for mark in rows[0][1]), 'comments'])
    for folder, marks in rows:
        table.writerow([
            Path(folder), sum(mark.points for mark in marks),
            sum(mark.of for mark in marks), *(mark.points for mark in marks),
            '\n'.join(f'{mark.assignment}: {mark.part}: {mark.says}' for mark in marks
                      if mark.says)])
    return file.getvalue()


def gradescope(rows):
    """results.json as gradescope.com's autograders write it (its documentation, 'Autograder
    specifications', output format)."""
    (_, marks), = rows
    return json.dumps({
        'score': sum(mark.points for mark in marks),
        'visibility': 'visible',
        'tests': [{'name': f'{mark.assignment}: {mark.part}', 'score': mark.points,
                   'max_score': mark.of, 'status': 'failed' if mark.says else 'passed',
                   'output': mark.says or 'right'} for mark in marks]}, indent=1)
