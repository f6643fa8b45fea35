"""Clients that others wrote talk with our broker as with any other; `scripts/install_test_clients.sh` brings them."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from touyan.runtime.broker import open_broker
from touyan.server.app import create_broker_app
from touyan.server.serve import bind, make_server

ROOT = Path(__file__).parents[3]
PYTHON = Path(os.environ.get("TOUYAN_CLIENTS", ROOT / ".clients/bin/python"))
PATIENCE_S = 60

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason=f"no clients at {PYTHON}")

WITH_NGSILDCLIENT = """
import http.server, json, queue, sys, threading
from ngsildclient import Client, Entity, SubscriptionBuilder

letters = queue.Queue()

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        letters.put(json.loads(body))

    def log_message(self, *values):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = int(sys.argv[1])
client = Client(hostname="127.0.0.1", port=port, port_temporal=port, verbose=False)
told = {}
subscription = SubscriptionBuilder(f"http://127.0.0.1:{server.server_port}/").description("air").select_type("Air")
told["subscribed"] = client.subscriptions.create(subscription.build())
air = Entity("Air", "1").prop("NO2", 22, unitcode="GP", observedat="2026-05-01T08:00:00Z").loc((30.2, 120.1))
told["created"] = client.create(air)
told["notified"] = letters.get(timeout=20)["data"][0]["NO2"]["value"]
told["got"] = client.get("Air:1")["NO2.value"]
client.batch.upsert([Entity("Air", f"{number}").prop("NO2", number * 10) for number in range(2, 6)])
told["queried"] = len(client.query(type="Air", q="NO2>30"))
told["counted"] = client.count(type="Air")
told["types"] = client.types.list()
told["past"] = client.temporal.get("Air:1")["NO2"]["values"]
client.delete(air)
told["left"] = client.count(type="Air")
print("\\n" + json.dumps(told))
"""

WITH_FILIP = """
import json, sys
from filip.clients.ngsi_ld.cb import ContextBrokerLDClient
from filip.models.base import FiwareLDHeader
from filip.models.ngsi_ld.context import ActionTypeLD, ContextLDEntity
from filip.models.ngsi_ld.subscriptions import SubscriptionLD

def room(number, value):
    temperature = {"type": "Property", "value": value}
    return ContextLDEntity(id=f"urn:ngsi-ld:Room:{number}", type="Room", temperature=temperature)

told = {}
with ContextBrokerLDClient(url=f"http://127.0.0.1:{sys.argv[1]}", fiware_header=FiwareLDHeader()) as client:
    client.post_entity(entity=room(1, 23.5))
    found = client.get_entity("urn:ngsi-ld:Room:1")
    told["got"] = found.temperature.value
    more = [room(number, number) for number in range(2, 6)]
    client.entity_batch_operation(entities=more, action_type=ActionTypeLD.CREATE)
    told["queried"] = len(client.get_entity_list(entity_type="Room", q="temperature>3"))
    found.temperature.value = 30
    client.override_entities([found])
    told["changed"] = client.get_entity("urn:ngsi-ld:Room:1").temperature.value
    endpoint = {"endpoint": {"uri": "http://127.0.0.1:9/"}}
    identifier, rooms = "urn:ngsi-ld:Subscription:1", [{"type": "Room"}]
    client.post_subscription(SubscriptionLD(id=identifier, type="Subscription", entities=rooms, notification=endpoint))
    told["subscriptions"] = len(client.get_subscription_list())
    client.delete_subscription(identifier)
    client.delete_entity_by_id("urn:ngsi-ld:Room:1")
    told["left"] = len(client.get_entity_list(entity_type="Room"))
print("\\n" + json.dumps(told))
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A real broker with a log on a free port."""
    ready = threading.Event()
    listener = bind("127.0.0.1", 0)
    server = make_server(create_broker_app(open_broker(tmp_path)), ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert ready.wait(PATIENCE_S)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


def run(program: str, port: int) -> dict[str, Any]:
    """What a client's program tells in its last line."""
    done = subprocess.run(
        [str(PYTHON), "-c", program, str(port)], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def test_ngsildclient_does_all_that_it_can(port: int) -> None:
    """Create, read, batch, query, count, subscribe and be told, past, delete."""
    told = run(WITH_NGSILDCLIENT, port)
    assert told.pop("subscribed").startswith("urn:ngsi-ld:Subscription:")
    assert told == {
        "created": True,
        "notified": 22,
        "got": 22,
        "queried": 2,
        "counted": 5,
        "types": ["Air"],
        "past": [[22, "2026-05-01T08:00:00Z"]],
        "left": 4,
    }


def test_filip_does_all_that_it_can(port: int) -> None:
    """Create, read, batch, query, replace, subscribe, delete."""
    assert run(WITH_FILIP, port) == {"got": 23.5, "queried": 3, "changed": 30, "subscriptions": 1, "left": 4}
