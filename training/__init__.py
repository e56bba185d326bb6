"""The machinery of a run, which knows no paper: the loop, checkpoints, folders, flags."""
