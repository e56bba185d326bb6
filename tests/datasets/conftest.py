"""Mirrors on this machine that fail in every way we know, and small files in the places of the
official ones."""

import gzip
import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

import datasets.mnist
from datasets import write_idx
from datasets.norb import NORB_FILES
from datasets.synthetic_norb import TEST_INSTANCES, TRAIN_INSTANCES, synthetic_solids

CONTENTS = np.random.default_rng(0).bytes(200_000)
SHA256 = hashlib.sha256(CONTENTS).hexdigest()


class Mirrors(ThreadingHTTPServer):
    """A mirror per way of failing: url('good'), url('truncated'), ..., each with `files`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.files = {'file.gz': gzip.compress(CONTENTS)}
        self.asked = []
        self.release = threading.Event()

    def url(self, mirror):
        return f'http://127.0.0.1:{self.server_port}/{mirror}/'


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, with_body):
        _, mirror, name = self.path.split('/')
        if with_body:
            self.server.asked.append(mirror)
        if mirror == 'unavailable':
            return self.send_error(503)
        if mirror == 'escape':  # would clear the terminal
            return self.send_error(500, 'no\x1b[2J\x9b2J')
        if mirror == 'nowhere':
            self.send_response(302)
            self.send_header('Location', 'http://[::1/file.gz')
            return self.end_headers()
        if name not in self.server.files:
            return self.send_error(404)
        if mirror == 'silent':
            self.server.release.wait(10)
        body = self.server.files[name]
        if mirror == 'half':  # the length it announces is that of the half
            body = body[: len(body) // 2]
        elif mirror == 'other':
            body = gzip.compress(b'something else')
        elif mirror == 'page':
            body = b'<html>Please log in to this network</html>'
        self.send_response(200)
        if mirror == 'unpacked':  # as some stores do: clients undo it, and save the raw file
            self.send_header('Content-Encoding', 'gzip')
        elif mirror == 'bomb':
            self.send_header('Content-Encoding', 'gzip')
            body = gzip.compress(bytes(30_000_000))
        self.send_header('Content-Length', 'abc' if mirror == 'length' else str(len(body)))
        self.end_headers()
        if not with_body:
            return None
        if mirror in ('truncated', 'stalled'):
            self.wfile.write(body[: len(body) // 2])
            if mirror == 'stalled':
                self.server.release.wait(20)
            return None
        self.wfile.write(body)
        return None

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    mirrors = Mirrors()
    threading.Thread(target=mirrors.serve_forever, args=(0.02,), daemon=True).start()
    yield mirrors
    mirrors.release.set()
    mirrors.shutdown()
    mirrors.server_close()


@pytest.fixture
def dead_mirror():
    with socket.socket() as listener:  # a port that was free a moment ago
        listener.bind(('127.0.0.1', 0))
        port = listener.getsockname()[1]
    return f'http://127.0.0.1:{port}/'


@pytest.fixture
def small_mnist(server, tmp_path, monkeypatch):
    """A small set of four files takes the place of the official ones, on the server too."""
    rng = np.random.default_rng(0)
    digests = {}
    for name, n in zip(datasets.mnist.MNIST_FILES, (60, 60, 10, 10)):
        shape = (n, 28, 28) if 'images' in name else (n,)
        path = tmp_path / 'server' / name
        path.parent.mkdir(exist_ok=True)
        write_idx(path, rng.integers(0, 10, shape, dtype=np.uint8))
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        server.files[name + '.gz'] = gzip.compress(path.read_bytes())
    monkeypatch.setattr(datasets.mnist, 'MNIST_FILES', digests)
    return digests


@pytest.fixture(scope='session')
def solids():
    """The six arrays of a small set of solids, by file name; nobody may change them."""
    train, test = synthetic_solids(40, TRAIN_INSTANCES, 0), synthetic_solids(10, TEST_INSTANCES, 1)
    return dict(zip(NORB_FILES, (*train, *test)))
