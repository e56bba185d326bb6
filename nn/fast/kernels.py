"""Element-wise lines as one kernel of a GPU.

Line by line CuPy launches a kernel for each operation, and to launch one takes Python longer than
it takes the GPU to run it.
"""
import functools


@functools.cache
def kernel(xp, text, inputs, outputs):
    """A function (*inputs, *outputs) of arrays and numbers that runs `text` on every element.

    xp: cupy; text: C, in which an output may be read, too; inputs, outputs: their names.
    """
    inputs, outputs = (', '.join(f'T {name}' for name in names) for names in (inputs, outputs))
    return xp.ElementwiseKernel(inputs, outputs, text, 'update')
