"""The model that the benchmarks measure: the paper preset of clustering, on the CPU."""
from experiments.clustering import Clustering


def paper_model(blocks=15):
    """(PixelGAN, its configuration)."""
    config = Clustering.preset('paper', seed=0, device='cpu', blocks=blocks)
    return Clustering(config, (28, 28, 1)).model, config
