"""When the pictures of a run are drawn, and what one costs that fails: a line, not the run."""
import functools
import sys
from contextlib import contextmanager
from pathlib import Path

from nn.processes import is_first
from training.run_folder import RunError

_waiting = None     # the pictures that `deferred` draws
_drawn = None       # what `tolerated` gives


def picture(draw):
    """A decorator of draw(path, ...), which writes a picture: whatever fails is a RunError."""
    @functools.wraps(draw)
    def attempt(path, *arguments, **options):
        if not is_first():
            return
        if _waiting is not None:
            _waiting.append(functools.partial(attempt, path, *arguments, **options))
            return
        try:
            draw(path, *arguments, **options)
        except Exception as error:      # fonts, LaTeX, sizes: Matplotlib has errors of all kinds
            if not isinstance(error, RunError):
                words = ' '.join(f'{type(error).__name__}: {error}'.split())
                error = RunError(f'{path} cannot be drawn ({words})')
            if _drawn is None:
                raise error
            print(f'{error}: going on without this picture', file=sys.stderr)
            _drawn[Path(path)] = False
        else:
            if _drawn is not None:
                _drawn[Path(path)] = True
    return attempt


@contextmanager
def deferred():
    """Pictures that are asked for within it are drawn at its end, when what counts is saved; none
    where it ends with an exception."""
    global _waiting
    _waiting = waiting = []
    try:
        yield
    finally:
        _waiting = None
    for draw in waiting:
        draw()


@contextmanager
def tolerated():
    """Within it a picture that fails is a line on stderr. Gives a dict of all that were asked for,
    path -> whether it was drawn at last, in their order."""
    global _drawn
    before, _drawn = _drawn, {}
    try:
        yield _drawn
    finally:
        _drawn = before


def add_drawn(drawn):
    """Count pictures that another process has drawn, path -> whether it could, as asked for here
    within `tolerated`."""
    _drawn.update(drawn)


def first_in(folder):
    """The picture in `folder` to look at first: the first that was drawn within `tolerated`, the
    training curves aside; None where there is none."""
    there = [path for path, drawn in (_drawn or {}).items()
             if drawn and path.parent == Path(folder)]
    return min(there, key=lambda path: path.stem.endswith('curves'), default=None)
