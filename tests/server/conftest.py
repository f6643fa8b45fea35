"""A small city and a client of its server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from touyan.server.app import create_app

from .fake_city import FakeCity


@pytest.fixture
def city() -> FakeCity:
    """A city of a dozen vehicles that beats when told to."""
    return FakeCity(vehicles=12)


@pytest.fixture
def client(city: FakeCity) -> Iterator[TestClient]:
    """A program that talks to the city's server; errors come as answers, not as exceptions."""
    with TestClient(create_app(city), base_url="http://127.0.0.1:8600", raise_server_exceptions=False) as client:
        yield client
