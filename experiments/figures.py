"""The pictures of a run. Each function takes arrays and a path and writes a PNG."""
import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)
import numpy as np  # noqa: E402

from experiments.run_folder import write_atomically  # noqa: E402


def _save(figure, path):
    write_atomically(path, lambda file: figure.savefig(file, format='png', dpi=110,
                                                       bbox_inches='tight'))
    plt.close(figure)


def image_rows(path, rows, row_labels, title):
    """Rows of images, each with a label on its left (PixelGAN, figure 6).

    rows: a list of uint8 or [0, 1] float arrays (M_i, H, W, 1); a short row is filled with grey.
    """
    height, width = rows[0].shape[1:3]
    longest = max(len(row) for row in rows)
    canvas = np.full((len(rows) * (height + 2), longest * (width + 2)), 0.5)
    for i, row in enumerate(rows):
        scale = 255 if row.dtype == np.uint8 else 1
        for j, image in enumerate(row):
            y, x = i * (height + 2) + 1, j * (width + 2) + 1
            canvas[y:y + height, x:x + width] = image[..., 0] / scale
    figure, axes = plt.subplots(figsize=(0.32 * longest + 1.5, 0.32 * len(rows) + 0.6))
    axes.imshow(canvas, cmap='gray_r', vmin=0, vmax=1, interpolation='nearest')
    axes.set_yticks([(i + 0.5) * (height + 2) for i in range(len(rows))], row_labels, fontsize=7)
    axes.set_xticks([])
    axes.set_title(title, fontsize=9)
    _save(figure, path)


def training_curves(path, history, panels, title):
    """One panel for each (panel title, [metric names]) over the epochs in `history`."""
    figure, axes = plt.subplots(1, len(panels), figsize=(4 * len(panels), 3), squeeze=False,
                                layout='constrained')
    epochs = [row['epoch'] for row in history]
    for axis, (panel_title, names) in zip(axes[0], panels):
        for name in names:
            axis.plot(epochs, [row[name] for row in history], marker='o', markersize=3,
                      label=name.replace('_', ' '))
        axis.set_title(panel_title, fontsize=9)
        axis.set_xlabel('epoch')
        axis.legend(fontsize=7)
        axis.xaxis.get_major_locator().set_params(integer=True)
    figure.suptitle(title, fontsize=9)
    _save(figure, path)
