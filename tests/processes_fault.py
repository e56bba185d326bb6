"""A training run in which one of several processes fails.

    mpirun -n 2 python -m tests.processes_fault PROCESS KIND FLAGS...

KIND: `error`, one that nobody expects; `data`, one that the user can mend.
"""
import sys

import train_mnist
from datasets import DataError
from models.pixelgan import PixelGAN
from nn import processes

KINDS = {'error': ZeroDivisionError('step two'), 'data': DataError('a file is gone')}


def main(number, kind, *flags):
    step, count = PixelGAN.step, [0]

    def failing(self, *batch):
        count[0] += 1
        if count[0] == 2 and processes.others.rank == int(number):
            raise KINDS[kind]
        return step(self, *batch)

    PixelGAN.step = failing
    return train_mnist.main(flags)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
