"""A CuPy or a GPU that is missing or broken: nothing on the CPU, the reason on the GPU."""
import ctypes
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from nn import backend
from tests.runs import SMOKE, refused, run

GOOD = '''
import sys
class ndarray: pass
class cuda:
    class runtime:
        class CUDARuntimeError(RuntimeError): pass
        def getDeviceCount(): return 1
def ones(shape): raise AssertionError
def asarray(array): return ndarray()
def asnumpy(array): return 'asnumpy'
'''
IMPORT = "raise ImportError('===\\nFailed to import CuPy.\\n\\nA page of advice.') from OSError("


@pytest.fixture
def install(tmp_path, monkeypatch):
    """install(text): from here on that is the module cupy."""
    def make(text):
        place = tmp_path / 'packages'
        (place / 'cupy').mkdir(parents=True)
        (place / 'cupy' / '__init__.py').write_text(text)
        monkeypatch.syspath_prepend(place)
        for name in [name for name in sys.modules if name.split('.')[0] == 'cupy']:
            monkeypatch.delitem(sys.modules, name)
        backend.cupy.cache_clear()
    monkeypatch.setattr(backend, '_module_of', dict(backend._module_of))
    yield make
    sys.modules.pop('cupy', None)
    backend.cupy.cache_clear()


@pytest.mark.parametrize('text, words', [
    (IMPORT + "'libcuda.so.1: cannot open shared object file')",
     'cannot be imported (OSError: libcuda.so.1: cannot open shared object file)'),
    ("raise ImportError('one\\n\\n  two')", 'cannot be imported (ImportError: one two)'),
    ('import numpy; numpy.float_of_1_x', "no attribute 'float_of_1_x'"),
    ("raise RuntimeError('module compiled against ABI version 0x1000009')", 'ABI version'),
    ("raise OSError(13, 'Permission denied')", 'cannot be imported (PermissionError: [Errno 13]'),
    ('import fastrlock_that_is_not_there', "No module named 'fastrlock_that_is_not_there'"),
    ('import cupy.cuda_that_is_not_there', "No module named 'cupy.cuda_that_is_not_there'"),
    ('', "module 'cupy' has no attribute 'ndarray'"),
    (GOOD + 'def count(): raise cuda.runtime.CUDARuntimeError("cudaErrorInsufficientDriver: CUDA '
            'driver version is insufficient")\ncuda.runtime.getDeviceCount = count',
     'no GPU that it can use (CUDARuntimeError: cudaErrorInsufficientDriver: CUDA driver version'),
    (GOOD + 'cuda.runtime.getDeviceCount = lambda: 0', 'no CUDA device'),
    (GOOD + 'def ones(shape): raise RuntimeError("CuPy failed to load libnvrtc.so.12")',
     'no GPU that it can use (RuntimeError: CuPy failed to load libnvrtc.so.12)'),
])
def test_a_broken_cupy(install, capsys, tmp_path, text, words):
    install(text)
    out = tmp_path / 'run'
    line = refused(capsys, [*SMOKE, '--out', str(out), '--device', 'gpu'])
    assert words in line and 'not installed' not in line and 'page of advice' not in line
    assert not out.exists()


def test_the_cpu_does_not_ask_for_cupy(install):
    install('raise SystemExit("imported")')
    x = np.ones(2)
    backend.check_device('cpu')
    assert backend.to_device(x, 'cpu') is x and backend.to_host(x) is x
    assert backend.array_module(x) is np and backend.like(x, x) is x
    with pytest.raises(TypeError):
        backend.array_module([1, 2])
    assert 'cupy' not in sys.modules


class Driver:
    """CUDA's, with `devices`; without it: a driver that does not work."""

    def __init__(self, devices=None):
        self.devices = devices

    def cuInit(self, flags):
        return 0 if self.devices is not None else 100

    def cuDeviceGetCount(self, count):
        count._obj.value = self.devices
        return 0


def no_driver(name):
    raise OSError(f'{name}: cannot open shared object file')


@pytest.mark.parametrize('load, there', [(lambda name: Driver(2), True), (no_driver, False),
                                         (lambda name: Driver(0), False),
                                         (lambda name: Driver(), False)])
def test_a_run_that_could_have_used_a_gpu_says_so(install, monkeypatch, tmp_path, capsys, load,
                                                  there):
    install('raise SystemExit("imported")')
    monkeypatch.setattr(backend, 'ctypes', SimpleNamespace(CDLL=load, c_int=ctypes.c_int,
                                                           byref=ctypes.byref))
    monkeypatch.setattr('training.trainer.fit_all', lambda *_: True)
    assert run(tmp_path / 'run') == 0
    assert capsys.readouterr().out.count('--device gpu trains on it') == there
    assert 'cupy' not in sys.modules


def test_without_cupy_nothing_is_said_of_a_gpu(monkeypatch):
    monkeypatch.setattr(backend, 'ctypes', SimpleNamespace(CDLL=lambda name: Driver(2)))
    monkeypatch.setattr(sys, 'path', [])
    assert not backend.gpu_is_there()


def test_gpu_without_cupy_says_so(install, monkeypatch):
    install('')
    monkeypatch.setattr(sys, 'path', [])
    with pytest.raises(backend.DeviceError, match='CuPy, which is not installed'):
        backend.check_device('gpu')


def test_a_cupy_that_works(install):
    install(GOOD.replace('raise AssertionError', 'return __import__("numpy").ones(shape)'))
    backend.check_device('gpu')
    array = backend.to_device(np.ones(2), 'gpu')
    assert backend.array_module(array) is sys.modules['cupy']
    assert backend.to_host(array) == 'asnumpy'


def test_arrays_of_a_cupy_that_the_caller_has_imported(install):
    install(GOOD)
    import cupy
    assert backend.array_module(cupy.ndarray()) is cupy
