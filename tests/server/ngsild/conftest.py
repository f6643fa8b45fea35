"""A broker in memory and a program that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from touyan.fusion.ngsild.broker import Broker
from touyan.fusion.ngsild.contexts import Documents
from touyan.fusion.store.history import History
from touyan.runtime.broker import BrokerHost
from touyan.server.app import create_broker_app

CITY_CONTEXT = "https://city.example/context.jsonld"
CITY_TERMS = {
    "Road": "https://city.example/terms#Road",
    "speed": "https://city.example/terms#speed",
    "name": "https://city.example/terms#name",
}
LINK = {"Link": f'<{CITY_CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'}


@pytest.fixture
def host(tmp_path: Path) -> BrokerHost:
    """A broker without a log that knows one context."""
    return BrokerHost(Broker(History(tmp_path), Documents({CITY_CONTEXT: CITY_TERMS})))


@pytest.fixture
def client(host: BrokerHost) -> Iterator[TestClient]:
    """A program that speaks NGSI-LD; errors come as answers, not as exceptions."""
    app = create_broker_app(host)
    base = "http://127.0.0.1:8600/ngsi-ld/v1"
    with TestClient(app, base_url=base, raise_server_exceptions=False) as client:
        yield client


def road(number: int, **attributes: Any) -> dict[str, Any]:
    """A road with a speed, in concise form where nothing else is said."""
    return {
        "id": f"urn:ngsi-ld:Road:{number}",
        "type": "Road",
        "speed": {"type": "Property", "value": 50},
        **attributes,
    }
