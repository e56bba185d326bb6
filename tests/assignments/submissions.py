"""What students hand in: texts of their files, path -> text."""
import ast
import subprocess
import sys
import textwrap

from assignments.assignment import load
from assignments.make import stubs
from assignments.source import ROOT, blank, find, imports, replaced


def solved(assignment):
    return {path: (ROOT / path).read_text('utf-8') for path in assignment.paths}


def blanked(assignment):
    return {path: blank(text, stubs(path, [assignment]))
            for path, text in solved(assignment).items()}


def changed(assignment, changes):
    """The reference with other functions. changes: function -> its whole text, or a list of pairs
    (old, new) of texts in it, each of which is there once."""
    texts = solved(assignment)
    for function, change in changes.items():
        path, = {target.partition(':')[0] for target in assignment.targets
                 if target.endswith(f':{function}')}
        lines = texts[path].splitlines()
        node = find(ast.parse(texts[path]), function)
        place = slice(node.lineno - 1, node.end_lineno)
        if isinstance(change, str):
            text = textwrap.indent(textwrap.dedent(change).strip(), ' ' * node.col_offset)
        else:
            text = '\n'.join(lines[place])
            for old, new in change:
                assert text.count(old) == 1, (function, old)
                text = text.replace(old, new)
        lines[place] = text.splitlines()
        texts[path] = '\n'.join(lines) + '\n'
    return texts


def hand_in(folder, assignment):
    """Put the reference into a student's folder, with the modules that it uses and students do
    not have."""
    todo = list(assignment.paths)
    while todo:
        path = todo.pop()
        if path in assignment.paths or not (folder / path).exists():
            text = (ROOT / path).read_text('utf-8')
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
    text, path = solved(load(name))[path], folder / path
    for target in load(name).targets:
        function = target.partition(':')[2]
        node = find(ast.parse(text), function)
        source = textwrap.dedent('\n'.join(text.splitlines()[node.lineno - 1:node.end_lineno]))
        path.write_text(replaced(path.read_text(), function, source))
    return path
