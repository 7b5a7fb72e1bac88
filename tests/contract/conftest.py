"""The server of the API tests, once for each module."""

import pytest
from starlette.testclient import TestClient

from atlas.server.app import create
from tests import server_home


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return server_home.build(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(home):
    with TestClient(create(home)) as session:
        yield session
