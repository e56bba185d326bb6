"""The process that a student's code runs in: limits itself, reads questions, writes answers.

    python -m assignments.child FILE_DESCRIPTOR

In a copy of this codebase in which the part is blanked (marking.py). Standard input: the names of
assignment and part and how many questions there are, target -> text of the student's files, then
the inputs of each question. There is no seed here and no right answer.
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
    head, texts = answers.read(questions), answers.read(questions)
    part, = (part for part in load(head['assignment'].item()).parts if part.name == head['part'])
    set_up_process()        # reads what is out of reach afterwards
    limit()
    try:
        with answers.installed({target: text.item() for target, text in texts.items()}):
            for _ in range(head['count']):
                answers.write(out, answers.answer(part, answers.read(questions)))
    except NotThere as error:
        for _ in range(head['count']):
            answers.write(out, str(error))


if __name__ == '__main__':
    main()
    os._exit(0)     # not the student's threads and exit handlers
