"""The student's folder: blanked files, what they need, a checker, a handout; no solution."""
import io
import shutil
import tempfile
from pathlib import Path

from assignments import answers, check, notebooks
from assignments.assignment import BASE, SEEDS_OF_CHECK, load
from assignments.assignment import names as all_names
from assignments.handout import handout
from assignments.leaks import solutions_in
from assignments.source import blank, closure, in_files, ours, split, used_imports
from training.files import RunError

CHECK = '''"""python check.py [ASSIGNMENT ...]: what is right so far (README.md)."""
import signal
import sys

try:
    from assignments.check import main
except Exception as error:
    print('check: assignments/ cannot be imported:', *str(error).split(),
          '-- take it from the folder as it was given; README.md says what to install',
          file=sys.stderr)
    sys.exit(2)

for end in 'SIGINT', 'SIGPIPE':         # Ctrl-C, | head
    if hasattr(signal, end):
        signal.signal(getattr(signal, end), signal.SIG_DFL)
sys.exit(main())
'''


def make(names, out, notebook=False, later=()):
    """Make the folder `out` of assignments, whole or not at all. later: the names of others whose
    solutions it must not hold either. Raises RunError where it would hold a solution, where the
    package nbformat is needed and not there, and where the folder cannot be made."""
    assignments, others = [load(name) for name in names], [load(name) for name in later]
    for name in later:
        if name in names or name in _before(names):
            raise RunError(f'{name} cannot come later than {", ".join(names)}')
    texts = files(assignments, others, notebook)
    for assignment in (*assignments, *others):
        for leak in solutions_in(texts, assignment):
            raise RunError(f'{assignment.name} does not go into this folder, which would hold a '
                           f'solution: {leak}')
    if notebook:
        texts |= notebooks.files(assignments, texts)
    try:
        _write(Path(out).absolute(), assignments, texts)
    except OSError as error:
        raise RunError(f'--out {out} cannot be made ({error.strerror}): name a new folder, in one '
                       'that you can write to') from error


def _write(out, assignments, texts):
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f'.{out.name}-', dir=out.parent))
    try:
        for path, text in texts.items():
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            (part / path).write_text(text, encoding='utf-8')
        for assignment in assignments:
            file = io.BytesIO()
            for values in open_answers(assignment, assignments, texts):
                answers.write(file, values)
            (part / 'answers' / assignment.name).write_bytes(
                check.sealed(assignment.name, file.getvalue()))
        part.chmod(0o755)
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _before(names):
    """All that must come before assignments."""
    return {earlier for name in names
            for after in load(name).after for earlier in (after, *_before([after]))}


def also_solved(names, later=()):
    """The other assignments of which a folder of these holds a solution: they must come first."""
    made, others = [load(name) for name in names], [load(name) for name in later]
    texts, blanked = files(made, others), stubs(made, others)
    return [name for name in all_names() if name not in (*names, *later) and any(
        split(target)[0] in texts and target not in blanked for target in load(name).targets)]


def files(assignments, later=(), notebook=False):
    """path -> text of all text files of the folder, but the notebook."""
    blanks = in_files(stubs(assignments, later))
    kept = {module for assignment in assignments for module in (*BASE, *assignment.gives)}

    def read(path):
        text = ours(path)
        return used_imports(blank(text, blanks[path]), kept) if path in blanks else text

    texts = closure({path for assignment in assignments for path in assignment.files}, read)
    return dict(sorted(texts.items())) | {
        'check.py': CHECK, check.FILES: '\n'.join(texts) + '\n',
        'README.md': handout(assignments, texts, notebook),
        'assignments.txt': '\n'.join(assignment.name for assignment in assignments) + '\n'}


def stubs(assignments, later=()):
    """target -> (message, docstring) of all that is blanked."""
    result = {target: (f'this belongs to {assignment.name}, which comes later', '')
              for assignment in later for target in assignment.blanks}
    result |= {target: ('not a part of these assignments', '')
               for assignment in assignments for target in assignment.hides}
    for assignment in assignments:
        for target in assignment.targets:
            parts = [part for part in assignment.parts if part.target == target]
            result[target] = (f'{assignment.name}, part{"s" * (len(parts) > 1)} '
                              f'{" and ".join(part.name for part in parts)}'), parts[0].doc
    return result


def open_answers(assignment, assignments, texts):
    """What check.py reads, dict after dict: path -> the functions to write in it, for any of the
    assignments; path -> the file as it is given; then of each question the inputs, and the right
    answers."""
    yield {path: [part.function for each in assignments for part in each.parts
                  if part.path == path] for path in assignment.paths}
    yield {path: texts[path] for path in assignment.paths}
    for part in assignment.parts:
        for case in part.cases:
            for seed in SEEDS_OF_CHECK:
                inputs = assignment.inputs(part, case, seed)
                yield inputs
                yield answers.answer(part, inputs)
