"""Train on MNIST. The models are in models/, the experiments in experiments/.

    python train_mnist.py --mode clustering
    python train_mnist.py --mode semisup --labels 100
    python train_mnist.py --model aae --mode semisup --labels 100

Hyperparameters and the seed take several values with commas between, for a run of each:

    python train_mnist.py --mode semisup --labels 20,50,100 --seed 0,1,2

The flags of a mode and their values in each preset:

    python train_mnist.py --model MODEL --mode MODE --help
"""
if __name__ == '__main__':
    import console
    console.start()     # before the imports below, which take a second
import functools
import sys

from datasets import load_mnist
from experiments.registry import catalogue
from training.trainer import Trainer

load_once = functools.lru_cache(maxsize=2)(load_mnist)      # the runs of one call share it


def load(config, sizes):
    """MNIST, or what the flags say in its place."""
    return load_once(config['data_dir'], config['data'], sizes=sizes)


main = Trainer(
    'mnist', __doc__, catalogue('mnist'),
    ('auto: MNIST, fetched if missing, else, without --data-dir, synthetic digits; '
     'mnist: that or an error; synthetic: digits drawn by the program [auto]',
     'folder of the four IDX files [$PIXELGAN_DATA_DIR, else ./data]'), load)

if __name__ == '__main__':
    sys.exit(main())
