"""Course assignments made from this codebase: make, check, grade (README.md).

    assignment.py   what an assignment is; catalogue/: one file each, its handout beside it
    questions.py    how a part asks the student's code
    answers.py      what that code answers
    compare.py      what is wrong with an answer
    make.py         the student's folder; source.py: how its files are blanked
    handout.py      its README.md
    notebooks.py    the same as a notebook, whose cells are cells.py
    check.py        what a student runs there
    marking.py      marks: the student's code in a process of its own, child.py, with limits.py
    grade.py        several folders, tables

Nothing imports this package.
"""
