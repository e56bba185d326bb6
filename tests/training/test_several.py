"""What several runs together say."""
import json
from types import SimpleNamespace

import pytest

from training.run_folder import RunFolder
from training.several import summarise


@pytest.mark.parametrize('values, words', [
    ((12.0, 12.5), 'error 12.25 ± 0.35'), ((400.0, 612.2), 'error 506.1 ± 150'),
    ((500.0, 640.9), 'error 570.5 ± 100'), ((3.0,), 'error 3')])
def test_mean_and_standard_deviation_over_the_seeds(tmp_path, capsys, values, words):
    run = RunFolder(tmp_path, {'several': ['seed']})
    summarise(run, [(str(seed), SimpleNamespace(config={'seed': seed}, SUMMARY=('error',)),
                     [{'epoch': 2, 'error': value}]) for seed, value in enumerate(values)])
    assert capsys.readouterr().out == f'all seeds  {words}\n'
    row, = json.loads((tmp_path / 'summary.json').read_text())
    assert (row['seeds'], row['epochs']) == (len(values), 2)
    assert row['error'] == pytest.approx(sum(values) / len(values))
    assert ('error_deviation' in row) == (len(values) > 1)
