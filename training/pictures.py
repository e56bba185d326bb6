"""When the pictures of a run are drawn, and what one costs that fails: a line, not the run."""
import functools
import sys
from contextlib import contextmanager

from training.run_folder import RunError

_waiting = None     # the pictures that `deferred` draws
_failed = None      # the paths that `tolerated` gives


def picture(draw):
    """A decorator of draw(path, ...), which writes a picture: whatever fails is a RunError."""
    @functools.wraps(draw)
    def attempt(path, *arguments, **options):
        if _waiting is not None:
            _waiting.append(functools.partial(attempt, path, *arguments, **options))
            return
        try:
            draw(path, *arguments, **options)
        except Exception as error:      # fonts, LaTeX, sizes: Matplotlib has errors of all kinds
            if not isinstance(error, RunError):
                words = ' '.join(f'{type(error).__name__}: {error}'.split())
                error = RunError(f'{path} cannot be drawn ({words})')
            if _failed is None:
                raise error
            print(f'{error}: going on without this picture', file=sys.stderr)
            _failed.add(path)
        else:
            if _failed is not None:
                _failed.discard(path)
    return attempt


@contextmanager
def deferred():
    """Pictures that are asked for within it are drawn at its end, when what counts is saved; none
    where it ends with an exception."""
    global _waiting
    before, _waiting = _waiting, []
    waiting = _waiting
    try:
        yield
    finally:
        _waiting = before
    for draw in waiting:
        draw()


@contextmanager
def tolerated():
    """Within it a picture that fails is a line on stderr. Gives the set of their paths, without
    those that were drawn after all, at a later epoch."""
    global _failed
    before, _failed = _failed, set()
    try:
        yield _failed
    finally:
        _failed = before
