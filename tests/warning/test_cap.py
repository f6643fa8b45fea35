"""CAP 1.2 out and in: valid by the schema, read alike by a parser of others, and no message can harm the brain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.alerts import Alert, AlertAction, Severity
from touyan.core.errors import InputError
from touyan.core.text import Text
from touyan.core.time import from_iso
from touyan.warning.book import AlertBook
from touyan.warning.cap import cap_message
from touyan.warning.cap_reading import CapMessage, read_cap
from touyan.warning.ngsi_alert import ngsi_alert
from touyan.warning.sender import Sender

from .city import Paper
from .raw_alerts import raw

SENDER = Sender("ops@city.example", Text("Operations", "指挥中心"), "33010000000000", contact="110")
AT = from_iso("2026-03-02T08:00:00")
SQUARE = {"type": "Polygon", "coordinates": [[[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.0]]]}


def raised(**more: Any) -> AlertBook:
    """A book with one alert."""
    book = AlertBook(Paper(), now=AT)
    book.open([raw(AT, **more)])
    return book


def sent(book: AlertBook) -> bytes:
    """The newest message of its alert."""
    return cap_message(book.get("alert-1"), SENDER)


def check(message: bytes) -> None:
    """Raise where the schema is broken."""
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed")
    schema = etree.XMLSchema(etree.parse(str(Path(__file__).parent / "cap_schema.xsd")))
    schema.assertValid(etree.fromstring(message))


def by_others(message: bytes) -> Any:
    """The message as the parser of cap-tools reads it."""
    models = pytest.importorskip("cap_tools.models", reason="cap-tools is not installed")
    parsers = pytest.importorskip("xsdata.formats.dataclass.parsers")
    return parsers.XmlParser().from_bytes(message, models.Alert)


def read(message: bytes | str) -> CapMessage:
    """The message as we read it, on a clock that is the message's."""
    return read_cap(message if isinstance(message, bytes) else message.encode(), lambda at: at)


def test_every_step_of_an_alerts_life_is_a_valid_message_that_refers_to_the_first() -> None:
    """Receivers follow an alert by its references; a message that breaks the schema is thrown away."""
    book = raised(severity=Severity.SEVERE, area=SQUARE)
    messages = [sent(book)]
    for second, (action, by) in enumerate(
        [
            (AlertAction.APPROVE, "Li"),
            (AlertAction.APPROVE, "Wang"),
            (AlertAction.ACKNOWLEDGE, "Li"),
            (AlertAction.RESOLVE, "Li"),
            (AlertAction.CLOSE, "Wang"),
        ]
    ):
        book.act(action, "alert-1", by, AT + second + 1)
        messages.append(sent(book))
    for message in messages:
        check(message)
    told = [by_others(message) for message in messages]
    assert [each.status.value for each in told] == ["Draft", "Draft", *["Actual"] * 4]
    assert [each.msg_type.value for each in told] == ["Alert", "Alert", "Alert", "Update", "Update", "Update"]
    assert len({each.identifier for each in told}) == 6
    assert told[3].references == f"ops@city.example,{told[0].identifier},2026-03-02T08:00:00+08:00"
    assert told[-1].infos[0].response_types[0].value == "AllClear"


def test_a_false_alarm_is_cancelled() -> None:
    """Who was warned in error must be told that it was an error."""
    book = raised()
    book.act(AlertAction.FEEDBACK, "alert-1", "Li", AT + 1, to="false")
    book.close("alert-1", "Li", AT + 2)
    check(sent(book))
    assert by_others(sent(book)).msg_type.value == "Cancel"


def test_another_parser_reads_what_was_said_in_both_languages() -> None:
    """Chinese first, English beside it; the colour of the level, the polygon and the office's code as well."""
    message = by_others(sent(raised(area=SQUARE)))
    chinese, english = message.infos
    assert (chinese.language, english.language) == ("zh-CN", "en-US")
    assert (chinese.headline, english.headline) == ("火灾", "Fire")
    assert {each.value_name.value: each.value.value for each in chinese.parameters}["levelName"] == "黄色"
    assert message.identifier == "33010000000000_20260302080000_alert-1.1"
    assert chinese.areas[0].polygons == [
        "30.000000,120.000000 30.000000,120.100000 30.100000,120.100000 30.000000,120.000000"
    ]


texts = st.text(max_size=40)


@given(texts, texts, st.sampled_from(Severity), st.floats(-180, 180), st.floats(-90, 90))
@settings(max_examples=60, deadline=None)
def test_whatever_people_write_the_message_stays_valid(
    english: str, chinese: str, severity: Severity, east: float, north: float
) -> None:
    """A stray control character in a note must not cost the city its warning."""
    book = raised(severity=severity, location=(east, north), instruction=Text(english, chinese), place=english)
    check(sent(book))
    assert read(sent(raised(location=(east, north)))).raws[0].location == pytest.approx((east, north), abs=1e-5)


def test_our_own_message_is_read_back_as_it_was_meant() -> None:
    """Two brains side by side speak CAP with one another."""
    [alert] = read(sent(raised(area=SQUARE, expires=AT + 3600, instruction=Text("Leave", "撤离")))).raws
    assert (alert.headline, alert.severity, alert.sent) == (Text("Fire", "火灾"), Severity.MODERATE, AT)
    assert (alert.expires, alert.instruction) == (AT + 3600, Text("Leave", "撤离"))
    assert alert.area == {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}
    assert alert.source == "ops@city.example"


def test_updates_join_what_they_refer_to_and_a_cancel_ends_it() -> None:
    """Another office's update is the same case, however often it comes; what got worse is worse here."""
    theirs = raised()
    first = sent(theirs)
    theirs.acknowledge("alert-1", "Li", AT + 60)
    worse = sent(theirs).replace(b"Moderate", b"Extreme")
    theirs.act(AlertAction.FEEDBACK, "alert-1", "Li", AT + 61, to="false")
    theirs.close("alert-1", "Li", AT + 62)
    ours = AlertBook(Paper(), now=AT)
    for message in (first, first, worse):
        ours.open(list(read(message).raws))
    [alert] = ours.all()
    assert (alert.count, alert.members, alert.severity) == (3, 1, Severity.EXTREME)
    ours.end(read(sent(theirs)).ended, "cap", AT + 62)
    assert ours.all()[0].ended == AT + 62


def test_the_colours_of_chinese_messages_are_understood() -> None:
    """Offices write the colour where CAP has its own word."""
    message = sent(raised()).replace(b"<severity>Moderate<", b"<severity>Orange<")
    assert read(message).raws[0].severity is Severity.SEVERE


GOOD = sent(raised(area=SQUARE)).decode()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<sender>ops@city.example</sender>", "", "at sender: found nothing"),
        ("2026-03-02T08:00:00+08:00</sent>", "yesterday</sent>", "at sent: found 'yesterday'"),
        ("<msgType>Alert", "<msgType>Alarm", "at msgType: found 'Alarm'"),
        ("<status>Actual", "<status>Draft", "at status: found 'Draft'; expected one of Actual, Exercise, Test"),
        ("<urgency>Immediate", "<urgency>Soon", "at urgency: found 'Soon'"),
        ("30.000000,120.000000 ", "30.000000;120.000000 ", "expected latitude,longitude"),
        ("30.100000,120.100000 ", "300.1,120.1 ", "degrees of WGS-84"),
        ("30.100000,120.100000 30", "30", "four or more pairs"),
        ("cap:1.2", "cap:9.9", "namespace"),
        ("</alert>", "", "not XML"),
        ("<alert", '<!DOCTYPE a [<!ENTITY x "y">]><alert', "document type"),
    ],
)
def test_a_message_with_a_mistake_is_refused_with_its_place(old: str, new: str, words: str) -> None:
    """The other office must learn which element is wrong; a document type could read our files."""
    assert old in GOOD
    with pytest.raises(InputError, match="CAP message") as error:
        read(GOOD.replace(old, new))
    assert words in error.value.message


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_no_bytes_bring_the_reader_down(body: bytes) -> None:
    """Anybody on the network may send anything."""
    with pytest.raises(InputError):
        read(body)


def test_an_alert_is_an_entity_of_the_smart_data_models() -> None:
    """Programs that know FIWARE find alerts as they expect them."""
    book = raised(location=(120.0, 30.0), category="Met")
    entity = ngsi_alert(book.close("alert-1", "Li", AT + 60))
    assert (entity["id"], entity["type"]) == ("urn:ngsi-ld:Alert:alert-1", "Alert")
    told = {name: entity[name]["value"] for name in ("category", "severity", "dateIssued", "validTo", "location")}
    assert told == {
        "category": "weather",
        "severity": "medium",
        "dateIssued": "2026-03-02T00:00:00Z",
        "validTo": "2026-03-02T00:01:00Z",
        "location": {"type": "Point", "coordinates": [120.0, 30.0]},
    }
    assert entity["name"] == {"type": "LanguageProperty", "languageMap": {"en": "Fire", "zh": "火灾"}}


def test_a_point_without_area_is_a_small_circle_and_nowhere_is_the_whole_city() -> None:
    """CAP wants to know where; what is not known is not made up."""
    assert "<circle>30.000000,120.000000 0.1<" in sent(raised(location=(120.0, 30.0))).decode()
    nowhere = cap_message(_without_place(raised().get("alert-1")), SENDER).decode()
    assert "<areaDesc>全市<" in nowhere
    check(nowhere.encode())


def _without_place(alert: Alert) -> Alert:
    import msgspec

    return msgspec.structs.replace(alert, entity="")
