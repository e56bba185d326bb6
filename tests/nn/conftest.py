import pytest

from nn import backend
from tests import stand_in


@pytest.fixture(params=['stand-in', pytest.param('gpu', marks=pytest.mark.gpu)])
def device(request, monkeypatch):
    """From here on 'gpu' is this one."""
    if request.param == 'stand-in':
        stand_in.install(monkeypatch)
    else:
        try:
            backend.check_device('gpu')
        except backend.DeviceError as error:
            pytest.skip(str(error))
