"""One training step on a GPU, as the trainer calls it, beside PyTorch (eager): what the host takes
and what the device does.

The host enqueues kernels, and the device runs them one after the other. 'whole' is the time of a
step until the device is idle, 'enqueue' until the call returns: where both are the same, the device
waits for Python. 'busy' is how long it works, which is what would be left without Python. 'ours'
is the step that is recorded and replayed, and beside it stands the same without a recording: its
kernels are the same but for a few, and where 'busy' differs, believe that of the step launch by
launch: profilers are wrong about graphs before CUDA 13.1 (pytorch/kineto, issue 1165).
"""
import statistics
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from benchmarks.contest import OURS, time_row
from benchmarks.kernels import count, synchronize
from benchmarks.models import STEPS, build, phases, torch_peer
from nn import backend
from nn.fast import capture

WARM_UPS = capture.WARM_UPS + 2     # and the recording, and a replay
UNCAPTURED = f'{OURS}, launch by launch'
HEAD = ('| step | contestant | whole, ms | enqueue / whole | kernels | device busy, ms | '
        'ratio ours / it (min to max) |\n|---|---|---|---|---|---|---|')


def ours(name, preset, device):
    """The step to call, without arguments."""
    model, batch = build(name, preset, device=device)
    return lambda: model.step(*(backend.to_device(array, device) for array in batch))


def captured(name, preset, device):
    """The same, recorded. Where that fails the step raises RuntimeError, which says why."""
    model, batch = build(name, preset, device=device)
    xp = backend.cupy()
    stream = capture.stream_of(xp)

    def plain(*batch):
        return model.step(*(backend.to_device(array, device) for array in batch))

    def fail(line):
        raise RuntimeError(line)

    with stream:
        replayed = capture.CapturedStep(model, plain, xp, stream, fail)

    def step():
        with stream:
            return replayed(*batch)
    return step


def pytorch(name, preset, device, tf32, channels_last):
    """The same of the peer. tf32: products in TensorFloat-32, with 10 bits of mantissa for 23."""
    import torch
    place = {'cpu': 'cpu', 'gpu': 'cuda'}[device]
    model, batch = build(name, preset)
    model = torch_peer(model, channels_last, place)
    tensors = model.to_batch(*batch)

    def step():
        torch.set_float32_matmul_precision('high' if tf32 else 'highest')
        torch.backends.cudnn.allow_tf32 = tf32
        for phase in phases(model, *(tensor.to(place) for tensor in tensors)).values():
            phase()
    return step


def peers(name, device):
    """PyTorch's precisions, each a dict: contestant -> build(name, preset, device)."""
    layouts = {'': False, ', channels last': True}
    if not name.startswith('PixelGAN'):         # an AAE has no convolution
        layouts.popitem()
    precisions = {'float32': False, 'TF32': True} if device == 'gpu' else {'float32': False}
    return [{f'PyTorch, {precision}{layout}': partial(pytorch, tf32=tf32, channels_last=last)
             for layout, last in layouts.items()} for precision, tf32 in precisions.items()]


def measure(name, preset, device, rounds):
    """Rows {name, peer, phase, ours_ms, peer_ms, ratio, ratio_min, ratio_max, enqueue_ms, kernels,
    busy_ms} of a step: ours, then of each of PyTorch's precisions the faster layout. Where one
    fails: {name, peer, failed: why}. kernels and busy_ms: None where they could not be had."""
    own = [{OURS: captured}, {UNCAPTURED: ours}] if device == 'gpu' else [{OURS: ours}]
    groups = [*own, *peers(name, device)]
    label = name + (f', {preset}' if preset != 'paper' else '')
    failed, steps = {}, {}
    for contestant, make in (each for group in groups for each in group.items()):
        try:
            steps[contestant] = make(name, preset, device)
        except ImportError as error:
            print(f'{label}: without {contestant} ({error})', file=sys.stderr, flush=True)
        except Exception as error:      # the others are measured all the same
            failed[contestant] = explain(error)
    seconds = take_turns(steps, device, rounds, failed)
    whole = {contestant: [whole for whole, _ in each] for contestant, each in seconds.items()}
    best = [min(found, key=lambda contestant: statistics.median(whole[contestant]))
            for group in groups
            if (found := [contestant for contestant in group if contestant in whole])]
    # Last, as a profiler may slow down what follows; ours at the very end, as profiling a recorded
    # step may leave the device broken (pytorch/pytorch, issue 75504; mended in CUDA 12.6).
    counts = {contestant: count(steps[contestant], device, f'{label}, {contestant}')
              for contestant in reversed(best)}
    rows = []
    for contestant in best:
        kernels, busy = counts[contestant]
        rows.append(time_row(label, contestant, 'all', whole[contestant], whole.get(OURS)) | {
            'enqueue_ms': 1e3 * statistics.median(enqueue for _, enqueue in seconds[contestant]),
            'kernels': kernels, 'busy_ms': busy})
    return rows + [{'name': label, 'peer': contestant, 'failed': why}
                   for contestant, why in failed.items()]


def take_turns(steps, device, rounds, failed):
    """contestant -> [(seconds of a whole step, seconds to enqueue it)]. One whose step fails is
    left out, and named in `failed`."""
    seconds = {contestant: [] for contestant in steps}
    for number in range(WARM_UPS + rounds):
        for contestant in list(seconds):
            try:
                synchronize(device)
                start = time.perf_counter()
                steps[contestant]()
                enqueued = time.perf_counter()
                synchronize(device)
                end = time.perf_counter()
            except Exception as error:
                failed[contestant] = explain(error)
                del seconds[contestant]
                continue
            if number >= WARM_UPS:
                seconds[contestant].append((end - start, enqueued - start))
    return seconds


def explain(error):
    """One line; the traceback goes to stderr."""
    traceback.print_exception(error)
    return ' '.join(f'{type(error).__name__}: {error}'.split())


def rows(tiny, rounds, device='gpu'):
    """The rows of all steps at the paper's sizes, as they come. Each step has a process of its own:
    after some errors no process can use the device any more."""
    preset = 'smoke' if tiny else 'paper'
    for name in STEPS:
        try:
            with ProcessPoolExecutor(1, get_context('spawn')) as pool:
                found = pool.submit(measure, name, preset, device, rounds).result()
        except Exception as error:
            found = [{'name': f'{name}, {preset}', 'peer': OURS, 'failed': explain(error)}]
        yield from found


def line(row):
    start = f'| {row["name"]} | {row["peer"]} | '
    if 'failed' in row:
        return f'{start}failed: {row["failed"].replace("|", "/")} | | | | |'
    kernels, busy, ratio = (
        '' if row[key] is None else style.format(**row) for key, style in (
            ('kernels', '{kernels:,}'), ('busy_ms', '{busy_ms:.3g}'),
            ('ratio', '{ratio:.3g} ({ratio_min:.3g} to {ratio_max:.3g})')))
    return (f'{start}{row["peer_ms"]:.4g} | {row["enqueue_ms"] / row["peer_ms"]:.2f} | {kernels} | '
            f'{busy} | {ratio} |')
