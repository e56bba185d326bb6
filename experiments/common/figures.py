"""The pictures of a run. Each function takes arrays and a path and writes a PNG, or a GIF.

They look the same whatever the user's Matplotlib settings are, and leave those as they are: no
pyplot, which has a backend, and Matplotlib's own defaults while a picture is drawn.
"""
from textwrap import fill

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from PIL import Image

from training.files import write_atomically
from training.pictures import picture

DPI = 110
DIGIT_COLOURS = np.array(matplotlib.colormaps['tab10'].colors)
CORNERS = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])     # of the triangle of `simplex`
DEFAULTS = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != 'backend'}


def _figure(draw):
    """A decorator of draw(path, ...), which draws and saves a Figure."""
    return picture(matplotlib.rc_context(DEFAULTS)(draw))


def _save(figure, path):
    write_atomically(path, lambda file: figure.savefig(file, format='png', dpi=DPI,
                                                       bbox_inches='tight'))


def tile(rows, gap=2):
    """Rows of images in one array, image j of row i in cell (i, j), half of `gap` around each.

    rows: a list of uint8 or [0, 1] float arrays (M_i, H, W, C); what no image covers is grey.
    Returns floats in [0, 1], (rows * (H + gap), longest row * (W + gap), C).
    """
    height, width, channels = rows[0].shape[1:]
    longest = max(len(row) for row in rows)
    canvas = np.full((len(rows) * (height + gap), longest * (width + gap), channels), 0.5)
    for i, row in enumerate(rows):
        scale = 255 if row.dtype == np.uint8 else 1
        for j, image in enumerate(row):
            y, x = i * (height + gap) + gap // 2, j * (width + gap) + gap // 2
            canvas[y:y + height, x:x + width] = image / scale
    return canvas


def _show(axes, canvas, cmap):
    """Draw (H, W, 1) in the colours of `cmap`, (H, W, 3) in its own."""
    axes.imshow(canvas[..., 0] if canvas.shape[2] == 1 else np.clip(canvas, 0, 1), cmap=cmap,
                vmin=0, vmax=1, interpolation='nearest')


@_figure
def image_rows(path, rows, row_labels, title, cmap='gray_r'):
    """Rows of images, each with a label on its left (PixelGAN, figure 6).

    rows: as in `tile`, C = 1 or 3. cmap: of grey images, 'gray' for photographs.
    """
    canvas = tile(rows)
    longest = max(len(row) for row in rows)
    figure = Figure(figsize=(0.32 * longest + 1.5, 0.32 * len(rows) + 0.6))
    axes = figure.subplots()
    _show(axes, canvas, cmap)
    axes.set_yticks([(i + 0.5) * len(canvas) / len(rows) for i in range(len(rows))], row_labels,
                    fontsize=7)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=9)
    _save(figure, path)


@_figure
def image_grid(path, images, columns, title, cmap='gray_r'):
    """Images (M, H, W, C) row by row, without labels (PixelGAN, figures 2 and 8).

    A pixel of an image is a square of whole pixels in the PNG. cmap: as in `image_rows`.
    """
    canvas = tile([images[start:start + columns] for start in range(0, len(images), columns)])
    height, width = canvas.shape[:2]
    magnification = max(1, min(4, 800 // width))
    figure = Figure(figsize=(width * magnification / DPI, height * magnification / DPI))
    axes = figure.add_axes((0, 0, 1, 1))
    _show(axes, canvas, cmap)
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)
    _save(figure, path)


@picture
def animation(path, frames, columns, cmap='gray_r', seconds=0.08):
    """An animated GIF that repeats; frames: arrays of images (M, H, W, C), as in `image_grid`.
    cmap: 'gray_r' or 'gray', as there."""
    pictures = []
    for images in frames:
        canvas = tile([images[start:start + columns] for start in range(0, len(images), columns)])
        negative = canvas.shape[2] == 1 and cmap == 'gray_r'
        pixels = np.rint(255 * (1 - canvas if negative else canvas)).astype(np.uint8)
        pixels = pixels.repeat(2, axis=0).repeat(2, axis=1)
        picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        pictures.append(picture.quantize(16 if pixels.shape[2] == 1 else 256))
    write_atomically(path, lambda file: pictures[0].save(
        file, format='GIF', save_all=True, append_images=pictures[1:], loop=0,
        duration=int(1000 * seconds)))


def _panels(n, width, height, legend):
    """A figure and n axes, in rows of at most three; four are two by two.

    width, height: inches of a panel; legend: inches at the right for the figure's one legend.
    """
    columns = 2 if n == 4 else min(n, 3)
    rows = -(-n // columns)
    figure = Figure(figsize=(width * columns + legend, height * rows + 0.3), layout='constrained')
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.ravel()[n:]:
        axis.set_axis_off()
    return figure, axes.ravel()[:n]


def _curve(axis, history, name, label):
    """A metric over the epochs, with its whole numbers below; epochs that lack it are left out."""
    rows = [row for row in history if name in row]      # of hundreds, marks would be one thick line
    axis.plot([row['epoch'] for row in rows], [row[name] for row in rows], marker='o',
              markersize=3 if len(rows) < 30 else 0, linewidth=1.2, label=label)
    axis.set_xlabel('epoch')
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axis.ticklabel_format(axis='y', useOffset=False)    # whole numbers, not 0.1 + 3.067e2


def _scatter(axis, points, labels, size):
    """Points (N, 2) in the order given (so that no digit covers the others), coloured by digit."""
    axis.scatter(*np.transpose(points), c=DIGIT_COLOURS[labels], s=size, alpha=0.5, linewidths=0)
    axis.set_aspect('equal')


def _digit_legend(figure, label_arrays):
    """One legend for all panels, to their right."""
    digits = np.unique(np.concatenate(label_arrays))
    handles = [Line2D([], [], linestyle='', marker='o', markersize=5, color=DIGIT_COLOURS[digit],
                      label=str(digit)) for digit in digits]
    figure.legend(handles=handles, loc='outside right center', fontsize=8, title='digit',
                  title_fontsize=8)


def project_simplex(q):
    """(N, 3) with z1 + z2 + z3 = 1 -> points (N, 2) of the triangle CORNERS."""
    return np.asarray(q) @ CORNERS


@_figure
def simplex(path, panels, title):
    """Codes on the triangle z1 + z2 + z3 = 1, coloured by digit (PixelGAN, figure 5).

    panels: a list of (panel title, q (N, 3), labels (N,) in 0..9).
    """
    figure, axes = _panels(len(panels), 3.1, 3.1, 0.7)
    for axis, (panel_title, q, labels) in zip(axes, panels):
        axis.fill(*CORNERS.T, fill=False, edgecolor='0.3', linewidth=0.8)
        _scatter(axis, project_simplex(q), labels, 12)
        for k, place in enumerate([('right', 'top'), ('left', 'top'), ('center', 'bottom')]):
            outwards = CORNERS[k] + 0.06 * (CORNERS[k] - CORNERS.mean(axis=0))
            axis.text(*outwards, f'$z_{k + 1}$', ha=place[0], va=place[1], fontsize=9)
        axis.set(xlim=(-0.12, 1.12), ylim=(-0.12, 1))
        axis.set_axis_off()
        axis.set_title(fill(panel_title, 40), fontsize=9)
    _digit_legend(figure, [labels for _, _, labels in panels])
    figure.suptitle(title, fontsize=10)
    _save(figure, path)


@_figure
def code_spaces(path, panels, title, marks=(), one_scale=True):
    """2-D codes coloured by digit (PixelGAN, figure 3; AAE, figures 2 and 11).

    panels: a list of (panel title, codes (N, 2), labels (N,) in 0..9). marks: points (M, 2).
    one_scale: of all panels, or each its own, for different priors.
    """
    figure, axes = _panels(len(panels), 3.2, 3.2, 0.7)
    reaches = [1.05 * max(np.abs(codes).max(), np.abs(marks).max(initial=0))
               for _, codes, _ in panels]
    for axis, reach, (panel_title, codes, labels) in zip(axes, reaches, panels):
        reach = max(reaches) if one_scale else reach
        _scatter(axis, codes, labels, 4)
        if len(marks):
            axis.scatter(*np.transpose(marks), c='black', marker='+', s=60, linewidths=1.2)
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach))
        axis.tick_params(labelsize=7)
        axis.set_title(fill(panel_title, 40), fontsize=9)
    _digit_legend(figure, [labels for _, _, labels in panels])
    figure.suptitle(title, fontsize=10)
    _save(figure, path)


@_figure
def training_curves(path, history, panels, title):
    """One panel for each (panel title, [metric names]) over the epochs in `history`; metrics that
    the run does not have are left out."""
    panels = [(panel_title, [name for name in names if name in history[-1]])
              for panel_title, names in panels]
    panels = [panel for panel in panels if panel[1]]
    figure = Figure(figsize=(4 * len(panels), 3), layout='constrained')
    axes = figure.subplots(1, len(panels), squeeze=False)
    for axis, (panel_title, names) in zip(axes[0], panels):
        for name in names:
            _curve(axis, history, name, name.replace('_', ' '))
        axis.set_title(fill(panel_title, 40), fontsize=9)
        axis.legend(fontsize=7)
    figure.suptitle(title, fontsize=9)
    _save(figure, path)


@_figure
def comparison_curves(path, runs, panels, title):
    """Metrics of several runs over the epochs, a panel each (PixelGAN, figure 7).

    runs: a list of (label, history), history a list of dicts with 'epoch'. panels: metric -> title.
    """
    figure, axes = _panels(len(panels), 4, 3, 1.5)
    for axis, (name, panel_title) in zip(axes, panels.items()):
        for label, history in runs:
            _curve(axis, history, name, label)
        axis.set_title(fill(panel_title, 40), fontsize=9)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25, linewidth=0.5)
    figure.legend(*axes[0].get_legend_handles_labels(), loc='outside right center', fontsize=8)
    figure.suptitle(title, fontsize=10)
    _save(figure, path)
