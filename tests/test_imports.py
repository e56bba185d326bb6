"""Imports point one way, and no two files need each other."""
import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRAINERS = ('train_mnist', 'train_norb', 'train_svhn', 'train_tfd')
MACHINERY = ('training', 'datasets', 'console', 'nn')
# A package -> the packages, or modules, of ours that its files may import.
ALLOWED = {
    'console': ('console',),
    'nn': ('nn',),
    'models': ('models', 'nn'),
    'datasets': ('datasets',),
    'training': ('training', 'datasets', 'console', 'nn.backend', 'nn.fast',
                 'nn.processes'),
    'experiments': ('experiments', 'models', *MACHINERY),
    'examples': ('models', 'datasets', 'nn'),
    'assignments': ('assignments', 'experiments', 'models', *MACHINERY),
} | {trainer: ('experiments', *MACHINERY) for trainer in TRAINERS}
# A command in a package of layers: it knows who uses them.
COMMANDS = {'nn.gradcheck.__main__': ('nn', 'models', 'console')}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


FILES = {name_of(path): path for package in ALLOWED
         for path in [*ROOT.glob(f'{package}.py'), *ROOT.glob(f'{package}/**/*.py')]}


def is_in(module, package):
    return f'{module}.'.startswith(f'{package}.')


def imported(path):
    """The modules of ours that a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f'{path}: a relative import'
            found |= {whole if (whole := f'{node.module}.{name.name}') in FILES else node.module
                      for name in node.names}
    return {module for module in found if any(is_in(module, package) for package in ALLOWED)}


IMPORTED = {name: imported(path) for name, path in FILES.items()}


def test_all_of_it_is_there():
    assert {'nn.fast.products', 'training.loop', 'train_tfd', 'datasets'} <= FILES.keys()
    assert {'experiments.registry', 'training.trainer', 'datasets'} <= IMPORTED['train_mnist']
    assert 'experiments.aae.clustering' in IMPORTED['experiments.registry']


@pytest.mark.parametrize('package', ALLOWED)
def test_imports_point_one_way(package):
    for name, modules in IMPORTED.items():
        if is_in(name, package):
            allowed = COMMANDS.get(name, ALLOWED[package])
            wrong = [module for module in modules
                     if not any(is_in(module, each) for each in allowed)]
            assert not wrong, f'{name} imports {", ".join(wrong)}'


def levels(imports):
    """file -> how many files stand under it, one on the other. Raises AssertionError where files
    import each other, in a circle."""
    found = {}

    def level(name, above):
        assert name not in above, f'a circle: {" -> ".join([*above, name])}'
        if name not in found:
            found[name] = 1 + max([level(module, [*above, name])
                                   for module in imports[name] if module in imports], default=-1)
        return found[name]
    for name in imports:
        level(name, [])
    return found


def test_no_circle():
    assert levels({'a': {'b', 'c'}, 'b': {'c'}, 'c': {'elsewhere'}}) == {'a': 2, 'b': 1, 'c': 0}
    with pytest.raises(AssertionError, match='a -> b -> c -> a'):
        levels({'a': {'b'}, 'b': {'c'}, 'c': {'a'}})
    levels(IMPORTED)
