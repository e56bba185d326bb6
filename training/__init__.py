"""The machinery of a run, which knows no paper.

A run, from the inside out:

    loop.py            how a model is trained, on one page
    progress.py        epochs, steps, losses, seconds
    checkpoint.py      what is saved, and how a run goes on from it
    run_folder.py      its files; files.py: how they are written and read; run_lock.py: one
                       process at a time in it
    pictures.py        when they are drawn, and that one that fails costs no run
    terminal.py        the progress bar, an epoch's line, Ctrl-C
    run.py             one run, from its configuration to its pictures
    several.py         a run for each value of a flag, and their comparison
    workers.py         these runs side by side
    processes.py       one run on several processes

A command, from the outside in:

    trainer.py         what train_*.py call: from the command line to an exit code
    command.py         how a command ends: exit code, one line for what the user can mend
    catalogue.py       what a trainer offers: experiments, hyperparameters
    command_line.py    its flags; flags.py: their types and errors, which all commands share
    configuration.py   flags, preset or a run that is there -> the configuration of a run
"""
