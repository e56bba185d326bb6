"""Which data a run is on: a run that goes on stays with them."""
from training.run_folder import RunError


def data_choice(config):
    """'auto', 'synthetic' or the data set's name: images of files do not turn into drawn ones, or
    back."""
    if 'drawn' not in config:       # a new run
        return config['data']
    return 'synthetic' if config['drawn'] else config['dataset']


def check_source(config):
    """Raise RunError where files are named that nobody would read."""
    if config['data'] == 'synthetic' and config['data_dir'] is not None:
        raise RunError('--data-dir changes nothing with --data synthetic: leave one of them out')


def check_data(name, data):
    """Raise RunError where a Dataset is not the one called `name`, which a run was on."""
    if name not in (data.name, data.formerly):
        raise RunError(f'the run was on {name}, but {data.source} are {data.name}: '
                       'name the folder with --data-dir')
