"""For notebooks: %load_ext assignments.cells, then cells that begin with

    %%part nn/dense.py:Dense.forward

The rest of the cell is put into that file in the place of the function of that name.
"""
from pathlib import Path

from assignments.source import NotThere, replaced


def part(target, cell):
    """Write a function into its file; what it did, in a line."""
    path, _, function = target.strip().partition(':')
    file = Path(path)
    try:
        file.write_text(replaced(file.read_text('utf-8'), function, cell), 'utf-8')
    except (NotThere, SyntaxError, OSError) as error:
        return f'not written: {error}'
    return f'written into {path}'


def load_ipython_extension(shell):
    shell.register_magic_function(lambda line, cell: print(part(line, cell)), 'cell', 'part')
