"""A broker that ends and begins again: what was acknowledged is there, what was refused is not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from touyan.core.errors import StorageFullError
from touyan.fusion.store.journal import Journal
from touyan.runtime.broker import BrokerHost, open_broker
from touyan.server.app import create_broker_app

from .conftest import road

SUBSCRIPTION = {
    "id": "urn:ngsi-ld:Subscription:1",
    "type": "Subscription",
    "entities": [{"type": "Road"}],
    "notification": {"endpoint": {"uri": "http://127.0.0.1:9/notify"}},
}


@contextmanager
def serving(host: BrokerHost) -> Iterator[TestClient]:
    """A program that speaks NGSI-LD with a broker as long as the block runs."""
    with TestClient(create_broker_app(host), base_url="http://127.0.0.1:8600/ngsi-ld/v1") as client:
        yield client


def test_everything_acknowledged_is_there_after_a_start(tmp_path: Path) -> None:
    """Entities, their past, subscriptions, contexts and tenants."""
    with serving(open_broker(tmp_path)) as client:
        assert client.post("/entities", json=road(1)).status_code == 201
        assert client.patch("/entities/urn:ngsi-ld:Road:1/attrs/speed", json={"value": 30}).status_code == 204
        assert client.post("/entities", json=road(2)).status_code == 201
        assert client.delete("/entities/urn:ngsi-ld:Road:2").status_code == 204
        assert client.post("/entities", json=road(3), headers={"NGSILD-Tenant": "police"}).status_code == 201
        assert client.post("/subscriptions", json=SUBSCRIPTION).status_code == 201
        context = client.post("/jsonldContexts", json={"@context": {"a": "urn:a"}}).headers["location"]
        before = client.get("/temporal/entities/urn:ngsi-ld:Road:1").json()
    with serving(open_broker(tmp_path)) as client:
        assert client.get("/entities/urn:ngsi-ld:Road:1").json()["speed"]["value"] == 30
        assert client.get("/entities/urn:ngsi-ld:Road:2").status_code == 404
        assert client.get("/entities/urn:ngsi-ld:Road:3", headers={"NGSILD-Tenant": "police"}).status_code == 200
        assert client.get("/subscriptions/urn:ngsi-ld:Subscription:1").json()["status"] == "active"
        assert client.get(context.removeprefix("/ngsi-ld/v1")).json() == {"@context": {"a": "urn:a"}}
        assert client.get("/temporal/entities/urn:ngsi-ld:Road:1").json() == before
        assert client.get("/temporal/entities/urn:ngsi-ld:Road:2").status_code == 200


def test_a_copy_of_the_folder_made_under_way_is_a_whole_broker(tmp_path: Path) -> None:
    """As after a crash: nothing had to be closed first."""
    with serving(open_broker(tmp_path / "one")) as client:
        for number in range(20):
            assert client.post("/entities", json=road(number)).status_code == 201
        shutil.copytree(tmp_path / "one", tmp_path / "other", ignore=shutil.ignore_patterns("lock"))
    with serving(open_broker(tmp_path / "other")) as client:
        assert len(client.get("/entities", params={"type": "Road", "limit": "100"}).json()) == 20


def test_a_checkpoint_changes_nothing_but_the_files(tmp_path: Path) -> None:
    """State and past come from snapshot and segments then, and later writes from the log behind them."""
    host = open_broker(tmp_path)
    with serving(host) as client:
        assert client.post("/entities", json=road(1)).status_code == 201
        assert client.portal is not None
        client.portal.call(host.checkpoint)
        assert client.patch("/entities/urn:ngsi-ld:Road:1/attrs/speed", json={"value": 30}).status_code == 204
        before = client.get("/temporal/entities/urn:ngsi-ld:Road:1").json()
    with serving(open_broker(tmp_path)) as client:
        assert client.get("/entities/urn:ngsi-ld:Road:1").json()["speed"]["value"] == 30
        after = client.get("/temporal/entities/urn:ngsi-ld:Road:1").json()
    assert after == before
    assert len(after["speed"]) == 2


def test_a_full_disk_refuses_writes_and_goes_on_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """507, and memory is as if the refused writes had never been."""
    host = open_broker(tmp_path)

    def full(self: Journal, records: Any, done: Any) -> None:
        done(StorageFullError(str(tmp_path), "no space left"))

    with serving(host) as client:
        assert client.post("/entities", json=road(1)).status_code == 201
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "append_soon", full)
            for response in (
                client.patch("/entities/urn:ngsi-ld:Road:1/attrs/speed", json={"value": 30}),
                client.post("/entities", json=road(2)),
                client.delete("/entities/urn:ngsi-ld:Road:1"),
                client.post("/subscriptions", json=SUBSCRIPTION),
            ):
                assert (response.status_code, response.headers["content-type"]) == (507, "application/problem+json")
        assert client.get("/entities/urn:ngsi-ld:Road:1").json()["speed"]["value"] == 50
        assert client.get("/entities/urn:ngsi-ld:Road:2").status_code == 404
        assert client.get("/subscriptions").json() == []
        assert client.post("/entities", json=road(2)).status_code == 201
