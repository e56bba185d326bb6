"""Train on SVHN, the street view house numbers.

    python train_svhn.py --mode semisup --labels 500,1000
    python train_svhn.py --model aae --mode supervised --animate

The experiments, and the files in experiments/ that are one each:

    PixelGAN 3.2, table 1, figure 7  --mode semisup                 pixelgan/svhn.py
    AAE 5, table 2                   --model aae --mode semisup     aae/svhn.py
    AAE 4, figure 7b                 --model aae --mode supervised  aae/svhn.py
    supervised baselines             --model mlp                    aae/svhn.py
                                     --model cnn                    pixelgan/cnn.py

PixelGAN sees images of 16 x 16 pixels, the adversarial autoencoder of 32 x 32. The flags of one of
them and their values in each preset: --help after its flags.
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
    __doc__, catalogue('svhn'),
    ('auto: SVHN, fetched if missing (paper: 1.4 GB, else 250 MB), else, '
     'without --data-dir, synthetic house numbers; '
     'svhn: that or an error; synthetic: house numbers drawn by the program [auto]',
     'folder of test_32x32.mat and of extra_32x32.mat or train_32x32.mat [$PIXELGAN_DATA_DIR, else '
     './data]'), load)

if __name__ == '__main__':
    sys.exit(main())
