"""How a command ends: its exit code, and one line on stderr for what the user can mend."""
import sys

import console
from datasets import DataError
from nn.backend import DeviceError
from training.flags import one_line
from training.run_folder import RunError


def run_command(program, main, arguments):
    """The exit code of main(arguments), 0 for None; 2 on bad input, 130 when interrupted.
    arguments: None for those of the process."""
    return console.run(_attempt, program, main, sys.argv[1:] if arguments is None else arguments)


def _attempt(program, main, arguments):
    try:
        return main(arguments) or 0
    except (DataError, RunError, DeviceError, OSError) as error:
        print(one_line(f'{program}: error: {error}'), file=sys.stderr)
    except MemoryError as error:
        print(f'{program}: error: not enough memory ({error or "no more is free"}): choose smaller '
              'numbers', file=sys.stderr)
    return 2
