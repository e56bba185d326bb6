"""What the numbers were measured on: processor, cores, versions, BLAS kernels, and GPU."""
import importlib.metadata
import platform
from pathlib import Path

from nn import backend
from nn.fast.parallel import available_cores, blas

PACKAGES = ('numpy', 'scipy', 'torch', 'dezero', 'numpy-ml', 'scikit-learn')


def describe_machine(device='cpu'):
    """Lines for the head of a table; device: 'gpu' where it was measured on one."""
    model, flags = _processor()
    versions = [f'Python {platform.python_version()}']
    for package in PACKAGES:
        try:
            versions.append(f'{package} {importlib.metadata.version(package)}')
        except importlib.metadata.PackageNotFoundError:
            versions.append(f'no {package}')
    lines = [_gpu()] if device == 'gpu' else []
    lines += [f'{available_cores()} cores of {model}', ', '.join(versions)]
    library = blas()
    lines.append(f"NumPy's BLAS: {library}")
    lines += kernel_advice(library.split(', ')[-1].removesuffix(' kernels'), flags)
    return '\n'.join(lines)


def kernel_advice(kernels, processor_flags):
    """A list of at most one line: where OpenBLAS did not recognise the processor it falls back to
    kernels for an older one, at half the speed. We say so and change nothing."""
    if kernels in ('Haswell', 'Zen', 'Prescott', 'generic') and 'avx512f' in processor_flags:
        return [f'The processor has AVX-512, which the {kernels} kernels do not use; the '
                'environment variable OPENBLAS_CORETYPE=SkylakeX may be twice as fast.']
    return []


def _gpu():
    cuda = backend.cupy().cuda
    found = cuda.runtime.getDeviceProperties(cuda.runtime.getDevice())
    driver, runtime = (f'{version // 1000}.{version % 1000 // 10}' for version in
                       (cuda.runtime.driverGetVersion(), cuda.runtime.runtimeGetVersion()))
    return (f'{found["name"].decode()}, {found["totalGlobalMem"] / 2**30:.0f} GiB; '
            f'CUDA {runtime}, driver for {driver}, CuPy {backend.cupy().__version__}')


def _processor():
    """(name, set of instruction sets), where the system tells."""
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine(), set()
    fields = dict(line.split(':', 1) for line in lines if ':' in line)
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    return fields.get('model name', platform.machine()), set(fields.get('flags', '').split())
