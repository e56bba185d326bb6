"""What a GPU does in a step: its kernels, by PyTorch's profiler. It sees all those of the process,
CuPy's too."""
import json
import sys
import tempfile
from pathlib import Path

from nn import backend

WORK = ('kernel', 'gpu_memcpy', 'gpu_memset')       # the profiler's names for what a device does


def synchronize(device):
    """Wait until the device is idle, whoever gave it work."""
    if device == 'gpu':
        backend.cupy().cuda.Device().synchronize()


def count(step, device, label):
    """(kernels, milliseconds that the device was busy) of one step; (None, None) on a CPU, and
    where the profiler fails, with a line that says why."""
    if device == 'cpu':
        return None, None
    try:
        kernels, busy = device_work(trace(step, device))
        if kernels:
            return kernels, busy
        reason = 'the profiler saw no kernel'
    except Exception as error:
        reason = f'{type(error).__name__}: {error}'
    print(f'{label}: kernels are not counted ({reason})', file=sys.stderr, flush=True)
    return None, None


def trace(step, device):
    """The events of one step in the format of Chrome's trace viewer."""
    from torch.profiler import ProfilerActivity, profile
    for _ in range(2):                  # starting the profiler for the first time is slow
        with profile(activities=[ProfilerActivity.CUDA]) as profiler:
            step()
            synchronize(device)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'trace.json'
        profiler.export_chrome_trace(str(path))
        return json.loads(path.read_text(errors='replace'), strict=False)['traceEvents']


def device_work(events):
    """(kernels, milliseconds in which at least one kernel, copy or fill ran) of a trace."""
    work = sorted((event['ts'], event['ts'] + event['dur']) for event in events
                  if event.get('cat') in WORK)
    busy, done = 0, float('-inf')
    for start, end in work:
        busy += max(0, end - max(start, done))
        done = max(done, end)
    return sum(event.get('cat') == 'kernel' for event in events), busy / 1e3
