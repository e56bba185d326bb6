"""Train on small NORB: images of toys by two cameras.

    python train_norb.py --mode semisup --labels 1000

The experiments, and the files in experiments/ that are one each:

    PixelGAN 3.2, table 1, figure 8  --mode semisup  pixelgan/norb.py
    the supervised baseline          --model cnn     pixelgan/cnn.py

The flags of one of them and their values in each preset: --help after its flags.
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a second
import functools
import sys

from datasets import load_norb
from experiments.registry import catalogue
from training.trainer import Trainer

load_once = functools.lru_cache(maxsize=2)(load_norb)       # the runs of one call share it


def load(config, sizes):
    """Small NORB, or what the flags say in its place."""
    return load_once(config['data_dir'], config['data'], sizes=sizes)


main = Trainer(
    __doc__, catalogue('norb'),
    ('auto: small NORB, fetched if missing (263 MB), else, without --data-dir, shaded solids; '
     'norb: that or an error; synthetic: shaded solids drawn by the program [auto]',
     'folder of the six files of small NORB [$PIXELGAN_DATA_DIR, else ./data]'), load)

if __name__ == '__main__':
    sys.exit(main())
