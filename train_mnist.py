"""Train on MNIST.

    python train_mnist.py --mode clustering
    python train_mnist.py --model aae --mode semisup --labels 100

The experiments, and the files in experiments/ that are one each:

    PixelGAN 3.1, figure 6     --mode clustering              pixelgan/clustering.py
    PixelGAN figure 5          --mode simplex                 pixelgan/simplex.py
    PixelGAN 3.2, table 1      --mode semisup                 pixelgan/semisup.py
    PixelGAN 2.1, figures 2, 3 --mode gaussian                pixelgan/gaussian.py
    PixelGAN 4, figure 9       --mode crossdomain             pixelgan/crossdomain.py
    PixelGAN figure 2b         --model pixelcnn               pixelgan/density.py
    AAE 2, figures 2 to 4      --model aae --mode prior       aae/prior.py
    AAE 3, table 1             --model aae --mode likelihood  aae/likelihood.py
    AAE 4, figures 6, 7a       --model aae --mode supervised  aae/supervised.py
    AAE 5, table 2             --model aae --mode semisup     aae/semisup.py
    AAE 6, table 3             --model aae --mode clustering  aae/clustering.py
    AAE 7, figures 10, 11      --model aae --mode embedding   aae/embedding.py
    AAE figures 2c, 2d         --model vae                    aae/vae.py
    supervised baselines       --model mlp                    aae/mlp.py
                               --model cnn                    pixelgan/cnn.py

Without --preset it is `quick`, minutes on two cores; --preset paper has the appendix's values.
The phases are methods in models/pixelgan.py and models/aae.py; the loop is training/loop.py;
training/__init__.py says where a run is saved and resumed.

Hyperparameters and the seed take several values with commas between, for a run of each:

    python train_mnist.py --mode semisup --labels 20,50,100 --seed 0,1,2

The flags of one of them and their values in each preset: --help after its flags.
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
    __doc__, catalogue('mnist'),
    ('auto: MNIST, fetched if missing, else, without --data-dir, synthetic digits; '
     'mnist: that or an error; synthetic: digits drawn by the program [auto]',
     'folder of the four IDX files [$PIXELGAN_DATA_DIR, else ./data]'), load)

if __name__ == '__main__':
    sys.exit(main())
