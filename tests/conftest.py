"""Fixtures of the tests."""
import os

import pytest

os.environ['MPLBACKEND'] = 'agg'    # a notebook's, which may not be installed here

from tests.reference import smoke_run
from tests.runs import run
from tests.smoke_runs import data, made, no_pictures  # noqa: F401  (fixtures)


@pytest.fixture(scope='session')
def finished(tmp_path_factory):
    """The folder of a complete smoke run of three epochs; nobody may change it."""
    out = tmp_path_factory.mktemp('finished') / 'run'
    assert run(out, '--epochs', '3') == 0
    return out


@pytest.fixture(scope='session')
def smoke(tmp_path_factory):
    """A name of reference.NAMES -> the folder of that run, made when first asked for; nobody may
    change it."""
    folder = tmp_path_factory.mktemp('smoke')

    def make(name):
        out = folder / name.replace(' ', '')
        if not out.exists():
            smoke_run(name, out)
        return out
    return make
