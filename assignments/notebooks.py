"""The same as a Jupyter notebook: its cells write the functions into their files and check them."""
from assignments.handout import page
from assignments.source import lines_of, ours, split
from training.files import RunError

START = '''# {titles}

Each cell that begins with `%%part` holds a function. Running it writes the function into its file,
and the cell after it checks it. **The files are marked**: run what you changed, then hand in the
whole folder. All else is said in README.md.'''
KERNEL = {'kernelspec': {'display_name': 'Python 3', 'language': 'python', 'name': 'python3'},
          'language_info': {'name': 'python'}}


def files(assignments, texts):
    """path -> text, for a folder with the files `texts`. Raises RunError without nbformat."""
    try:
        from nbformat import v4, writes
    except ImportError:
        raise RunError('--format notebook needs nbformat: pip install nbformat') from None
    make = {'text': v4.new_markdown_cell, 'code': v4.new_code_cell}
    notebook = v4.new_notebook(
        cells=[make[kind](text) for kind, text in cells(assignments, texts)], metadata=KERNEL)
    for number, cell in enumerate(notebook.cells):
        cell.id = f'cell-{number}'      # nbformat draws them, and a folder is to be the same again
    return {'assignments.ipynb': writes(notebook),
            'assignments/cells.py': ours('assignments/cells.py')}


def cells(assignments, texts):
    """Pairs ('text' or 'code', what is in the cell)."""
    yield 'text', START.format(titles=', '.join(assignment.title for assignment in assignments))
    yield 'code', 'import sys\n%load_ext assignments.cells'
    for assignment in assignments:
        yield 'text', page(assignment, texts)
        for target in assignment.targets:
            path, function = split(target)
            yield 'code', f'%%part {target}\n{lines_of(texts[path], function)}'
            yield 'code', f'!"{{sys.executable}}" check.py {assignment.name}'
