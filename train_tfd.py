"""Train on the Toronto Face Database.

    python train_tfd.py --data-dir FOLDER --mode likelihood --fold 0,1,2,3,4

The experiment, and its file in experiments/:

    AAE 3, table 1  --mode likelihood  aae/faces.py

The faces are not freely downloadable: without them drawn ones show that the program runs. All flags
and their values in each preset: --help.
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a second
import functools
import sys

from datasets import load_tfd
from experiments.registry import catalogue
from training.trainer import Trainer

load_once = functools.lru_cache(maxsize=5)(load_tfd)        # the runs of one call share it


def load(config, sizes):
    """The unlabelled faces and the fold of the flags, or drawn faces."""
    return load_once(config['data_dir'], config['fold'], sizes=sizes,
                     data=config['data'])


main = Trainer(
    __doc__, catalogue('tfd'),
    ('auto: TFD, else, without --data-dir, drawn faces; tfd: that or an error; '
     'synthetic: faces drawn by the program [auto]',
     'TFD_48x48.mat, or its folder [$PIXELGAN_DATA_DIR, else ./data]'), load)

if __name__ == '__main__':
    sys.exit(main())
