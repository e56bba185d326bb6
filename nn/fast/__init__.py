"""How the layers are made fast. Skip it at first: but for the last bits, nothing here
changes what they compute.

    products.py        products with many rows and few columns, on a CPU
    parallel.py        threads: parts of a batch
    flat.py            the parameters of a network side by side
    memory.py          whether there is room; freed memory is kept
    elementwise.py     element-wise lines as one kernel of a GPU
    capture.py         a GPU's training step, recorded and replayed; staging.py: what it is given
    cublas.py          NVIDIA's products; taps.py: convolutions with them
"""
