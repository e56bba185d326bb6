"""Is there a piece of a solution in a text?"""
import ast
import copy
import functools

from assignments.source import find, ours, split

SHORTEST, CHARACTERISTIC = 8, 15        # nodes of the tree of a body, of a statement


def solutions_in(texts, assignment):
    """Where texts (path -> text) hold a piece of a solution of the assignment: the body of a
    function that was blanked, or a longer statement of it, whatever the variables are called."""
    secrets = {}
    for path, function in map(split, assignment.blanks):
        text = ours(path)
        for normal, piece in _pieces(text, find(ast.parse(text), function)):
            secrets[normal] = function, piece
    for path, text in texts.items():
        found, squeezed = _normal_forms(text) if path.endswith('.py') else (), _squeezed(text)
        for normal, (function, piece) in secrets.items():
            if normal in found or _squeezed(piece) in squeezed:
                yield f'{path} has a piece of {function}: {piece.strip()}'


@functools.cache
def _normal_forms(text):
    return {normal for normal, _ in _pieces(text, ast.parse(text))}


@functools.cache
def _squeezed(text):
    """Without spaces and parentheses, which can be set in several ways."""
    return ''.join(text.split()).replace('(', '').replace(')', '')


def _pieces(text, tree):
    """(normal form, text) of the bodies of functions in a tree, and of the statements that are long
    enough to be nobody else's."""
    lines = text.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node) is not None
            nodes, least = node.body[docstring:], SHORTEST
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)) and not (
                isinstance(node.value, ast.Constant)):
            nodes, least = [node], CHARACTERISTIC
        else:
            continue
        numbers, piece = {}, ast.Module(copy.deepcopy(nodes), [])
        if sum(not isinstance(child, ast.expr_context) for child in ast.walk(piece)) > least:
            for child in ast.walk(piece):
                if isinstance(child, ast.Name):
                    child.id = f'v{numbers.setdefault(child.id, len(numbers))}'
            yield ast.dump(piece), '\n'.join(lines[nodes[0].lineno - 1:nodes[-1].end_lineno])
