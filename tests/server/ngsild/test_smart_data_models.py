"""Every example of the Smart Data Models that a city needs is taken in and read back unchanged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from touyan.fusion.ngsild.broker import Broker
from touyan.fusion.ngsild.contexts import Documents
from touyan.fusion.store.history import History
from touyan.runtime.broker import BrokerHost
from touyan.server.app import create_broker_app

FOLDER = Path(os.environ.get("TOUYAN_SMART_DATA_MODELS", Path(__file__).parents[4] / "shared/data/smart-data-models"))
SUBJECTS = ("Transportation", "Environment", "Weather", "Alert")
LINK = '<https://sdm.example/{}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'


def examples(subject: str, name: str) -> list[Path]:
    """The examples of a subject with that file name."""
    return sorted((FOLDER / subject).glob(f"*/examples/{name}"))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A broker that has each subject's context at hand."""
    contexts = {
        f"https://sdm.example/{subject}": json.loads((FOLDER / subject / "context.jsonld").read_text())["@context"]
        for subject in SUBJECTS
        if (FOLDER / subject / "context.jsonld").is_file()
    }
    host = BrokerHost(Broker(History(tmp_path), Documents(contexts)))
    with TestClient(create_broker_app(host), base_url="http://127.0.0.1:8600/ngsi-ld/v1") as client:
        yield client


INVALID = {
    "CityWork": "an attribute's type is 'Property ' with a blank",
    "RestrictionException": "an attribute's type is 'string'",
    "SpecialRestriction": "an attribute's type is 'string'",
    "TransportStation": "an attribute's type is 'DateTime'",
    "FloodMonitoring": "an attribute's type is 'string'",
    "NightSkyQuality": "the id is no URI",
    "PhreaticObserved": "an observedAt has two letters T",
    "WaterObserved": "a relationship's object is a date",
    "WeatherForecast": "the id is no URI",
}
"""Examples that break the standard themselves, and are refused."""


def back_and_forth(client: TestClient, entity: dict[str, Any], subject: str) -> str:
    """What became of an entity: same, different or refused."""
    told = {name: value for name, value in entity.items() if name != "@context"}
    headers = {"Link": LINK.format(subject)}
    taken = client.post("/entityOperations/upsert", json=[told], headers=headers, params={"options": "replace"})
    if taken.status_code not in (201, 204):
        return f"refused: {taken.json()['errors'][0]['error']['detail']}"
    shown = client.get(f"/entities/{quote(told['id'], safe='')}", headers=headers)
    return "same" if shown.json() == told else f"different: {shown.json()} instead of {told}"


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no Smart Data Models in {FOLDER}")
@pytest.mark.parametrize("subject", SUBJECTS)
def test_examples_come_back_unchanged(client: TestClient, subject: str) -> None:
    """What other platforms send is what the field agreed on; only what breaks the standard is refused."""
    files = examples(subject, "example-normalized.jsonld")
    assert files
    became = {file.parts[-3]: back_and_forth(client, json.loads(file.read_text()), subject) for file in files}
    assert {name: end for name, end in became.items() if end != "same" and name not in INVALID} == {}
    assert all(became[name].startswith("refused") for name in INVALID if name in became)
