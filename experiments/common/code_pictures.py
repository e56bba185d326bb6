"""Pictures of a code space of two dimensions (PixelGAN, figure 3; AAE, figures 2, 4 and 11)."""
from experiments.common import figures


def draw_codes(experiment, epoch):
    """codes.png: the codes of the test images, which it returns."""
    shown = panel(experiment, f'epoch {epoch}')
    figures.code_spaces(experiment.figure('codes'), [shown],
                        f'{experiment.data.name}: codes of test images')
    _, codes, _ = shown
    return codes


def compare_codes(path, runs, one_scale=False):
    """codes.png: the code spaces of several runs, [(label, Experiment, history)]. one_scale: of
    all, for runs with one prior."""
    figures.code_spaces(path / f'{runs[0][1].prefix}codes.png',
                        [panel(experiment, label) for label, experiment, _ in runs],
                        f'{runs[0][1].data.name}: codes of test images', one_scale=one_scale)


def panel(experiment, title):
    """(title, codes of the test images, their labels): a panel of figures.code_spaces."""
    test = experiment.data.test
    return title, experiment.shown_codes(test.images), test.labels
