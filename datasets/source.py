"""What every loader does: files in a folder, what is missing fetched, or else a stand-in."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from datasets.base import DataError, Unavailable


def check_choice(name, value, choices):
    """Raises DataError unless `value` is one of `choices`."""
    if value not in choices:
        *others, last = map(repr, choices)
        raise DataError(f'{name} {value!r}: choose {", ".join(others)} or {last}')


def load(kind, title, data, data_dir, sizes, *, read, draw, needed, stand_in):
    """The Dataset that read(folder) gives, or that draw() or draw(sizes=sizes) gives in its place.

    data: `kind` for files, 'synthetic' for drawn images, or 'auto' for drawn ones, with a warning
        on stderr, where files are missing (read raises Unavailable) and no data_dir is given. Files
        that are there but cannot be used are an error always.
    data_dir: the folder; None for $PIXELGAN_DATA_DIR, else ./data.
    sizes: (train, validation, test), at most so many of each split, the first; None for all.
    title, needed, stand_in: for the messages: the data set, its files, what is drawn instead.
    """
    check_choice('data', data, ('auto', kind, 'synthetic'))
    if sizes and min(sizes) < 1:
        raise DataError(f'{title}: {min(sizes)} images asked for; choose 1 or more of each split')
    dataset = None
    if data != 'synthetic':
        folder = data_dir or os.environ.get('PIXELGAN_DATA_DIR') or 'data'
        folder = Path(os.path.expanduser(folder))
        try:
            dataset = read(folder)
        except Unavailable as error:
            there = f'{folder}' if folder.exists() else f'{folder} (there is no such folder)'
            why = f'{title} is not complete in {there} and cannot be fetched: {error}'
            if data == kind or data_dir:  # a folder that was named was meant
                raise Unavailable(
                    f'{why}; put {needed} there, or name another folder with --data-dir, or use '
                    '--data synthetic'
                ) from error
            print(
                f'\n*** WARNING: NOT {kind.upper()}: {why}; going on with {stand_in.upper()}. '
                f'***\nFor {title} stop with Ctrl-C and put {needed} into {folder}, or name their '
                'folder with --data-dir or PIXELGAN_DATA_DIR.\n',
                file=sys.stderr,
            )
    if dataset is None:
        dataset = replace(draw(sizes=sizes) if sizes else draw(), drawn=True)
    return dataset.at_most(*sizes) if sizes else dataset


def _names_in(folder):
    """What is in a folder, nothing where it is missing. Raises DataError if it cannot be listed."""
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(
            f'{folder}: cannot be read as a folder ({error.strerror or error}); '
            'choose another with --data-dir'
        ) from error


def find(file_names, places):
    """Path of the first of these files in the first of these folders with any; None for none.

    Some programs unpack an archive as a folder of its name: the file in it is found. Raises
    DataError where there is such a folder without one of the files.
    """
    for place in places:
        there = _names_in(place)
        for name in file_names:
            if name in there:
                return _file_at(place / name, file_names)
    return None


def _file_at(path, file_names):
    """`path`, or where it is a folder, the first of these files in it."""
    if not os.path.isdir(path):
        return path
    for name in file_names:
        if os.path.isfile(path / name):
            return path / name
    raise DataError(
        f'{path}: a folder without the file {file_names[0]} in it; put that file in its place'
    )


def find_or_fetch(files, official, folder, inner, is_official, fetch):
    """Paths, in the order of `files`, of files that are all in one folder; fetches the missing.

    files: {name: all names that the file may have}, of which the first that is there is taken.
    official: what files are called that may be completed, as 'MNIST contents'.
    inner: where in `folder` they may also be. The first place with all of them is taken, else the
        one with most of them, which is completed, else they are fetched into the first of `inner`.
        Files of two places are never mixed: they may be of two data sets.
    is_official(name, path), fetch(name, place): a file's, by its name in `files`.
    """
    places = [folder, *(folder / name for name in inner if os.path.isdir(folder / name))]
    found = {place: {name: find(spellings, [place]) for name, spellings in files.items()}
             for place in places}
    place = max(found, key=lambda place: sum(map(bool, found[place].values())))  # the first best
    paths = found[place]
    missing = [name for name in paths if paths[name] is None]
    if len(missing) == len(files):
        place = folder / inner[0]
    if missing:
        # A bad file must be reported even where others are missing, and foreign files must
        # not be completed with images or labels of this data set.
        for name, path in paths.items():
            if path and not is_official(name, path):
                raise DataError(
                    f'{path}: not the official {official}, so what is missing beside it '
                    f'({missing[0]}) is not fetched; add that, or move this one away'
                )
    try:
        for name in missing:
            paths[name] = fetch(name, place)
    except Unavailable as error:
        elsewhere = [other[name] for name in missing for other in found.values() if other[name]]
        if elsewhere:
            raise Unavailable(
                f'{error}; {elsewhere[0]} is not used, since the others are in {place}: '
                'put all files into one folder'
            ) from error
        raise
    return list(paths.values())


def folder_of(paths):
    """The folder that files are in, those in a folder of their own, too; as it was given."""
    return os.path.commonpath([path.parent for path in paths]) or '.'
