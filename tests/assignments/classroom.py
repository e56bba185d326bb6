"""A class of 40 that hands in assignments: a quarter of it nothing, a quarter the solution, the
others one of the typical mistakes in each.

    python -m tests.assignments.classroom FOLDER NAME ...
"""
import shutil
import sys
from pathlib import Path

from assignments.assignment import load
from assignments.make import make
from tests.assignments.submissions import changed, solved
from tests.assignments.wrong import table

STUDENTS = 40


def hand_in_all(out, names):
    first = Path(out) / 'student00'
    make(names, first)
    for k in range(1, STUDENTS):
        folder = first.with_name(f'student{k:02}')
        shutil.copytree(first, folder)
        for name in names if k % 4 else ():
            mistakes = table(name)
            texts = (solved(load(name)) if k % 4 == 1 else
                     changed(load(name), mistakes[k % len(mistakes)].changes))
            for path, text in texts.items():
                (folder / path).write_text(text, encoding='utf-8')


if __name__ == '__main__':
    hand_in_all(sys.argv[1], sys.argv[2:])
