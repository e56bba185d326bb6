"""What experiments share.

    experiment.py          what every experiment is; built_model.py: of that, what needs no data
    hyperparameters.py     the rows of a table: flag, type and meaning of each
    networks.py            the encoder's noise and the phases' optimisers, by the rows of a table
    code.py                what a decoder is given; pixels.py: what a pixel is
    labelled_images.py     labelled batches and errors; baseline.py: training on them alone
    clusters.py            what a cluster stands for; clustering_error.py: how well it does
    elbo.py, parzen.py     the terms of the ELBO; the likelihood by samples
    figures.py             pictures of arrays; code_pictures.py: of a code of two dimensions
    step_memory.py         whether the machine has the memory for a step
"""
