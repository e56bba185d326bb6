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
from assignments.source import NotThere

SECONDS = 10        # of the processor, for a part
MEMORY = 4 << 30    # bytes of addresses
FILE = 32 << 20     # bytes of a file, that of the answers too


def limit():
    """Hard limits, which nobody can lift again."""
    import resource
    for name, most in (('CPU', SECONDS), ('AS', MEMORY), ('FSIZE', FILE), ('CORE', 0),
                       ('NPROC', 0), ('NOFILE', 64)):
        resource.setrlimit(getattr(resource, f'RLIMIT_{name}'), (most, most))
    if hasattr(os, 'sched_setaffinity'):        # one core: nn/fast starts no threads
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])


def main():
    questions, out = sys.stdin.buffer, open(int(sys.argv[1]), 'wb', buffering=0)
    limit()
    head = answers.read(questions)
    part = next(part for part in load(str(head.pop('assignment'))).parts
                if part.name == str(head['part']))
    head.pop('part')
    count = int(head.pop('count'))
    try:
        with answers.installed({target: str(text) for target, text in head.items()}):
            for _ in range(count):
                inputs = {name: value.item() if not value.ndim else value
                          for name, value in answers.read(questions).items()}
                answers.write(out, answers.answer(part, inputs))
    except NotThere as error:
        for _ in range(count):
            answers.write(out, str(error))


if __name__ == '__main__':
    main()
