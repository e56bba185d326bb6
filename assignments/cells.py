"""For notebooks: %load_ext assignments.cells, then cells that begin with

    %%part nn/dense.py:Dense.forward

The rest of the cell, a function, is put into that file in the place of the one of that name.
"""
import ast
import textwrap
from pathlib import Path

from assignments.source import NotThere, lines_of, replaced, split, text_of


def part(target, cell):
    """Write a function into its file; what it did, in a line."""
    path, function = split(target.strip())
    file = Path(path)
    try:
        text = replaced(text_of(file, path), function, _function(cell, function))
        file.write_text(text, 'utf-8')
    except (NotThere, SyntaxError, ValueError, OSError) as error:
        return f'not written: {error}'
    return f'written into {path}'


def _function(cell, function):
    """The text of a cell's one function, without what is around it, which would pile up in the
    file. Raises NotThere where there is another one, or something else, SyntaxError."""
    name, cell = function.split('.')[-1], textwrap.dedent(cell)
    nodes = ast.parse(cell, 'cell').body
    if len(nodes) != 1 or not isinstance(nodes[0], ast.FunctionDef) or nodes[0].name != name:
        raise NotThere(f'the cell must hold the function {name} and nothing else; imports and '
                       'helpers go inside it')
    return lines_of(cell, name)


def load_ipython_extension(shell):
    shell.register_magic_function(lambda line, cell: print(part(line, cell)), 'cell', 'part')
