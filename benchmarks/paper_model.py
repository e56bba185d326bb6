"""The model that the benchmarks measure: the paper preset of clustering, on the CPU."""
from experiments import clustering


def paper_model(blocks=15):
    """(PixelGAN, its configuration)."""
    config = clustering.preset_config('paper') | {'seed': 0, 'device': 'cpu', 'blocks': blocks}
    return clustering.build(config, (28, 28, 1)), config
