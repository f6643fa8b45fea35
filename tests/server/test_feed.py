"""The live feed: what a tab gets, when, and what a slow one misses."""

from __future__ import annotations

import math
import socket
import struct
import threading
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient, WebSocketTestSession
from websockets.sync.client import connect

from touyan.core.protocols import Scene
from touyan.core.text import Text
from touyan.runtime.view import Figure, Update
from touyan.server.board import Backlog, Board, live_changes
from touyan.server.frames import encode_positions

from .fake_city import START, FakeCity
from .running import running_server

LIVE = "ws://127.0.0.1:8600/live"


def _next(tab: WebSocketTestSession, topic: str) -> dict[str, Any]:
    """The next message of a topic; others are passed over."""
    while True:
        message = tab.receive()
        content = msgspec.json.decode(message["text"]) if message.get("text") else {"topic": "positions", **message}
        if content["topic"] == topic:
            return dict(content)


def _scene(*values: float) -> Scene:
    column = np.array(values, np.float32)
    return Scene(
        START, np.arange(len(values), dtype=np.uint32), column, column * 2, column * 0 + 10, column * 0 + math.pi
    )


def _update(beat: int, **changes: Any) -> Update:
    parts: dict[str, Any] = {"scene": _scene(1.0), "live": {}, "figures": (), "alerts": ()}
    return Update(START + beat, beat, "running", **{**parts, **changes})


def test_a_frame_reads_back_as_documented() -> None:
    """The layout is a contract with every client: header, then columns, all little-endian."""
    frame = encode_positions(_scene(5.0, -7.5, 1000.25), beat=9)
    assert frame[:4] == b"TYP1"
    assert struct.unpack_from("<IdI", frame, 4) == (3, START, 9)
    assert frame[20:32] == bytes(12)
    assert len(frame) == 32 + 14 * 3
    assert np.frombuffer(frame, "<u4", 3, 32).tolist() == [0, 1, 2]
    assert np.frombuffer(frame, "<f4", 3, 44).tolist() == [5.0, -7.5, 1000.25]
    assert np.frombuffer(frame, "<f4", 3, 56).tolist() == [10.0, -15.0, 2000.5]
    assert list(frame[68:71]) == [40, 40, 40]
    assert list(frame[71:74]) == [128, 128, 128]


@given(speed=st.floats(0, 200), heading=st.floats(-20, 20))
def test_speed_and_heading_are_within_half_a_step_or_at_the_end(speed: float, heading: float) -> None:
    """One byte each must never wrap a fast vehicle to a slow one or turn one round."""
    column = np.zeros(1, np.float32)
    scene = Scene(START, np.zeros(1, np.uint32), column, column, column + speed, column + heading)
    shown_speed, shown_heading = encode_positions(scene, 0)[-2:]
    assert abs(shown_speed * 0.25 - min(speed, 63.75)) <= 0.1251
    apart = (shown_heading / 256 * math.tau - heading) % math.tau
    assert min(apart, math.tau - apart) <= math.tau / 512 + 1e-4


def test_a_tab_gets_everything_at_the_start(client: TestClient, city: FakeCity) -> None:
    """A page must be complete without a second question, whenever it is opened."""
    city.warn()
    city.beat()
    with client.websocket_connect(LIVE) as tab:
        assert _next(tab, "about")["city"] == {"en": "Grid 4×3", "zh": "网格 4×3"}
        alerts = _next(tab, "alerts")
        assert (alerts["all"], len(alerts["alerts"])) == (True, 1)
        city.beat()
        figures = _next(tab, "figures")
        assert (figures["state"], len(figures["figures"])) == ("running", 3)
        assert len(_next(tab, "positions")["bytes"]) == 32 + 14 * 12
        assert len(_next(tab, "live")["layers"]["signals"]) == 48


def test_a_tab_before_the_first_beat_is_told_that_the_brain_starts(client: TestClient) -> None:
    """Building a large city takes a while; the page should say so instead of standing empty."""
    with client.websocket_connect(LIVE) as tab:
        figures = _next(tab, "figures")
        assert (figures["state"], figures["at"], figures["figures"]) == ("starting", None, [])


def test_a_new_alert_and_what_a_person_does_reach_every_tab(client: TestClient, city: FakeCity) -> None:
    """Two people at two screens must see the same inbox, even when the brain no longer beats."""
    with client.websocket_connect(LIVE) as one, client.websocket_connect(LIVE) as two:
        for tab in (one, two):
            assert _next(tab, "alerts")["all"]
        city.warn()
        city.beat()
        for tab in (one, two):
            assert _next(tab, "alerts")["alerts"][0]["state"] == "open"
        client.post("/api/alerts/alert-1/acknowledge", json={"by": "Lin"})
        for tab in (one, two):
            changed = _next(tab, "alerts")
            assert (changed["all"], changed["alerts"][0]["state"]) == (False, "acknowledged")


def test_the_end_of_the_run_reaches_the_tab(client: TestClient, city: FakeCity) -> None:
    """The page must tell a run that ended in order from one that it lost."""
    with client.websocket_connect(LIVE) as tab:
        _next(tab, "figures")
        city.state = "finished"
        city.beat()
        assert _next(tab, "figures")["state"] == "finished"


def test_positions_go_out_at_most_twice_a_second_and_the_newest_wins() -> None:
    """The brain may beat many times a second; a page needs two, and never an old one."""
    backlog = Backlog(Board(_update(1), 0.0))
    assert len(backlog.take(0.0)) == 2
    for beat in range(2, 10):
        backlog.show(Board(_update(beat), 0.0))
        assert backlog.take(0.05 * beat - 0.06) == []
    assert backlog.rest(0.4) == pytest.approx(0.1)
    (frame,) = backlog.take(0.5)
    assert isinstance(frame, bytes)
    assert struct.unpack_from("<I", frame, 16) == (9,)


def test_figures_go_out_at_most_once_a_second() -> None:
    """People cannot read faster, and every message costs every tab."""
    figure = Figure("f", Text("f", "f"), "SEC", 1.0, None, Text("m", "m"), "sensors")
    backlog = Backlog(Board(_update(1, scene=None), 0.0))
    assert len(backlog.take(0.0)) == 1
    backlog.show(Board(_update(2, scene=None, figures=(figure,)), 0.2))
    assert backlog.take(0.7) == []
    (message,) = backlog.take(1.0)
    content = msgspec.json.decode(message)
    assert (content["figures"][0]["city"], content["age_s"]) == (1.0, 0.8)
    assert backlog.rest(1.1) is None


def test_no_alert_is_lost_on_a_client_that_reads_slowly(city: FakeCity) -> None:
    """Positions may be skipped, a warning never; of one alert the newest copy is enough."""
    backlog = Backlog(Board(None, 0.0))
    first, second = city.warn(), city.warn()
    taken = city.acknowledge(first.identifier, "Lin")
    for alert in (first, second, taken, first):
        backlog.add_alert(alert)
    content = msgspec.json.decode(backlog.take(0.0)[0])
    assert {alert["identifier"]: alert["state"] for alert in content["alerts"]} == {
        first.identifier: "acknowledged",
        second.identifier: "open",
    }


def test_alerts_of_beats_that_were_merged_all_arrive(client: TestClient, city: FakeCity) -> None:
    """At high speed many beats share one message, and none of their alerts may fall out."""
    with client.websocket_connect(LIVE) as tab:
        assert _next(tab, "alerts")["all"]
        raised = set()
        for _ in range(20):
            raised.add(city.warn().identifier)
            city.beat()
        seen: set[str] = set()
        while seen != raised:
            seen |= {alert["identifier"] for alert in _next(tab, "alerts")["alerts"]}


@given(
    old=st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2))),
    new=st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2))),
)
def test_live_changes_turn_the_old_values_into_the_new(
    old: dict[str, dict[str, float]], new: dict[str, dict[str, float]]
) -> None:
    """A page that applies every change must show exactly what the brain knows."""
    changed = live_changes(old, new)
    for layer in old.keys() | new.keys():
        page = dict(old.get(layer, {})) | changed.get(layer, {})
        assert {name: value for name, value in page.items() if value is not None} == new.get(layer, {})
        assert all(old.get(layer, {}).get(name) != value for name, value in changed.get(layer, {}).items())


def test_a_client_that_never_reads_holds_up_neither_the_brain_nor_others() -> None:
    """One stuck browser must not stop a city: its frames are dropped, the others' flow."""
    city = FakeCity(vehicles=20_000)
    with running_server(city) as url:
        stalled = socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])))
        stalled.sendall(
            b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        done = threading.Event()

        def beat() -> None:
            for _ in range(200):
                city.beat()
            done.set()

        threading.Thread(target=beat).start()
        assert done.wait(60), "the brain's thread was held up"
        with connect(f"{url.replace('http', 'ws')}/live", max_size=None) as other:
            while not isinstance(frame := other.recv(timeout=20), bytes):
                pass
        assert frame[:4] == b"TYP1"
        stalled.close()
