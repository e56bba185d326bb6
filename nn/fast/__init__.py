"""How the layers are made fast: products, threads, memory. Skip it at first."""
