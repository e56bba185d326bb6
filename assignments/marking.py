"""Marks: the questions of each part go to a process with the student's code, its answers are
compared here with those of the reference."""
import functools
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from assignments import answers
from assignments.compare import explain, summary
from assignments.limits import SECONDS
from assignments.source import ROOT, NotThere, blank, closure, in_files

WALL_SECONDS = 30
NO_ANSWER = 'no answer: '
TOO_LONG = f'it takes more than {SECONDS} seconds'
ENDS = {0: 'it ended its process', -signal.SIGXCPU: TOO_LONG}


@dataclass(frozen=True)
class Mark:
    """Of one part. says: what is wrong; '' where it is right."""
    assignment: str
    part: str
    points: int
    of: int
    says: str

    @property
    def title(self):
        return f'{self.assignment}: {self.part}'


def mark(assignment, texts, seed, process=None):
    """[Mark] of all parts. texts: path -> text of the student's file, or a NotThere that says why
    there is none. process(assignment, part, texts, inputs) -> list of answers; in_child."""
    marks = []
    right = {}          # part -> the texts that were right together, by their targets
    wrong = set()       # targets of which a part is wrong
    attempt = functools.partial(_attempt, assignment, seed, process or in_child)
    for part in assignment.parts:
        text = texts.get(part.path, NotThere(f'{part.path} is not in the folder'))
        alone = {part.target: text}
        own = right.get(part.own, {})
        if isinstance(text, NotThere):
            says = str(text)
        else:
            says = attempt(part, alone | own)
            if says and own and NO_ANSWER not in says and not attempt(part, alone):
                # A forward pass that is wrong in another part has lost its points there.
                says = '' if own.keys() & wrong else (
                    f'it is right beside the right {part.own}, but does not fit yours: {says}')
                own = {}
            elif says and part.own and not own and not says.startswith(('not written', NO_ANSWER)):
                says = (f'tried after the right {part.own}, whose cache is that of the docstring, '
                        f'as yours is wrong: {says}')
        if says:
            wrong.add(part.target)
        else:
            right[part.name] = alone | own
        marks.append(Mark(assignment.name, part.name, 0 if says else part.points, part.points,
                          says))
    return marks


def _attempt(assignment, seed, process, part, texts):
    """What is wrong with a part, the code in `texts` in the place of the reference's."""
    inputs = {case: assignment.inputs(part, case, seed) for case in part.cases}
    replies, says = process(assignment, part, texts, [*inputs.values()]), {}
    right = functools.partial(answers.answer, part)
    for case, reply in zip(inputs, replies, strict=True):
        asked = assignment.inputs(part, case, seed)     # whatever became of the others
        says[case] = reply if isinstance(reply, str) else explain(asked, reply, right(asked), right)
    return summary(says)


def in_child(assignment, part, texts, inputs, stopped=None):
    """The answers to the questions from a process of its own, in a copy of this codebase without
    the part's solution, with limits. What it does to itself and its copy ends with it.
    stopped: a threading.Event that ends it, too; then raises InterruptedError."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, \
            tempfile.TemporaryFile() as questions, tempfile.TemporaryFile() as replies:
        _copy(Path(folder), assignment, texts)
        head = {'assignment': assignment.name, 'part': part.name, 'count': len(inputs)}
        for each in (head, texts, *inputs):
            answers.write(questions, each)
        questions.seek(0)
        os.chmod(folder, 0o755)         # for nobody, where we are root
        libraries = [path for path in sys.path if path and Path(path).resolve() != ROOT]
        child = subprocess.Popen(
            [sys.executable, '-m', 'assignments.child', str(replies.fileno())], cwd=folder,
            stdin=questions, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=[replies.fileno()], start_new_session=True,
            env={'HOME': folder, 'PYTHONPATH': os.pathsep.join(libraries),
                 'PYTHONDONTWRITEBYTECODE': '1', 'MPLBACKEND': 'agg',
                 'OPENBLAS_NUM_THREADS': '1', 'OMP_NUM_THREADS': '1'})
        try:
            _wait(child, stopped)
            why = ENDS.get(child.returncode, 'it broke its process, or used too much memory')
        except subprocess.TimeoutExpired:
            why = TOO_LONG
        finally:
            _end(child, folder)
        replies.seek(0)
        given = []
        for _ in inputs:
            try:
                given.append(answers.read(replies, 'biuf'))
            except ValueError:
                given.append(NO_ANSWER + why)
        return given


def _wait(child, stopped):
    """Until it ends by itself. Raises TimeoutExpired, InterruptedError."""
    end = time.monotonic() + WALL_SECONDS
    while True:
        try:
            child.wait(0.1)
            return
        except subprocess.TimeoutExpired:
            if stopped and stopped.is_set():
                raise InterruptedError from None
            if time.monotonic() > end:
                raise


def _end(child, folder):
    """Of the child and of all processes that it started: they have its environment, and so the
    name of its folder, wherever they went."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()
    nothing = 0
    while os.geteuid() == 0 and nothing < 2:        # others can start none (limits.py)
        nothing += 1
        for environment in Path('/proc').glob('[0-9]*/environ'):
            try:
                if folder.encode() in environment.read_bytes():
                    os.kill(int(environment.parent.name), signal.SIGKILL)
                    nothing = 0
            except OSError:
                pass        # it has ended
        time.sleep(0.01)


def _copy(folder, assignment, targets):
    """This codebase as far as the assignment needs it, with the targets blanked."""
    blanks = in_files(dict.fromkeys(targets, ('blank', '')))
    for path, text in _needed(assignment.files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(blank(text, blanks[path]) if path in blanks else text, 'utf-8')


@functools.cache
def _needed(paths):
    return closure({*paths, 'assignments/child.py'})
