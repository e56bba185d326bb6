"""Contestants in processes of their own that take turns, and the ratios between them.

On a shared machine a program can be half as fast a minute later. So a contestant is never timed
alone: a round times all of them, one after the other, and what counts is the ratio of two times of
the same round, its median over the rounds and its spread.
"""
import multiprocessing
import statistics
import sys
import time
from dataclasses import dataclass, field

OURS = 'ours'


@dataclass(frozen=True)
class Contest:
    """One piece of work, done by several.

    contestants: name -> build, where build() returns {phase: function}, the functions doing the
    work; it is called in the contestant's process (so it must be picklable) and raises ImportError
    where a package is not there. 'ours' is one of them. total: the phases are parts of a whole, and
    their sum counts too. scale: name -> what to multiply the times by, for a contestant that does
    only a part of the work. rounds: at most so many.
    """
    name: str
    contestants: dict
    total: bool = False
    scale: dict = field(default_factory=dict)
    rounds: int = 100


def measure_time(contest, rounds):
    """Rows {name, peer, phase, ours_ms, peer_ms, ratio, ratio_min, ratio_max}: times are medians
    over the rounds, the ratio (ours / peer) that of the rounds' ratios. Our own come first."""
    contestants = {name: _Contestant(build) for name, build in contest.contestants.items()}
    contestants = {name: contestant for name, contestant in contestants.items()
                   if contestant.ready(contest.name, name)}
    seconds = {}
    for round_number in range(min(rounds, contest.rounds) + 1):
        for name, contestant in contestants.items():
            times = {phase: contestant.ask(phase) * contest.scale.get(name, 1)
                     for phase in contestant.phases}
            if contest.total:
                times['all'] = sum(times.values())
            for phase, time_ in times.items():
                if round_number:     # the first round is a warm-up
                    seconds.setdefault((name, phase), []).append(time_)
    for contestant in contestants.values():
        contestant.stop()
    return [time_row(contest.name, name, phase, theirs, seconds[OURS, phase])
            for (name, phase), theirs in seconds.items()]


def time_row(name, peer, phase, theirs, ours=None):
    """A row, as above, of seconds in rounds; without `ours` there is nothing to compare with."""
    row = {'name': name, 'peer': peer, 'phase': phase, 'ours_ms': None,
           'peer_ms': 1e3 * statistics.median(theirs), 'ratio': None}
    if ours:
        ratios = [one / other for one, other in zip(ours, theirs)]
        row |= {'ours_ms': 1e3 * statistics.median(ours), 'ratio': statistics.median(ratios),
                'ratio_min': min(ratios), 'ratio_max': max(ratios)}
    return row


def measure_memory(contest):
    """Rows as above, with the largest memory of a fresh process that does all phases twice:
    ours_mib and peer_mib, of which ours_work_mib and peer_work_mib came after `build` (the times
    are None). Libraries are part of the former and not of the latter."""
    peaks = {}
    for name, build in contest.contestants.items():
        contestant = _Contestant(build)
        if contestant.ready(contest.name, name):
            for phase in 2 * contestant.phases:
                contestant.ask(phase)
            peaks[name] = contestant.ask('peak')
            contestant.stop()
    whole, work = peaks[OURS]
    return [{'name': f'memory: {contest.name}', 'peer': name, 'phase': 'peak', 'ours_ms': None,
             'peer_ms': None, 'ratio': whole / its_whole, 'ours_mib': whole, 'peer_mib': its_whole,
             'ours_work_mib': work, 'peer_work_mib': its_work}
            for name, (its_whole, its_work) in peaks.items()]


class _Contestant:
    """The near end of a contestant's process."""

    def __init__(self, build):
        context = multiprocessing.get_context('spawn')
        self.pipe, far_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(far_end, build), daemon=True)
        self.process.start()
        far_end.close()

    def ready(self, contest, name):
        """Wait until it is built. False, with a line that says why, where a package is missing."""
        self.phases = self.pipe.recv()
        if isinstance(self.phases, ImportError):
            print(f'{contest}: without {name} ({self.phases})', file=sys.stderr)
            return False
        return True

    def ask(self, what):
        """Seconds of a phase; of 'peak', MiB: of the whole process, and since `build`."""
        self.pipe.send(what)
        return self.pipe.recv()

    def stop(self):
        self.pipe.send(None)
        self.process.join()


def _serve(pipe, build):
    try:
        phases = build()
    except ImportError as error:
        return pipe.send(error)
    before = _memory('VmRSS')
    pipe.send(list(phases))
    while (what := pipe.recv()) is not None:
        if what == 'peak':
            peak = _memory('VmHWM')
            pipe.send((peak, peak - before))
        else:
            start = time.perf_counter()
            phases[what]()
            pipe.send(time.perf_counter() - start)


def _memory(field_name):
    """MiB of this process: VmRSS now, VmHWM at most (Linux; elsewhere the most until now)."""
    try:
        with open('/proc/self/status') as status:
            return next(int(line.split()[1]) / 1024 for line in status
                        if line.startswith(field_name))
    except FileNotFoundError:
        import resource  # not there on Windows

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == 'darwin' else peak / 1024
