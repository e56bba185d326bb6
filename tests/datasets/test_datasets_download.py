"""Downloads, against mirrors on this machine that fail in every way we know."""

import gzip
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import requests

import datasets.download
import datasets.mnist
from datasets import DataError, load_mnist, write_idx
from datasets.base import Unavailable
from datasets.contents import digest
from datasets.download import fetch
from tests.datasets.conftest import CONTENTS, SHA256


def everything_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_fetch_puts_the_file_and_nothing_else_in_the_folder(server, tmp_path):
    path = fetch('file.gz', SHA256, tmp_path / 'new' / 'mnist', [server.url('good')])
    assert path == tmp_path / 'new' / 'mnist' / 'file.gz'
    assert gzip.decompress(path.read_bytes()) == CONTENTS
    assert everything_in(path.parent) == ['file.gz']


def test_fetched_file_has_the_usual_mode(server, tmp_path):
    (tmp_path / 'usual').write_text('')
    path = fetch('file.gz', SHA256, tmp_path, [server.url('good')])
    assert path.stat().st_mode == (tmp_path / 'usual').stat().st_mode


@pytest.mark.parametrize('packed', [False, True])
def test_a_large_file_is_never_whole_in_memory(tmp_path, packed):
    contents = np.random.default_rng(0).bytes(1 << 24)
    (tmp_path / 'plain').write_bytes(contents)
    (tmp_path / 'file.gz').write_bytes(gzip.compress(contents, 0))
    tracemalloc.start()
    digests = [digest(tmp_path / name, packed=packed) for name in ('plain', 'file.gz')]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 23
    assert digests[0] == hashlib.sha256(contents).hexdigest()
    assert (digests[1] == digests[0]) == (not packed)


def test_a_file_that_http_unpacked_passes(server, tmp_path):
    path = fetch('file.gz', SHA256, tmp_path, [server.url('unpacked')])
    assert path.read_bytes() == CONTENTS


@pytest.mark.parametrize(
    'bad, reason',
    [
        ('unavailable', 'HTTP 503'),
        ('truncated', 'IncompleteRead'),
        ('half', 'broken gzip'),
        ('other', 'SHA-256 differs'),
        ('page', 'SHA-256 differs'),
        ('length', 'invalid literal'),
        ('nowhere', 'Invalid IPv6 URL'),
        ('escape', 'HTTP 500 no?[2J?2J'),
        ('bomb', 'more than 20,000,000 bytes'),
    ],
)
def test_next_mirror_after_a_bad_one(server, tmp_path, capsys, bad, reason):
    path = fetch('file.gz', SHA256, tmp_path, [server.url(bad), server.url('good')],
                 largest=20_000_000)
    assert gzip.decompress(path.read_bytes()) == CONTENTS
    assert everything_in(tmp_path) == ['file.gz']
    assert server.asked in ([bad, 'good'], ['good'])  # asked for its headers alone
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and server.url(bad) in lines[0] and reason in lines[0]


def test_next_mirror_after_one_that_is_slow(server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(datasets.download, 'PATIENCE', 0)
    monkeypatch.setattr(datasets.download, 'SLOWEST', 10**12)
    with pytest.raises(Unavailable):
        fetch('file.gz', SHA256, tmp_path, [server.url('good'), server.url('good')])
    assert capsys.readouterr().err.count('slower than 1,000,000,000,000 bytes a second') == 2
    assert server.asked == ['good', 'good'] and everything_in(tmp_path) == []


def test_https_does_not_lead_to_http():
    def answer(url, target):
        response = requests.Response()
        response.url, response.status_code, response.headers['location'] = url, 302, target
        return response
    datasets.download._stay_encrypted(answer('https://a/f', 'https://b/f'))
    datasets.download._stay_encrypted(answer('http://a/f', 'http://b/f'))
    with pytest.raises(datasets.download._MirrorError, match='https to http'):
        datasets.download._stay_encrypted(answer('https://a/f', 'http://b/f'))


def test_next_mirror_after_one_that_is_down(server, dead_mirror, tmp_path, capsys):
    fetch('file.gz', SHA256, tmp_path, [dead_mirror, server.url('good')])
    assert everything_in(tmp_path) == ['file.gz']
    assert 'refused' in capsys.readouterr().err


def test_next_mirror_after_one_without_the_file(server, tmp_path, capsys):
    server.files['only.gz'] = server.files.pop('file.gz')
    with pytest.raises(Unavailable):
        fetch('file.gz', SHA256, tmp_path / 'new', [server.url('good')])
    assert 'HTTP 404' in capsys.readouterr().err
    assert everything_in(tmp_path / 'new') == []


@pytest.mark.parametrize('bad', ['unavailable', 'truncated', 'half', 'other', 'page'])
def test_bad_mirrors_leave_nothing_and_harm_nothing(server, tmp_path, bad):
    with pytest.raises(Unavailable, match='file.gz: no mirror'):
        fetch('file.gz', SHA256, tmp_path, [server.url(bad)])
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize('bad', ['silent', 'stalled'])
def test_a_mirror_that_hangs_is_given_up(server, tmp_path, monkeypatch, bad):
    monkeypatch.setattr(datasets.download, 'ANSWER_SECONDS', 0.5)
    monkeypatch.setattr(datasets.download, 'STALL_SECONDS', 0.5)
    begin = time.monotonic()
    fetch('file.gz', SHA256, tmp_path, [server.url(bad), server.url('good')])
    assert time.monotonic() - begin < 4
    assert everything_in(tmp_path) == ['file.gz']


def test_a_name_that_does_not_resolve_in_time_is_given_up(tmp_path, monkeypatch, capsys):
    def resolve(*arguments, **options):  # without a network: deaf to the time-out of the request
        time.sleep(1.5)
        raise socket.gaierror('no answer')

    monkeypatch.setattr(datasets.download, 'ANSWER_SECONDS', 0.2)
    monkeypatch.setattr(socket, 'getaddrinfo', resolve)
    begin = time.monotonic()
    with pytest.raises(Unavailable):
        fetch('file.gz', SHA256, tmp_path, ['http://mirror.invalid/', 'http://second.invalid/'])
    assert time.monotonic() - begin < 1.2
    assert capsys.readouterr().err.count('no answer within 0.2 s') == 2


def test_three_dead_mirrors_take_less_than_fifteen_seconds():
    assert 3 * datasets.download.ANSWER_SECONDS < 15
    assert len(datasets.mnist.MIRRORS) >= 2
    assert all(
        mirror.startswith('https://') and mirror.endswith('/') for mirror in datasets.mnist.MIRRORS
    )


@pytest.mark.skipif(os.name != 'posix', reason='sends POSIX signals')
@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGKILL])
def test_interrupted_download_leaves_no_file(server, tmp_path, how):
    program = (
        'import signal, sys; from datasets.download import fetch\n'
        # A test run in the background may have left interrupts ignored.
        'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
        "fetch('file.gz', sys.argv[1], sys.argv[2], [sys.argv[3]])"
    )
    process = subprocess.Popen(
        [sys.executable, '-c', program, SHA256, str(tmp_path), server.url('stalled')],
        cwd=Path(datasets.__file__).parents[1],
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 10
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            assert process.poll() is None and time.monotonic() < deadline, 'it never began'
            time.sleep(0.02)
        process.send_signal(how)
        _, error = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode != 0
    assert not (tmp_path / 'file.gz').exists()
    if how == signal.SIGINT:
        assert b'KeyboardInterrupt' in error
        assert everything_in(tmp_path) == []


@pytest.mark.parametrize('error', [KeyboardInterrupt(), OSError(28, 'No space left on device')])
def test_failure_at_the_last_moment_leaves_no_file(server, tmp_path, monkeypatch, error):
    def fail(*paths):
        raise error

    monkeypatch.setattr(os, 'replace', fail)
    with pytest.raises((KeyboardInterrupt, DataError)) as caught:
        fetch('file.gz', SHA256, tmp_path, [server.url('good'), server.url('good')])
    assert everything_in(tmp_path) == []
    if isinstance(error, OSError):  # no use in another mirror, nor in synthetic digits
        assert 'No space left' in str(caught.value)
        assert not isinstance(caught.value, Unavailable)


def test_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(DataError, match='cannot write file.gz.*--data-dir') as caught:
        fetch('file.gz', SHA256, tmp_path / 'file' / 'mnist', [server.url('good')])
    assert not isinstance(caught.value, Unavailable)


@pytest.mark.parametrize('data', ['auto', 'mnist'])
def test_load_fetches_what_is_missing_once(server, small_mnist, tmp_path, data):
    mirrors = [server.url('unavailable'), server.url('good')]
    dataset = load_mnist(tmp_path / 'data', data=data, mirrors=mirrors)
    assert dataset.name == 'MNIST' and len(dataset.train.labels) == 50
    assert dataset.source == f'official MNIST files in {tmp_path / "data" / "mnist"}'
    assert everything_in(tmp_path / 'data' / 'mnist') == sorted(n + '.gz' for n in small_mnist)
    assert server.asked.count('good') == 4

    load_mnist(tmp_path / 'data', data=data, mirrors=mirrors)
    assert server.asked.count('good') == 4
    (tmp_path / 'data' / 'mnist' / (list(small_mnist)[1] + '.gz')).unlink()
    again = load_mnist(tmp_path / 'data', data=data, mirrors=mirrors)
    assert server.asked.count('good') == 5
    np.testing.assert_array_equal(again.train.labels, dataset.train.labels)


def test_one_file_of_other_contents_makes_the_set_not_official(server, small_mnist, tmp_path):
    load_mnist(tmp_path, mirrors=[server.url('good')])
    write_idx(tmp_path / 'mnist' / (list(small_mnist)[3] + '.gz'), np.zeros(10, np.uint8))
    dataset = load_mnist(tmp_path, mirrors=[server.url('good')])
    assert dataset.source == f'IDX files in {tmp_path / "mnist"} (not the official MNIST contents)'


def test_auto_does_not_fall_back_from_a_corrupt_file(server, small_mnist, tmp_path):
    load_mnist(tmp_path, mirrors=[server.url('good')])
    bad = tmp_path / 'mnist' / (list(small_mnist)[0] + '.gz')
    bad.write_bytes(bad.read_bytes()[:-20])
    with pytest.raises(DataError, match=f'{bad.name}: truncated'):
        load_mnist(tmp_path, mirrors=[server.url('good')])
    assert server.asked.count('good') == 4
