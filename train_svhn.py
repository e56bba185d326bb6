"""Train on SVHN, the street view house numbers. The models are in models/, the experiments in
experiments/pixelgan/svhn.py and experiments/aae/svhn.py.

    python train_svhn.py --mode semisup --labels 500,1000
    python train_svhn.py --model aae --mode semisup
    python train_svhn.py --model aae --mode supervised --animate

PixelGAN sees images of 16 x 16 pixels, the adversarial autoencoder of 32 x 32. The flags of a mode
and their values in each preset:

    python train_svhn.py --model MODEL --mode MODE --help
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a second
import functools
import sys

from datasets import load_svhn
from experiments.registry import catalogue
from training.trainer import Trainer

load_once = functools.lru_cache(maxsize=2)(load_svhn)       # the runs of one call share it


def load(config, sizes):
    """SVHN, or what the flags say in its place: the extra file for the paper preset, the train file
    for the others."""
    return load_once(config['data_dir'], config['data'], sizes=sizes,
                     split='extra' if config['preset'] == 'paper' else 'train',
                     size=16 if config['pixels'] == 'real' else 32)


main = Trainer(
    'svhn', __doc__, catalogue('svhn'),
    ('auto: SVHN, fetched if missing (paper: 1.4 GB, else 250 MB), else, '
     'without --data-dir, synthetic house numbers; '
     'svhn: that or an error; synthetic: house numbers drawn by the program [auto]',
     'folder of test_32x32.mat and of extra_32x32.mat or train_32x32.mat [$PIXELGAN_DATA_DIR, else '
     './data]'), load)

if __name__ == '__main__':
    sys.exit(main())
