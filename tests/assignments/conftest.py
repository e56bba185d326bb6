"""Fixtures of the commands' tests."""
import pytest

from assignments import check, grade, make, marking
from tests.assignments import submissions


@pytest.fixture
def folder(tmp_path):
    """Of a student who has done nothing."""
    make.make(['dense', 'losses'], tmp_path / 'anna')
    return tmp_path / 'anna'


@pytest.fixture
def in_process(monkeypatch):
    """Marks without a process for each part."""
    monkeypatch.setattr(marking, 'in_child', submissions.in_process)
    monkeypatch.setattr(grade, 'available_cores', lambda: 1)        # they would install at once


@pytest.fixture
def here(folder, monkeypatch):
    """check.py in this process: the reference as it is installed, beside the folder's answers."""
    monkeypatch.setattr(check, 'ROOT', folder)
    return folder
