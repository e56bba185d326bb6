"""No experiment's numbers have changed: its smoke run has the hash in reference.json."""
import pytest

from tests import reference


@pytest.mark.parametrize('name', reference.NAMES)
def test_a_smoke_run_ends_as_it_always_has(smoke, name):
    out, why = smoke(name), reference.differing()
    if why:
        pytest.skip(f'the last bits of a run are others here: {why}')
    assert reference.digest(out) == reference.stored()[1][name], (
        'the numbers of a run have changed; if they were meant to: python -m tests.reference '
        '--write, and say so')


def test_every_frozen_run_is_there():
    assert set(reference.NAMES) == set(reference.stored()[1])
