"""Every assignment: the reference gets all points, the blank none, wrong solutions those of their
right parts; the folder holds no solution, and works by itself."""
import ast
import io
import re
import subprocess
import sys
import tokenize

import pytest

from assignments.assignment import CATALOGUE, load, names
from assignments.leaks import solutions_in
from assignments.make import files, make
from assignments.marking import mark
from assignments.source import find
from tests.assignments.submissions import blanked, changed, hand_in, in_process, solved
from tests.assignments.wrong import table

SEEDS = (3, 4, 5)
WRONG = [pytest.param(name, wrong, SEEDS[k % len(SEEDS)], id=f'{name}: {wrong.mistake}')
         for name in names() for k, wrong in enumerate(table(name))]


def marks(name, texts, seed=3):
    return mark(load(name), texts, seed, in_process)


@pytest.mark.parametrize('seed', SEEDS)
@pytest.mark.parametrize('name', names())
def test_the_reference_gets_all_points(name, seed):
    for each in marks(name, solved(load(name)), seed):
        assert each.points == each.of > 0 and not each.says, each


@pytest.mark.parametrize('name', names())
def test_the_blank_gets_none(name):
    for each in marks(name, blanked(load(name))):
        assert not each.points and each.says.startswith('not written yet'), each


@pytest.mark.parametrize('name, wrong, seed', WRONG)
def test_a_wrong_solution_gets_the_points_of_its_right_parts(name, wrong, seed):
    assert wrong.says
    found = {each.part: each for each in marks(name, changed(load(name), wrong.changes), seed)}
    for part, each in found.items():
        if part in wrong.says:
            assert not each.points and wrong.says[part] in each.says, each
        else:
            assert each.points == each.of, each
    assert wrong.says.keys() <= found.keys()


FORWARD_WITH_A_DICT, BACKWARD_WITH_A_DICT, TO_INPUT_WITH_A_DICT = """
    def forward(self, x, train=False):
        rows = x.reshape(-1, x.shape[-1])
        y = rows @ self.params['W'] + self.params.get('b', 0)
        return y.reshape(*x.shape[:-1], -1), {'rows': rows, 'x': x}
    """, """
    def backward(self, dy, x):
        dy_rows = dy.reshape(-1, dy.shape[-1])
        self.grads['W'] += x['rows'].T @ dy_rows
        if 'b' in self.params:
            self.grads['b'] += dy_rows.sum(axis=0)
        return self.backward_to_input(dy, x)
    """, """
    def backward_to_input(self, dy, x):
        return (dy @ self.params['W'].T).reshape(x['x'].shape) if self.input_gradient else None
    """


def test_what_is_kept_is_up_to_the_student():
    """A backward pass is tried after the student's own forward pass, if that is right."""
    both = {'Dense.backward': BACKWARD_WITH_A_DICT,
            'Dense.backward_to_input': TO_INPUT_WITH_A_DICT}

    def points(changes):
        return {each.part: each.points for each in marks('dense', changed(load('dense'), changes))}
    assert points(both | {'Dense.forward': FORWARD_WITH_A_DICT}) == {
        'forward': 2, 'gradient of x': 2, 'gradients of W and b': 4}
    assert points(both) == {'forward': 2, 'gradient of x': 0, 'gradients of W and b': 0}
    not_right = FORWARD_WITH_A_DICT.replace("{'rows'", "1, {'rows'")
    assert not any(points(both | {'Dense.forward': not_right}).values())


@pytest.mark.parametrize('name, changes, points', [
    ('dense', {'Dense.forward': FORWARD_WITH_A_DICT}, [2, 0, 4]),
    ('batch-norm', {'BatchNorm.forward': [('(normed, inv_std, train)', '(normed, var, train)')]},
     [2, 2, 1, 2, 0, 0])])
def test_two_that_do_not_fit_together(name, changes, points):
    """Each of which is right beside the reference."""
    found = marks(name, changed(load(name), changes))
    assert [each.points for each in found] == points
    for each in found:
        assert each.points or ', but does not fit yours: ' in each.says, each


def test_a_forward_pass_that_is_wrong_elsewhere_costs_once():
    """It is right without an input channel; the gradient of x is asked for with one, too."""
    changes = {'PixelCNN.forward': [('([x, code_map], ', '([x, 2 * code_map], ')]}
    for each in marks('conditioning', changed(load('conditioning'), changes)):
        assert (each.points == each.of) == (each.part != 'decoder with an input channel'), each


@pytest.mark.parametrize('name', names())
def test_at_least_five_wrong_solutions(name):
    assert len(table(name)) >= 5
    assert {part for wrong in table(name) for part in wrong.says} == {
        part.name for part in load(name).parts}, 'some part is never wrong'


@pytest.mark.parametrize('name', names())
def test_no_solution_in_the_folder(name):
    assignment = load(name)
    texts = files([assignment])
    assert not list(solutions_in(texts, assignment))
    for path, text in solved(assignment).items():
        assert list(solutions_in(texts | {'x.py': text}, assignment))
        assert list(solutions_in(texts | {'README.md': text}, assignment))


@pytest.mark.parametrize('name', names())
def test_no_comment_of_a_solution_is_left(name):
    assignment = load(name)
    for path, text in blanked(assignment).items():
        comments = {token.start[0] for token in tokenize.generate_tokens(io.StringIO(text).readline)
                    if token.type == tokenize.COMMENT}
        for target in assignment.targets:
            if target.startswith(f'{path}:'):
                node = find(ast.parse(text), target.partition(':')[2])
                assert not comments & {*range(node.lineno, node.end_lineno + 1)}, target


@pytest.mark.parametrize('name', names())
def test_the_folder_works_by_itself(name, tmp_path):
    folder, assignment = tmp_path / 'hw', load(name)
    make([name], folder)
    hand_in(folder, assignment)
    ended = subprocess.run([sys.executable, 'check.py'], cwd=folder, text=True,
                           capture_output=True, timeout=60)
    assert not ended.stderr
    for part in assignment.parts:
        assert f'    {part.name:<32} {part.points:>2}  right' in ended.stdout, ended.stdout
    assert ('0 failed' in ended.stdout) == bool(assignment.gradcheck), ended.stdout


@pytest.mark.parametrize('name', names())
def test_what_it_says_of_itself(name):
    assignment = load(name)
    assert assignment.name == name and assignment.handout and assignment.hours > 0
    assert not {*assignment.after} - {*names()}
    seen = []
    for part in assignment.parts:
        assert part.name not in seen and isinstance(part.points, int) and part.cases
        assert part.own in ('', *seen)
        seen.append(part.name)
        drawn = [repr(assignment.inputs(part, case, seed)) for case in part.cases
                 for seed in SEEDS]
        assert len(set(drawn)) == len(drawn), 'the seed changes nothing'


def test_tracks():
    """The weeks of assignments/README.md: what must come first does, and the hours are right."""
    tracks = (CATALOGUE.parent / 'README.md').read_text('utf-8').split('## Two tracks')[1].split(
        '\n**')[1:]
    assert len(tracks) == 2
    for track in tracks:
        done = set()
        rows = re.findall(r'^\| (\d) \| ([a-z, -]+) \| ([\d.]+) \|$', track, re.M)
        assert [week for week, *_ in rows] == list('123456')
        for _, cell, hours in rows:
            week = [load(name) for name in cell.split(', then')[0].split(', ')]
            assert float(hours) == sum(assignment.hours for assignment in week), cell
            for assignment in week:
                assert not set(assignment.after) - done, assignment.name
                done.add(assignment.name)
