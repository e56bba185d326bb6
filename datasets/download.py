"""Fetch one file from the first mirror that has it whole."""

import os
import secrets
import sys
import threading
import time
from pathlib import Path

import requests
from tqdm import tqdm

from datasets.base import DataError, Unavailable
from datasets.contents import digest

ANSWER_SECONDS = 4  # for a mirror to answer at all: three dead ones cost 12 s, not minutes
STALL_SECONDS = 10  # without a byte in the middle of a download
SLOWEST = 4_000  # bytes a second, after PATIENCE seconds: MNIST would take an hour
PATIENCE = 60
LARGEST = 1_500_000_000  # bytes; the largest file that is fetched, SVHN's extra images, has 1.33e9


class _MirrorError(Exception):
    """Why one mirror failed, in a few words."""


def fetch(file_name, sha256, folder, mirrors, packed=False, largest=LARGEST):
    """Download `file_name` into `folder` from the first mirror with the right contents.

    sha256: hex digest of the decompressed contents, so that a file compressed anew still passes;
        with `packed`, of the file as it is sent.
    mirrors: base URLs, each ending in '/', tried in turn; each failure is a line on stderr.
    largest: bytes, as sent and unpacked by HTTP; a mirror that sends more is given up.
    Returns the path. Whatever happens, only a complete, checked file gets the final name.
    Raises Unavailable when no mirror has it, DataError when `folder` cannot be written.
    """
    folder = Path(folder)
    for mirror in mirrors:
        try:
            _wait_for_answer(mirror + file_name)
            return _download(mirror + file_name, sha256, folder / file_name, packed, largest)
        except _MirrorError as error:
            print(f'{mirror}{file_name}: {_printable(str(error))}', file=sys.stderr)
        except OSError as error:
            raise DataError(
                f'{folder}: cannot write {file_name} ({error.strerror or error}); '
                'choose a folder that can be written, with --data-dir'
            ) from error
    raise Unavailable(f'{file_name}: no mirror gave a good copy ({len(mirrors)} tried)')


def _wait_for_answer(url):
    """Ask with HEAD for at most ANSWER_SECONDS; what the answer says is left to the download.

    The time-outs of `requests` bound neither the look-up of a name nor the number of addresses
    tried for it, so without a network each mirror could take half a minute. A thread can be
    left behind; it is a daemon, so it never keeps the program from ending.
    """
    failure = []

    def ask():
        try:
            _downloader(timeout=ANSWER_SECONDS)(url, None, None, check_only=True)
        except Exception as error:  # a redirect to no address raises whatever reads it
            failure.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    if thread.is_alive():
        raise _MirrorError(f'no answer within {ANSWER_SECONDS} s')
    if failure:
        raise _MirrorError(_reason(failure[0]))


class _Progress(tqdm):
    """A bar that ends a download which is too large or too slow (_MirrorError)."""

    def __init__(self, part, largest, **options):
        # disable=None: no bar where stderr is not a terminal. The total is set by pooch.
        super().__init__(total=1, unit='B', unit_scale=True, disable=None, **options)
        self.part, self.largest, self.begun = part, largest, time.monotonic()

    def update(self, n=1):
        size, seconds = self.part.stat().st_size, time.monotonic() - self.begun
        if size > self.largest:
            raise _MirrorError(f'more than {self.largest:,} bytes, which the file does not have')
        if seconds > PATIENCE and size < SLOWEST * seconds:
            raise _MirrorError(f'slower than {SLOWEST:,} bytes a second')
        return super().update(n)


def _stay_encrypted(response, **options):
    """An answer that sends from https to http could be anybody's."""
    target = response.headers.get('location', '')
    if response.is_redirect and response.url.startswith('https:') and target.startswith('http:'):
        raise _MirrorError('redirects from https to http')


def _download(url, sha256, path, packed, largest):
    """Download to a temporary file beside `path`, check it, then rename it to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'.{path.name}.{secrets.token_hex(4)}.part')
    try:
        with _Progress(part, largest, desc=path.name) as bar:
            download = _downloader(
                progressbar=bar, chunk_size=1 << 16, timeout=(ANSWER_SECONDS, STALL_SECONDS),
                hooks={'response': _stay_encrypted},
            )
            download(url, str(part), None)
        if digest(part, packed=packed) != sha256:
            raise _MirrorError('wrong contents (SHA-256 differs)')
        os.replace(part, path)
        return path
    except DataError as error:
        raise _MirrorError('wrong contents (broken gzip file)') from error
    except Exception as error:
        if isinstance(error, _MirrorError) or (
                isinstance(error, OSError) and not isinstance(error, requests.RequestException)):
            raise  # the second is of the folder, not of the mirror
        raise _MirrorError(_reason(error)) from error  # a length that is no number, for example
    finally:
        part.unlink(missing_ok=True)


def _downloader(**options):
    import pooch  # only here: a machine that has its data, or needs none, does without

    return pooch.HTTPDownloader(**options)


def _reason(error):
    """The innermost cause; the text of the outer errors only repeats the URL."""
    if getattr(error, 'response', None) is not None:
        return f'HTTP {error.response.status_code} {error.response.reason}'
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return str(error) or type(error).__name__


def _printable(text):
    """What a server says, without what would steer the terminal."""
    return ''.join(c if c.isprintable() else '?' for c in text)[:200]
