"""README.md of a student's folder: how to work, then each assignment and where its parts are."""
import ast
import textwrap

from assignments.source import FORBIDDEN, find

HOW = '''# Assignments: {titles}

Write the functions that are named below. **Change only the inside of these functions** (functions
within them are fine): only these are taken out of your files and marked, each in a codebase where
all else is right. Functions that say 'not a part of these assignments' stay as they are. What a
function is given and returns stands in its docstring; `nn/layer.py` says what all layers promise.
No function changes an array that it is given, unless its assignment says so. backward adds to
gradients, in place.
You need Python 3.10 or later and `pip install numpy scipy threadpoolctl`.{notebook}

**Imports go inside the function**, `import numpy as np` as its first line: one that you add at the
top of a file is missing when you are marked, and so is a helper beside the function. You may import
`math`, NumPy, SciPy and the modules of this folder. A solution computes from what it is given, and
opens no files. Refused, but for variables of your own, are names that begin with two underscores,
and these:
{refused}.

    python check.py                {some}
    python check.py NAME           one assignment

`check.py` asks each function some questions and compares what it returns with the right answers.
A part that is wrong says what it looks like, where the numbers show it. Then it compares your
backward passes with differences of your own forward passes, where the gradient checker is not an
assignment that comes later (`nn/gradcheck`). That comparison brings no points.

`check.py` runs your functions together: a part may be wrong there only because one that it calls
is. Mend the first wrong part first. In the marks each part is tried beside right code, with other
sizes and other numbers, and has all of its points or none. So the marks may be better than what
`check.py` says. Only a backward pass is tried after your own forward pass, where that is right: the
two must fit together.

Hand in this whole folder.
'''
NOTEBOOK = '''
Or work in `assignments.ipynb` (`pip install notebook`): its cells write into these files.'''


def handout(assignments, texts, notebook=False):
    return '\n'.join([HOW.format(
        titles=', '.join(assignment.title for assignment in assignments),
        some=', '.join(assignment.name for assignment in assignments),
        notebook=NOTEBOOK * notebook,
        refused=textwrap.fill(', '.join(sorted(FORBIDDEN)), 100)),
        *(page(assignment, texts) for assignment in assignments)])


def page(assignment, texts):
    """Of one assignment."""
    rows = [f'| {part.name} | `{part.path}`, line {_line(texts, part)}: `{part.function}` | '
            f'{part.points} |' for part in assignment.parts]
    after = f', after {", ".join(assignment.after)}' if assignment.after else ''
    return '\n'.join([
        f'## {assignment.name}: {assignment.title}', '',
        f'About {assignment.hours:g} hours{after}.', '',
        f'You learn: {assignment.learns}', '', f'Sources: {assignment.sources}.', '',
        '| part | where | points |', '|---|---|---|', *rows, '', assignment.handout])


def _line(texts, part):
    return find(ast.parse(texts[part.path]), part.function).lineno
