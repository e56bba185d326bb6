"""Where the pictures put what they are given."""
import itertools
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from experiments.common import figures
from training import pictures
from training.run_folder import RunError

RNG = np.random.default_rng(0)
LABELS = np.arange(60) % 10
LONG = 'shallow decoder, location-invariant bias, test error 12.3%, epoch 100'


def history(epochs, start=1):
    return [{'epoch': epoch, 'error': 30 / epoch, 'nats': 80 + 1 / epoch}
            for epoch in range(start, epochs + 1)]


def simplex(path, n=2):
    q = RNG.dirichlet(np.ones(3), 60)
    figures.simplex(path, [(LONG, q, LABELS % 3)] * n, 'codes')


def code_spaces(path, n=4):
    figures.code_spaces(path, [(LONG, RNG.standard_normal((60, 2)), LABELS)] * n, 'codes')


def image_rows(path, channels=1):
    rows = [RNG.random((m, 8, 8, channels)) for m in (6, 2)]
    figures.image_rows(path, rows, ['cluster 0', 'cluster 1'], 'rows')


def image_grid(path, channels=1):
    figures.image_grid(path, RNG.integers(0, 256, (12, 8, 8, channels), np.uint8), 4, 'grid')


def training_curves(path, epochs=5):
    figures.training_curves(path, history(epochs), [('both', ['error', 'nats']),
                                                    (LONG, ['error'])], 'curves')


def comparison_curves(path, epochs=5):
    runs = [('20 labels', history(epochs)), ('all labels', history(epochs + 2, 3))]
    figures.comparison_curves(path, runs, {'error': 'test error, %', 'nats': LONG}, 'runs')


CASES = [(simplex, {}), (simplex, {'n': 1}), (simplex, {'n': 3}),
         (code_spaces, {}), (code_spaces, {'n': 1}), (code_spaces, {'n': 5}),
         (image_rows, {}), (image_rows, {'channels': 3}),
         (image_grid, {}), (image_grid, {'channels': 3}),
         (training_curves, {}), (training_curves, {'epochs': 1}),
         (comparison_curves, {}), (comparison_curves, {'epochs': 1}),
         (comparison_curves, {'epochs': 300})]
every_picture = pytest.mark.parametrize('draw, options', CASES)


@pytest.fixture
def drawn(monkeypatch):
    """The figures that would have been written."""
    kept = []
    monkeypatch.setattr(figures, '_save', lambda figure, path: kept.append(figure))
    return kept


@every_picture
def test_writes_a_png_of_a_sane_size(tmp_path, draw, options):
    path = tmp_path / 'picture.png'
    path.write_bytes(b'the one before')
    draw(path, **options)
    height, width = imread(path).shape[:2]
    assert 100 < height < 1000 and 100 < width < 1300
    assert [file.name for file in tmp_path.iterdir()] == ['picture.png']


def test_a_failed_picture_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / 'picture.png'
    path.write_bytes(b'the one before')

    def half_a_picture(self, file, **options):
        file.write(b'half')
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Figure, 'savefig', half_a_picture)
    with pytest.raises(RunError, match='No space left'):
        image_grid(path)
    assert path.read_bytes() == b'the one before'
    assert [file.name for file in tmp_path.iterdir()] == ['picture.png']


USERS = {'text.usetex': True, 'image.origin': 'lower', 'savefig.dpi': 30, 'savefig.format': 'svg',
         'savefig.transparent': True, 'savefig.pad_inches': 2, 'figure.dpi': 30, 'font.size': 30,
         'figure.facecolor': 'red', 'figure.autolayout': True, 'axes.grid': True,
         'axes.labelsize': 30, 'axes.spines.top': False, 'axes.xmargin': 1, 'image.cmap': 'jet',
         'lines.linewidth': 9, 'image.interpolation': 'bicubic', 'legend.loc': 'upper left',
         'xtick.direction': 'in'}


@pytest.mark.parametrize('draw', [simplex, code_spaces, image_rows, image_grid, training_curves,
                                  comparison_curves])
def test_the_users_settings_stay_theirs(tmp_path, monkeypatch, draw):
    """They change no pixel of a picture, and no picture changes them."""
    rng = RNG.bit_generator.state
    draw(tmp_path / 'usual.png')
    RNG.bit_generator.state = rng
    monkeypatch.setitem(matplotlib.rcParams, 'backend', 'svg')
    with matplotlib.rc_context(USERS):
        before = dict(matplotlib.rcParams)
        draw(tmp_path / 'users.png')
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / 'usual.png').read_bytes() == (tmp_path / 'users.png').read_bytes()


def test_importing_the_pictures_chooses_no_backend():
    """A notebook's own figures would end there."""
    words = subprocess.run(
        [sys.executable, '-c', 'import sys; from experiments.common import figures\n'
         'print([name for name in sys.modules if "pyplot" in name or "backends.backend" in name])'],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert words.stdout.strip() == '[]'


@pytest.mark.parametrize('error', [RuntimeError('latex was\nnot able to process'), MemoryError(),
                                   FileNotFoundError(2, 'no font'), AttributeError('x')])
def test_whatever_fails_is_one_line_about_the_picture(tmp_path, monkeypatch, error):
    def fail(self, file, **options):
        raise error
    monkeypatch.setattr(Figure, 'savefig', fail)
    path = tmp_path / 'grid.png'
    with pytest.raises(RunError) as raised:
        image_grid(path)
    assert str(path) in str(raised.value) and '\n' not in str(raised.value)


def test_a_failed_picture_is_forgiven_where_it_is_drawn_later(tmp_path, monkeypatch, capsys):
    path = tmp_path / 'grid.png'
    with pictures.tolerated() as drawn, monkeypatch.context() as patch:
        patch.setattr(Figure, 'savefig', None)
        image_grid(path)
        assert drawn == {path: False}
        line, = capsys.readouterr().err.splitlines()
        assert str(path) in line and 'TypeError' in line
        patch.undo()
        image_grid(path)
        assert drawn == {path: True}


def test_deferred_pictures_are_drawn_at_the_end(tmp_path):
    with pictures.deferred():
        image_grid(tmp_path / 'grid.png')
        assert not (tmp_path / 'grid.png').exists()
    assert (tmp_path / 'grid.png').exists()
    with pytest.raises(KeyError), pictures.deferred():
        image_grid(tmp_path / 'other.png')
        raise KeyError
    image_grid(tmp_path / 'last.png')
    assert {path.name for path in tmp_path.iterdir()} == {'grid.png', 'last.png'}


@every_picture
def test_no_texts_overlap(drawn, monkeypatch, draw, options):
    draw(None, **options)
    drawn[0].draw_without_rendering()   # settles the layout
    boxes, draw_text = {}, Text.draw

    def record(text, renderer):
        if text.get_visible() and text.get_text().strip():
            boxes[text] = text.get_window_extent(renderer)
        draw_text(text, renderer)

    monkeypatch.setattr(Text, 'draw', record)
    drawn[0].draw_without_rendering()
    assert boxes
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        assert not a.overlaps(b), f'{one.get_text()!r} overlaps {other.get_text()!r}'


@given(lengths=st.lists(st.integers(0, 4), min_size=1, max_size=4).filter(any),
       height=st.integers(1, 5), width=st.integers(1, 5), channels=st.sampled_from([1, 3]),
       gap=st.sampled_from([0, 2, 4]), integers=st.booleans())
def test_tile_puts_image_j_of_row_i_there(lengths, height, width, channels, gap, integers):
    rng = np.random.default_rng(0)
    shape = height, width, channels
    rows = [rng.integers(0, 256, (m, *shape), np.uint8) if integers else rng.random((m, *shape))
            for m in lengths]
    canvas = figures.tile(rows, gap)
    assert canvas.shape == (len(rows) * (height + gap), max(lengths) * (width + gap), channels)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            y, x = i * (height + gap) + gap // 2, j * (width + gap) + gap // 2
            np.testing.assert_allclose(canvas[y:y + height, x:x + width],
                                       image / 255 if integers else image)
            canvas[y:y + height, x:x + width] = 0.5
    assert (canvas == 0.5).all()        # grey wherever there is no image


@pytest.mark.parametrize('channels', [1, 3])
def test_the_grid_in_the_png_is_row_by_row(tmp_path, channels):
    """Seven flat images in rows of three: the colour at the middle of each cell."""
    values = np.linspace(0.1, 0.9, 7 * channels).reshape(7, 1, 1, channels)
    figures.image_grid(tmp_path / 'grid.png', np.tile(values, (1, 10, 10, 1)), 3, 'seven')
    picture = imread(tmp_path / 'grid.png')[..., :3]
    outside = (picture == 1).all(axis=2) | (picture.min(axis=2) < 0.01)     # paper, title
    side = 3 * 12 * 4                   # cells of 12 pixels, each drawn 4 x 4
    bottom = np.flatnonzero(~outside.all(axis=1))[-1] + 1
    left = np.flatnonzero(~outside[bottom - 1])[0]
    grid = picture[bottom - side:bottom, left:left + side]
    centres = grid[24::48, 24::48].reshape(9, 3)
    expected = np.full((9, 3), 0.5)
    expected[:7] = values.reshape(7, channels)
    if channels == 1:
        expected = 1 - expected         # ink: 1 is black
    np.testing.assert_allclose(centres, expected, atol=0.01)


def test_grey_images_can_be_photographs(drawn):
    images = np.zeros((1, 4, 4, 1))
    images[0, 0, 0] = 1
    for cmap, colour in (('gray_r', 0), ('gray', 1)):
        figures.image_grid(None, images, 1, '', cmap)
        image = drawn[-1].axes[0].images[0]
        brightest = image.get_array()[1, 1]         # past the gap
        assert image.cmap(image.norm(brightest))[:3] == (colour,) * 3


def test_corners_of_the_simplex(drawn):
    corners = figures.project_simplex(np.eye(3))
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, 1)            # equilateral
    np.testing.assert_allclose(figures.project_simplex(np.full((1, 3), 1 / 3))[0],
                               corners.mean(axis=0))
    figures.simplex(None, [('', np.eye(3), np.arange(3))], '')
    axis = drawn[0].axes[0]
    np.testing.assert_allclose(axis.collections[0].get_offsets(), corners)
    np.testing.assert_allclose(axis.patches[0].get_xy()[:3], corners)   # the outline
    for k, text in enumerate(axis.texts):           # each corner's name is nearest to its corner
        assert text.get_text() == f'$z_{k + 1}$'
        assert np.linalg.norm(corners - text.get_position(), axis=1).argmin() == k


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda w: sum(w) > 1e-3))
def test_the_distance_to_a_side_is_the_probability(weights):
    """Barycentric coordinates: z_k is the distance to the side opposite corner k."""
    q = np.array(weights) / sum(weights)
    point, corners = figures.project_simplex(q[None])[0], figures.project_simplex(np.eye(3))
    for k in range(3):
        a, b = corners[(k + 1) % 3], corners[(k + 2) % 3]
        distance = np.cross(np.append(b - a, 0), np.append(point - a, 0))[2]    # the side is 1
        assert distance / (np.sqrt(3) / 2) == pytest.approx(q[k], abs=1e-9)


def test_codes_keep_place_colour_and_scale(drawn):
    small, large = RNG.standard_normal((2, 60, 2)) * [[[1]], [[9]]]
    figures.code_spaces(None, [('small', small, LABELS), ('large', large, LABELS)], 'codes')
    colours = matplotlib.colormaps['tab10'].colors
    for axis, codes in zip(drawn[0].axes, (small, large)):
        points = axis.collections[0]
        np.testing.assert_array_equal(points.get_offsets(), codes)
        np.testing.assert_array_equal(points.get_facecolors()[:, :3],
                                      [colours[label] for label in LABELS])
        assert axis.get_xlim() == axis.get_ylim() == drawn[0].axes[1].get_xlim()
        assert axis.get_xlim()[1] > np.abs(large).max()
    legend, = drawn[0].legends
    for text, mark in zip(legend.get_texts(), legend.legend_handles):
        assert tuple(mark.get_color()) == colours[int(text.get_text())]
    assert len(legend.get_texts()) == 10


def test_marks_beyond_the_codes_are_in_the_frame(drawn):
    codes, marks = np.clip(RNG.standard_normal((60, 2)), -1, 1), np.array([(-9, 0), (0, 9)])
    figures.code_spaces(None, [('', codes, LABELS)], 'codes', marks=marks)
    axis, = drawn[0].axes
    assert axis.get_xlim()[0] < -9 and axis.get_ylim()[1] > 9
    np.testing.assert_array_equal(axis.collections[1].get_offsets(), marks)


def test_a_panel_of_curves_has_a_line_for_each_metric_of_the_run(drawn):
    panels = [('both', ['error', 'nats']), ('none', ['missing']), ('one', ['missing', 'nats'])]
    figures.training_curves(None, history(3), panels, '')
    assert [axis.get_title() for axis in drawn[0].axes] == ['both', 'one']
    for axis, names in zip(drawn[0].axes, (['error', 'nats'], ['nats'])):
        assert [line.get_label() for line in axis.lines] == names
        for line, name in zip(axis.lines, names, strict=True):
            np.testing.assert_array_equal(line.get_xydata(),
                                          [(row['epoch'], row[name]) for row in history(3)])


def test_the_label_of_a_row_is_at_its_middle(drawn):
    rows = [np.zeros((2, 8, 8, 1))] * 3
    figures.image_rows(None, rows, ['a', 'b', 'c'], '')
    axis, = drawn[0].axes
    # Images of 8 pixels with one above and below, of which the first pixel's middle is at 0.
    assert np.abs(axis.get_yticks() - [4.5, 14.5, 24.5]).max() <= 0.5
    assert [text.get_text() for text in axis.get_yticklabels()] == ['a', 'b', 'c']


def test_comparison_has_a_line_for_each_run_in_each_panel(drawn):
    runs = [('a', history(4)), ('b', [{'epoch': 0, 'nats': 5.0}, *history(2)])]
    figures.comparison_curves(None, runs, {'error': 'error', 'nats': 'nats'}, '')
    error, nats = drawn[0].axes
    np.testing.assert_array_equal(error.lines[0].get_xydata(),
                                  [(1, 30), (2, 15), (3, 10), (4, 7.5)])
    np.testing.assert_array_equal(error.lines[1].get_xdata(), [1, 2])   # epoch 0 has no error
    np.testing.assert_array_equal(nats.lines[1].get_xdata(), [0, 1, 2])
    assert [text.get_text() for text in drawn[0].legends[0].get_texts()] == ['a', 'b']


@pytest.mark.parametrize('draw', [training_curves, comparison_curves])
@pytest.mark.parametrize('epochs', [1, 2, 3])
def test_epochs_are_whole(drawn, draw, epochs):
    draw(None, epochs=epochs)
    for axis in drawn[0].axes:
        low, high = axis.get_xlim()
        ticks = [tick for tick in axis.get_xticks() if low <= tick <= high]
        assert ticks and all(tick == round(tick) for tick in ticks)


def test_values_that_are_almost_the_same_are_written_whole(drawn):
    """Not as what is left of an offset in a corner."""
    figures.comparison_curves(None, [('a', [{'epoch': k, 'error': 306.7 + k / 1e4}
                                            for k in range(3)])], {'error': 'error'}, '')
    drawn[0].draw_without_rendering()
    axis, = drawn[0].axes
    assert not axis.yaxis.get_offset_text().get_text()
    assert all(label.get_text().startswith('306.') for label in axis.get_yticklabels())
