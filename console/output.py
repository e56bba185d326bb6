"""Output that never ends a command. Where a line goes may be closed, full, a pipe that nobody reads
any more, or a terminal of few letters; the work is worth more than the line."""
import os
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout


class Output:
    """Writes to the text stream `stream` at once, and never fails. stream: None where there is none
    (`>&-`), or none any more."""

    def __init__(self, stream):
        self.stream = stream

    def __getattr__(self, name):
        return getattr(self.stream, name)

    @property
    def encoding(self):
        return getattr(self.stream, 'encoding', None) or 'utf-8'

    def isatty(self):
        try:
            return self.stream.isatty()
        except (ValueError, AttributeError):        # closed, None
            return False

    def write(self, text):
        try:
            self.stream.write(showable(text, self.encoding))
            self.stream.flush()
        except OSError as error:
            self._give_up(error)
        except (ValueError, AttributeError):
            pass
        return len(text)

    def flush(self):
        """Nothing waits."""

    def _give_up(self, error):
        """From here on write nothing. What the stream still holds goes to os.devnull, as Python
        flushes it once more when it ends, and would fail then."""
        stream, self.stream = self.stream, None
        try:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, stream.fileno())
            os.close(nothing)
        except (OSError, ValueError, AttributeError):       # it is no file
            pass
        if self is sys.stdout and not isinstance(error, BrokenPipeError):
            print(f'the output cannot be written ({error.strerror}): going on without it',
                  file=sys.stderr)


def showable(text, encoding):
    """`text` with what `encoding` has no letters for written in others."""
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        return text.replace('±', '+-').encode(encoding, 'backslashreplace').decode(encoding)


@contextmanager
def safe_output():
    """Within it sys.stdout and sys.stderr are Outputs: of print, warnings and progress bars."""
    with redirect_stdout(Output(sys.stdout)), redirect_stderr(Output(sys.stderr)):
        yield
