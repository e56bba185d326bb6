"""How the layers are made fast: products, threads, memory, a recorded step. Skip it at first."""
