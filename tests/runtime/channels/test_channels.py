"""Alerts on their way out: signed, retried, never lost, never to the wrong people."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from touyan.core.alerts import AlertAction, Severity
from touyan.core.errors import InputError
from touyan.core.text import Text
from touyan.runtime.alert_file import read_alert_file
from touyan.runtime.channels.courier import Courier
from touyan.runtime.channels.declared import Channel, MailChannel, MqttChannel, WebhookChannel
from touyan.runtime.channels.outbox import Outbox
from touyan.runtime.no_store import NoStore
from touyan.runtime.store import Store
from touyan.warning.book import AlertBook
from touyan.warning.desk import Desk, Rung
from touyan.warning.sender import Sender

from ...fusion.sources.mosquitto import Mosquitto, free_port
from ...loops import run
from ...warning.raw_alerts import raw
from .receivers import PATIENCE_S, MailBox, Subscriber, Webhook, mail_server

SENDER = Sender("ops@city.example", Text("Operations", "指挥中心"))
QUICK: dict[str, Any] = {"retry_s": 0.01, "retry_most_s": 0.05}


class Centre:
    """A book on disk with its courier, which tells it of every change."""

    def __init__(self, folder: Path | None, *channels: Channel, desk: Desk | None = None) -> None:
        self.store = Store.open(folder) if folder else NoStore()
        self.book = AlertBook(self.store, self.store.alert_records(), desk)
        self.failed: Queue[tuple[str, str]] = Queue()
        self._courier = Courier(channels, self.book, self.store, SENDER, lambda *told: self.failed.put(told))
        self._courier.start()

    def raise_alert(self, house: int = 1, **more: Any) -> None:
        """A new alert, and the courier is woken."""
        self.book.open([raw(1.0, house, **more)])
        self._courier.wake()

    def act(self, action: AlertAction, by: str = "Li", to: str = "", number: int = 1) -> None:
        """Somebody does something about an alert."""
        self.book.act(action, f"alert-{number}", by, 2.0, to=to)
        self._courier.wake()

    def tick(self, now: float) -> None:
        """Time passes."""
        self.book.tick(now)
        self._courier.wake()

    def close(self) -> None:
        """End in order."""
        self._courier.stop()
        self.store.close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A receiver of posts."""
    receiver = Webhook()
    yield receiver
    receiver.close()


Open = Callable[..., Centre]


@pytest.fixture
def open_centre() -> Iterator[Open]:
    """Opens centres, and ends them all."""
    opened: list[Centre] = []

    def opener(*given: Any, **more: Any) -> Centre:
        opened.append(Centre(*given, **more))
        return opened[-1]

    yield opener
    for centre in opened:
        centre.close()


def hook(webhook: Webhook, **more: Any) -> WebhookChannel:
    """A channel to a receiver."""
    return WebhookChannel("hook", url=webhook.url, **{**QUICK, **more})


# ---------------------------------------------------------------- webhook


def test_a_post_is_signed_so_that_the_receiver_knows_who_sent_it(
    open_centre: Open, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can post to an open address; only we know the secret, and a copy of yesterday is told by its time."""
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    open_centre(None, hook(webhook, secret_variable="HOOK_SECRET")).raise_alert()
    post = webhook.got()
    time, signature = post.headers["x-touyan-signature"].split(",")
    signed = f"{time.removeprefix('t=')}.".encode() + post.body
    assert signature == "v1=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert post.headers["idempotency-key"] == "alert-1.1"
    assert (json.loads(post.body)["rule"], json.loads(post.body)["state"]) == ("fire", "open")


def test_a_receiver_that_fails_or_is_slow_gets_it_again_until_it_has_it(open_centre: Open, webhook: Webhook) -> None:
    """A restart of the receiver at the wrong moment must not cost the alert."""
    for answer in (503, None, 429, 200):
        webhook.answers.put(answer)
    centre = open_centre(None, hook(webhook, timeout_s=0.3))
    centre.raise_alert()
    assert {webhook.got().headers["idempotency-key"] for _ in range(4)} == {"alert-1.1"}
    centre.act(AlertAction.ACKNOWLEDGE)
    assert webhook.got().headers["idempotency-key"] == "alert-1.2"


def test_what_is_refused_for_good_is_noted_and_holds_up_nothing(
    tmp_path: Path, open_centre: Open, webhook: Webhook
) -> None:
    """One message that the receiver hates must not block all that come after it."""
    webhook.answers.put(422)
    centre = open_centre(tmp_path, hook(webhook))
    centre.raise_alert(1)
    centre.raise_alert(2)
    assert {webhook.got().headers["idempotency-key"] for _ in range(2)} == {"alert-1.1", "alert-2.1"}
    centre.close()
    store = Store.open(tmp_path)
    outcomes = {(each.identifier, each.outcome.partition(":")[0]) for each in store.deliveries()}
    store.close()
    assert outcomes >= {("alert-1", "refused")}


def test_while_the_receiver_is_down_nothing_is_lost_and_a_restart_goes_on(tmp_path: Path, open_centre: Open) -> None:
    """The line is cut, the brain is killed, both come back: the alert arrives, as it then stands."""
    port = free_port()
    channel = WebhookChannel("hook", url=f"http://127.0.0.1:{port}/", **QUICK)
    centre = open_centre(tmp_path, channel)
    centre.raise_alert()
    assert centre.failed.get(timeout=PATIENCE_S)[0] == "hook"
    centre.close()
    receiver = Webhook(port)
    again = open_centre(tmp_path, channel)
    assert receiver.got().headers["idempotency-key"] == "alert-1.1"
    again.raise_alert(2)
    assert receiver.got().headers["idempotency-key"] == "alert-2.1"
    receiver.close()


def test_a_storm_is_one_message_and_not_twenty_thousand(open_centre: Open, webhook: Webhook) -> None:
    """What only grew in number is no news; what changed its state is."""
    centre = open_centre(None, hook(webhook))
    for house in range(200):
        centre.raise_alert(house, group="cause")
    centre.act(AlertAction.ACKNOWLEDGE)
    states = [json.loads(webhook.got().body)["state"]]
    while states[-1] != "acknowledged":
        states.append(json.loads(webhook.got().body)["state"])
    assert len(states) <= 2


# ---------------------------------------------------------------- who is told what


def carried(channel: Channel, book: AlertBook) -> bool:
    """Whether a channel would carry the first alert as it stands."""
    return channel.carries(book.get("alert-1"))


def test_the_public_hears_only_what_two_persons_released() -> None:
    """An orange alert on everybody's phone is not one person's decision."""
    book = AlertBook(NoStore())
    book.open([raw(severity=Severity.SEVERE)])
    public, staff = (WebhookChannel("a", public=flag, url="http://a/") for flag in (True, False))
    assert (carried(public, book), carried(staff, book)) == (False, True)
    for by in ("Li", "Wang"):
        book.act(AlertAction.APPROVE, "alert-1", by, 1.0)
    assert carried(public, book)


def test_a_channel_carries_what_it_is_for() -> None:
    """Suspicions and hidden alerts go nowhere; the director hears only what climbed to them."""
    desk = Desk(ladders={Severity.MODERATE: (Rung(10.0, "director"),)})
    book = AlertBook(NoStore(), (), desk)
    book.open([raw(suspected=True)])
    every = WebhookChannel("a", url="http://a/")
    assert not carried(every, book)
    book.confirm(["fire|urn:ngsi-ld:House:1"], 1.0)
    assert carried(every, book)
    assert not carried(WebhookChannel("a", url="http://a/", at_least=Severity.SEVERE), book)
    assert not carried(WebhookChannel("a", url="http://a/", match={"alertname": "flood"}), book)
    director = WebhookChannel("a", url="http://a/", from_level=1)
    assert not carried(director, book)
    book.tick(11.0)
    assert carried(director, book)


def test_a_new_channel_begins_with_what_comes(tmp_path: Path) -> None:
    """Nobody wants the alerts of a year on the day when the channel is set up."""
    store = Store.open(tmp_path)
    book = AlertBook(store)
    book.open([raw()])
    box = Outbox(WebhookChannel("new", url="http://a/"), book, store)
    assert box.next() is None
    book.open([raw(2.0, 2)])
    found = box.next()
    assert found is not None
    assert found.identifier == "alert-2"
    store.close()


# ---------------------------------------------------------------- MQTT and mail


def test_alerts_reach_a_real_broker_also_after_it_was_away(tmp_path: Path, open_centre: Open) -> None:
    """Devices listen on MQTT; QoS 1 means that the broker said it has the message."""
    broker = Mosquitto(tmp_path)
    channel = MqttChannel("mqtt", address=broker.address, topic="city/{severity}/{rule}", retain=True, **QUICK)
    centre = open_centre(None, channel)
    centre.raise_alert()
    assert centre.failed.get(timeout=PATIENCE_S)[0] == "mqtt"
    run(broker.start())
    try:
        listener = Subscriber(broker.port, "city/#")
        topic, body = listener.messages.get(timeout=PATIENCE_S)
        assert (topic, json.loads(body)["identifier"]) == ("city/Moderate/fire", "alert-1")
        listener.close()
    finally:
        broker.stop()


def test_people_get_mail_in_both_languages_and_one_thread_also_after_the_server_was_away(open_centre: Open) -> None:
    """The one on call reads it on a phone at night: level and drill in the subject, the evidence below."""
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed")
    port, box = free_port(), MailBox()
    box.refusals.put("451 try again later")
    channel = MailChannel("mail", port=port, sender="brain@city.example", to=("li@city.example",), **QUICK)
    centre = open_centre(None, channel)
    centre.raise_alert(status="Exercise")
    assert centre.failed.get(timeout=PATIENCE_S)[0] == "mail"
    with mail_server(box, port):
        first = box.mails.get(timeout=PATIENCE_S)
        centre.act(AlertAction.ASSIGN, to="patrol 7")
        second = box.mails.get(timeout=PATIENCE_S)
    assert first["Subject"] == "[演练 EXERCISE][黄色] 火灾 / Fire"
    assert second["In-Reply-To"] == first["Message-ID"] == "<alert-1.1.1@city.example>"
    assert "heat: 2  (≥ 1 )" in first.get_content()
    assert "assigned" in second.get_content()


def test_a_recipient_that_does_not_exist_is_noted_and_not_tried_for_ever(tmp_path: Path, open_centre: Open) -> None:
    """A mistyped address must not stop the mail of the others for the night."""
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed")
    port, box = free_port(), MailBox()
    box.refusals.put("550 no such user")
    with mail_server(box, port):
        channel = MailChannel("mail", port=port, sender="brain@city.example", to=("x@city.example",), **QUICK)
        centre = open_centre(tmp_path, channel)
        centre.raise_alert(1)
        centre.raise_alert(2)
        assert "火灾" in box.mails.get(timeout=PATIENCE_S)["Subject"]


@pytest.mark.parametrize("form", ["cap", "ngsi-ld"])
def test_a_channel_speaks_the_language_that_its_receiver_knows(open_centre: Open, webhook: Webhook, form: str) -> None:
    """Warning systems read CAP, context brokers read NGSI-LD."""
    open_centre(None, hook(webhook, format=form)).raise_alert()
    post = webhook.got()
    kinds = {"cap": ("application/cap+xml", b"<alert xmlns"), "ngsi-ld": ("application/ld+json", b'"type":"Alert"')}
    media_type, sign = kinds[form]
    assert post.headers["content-type"] == media_type
    assert sign in post.body


# ---------------------------------------------------------------- how it is declared


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('name="a"\nkind="pigeon"', "line 3, channel[1].kind", "'pigeon'; expected one of webhook, mqtt, mail"),
        ('name="a"', "channel[1].kind", "None"),
        ('name="a"\nkind="webhook"\nurl="ftp://x"', "line 4, channel[1].url", "http://HOST/PATH"),
        ('name="a"\nkind="webhook"\nurl="http://x"\nformat="pdf"', "line 5, channel[1].format", "json, cap"),
        ('name="a"\nkind="webhook"\nurl="http://x"\nsecret_variable="NO_SUCH"', "secret_variable", "that is set"),
        ('name="a"\nkind="webhook"\nurl="http://x"\nurk=1', "line 5, channel[1].urk", "unknown field"),
        ('name="a"\nkind="mqtt"\ntopic="a/{b}"', "line 4, channel[1].topic", "{identifier}"),
        ('name="a"\nkind="mqtt"\naddress="http://x"', "line 4, channel[1].address", "mqtt://HOST:PORT"),
        ('name="a"\nkind="mail"\nsender="x"\nto=["y@z"]', "channel[1].to", "name@host"),
        ('name="a"\nkind="mail"\nsender="x@y"', "channel[1].to", "whom to write to"),
        ('name="a"\nkind="mail"\nsender="x@y"\nto=["a@b\\nBcc: c@d"]', "channel[1].to", "name@host"),
        ('name="a"\nkind="webhook"\nurl="http://x"\nretry_s=0', "line 5, channel[1].retry_s", "> 0"),
    ],
)
def test_a_channel_that_cannot_work_is_refused_when_it_is_loaded(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    """The first alert of the night is no moment to learn of a typing mistake."""
    path = tmp_path / "alerts.toml"
    path.write_text(f"[[channel]]\n{text}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_alert_file(path)
    assert place in error.value.place
    assert words in error.value.message
