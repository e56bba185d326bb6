"""What the pages name is there: links, files, commands, flags. README's map is whole, and the
numbers on its first page are those of results/, which are those of results/runs.csv."""
import csv
import importlib
import importlib.util
import re
import shlex
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path.relative_to(ROOT).as_posix()
               for place in ('', 'assignments', 'benchmarks', 'docs', 'results')
               for path in (ROOT / place).glob('*.md'))
INSTRUCTIONS = [page for page in PAGES
                if page in ('README.md', 'results/README.md') or page.startswith('docs/')]
MADE = ('runs/', 'data/', 'FOLDER')     # by the programs, or the user's
PLACEHOLDERS = {'MODEL': 'pixelgan', 'MODE': 'clustering', 'N': '9', 'K': '0', 'SAMPLES': '9'}

# Every numbered thing of the papers; panels where the papers' text speaks of them by letter.
PIXELGAN = ['figure 1', 'figure 2a', 'figure 2b', 'figure 2c', 'figure 3', 'figure 4', 'figure 5',
            'figure 6', 'figure 7', 'figure 8', 'figure 8b', 'figure 9a', 'figure 9b', 'table 1',
            'equation 1', 'equation 2', 'equation 3', 'equation 4']
AAE = ['figure 1', 'figure 2a', 'figure 2b', 'figure 2c', 'figure 2d', 'figure 2e', 'figure 3',
       'figure 4a', 'figure 4b', 'figure 4c', 'figure 4d', 'figure 5', 'figure 6', 'figure 7a',
       'figure 7b', 'figure 8', 'figure 9', 'figure 10', 'figure 11a', 'figure 11b', 'figure 11c',
       'figure 11d', 'table 1', 'table 2', 'table 3', 'equation 1', 'equation 2']


def text(page):
    return (ROOT / page).read_text(encoding='utf-8')


def blocks(page):
    """The lines of a page's fenced blocks, without comments."""
    fenced = re.findall(r'^```\w*\n(.*?)^```', text(page), re.M | re.S)
    return [line.split(' #')[0].strip() for block in fenced for line in block.splitlines()]


def spans(page):
    return re.findall(r'`([^`\n]+)`', re.sub(r'^```.*?^```', '', text(page), flags=re.M | re.S))


def anchors(page):
    """Of the headings, as GitHub makes them."""
    return {re.sub(r'[^\w\- ]', '', heading.lower()).strip().replace(' ', '-')
            for heading in re.findall(r'^#+ (.*)$', text(page), re.M)}


def links(page):
    """(link, its path in the repository, its anchor) of those to files."""
    for link in re.findall(r'\]\(([^)\s]+)\)', text(page)):
        if '://' not in link:
            name, _, anchor = link.partition('#')
            target = (ROOT / page).parent / name if name else ROOT / page
            yield link, target.resolve(), anchor


@pytest.mark.parametrize('page', PAGES)
def test_links_lead_to_files_and_headings(page):
    for link, target, anchor in links(page):
        assert target.exists(), f'{page}: {link}'
        if anchor:
            assert anchor in anchors(target.relative_to(ROOT)), f'{page}: {link}'


def test_every_picture_is_shown_or_linked():
    linked = {target for page in PAGES for _, target, _ in links(page)}
    assert not set((ROOT / 'results/figures').iterdir()) - linked


@pytest.mark.parametrize('page', INSTRUCTIONS)
def test_files_that_are_named_are_there(page):
    named = [word for word in [*spans(page), *(w for line in blocks(page) for w in line.split())]
             if re.fullmatch(r'[\w.-]+(/[\w.-]+)*(/|\.py|\.txt|\.md)', word)]
    for name in named:
        assert name.startswith(MADE) or (ROOT / name).exists(), f'{page}: {name}'


def test_pages_that_the_code_names_are_there():
    for path in ROOT.glob('[!.]*/**/*.py'):
        for page in re.findall(r'\b(?:results|docs)/[\w-]+\.md', path.read_text('utf-8')):
            assert page in PAGES, f'{path.relative_to(ROOT)}: {page}'


# Commands

def arguments(words):
    """With something in the place of the placeholders, and no run to resume."""
    result = []
    for word in words:
        result += [] if word == '--resume' else [PLACEHOLDERS.get(word, word)]
    return result


def usage(capsys, program, words):
    """What --help says after a command's other words, which must be right: else it fails."""
    module = importlib.import_module(program)
    with pytest.raises(SystemExit) as end:
        module.main([*arguments(words), '--help'])
    said = capsys.readouterr()
    assert end.value.code == 0, said.err
    return said.out


def check_command(capsys, command):
    """A command of Python: its program is there, and has its flags with such values."""
    words = shlex.split(command)
    assert words.pop(0) == 'python'
    if words[0] == '-m':
        program, words = words[1], words[2:]
        if importlib.util.find_spec(program).submodule_search_locations is not None:
            program += '.__main__'
        assert importlib.util.find_spec(program), command
        if not words:       # then --help might not be there either
            return
    else:
        program, words = words[0].removesuffix('.py'), words[1:]
    shown = usage(capsys, program, words)
    for word in words:
        flag = word.split('=')[0]
        assert not flag.startswith('--') or re.search(rf'{flag}(?![\w-])', shown), (command, flag)
        if program == 'nn.gradcheck.__main__':
            assert word in shown, (command, word)


def command_of(span):
    """The command that a span in a page is, or None."""
    if span.startswith('python -') or re.match(r'python train_\w+\.py ', span):
        return span
    if re.match(r'train_\w+\.py --', span):
        return f'python {span}'
    return f'python train_mnist.py {span}' if re.match('--(model|mode) ', span) else None


@pytest.mark.parametrize('page', [*INSTRUCTIONS, 'benchmarks/README.md', 'assignments/README.md'])
def test_commands_are_right(page, capsys):
    found = [line for line in blocks(page) if line.startswith('python ')]
    found += filter(None, map(command_of, spans(page)))
    assert found
    for command in found:
        check_command(capsys, command)


def test_tests_that_are_named_are_there():
    for page in INSTRUCTIONS:
        for line in blocks(page):
            for name in line.split()[1:] if line.startswith('pytest') else []:
                assert (ROOT / name).is_dir(), line


def test_flags_that_are_named_are_there(capsys):
    """A span that begins with a flag: some mode, or a program on saved runs, has it."""
    from experiments.registry import MODES
    helps = [usage(capsys, f'train_{dataset}', ['--model', model, '--mode', mode])
             for dataset, models in MODES.items() for model, modes in models.items()
             for mode in modes]
    helps += [usage(capsys, f'experiments.{name}', []) for name in ('encode', 'sample', 'codes')]
    for page in INSTRUCTIONS:
        for span in spans(page):
            for flag in re.findall(r'(?<!\S)--[a-z][\w-]*', span) if span[:2] == '--' else []:
                assert any(re.search(rf'{flag}(?![\w-])', one) for one in helps), (page, span)


def test_the_example_of_a_gradient_check_passes(capsys):
    code, = re.findall(r'^```python\n(.*?)^```', text('README.md'), re.M | re.S)
    exec(code, {})
    said = capsys.readouterr().out
    assert ' pass\n' in said and said.endswith(' 0 failed\n'), said


# README and the results

def test_readme_is_short():
    assert len(text('README.md').split()) <= 1200


def named(part):
    """{'figure 2a', 'table 1'} of 'Figures 2a, 2b and table 1'."""
    return {f'{kind.lower()} {number}'
            for kind, numbers in re.findall(
                r'\b(figure|table|equation)s? (\d+[a-e]?(?:(?:, | and )\d+[a-e]?)*)', part, re.I)
            for number in re.findall(r'\d+[a-e]?', numbers)}


@pytest.mark.parametrize('paper, things', [('PixelGAN', PIXELGAN), ('AAE', AAE)])
def test_the_map_has_every_figure_table_and_equation(paper, things):
    table = re.search(rf'^\| {paper} \| command .*?\n\n', text('README.md'), re.M | re.S)[0]
    in_map = named(table)
    assert not set(things) - in_map
    numbers = {thing.rstrip('abcde') for thing in things}
    assert {thing.rstrip('abcde') for thing in in_map} == numbers, 'no such thing in the paper'


@pytest.mark.parametrize('heading, things', [('## PixelGAN', PIXELGAN), ('## Adversarial', AAE)])
def test_the_results_have_every_figure_and_table(heading, things):
    part = text('results/README.md').split(heading)[1].split('\n## ')[0]
    assert not {thing for thing in things if thing[0] != 'e'} - named(part)


def test_each_run_is_there_once():
    assert len({tuple(row.values()) for row in runs()}) == len(runs())


def runs():
    with open(ROOT / 'results/runs.csv', encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def test_every_run_says_what_it_was(capsys):
    for row in runs():
        assert re.fullmatch(r'[0-9a-f]{7}( [0-9a-f]{7})*', row['commit']), row
        assert row['machine'] and row['metrics'] and row['seed'].isdecimal(), row
        assert row['command'] or (row['ran_as'] and row['note']), row
        if row['command']:
            check_command(capsys, row['command'])


def test_every_commit_of_the_results_is_one_of_a_run():
    known = {commit for row in runs() for commit in row['commit'].split()}
    in_tables = re.findall(r'^\|.*$', text('results/README.md'), re.M)
    named_there = set(re.findall(r'\b(?=\d*[a-f])[0-9a-f]{7}\b', '\n'.join(in_tables)))
    assert named_there and not named_there - known


@pytest.mark.parametrize('item, seeds', [
    ('table 1: unsupervised, 30 clusters', 5), ('table 3: 30 clusters, 200 units', 5)])
def test_means_are_those_of_the_runs(item, seeds):
    errors = [float(re.match(r'error ([\d.]+)', row['metrics'])[1]) for row in runs()
              if row['item'] == item and ' --seed ' in row['command']]
    assert len(errors) == seeds
    mean = f'{statistics.mean(errors):.1f} ± {statistics.stdev(errors):.1f}'
    assert mean in text('results/README.md')


def test_readme_and_results_have_the_same_numbers():
    table = re.search(r'^\| MNIST.*?\n\n', text('README.md'), re.M | re.S)[0]
    results = text('results/README.md')
    for row in table.strip().splitlines()[2:]:
        _, paper, here, _ = (cell.strip() for cell in row.strip('|').split('|'))
        for number in (paper, here):
            assert re.search(rf'\| {re.escape(number)}(\.0)?(\b| )', results), row
