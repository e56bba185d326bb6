"""What a handout tells students to use is in their files."""
import ast
import re

import pytest

from assignments.assignment import load, names
from assignments.make import files
from assignments.source import find
from tests.assignments.submissions import solved


def imported(text):
    return {name.asname or name.name for node in ast.parse(text).body
            if isinstance(node, (ast.Import, ast.ImportFrom)) for name in node.names}


@pytest.mark.parametrize('name', names())
def test_what_the_handout_names_is_imported(name):
    """The imports that the solutions alone use are taken away (used_imports)."""
    assignment = load(name)
    mentioned = {word for code in re.findall('`([^`]+)`', assignment.handout)
                 for word in re.findall(r'\w+', code)}
    there, right = files([assignment]), solved(assignment)
    for target in assignment.targets:
        path, _, function = target.partition(':')
        used = {node.id for node in ast.walk(find(ast.parse(right[path]), function))
                if isinstance(node, ast.Name)}
        gone = used & mentioned & (imported(right[path]) - imported(there[path]))
        assert not gone, f'{target}: {gone}'
