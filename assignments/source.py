"""Python files as text and syntax trees: a function's place, its blank, its code."""
import ast
import inspect
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What a solution has no business with, by any name: files, processes, the interpreter; super(),
# which needs its class around it. All names like __class__, too.
FORBIDDEN = set('''
    open exec eval compile getattr setattr delattr globals locals vars breakpoint os sys io
    resource subprocess socket ctypes ctypeslib inspect importlib gc signal threading
    multiprocessing pathlib shutil tempfile pickle builtins assignments
    gradcheck load save savez savetxt loadtxt genfromtxt
    fromfile tofile memmap testing super'''.split())


class NotThere(Exception):
    """A function is not in a text, or cannot be read; the message says why."""


def ours(path):
    """The text of one of our files, with the solutions."""
    return (ROOT / path).read_text('utf-8')


def split(target):
    """'nn/dense.py:Dense.forward' -> ('nn/dense.py', 'Dense.forward')"""
    path, _, function = target.partition(':')
    return path, function


def in_files(stubs):
    """target -> stub by file: path -> function -> stub."""
    result = {}
    for target, stub in stubs.items():
        path, function = split(target)
        result.setdefault(path, {})[function] = stub
    return result


def find(tree, function):
    """The node of a function by its name, 'Dense.forward', or the ast.Assign of a class's
    attribute. Raises NotThere."""
    node = tree
    for name in function.split('.'):
        found = [child for child in node.body if name in (getattr(child, 'name', None), *(
            target.id for target in getattr(child, 'targets', ()) if isinstance(target, ast.Name)))]
        if not found:
            raise NotThere(f'{function} is not in the file')
        node = found[-1]        # the one that Python would use
    if not isinstance(node, (ast.FunctionDef, ast.Assign)):
        raise NotThere(f'{function} is not a function')
    return node


def lines_of(text, function):
    """The lines of a function, without its decorators, as they would stand outside of its class."""
    node = find(ast.parse(text), function)
    return textwrap.dedent('\n'.join(text.splitlines()[node.lineno - 1:node.end_lineno]))


def code_of(text, function, filename):
    """The code object of a function in the text of a module; nothing of it runs. Raises NotThere,
    also where there is a mistake in the function or it uses what no solution needs."""
    try:
        try:
            tree = ast.parse(text)
        except SyntaxError:         # perhaps of another function
            tree = ast.parse(_alone(text, function))
            function = function.split('.')[-1]
        node = find(tree, function)
        if isinstance(node, ast.Assign):
            raise NotThere(f'{function} is not a function')
        node.decorator_list = []
        module = compile(ast.Module([node], []), filename, 'exec')
    except SyntaxError as error:
        raise NotThere(f'SyntaxError: {error.msg} ({filename}, line {error.lineno})') from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotThere(f'{type(error).__name__}: {error}') from None
    codes = [constant for constant in module.co_consts
             if getattr(constant, 'co_name', None) == node.name]
    if len(codes) != 1:
        raise NotThere(f'{node.name} is no plain function')
    if names := refused_names(node, codes[0]):
        raise NotThere(f'it uses {", ".join(sorted(names))}, which is not allowed: a solution '
                       'computes from what it is given. If that is a name of your own, rename it')
    return codes[0]


def refused_names(node, code):
    """Of a function, by its syntax tree and its code: attributes, modules, and variables that are
    not its own, if they are in FORBIDDEN; all names like __class__."""
    def not_its_own(code):
        return {*code.co_names}.union(*map(not_its_own, filter(inspect.iscode, code.co_consts)))

    used, variables = set(), not_its_own(code)
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and (child.id in variables or child.id.startswith('__')):
            used.add(child.id)
        elif isinstance(child, ast.alias):
            used |= {*child.name.split('.')}
        elif isinstance(child, ast.ImportFrom):
            used |= {*(child.module or '').split('.')}
        used |= {getattr(child, 'attr', ''), *getattr(child, 'kwd_attrs', ())}      # of a match
    return {name for name in used if name.startswith('__') or name in FORBIDDEN}


def _alone(text, function):
    """The lines of a function, cut out by their indentation, where they were."""
    start, lines = 0, text.splitlines()
    for name in function.split('.'):
        opening = re.compile(rf'(\s*)(def|class)\s+{name}\b')
        start = next((k for k in range(start, len(lines)) if opening.match(lines[k])), None)
        if start is None:
            raise NotThere(f'{function} is not in the file')
    indent = opening.match(lines[start])[1]
    end = next((k for k in range(start + 1, len(lines)) if lines[k].strip() and not re.match(
        rf'{indent}[\s)]', lines[k])), len(lines))
    return '\n' * start + textwrap.dedent('\n'.join(lines[start:end]))


def blank(text, stubs):
    """The text of a module with the bodies of functions blanked: `stubs`, function -> (message of
    its NotImplementedError, a docstring for one that has none). No comment of a body is left. The
    value of a class's attribute is blanked to None."""
    tree, lines = ast.parse(text), text.splitlines()
    nodes = {function: find(tree, function) for function in stubs}
    for function, node in sorted(nodes.items(), key=lambda item: -item[1].lineno):
        message, doc = stubs[function]
        if isinstance(node, ast.Assign):
            start, indent = node.lineno - 1, node.col_offset
            stub = f'{function.split(".")[-1]} = None      # {message}'
        else:
            first = node.body[0]
            start = min(each.lineno for each in (first, *getattr(first, 'decorator_list', ()))) - 1
            indent = node.col_offset + 4
            stub = f'raise NotImplementedError({message!r})'
            if ast.get_docstring(node) is not None:
                start = node.body[0].end_lineno
            else:
                while lines[start - 1].lstrip()[:1] in ('', '#'):   # above the first statement
                    start -= 1
                stub = f'"""{doc}"""\n{stub}' if doc else stub
        lines[start:node.end_lineno] = textwrap.indent(stub, ' ' * indent).splitlines()
    return '\n'.join(lines) + '\n'


def replaced(text, function, source):
    """The text of a module with another function of that name. Raises NotThere, SyntaxError."""
    lines, node = text.splitlines(), find(ast.parse(text, 'the file'), function)
    lines[node.lineno - 1:node.end_lineno] = textwrap.indent(
        source.rstrip(), ' ' * node.col_offset).splitlines()
    return '\n'.join(lines) + '\n'


def outside(text, functions):
    """What a module is but for the bodies of some functions, to compare. Raises NotThere."""
    tree = ast.parse(text)
    for function in functions:
        find(tree, function).body = []
    return ast.dump(tree)


def used_imports(text, kept):
    """The text without the imports of our own modules that nothing in it uses, other than of
    modules in `kept`."""
    tree, lines = ast.parse(text), text.splitlines()
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in reversed(tree.body):
        if isinstance(node, ast.ImportFrom) and path_of(node.module) and node.module not in kept:
            names = [name for name in node.names if (name.asname or name.name) in used]
            if names != node.names:
                node.names = names
                lines[node.lineno - 1:node.end_lineno] = [ast.unparse(node)] if names else []
    return '\n'.join(lines) + '\n'


def path_of(module):
    """The file of one of our modules, relative to the root; None where there is none."""
    for path in (f'{module.replace(".", "/")}.py', f'{module.replace(".", "/")}/__init__.py'):
        if (ROOT / path).is_file():
            return path
    return None


def imports(text):
    """The files of ours that a text imports, with the __init__.py of their packages."""
    modules = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module, *(f'{node.module}.{name.name}' for name in node.names)}
    parents = {module.rsplit('.', k)[0] for module in modules for k in range(module.count('.') + 1)}
    return set(filter(None, map(path_of, parents)))


def closure(paths, read=ours):
    """path -> text, read(path), of some files and of all of ours that they import, and so on."""
    texts, todo = {}, list(paths)
    while todo:
        path = todo.pop()
        if path not in texts:
            texts[path] = read(path)
            todo += imports(texts[path])
    return texts
