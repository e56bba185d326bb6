"""Typical wrong solutions: a table for each assignment, in the file of its name (see
assignments/WRITING.md)."""
import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """changes: function -> its text, or pairs (old, new) (submissions.changed). says: part -> words
    of its mark, of each part that is wrong; all others must have their points."""
    mistake: str
    changes: dict
    says: dict


def table(name):
    return importlib.import_module(f'{__name__}.{name.replace("-", "_")}').WRONG
