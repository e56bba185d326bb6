"""What students hand in: texts of their files, path -> text."""
import subprocess
import sys
import textwrap

from assignments import answers
from assignments.assignment import load
from assignments.make import stubs
from assignments.source import NotThere, blank, imports, in_files, lines_of, ours, replaced, split


def solved(assignment):
    return {path: ours(path) for path in assignment.paths}


def blanked(assignment):
    blanks = in_files(stubs([assignment]))
    return {path: blank(text, blanks[path]) for path, text in solved(assignment).items()}


def changed(assignment, changes):
    """The reference with other functions. changes: function -> its whole text, or a list of pairs
    (old, new) of texts in it, each of which is there once."""
    texts = solved(assignment)
    for function, change in changes.items():
        path, = {path for path, name in map(split, assignment.targets) if name == function}
        if not isinstance(change, str):
            indent = ' ' * 4 * function.count('.')      # as in the file, for a `new` of more lines
            text = textwrap.indent(lines_of(texts[path], function), indent)
            for old, new in change:
                assert text.count(old) == 1, (function, old)
                text = text.replace(old, new)
            change = text
        texts[path] = replaced(texts[path], function, textwrap.dedent(change).strip())
    return texts


def in_process(assignment, part, texts, inputs, stopped=None):
    """The answers to the questions like marking.in_child, but in this process: quick."""
    try:
        with answers.installed(texts):
            return [answers.answer(part, each) for each in inputs]
    except NotThere as error:
        return [str(error)] * len(inputs)


def hand_in(folder, assignment):
    """Put the reference into a student's folder, with the modules that it uses and students do
    not have."""
    todo = list(assignment.paths)
    while todo:
        path = todo.pop()
        if path in assignment.paths or not (folder / path).exists():
            text = ours(path)
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding='utf-8')
            todo += imports(text) - {*assignment.paths}


def write(folder, texts):
    for path, text in texts.items():
        (folder / path).write_text(text, encoding='utf-8')


def run_check(folder, *arguments):
    return subprocess.run([sys.executable, 'check.py', *arguments], cwd=folder, text=True,
                          capture_output=True, timeout=60)


def said(capsys):
    return capsys.readouterr().err.strip()


def solve(name, path, folder):
    """Write the functions of an assignment that are in one file."""
    functions = [function for file, function in map(split, load(name).targets) if file == path]
    text, path = solved(load(name))[path], folder / path
    for function in functions:
        path.write_text(replaced(path.read_text(), function, lines_of(text, function)))
    return path
