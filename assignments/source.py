"""Python files as text and syntax trees: a function's place, its blank, its code."""
import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ('nn', 'models', 'experiments', 'training', 'datasets', 'console', 'examples', 'assignments')


class NotThere(Exception):
    """A function is not in a text, or cannot be read; the message says why."""


def find(tree, function):
    """The node of a function by its name, 'Dense.forward'. Raises NotThere."""
    node = tree
    for name in function.split('.'):
        found = [child for child in node.body if getattr(child, 'name', None) == name]
        if not found:
            raise NotThere(f'{function} is not in the file')
        node = found[-1]        # the one that Python would use
    if not isinstance(node, ast.FunctionDef):
        raise NotThere(f'{function} is not a function')
    return node


def code_of(text, function, filename):
    """The code object of a function in the text of a module; nothing of it runs. Raises NotThere,
    also where there is a mistake in the text."""
    try:
        node = find(ast.parse(text), function)
        node.decorator_list = []
        module = compile(ast.Module([node], []), filename, 'exec')
    except SyntaxError as error:
        raise NotThere(f'SyntaxError: {error.msg} ({filename}, line {error.lineno})') from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotThere(f'{type(error).__name__}: {error}') from None
    return next(constant for constant in module.co_consts
                if getattr(constant, 'co_name', None) == node.name)


def body(node):
    """The statements of a function without its docstring."""
    return node.body[ast.get_docstring(node, clean=False) is not None:]


def blank(text, stubs):
    """The text of a module with the bodies of functions blanked: `stubs`, function -> (message of
    its NotImplementedError, a docstring for one that has none). No comment of a body is left."""
    tree, lines = ast.parse(text), text.splitlines()
    nodes = {function: find(tree, function) for function in stubs}
    for function, node in sorted(nodes.items(), key=lambda item: -item[1].lineno):
        message, doc = stubs[function]
        indent = ' ' * (node.col_offset + 4)
        first = node.body[0]
        start = first.lineno - 1
        if ast.get_docstring(node) is not None:
            start, doc = first.end_lineno, ''
        stub = [indent + line if line else '' for line in f'"""{doc}"""'.splitlines()] * bool(doc)
        signature = [line for line in lines[node.lineno - 1:start]]
        lines[node.lineno - 1:node.end_lineno] = [
            *signature, *stub, f'{indent}raise NotImplementedError({message!r})']
    return '\n'.join(lines) + '\n'


def without_unused_imports(text, kept):
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
