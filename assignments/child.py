"""The process that a student's code runs in: limits itself, reads questions, writes answers.

    python -m assignments.child FILE_DESCRIPTOR

In a copy of this codebase in which the part is blanked (marking.py). Standard input: the names of
assignment and part, target -> text of the student's files, then the inputs of each question. There
is no seed here and no right answer.
"""
import os
import sys

from assignments import answers
from assignments.assignment import load
from assignments.limits import limit
from assignments.source import NotThere
from nn.fast.parallel import set_up_process


def main():
    questions, out = sys.stdin.buffer, open(int(sys.argv[1]), 'wb', buffering=0)
    head = answers.read(questions)
    assignment, name, count = (head.pop(key).item() for key in ('assignment', 'part', 'count'))
    part = next(part for part in load(assignment).parts if part.name == name)
    set_up_process()        # reads what is out of reach afterwards
    limit()
    try:
        with answers.installed({target: text.item() for target, text in head.items()}):
            for _ in range(count):
                inputs = {name: value if value.ndim else value.item()
                          for name, value in answers.read(questions).items()}
                answers.write(out, answers.answer(part, inputs))
    except NotThere as error:
        for _ in range(count):
            answers.write(out, str(error))


if __name__ == '__main__':
    main()
    os._exit(0)     # not the student's threads and exit handlers
