"""Python files as text and syntax trees: a function's place, its blank, its code."""
import ast
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ('nn', 'models', 'experiments', 'training', 'datasets', 'console', 'examples', 'assignments')
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
    """Of a function, by its syntax tree and its code: those in FORBIDDEN that are not variables of
    its own, and all like __class__."""
    outside = _names_from_outside(code)
    return {name for name in _names_in(node)
            if name.startswith('__') or name in FORBIDDEN and name in outside}


def _names_in(tree):
    """All names, attributes and modules in a syntax tree."""
    names = set()
    for node in ast.walk(tree):
        names |= {getattr(node, 'id', None), getattr(node, 'attr', None),
                  *getattr(node, 'kwd_attrs', ())}      # of a match
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [name.name for name in node.names] + [getattr(node, 'module', None) or '']
            names |= {word for module in modules for word in module.split('.')}
    return names - {None}


def _names_from_outside(code):
    """Those in a function's code that are not its own variables, and more."""
    names = {word for name in code.co_names for word in name.split('.')}
    for constant in code.co_consts:
        if isinstance(constant, tuple):     # a match has the names of attributes here
            names |= {name for name in constant if isinstance(name, str)}
        elif hasattr(constant, 'co_names'):
            names |= _names_from_outside(constant)
    return names


def _alone(text, function):
    """The lines of a function, cut out by their indentation, where they were."""
    start, end, indent, lines = 0, None, '', text.splitlines()
    for name in function.split('.'):
        opening = re.compile(rf'(\s*)(def|class)\s+{name}\b')
        start = next((k for k in range(start, len(lines)) if opening.match(lines[k])), None)
        if start is None:
            raise NotThere(f'{function} is not in the file')
    indent = opening.match(lines[start])[1]
    end = next((k for k in range(start + 1, len(lines)) if lines[k].strip() and not re.match(
        rf'{indent}[\s)]', lines[k])), len(lines))
    return '\n' * start + textwrap.dedent('\n'.join(lines[start:end]))


def body(node):
    """The statements of a function without its docstring; an assignment is its own."""
    if isinstance(node, ast.Assign):
        return [node]
    return node.body[ast.get_docstring(node, clean=False) is not None:]


def blank(text, stubs):
    """The text of a module with the bodies of functions blanked: `stubs`, function -> (message of
    its NotImplementedError, a docstring for one that has none). No comment of a body is left. The
    value of a class's attribute is blanked to None."""
    tree, lines = ast.parse(text), text.splitlines()
    nodes = {function: find(tree, function) for function in stubs}
    for function, node in sorted(nodes.items(), key=lambda item: -item[1].lineno):
        message, doc = stubs[function]
        if isinstance(node, ast.Assign):
            lines[node.lineno - 1:node.end_lineno] = [
                ' ' * node.col_offset + f'{function.split(".")[-1]} = None      # {message}']
            continue
        indent = ' ' * (node.col_offset + 4)
        first = node.body[0]
        start = first.lineno - 1
        while lines[start - 1].lstrip()[:1] in ('', '#'):   # above the first statement
            start -= 1
        if ast.get_docstring(node) is not None:
            start, doc = first.end_lineno, ''
        stub = [indent + line if line else '' for line in f'"""{doc}"""'.splitlines()] * bool(doc)
        signature = [line for line in lines[node.lineno - 1:start]]
        lines[node.lineno - 1:node.end_lineno] = [
            *signature, *stub, f'{indent}raise NotImplementedError({message!r})']
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
        if isinstance(node, ast.ImportFrom) and is_ours(node.module) and node.module not in kept:
            names = [name for name in node.names if (name.asname or name.name) in used]
            if names != node.names:
                node.names = names
                lines[node.lineno - 1:node.end_lineno] = [ast.unparse(node)] if names else []
    return '\n'.join(lines) + '\n'


def is_ours(module):
    return module.split('.')[0] in OURS


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
    return {path for module in modules | parents if is_ours(module) and (path := path_of(module))}


def closure(paths, read):
    """path -> text, read(path), of some files and of all of ours that they import, and so on."""
    texts, todo = {}, list(paths)
    while todo:
        path = todo.pop()
        if path not in texts:
            texts[path] = read(path)
            todo += imports(texts[path])
    return texts
