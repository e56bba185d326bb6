"""What an assignment is, and where they are: one file each in catalogue/ (see WRITING.md)."""
import importlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assignments.source import ours, path_of, split

CATALOGUE = Path(__file__).parent / 'catalogue'
SEEDS_OF_CHECK = (1, 2)         # those that students see; marks are given at another
# What every folder has: the protocol, what layers are written with, and the checker.
BASE = ('nn.layer', 'nn.backend', 'nn.initializers', 'nn.gradcheck', 'assignments.check')


@dataclass(frozen=True)
class Part:
    """One thing that is marked: right, with all of its points, or not.

    target: the function that the student writes, 'nn/dense.py:Dense.forward'; parts may share one.
    ask(**inputs): calls it; returns name -> array. For hints the gradient of an input x is named
        'dx', that of a parameter W "grads['W']" (see questions.py).
    cases: name -> function of a numpy Generator that draws `inputs`: arrays, numbers and texts. Of
        shapes and strides, too: what is drawn is hidden, how it is drawn is not.
    doc: a docstring for the stub of a function that has none.
    own: a part of the same assignment that comes first. If the student's is right, it is tried with
        this part, and what was right with it, in the place of the reference's: what a forward pass
        keeps is up to the student, if backward fits it.
    """
    name: str
    target: str
    points: int
    ask: Callable
    cases: dict
    doc: str = ''
    own: str = ''

    @property
    def path(self):
        return split(self.target)[0]

    @property
    def function(self):
        """'Dense.forward'"""
        return split(self.target)[1]


@dataclass(frozen=True)
class Assignment:
    """sources: equations and sections of the papers. hours: a student's. after: the names of those
    that come first. gives: modules of this codebase that the folder holds although no blanked file
    needs them. hides: functions and attributes of classes that are blanked and not asked for, as
    they give a solution away, named like targets. gradcheck(): a list of nn.gradcheck.Check of what
    the student wrote. The handout is the file of the same name that ends in .md."""
    name: str
    title: str
    learns: str
    sources: str
    hours: float
    parts: tuple
    after: tuple = ()
    gives: tuple = ()
    hides: tuple = ()
    gradcheck: Callable = None

    @property
    def points(self):
        return sum(part.points for part in self.parts)

    @property
    def targets(self):
        """The functions that students write, each once."""
        return tuple(dict.fromkeys(part.target for part in self.parts))

    @property
    def blanks(self):
        """All functions that are blanked."""
        return (*self.targets, *self.hides)

    @property
    def paths(self):
        return tuple(dict.fromkeys(part.path for part in self.parts))

    @property
    def files(self):
        """What a student's folder holds, with all that these import."""
        modules = *BASE, *self.gives, module_of(self.name)
        return frozenset((*(split(target)[0] for target in self.blanks), *map(path_of, modules),
                          'assignments/catalogue/__init__.py'))

    @property
    def handout(self):
        return ours(path_of(module_of(self.name)).removesuffix('.py') + '.md')

    def inputs(self, part, case, seed):
        """What the case draws: name -> array, number or text."""
        stream = zlib.crc32(f'{self.name}/{part.name}/{case}'.encode())
        return part.cases[case](np.random.default_rng([seed, stream]))


def names():
    """Of all assignments that are there, in the order of the alphabet."""
    return sorted(path.stem.replace('_', '-') for path in CATALOGUE.glob('[a-z]*.py'))


def module_of(name):
    return f'assignments.catalogue.{name.replace("-", "_")}'


def load(name):
    return importlib.import_module(module_of(name)).ASSIGNMENT
