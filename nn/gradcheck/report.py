"""A row of the report, and the table."""
from dataclasses import dataclass


class Complaint(Exception):
    """What is wrong with a layer so that there is nothing to compare; becomes a row that failed."""

    def __init__(self, array, detail):
        self.array, self.detail = array, detail


@dataclass
class Check:
    """One row. error: the largest relative error; kinks: how many differences were taken at a kink
    (such as ReLU's at 0), where there is no one derivative to compare with; detail: what failed;
    note: what a row that passed does not show, and what a wrong gradient looks like."""
    layer: str
    array: str
    error: float
    passed: bool
    kinks: int = 0
    detail: str = ''
    note: str = ''


def facts(name, array, statements, note=''):
    """One row for several statements, complaint -> whether all is well: the detail is what is said
    of those that are not."""
    detail = '; '.join(complaint for complaint, holds in statements.items() if not holds)
    return Check(name, array, 0.0, not detail, detail=detail, note=note)


def failed(name, complaint):
    return Check(name, complaint.array, float('nan'), False, detail=complaint.detail)


def report(checks):
    """Print the table (layer, array, largest relative error, result) as it comes; True when all
    pass. checks: any iterable of Check."""
    total = wrong = 0
    for check in checks:
        total, wrong = total + 1, wrong + (not check.passed)
        result = 'pass' if check.passed else 'FAIL'
        kinks = f' ({check.kinks} at a kink)' if check.kinks else ''
        print(f'{check.layer:<32} {check.array:<28} {check.error:9.2e}  {result}{kinks}',
              flush=True)
        for text in (check.detail, check.note):
            if text:
                print(f'    {text}')
    print(f'{total} checks, {wrong} failed')
    return not wrong
