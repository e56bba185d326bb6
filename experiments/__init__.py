"""The experiments of both papers: README.md says which figure is which command and file.

    pixelgan/, aae/    a file an experiment: its table, which is the paper's appendix, the model
                       that it builds, what it measures and draws; networks.py: building them
    common/            what all of them share
    registry.py        --model, --mode and --pixels name an experiment
    sample.py          images from the model of a saved run; encode.py: codes of your images;
                       codes.py: code spaces side by side; saved_run.py: what these three share

What an experiment builds is a model of models/, whose methods are the papers' phases of training.
"""
