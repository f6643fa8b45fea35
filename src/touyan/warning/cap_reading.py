"""CAP messages of others as raw alerts.

An update has the key of the message that it refers to first, so that both are one alert; a cancel ends it. Of the
info blocks the Chinese and the English one are taken, or the first for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from touyan.core.alerts import (
    CATEGORIES,
    Alert,
    AlertAction,
    AlertState,
    AlertStep,
    Certainty,
    Evidence,
    Severity,
    Urgency,
)
from touyan.core.errors import InputError
from touyan.core.text import Text
from touyan.core.time import from_iso

from .levels import SEVERITIES

_NAMESPACES = ("urn:oasis:names:tc:emergency:cap:1.2", "urn:oasis:names:tc:emergency:cap:1.1")
_ENDINGS = ("Cancel",)
_REPORTS = ("Alert", "Update")
_STATUSES = ("Actual", "Exercise", "Test")

Clock = Callable[[float], float]
"""From a time of the message (epoch s) to the city's clock."""


@dataclass(frozen=True)
class CapMessage:
    """What a message says: raw alerts to take in, and the keys of those that it ends."""

    raws: tuple[Alert, ...]
    ended: tuple[str, ...]
    sender: str


def read_cap(body: bytes, clock: Clock) -> CapMessage:
    """A message, checked; raises InputError with the element that is wrong."""
    root = _parsed(body)
    message_type = _choice(root, "msgType", (*_REPORTS, *_ENDINGS, "Ack", "Error"))
    sender = _needed(root, "sender")
    key = f"cap|{_first_message(root, sender)}"
    if message_type in _ENDINGS:
        return CapMessage((), tuple(f"cap|{each}" for each in _referred(root)) or (key,), sender)
    if message_type not in _REPORTS:
        return CapMessage((), (), sender)
    return CapMessage((_raw(root, sender, key, clock),), (), sender)


def _raw(root: ElementTree.Element, sender: str, key: str, clock: Clock) -> Alert:
    infos = root.findall("info")
    if not infos:
        raise _wrong("info", "none", "at least one")
    chinese, english = _in(infos, "zh"), _in(infos, "en")
    info = chinese
    sent = clock(_time(root, "sent"))
    expires = info.find("expires")
    area = _area(info)
    description = Text(_said(english, "description"), _said(chinese, "description"))
    event = Text(_needed(english, "event"), _needed(chinese, "event"))
    instruction = Text(_said(english, "instruction"), _said(chinese, "instruction"))
    return Alert(
        identifier="",
        rule="cap",
        entity=_said(info, "area/areaDesc"),
        event=event,
        headline=Text(_said(english, "headline") or event.en, _said(chinese, "headline") or event.zh),
        description=description,
        severity=_severity(info),
        sent=sent,
        evidence=Evidence("report", 1.0, 1.0, "C62", sent, sender),
        log=(AlertStep(AlertState.OPEN, sender, sent, action=AlertAction.RAISE),),
        category=_choice(info, "category", CATEGORIES),
        status=_choice(root, "status", _STATUSES),
        location=_location(info, area),
        key=key,
        cause=f"cap:{event.en}",
        group="none",
        urgency=Urgency(_choice(info, "urgency", tuple(Urgency))),
        certainty=Certainty(_choice(info, "certainty", (*Certainty, "Very Likely")).replace("Very Likely", "Likely")),
        instruction=instruction if instruction.en or instruction.zh else None,
        area=area,
        labels={"sender": sender, "message": _needed(root, "identifier")},
        source=sender,
        expires=None if expires is None else clock(_time(info, "expires")),
    )


def _severity(info: ElementTree.Element) -> Severity:
    """CAP's word, or the colour that Chinese messages use."""
    word = _needed(info, "severity")
    colour = SEVERITIES.get(word.casefold())
    return colour or Severity(_choice(info, "severity", (*Severity, *SEVERITIES)))


def _in(infos: list[ElementTree.Element], language: str) -> ElementTree.Element:
    spoken = [info for info in infos if _said(info, "language").casefold().startswith(language)]
    return (spoken or infos)[0]


def _area(info: ElementTree.Element) -> dict[str, Any] | None:
    """The polygons as GeoJSON; None where there is none."""
    rings = [[_ring(each.text or "")] for each in info.findall("area/polygon")]
    return {"type": "MultiPolygon", "coordinates": rings} if rings else None


def _ring(text: str) -> list[list[float]]:
    points = [_pair(pair) for pair in text.split()]
    if len(points) < 4 or points[0] != points[-1]:
        raise _wrong("info/area/polygon", repr(text[:60]), "four or more pairs, the last as the first")
    return points


def _pair(text: str) -> list[float]:
    """Longitude and latitude of CAP's "latitude,longitude"."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        raise _wrong("info/area", repr(text[:60]), "latitude,longitude") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise _wrong("info/area", repr(text), "degrees of WGS-84")
    return [longitude, latitude]


def _location(info: ElementTree.Element, area: dict[str, Any] | None) -> tuple[float, float] | None:
    """The middle of the first circle or polygon."""
    circle = _said(info, "area/circle")
    if circle:
        longitude, latitude = _pair(circle.split()[0])
        return longitude, latitude
    if area is None:
        return None
    ring = area["coordinates"][0][0][:-1]
    return sum(point[0] for point in ring) / len(ring), sum(point[1] for point in ring) / len(ring)


def _first_message(root: ElementTree.Element, sender: str) -> str:
    """The message that an update is about; its own name for a first message."""
    referred = _referred(root)
    return referred[0] if referred else f"{sender},{_needed(root, 'identifier')}"


def _referred(root: ElementTree.Element) -> list[str]:
    """Sender and identifier of every message that is referred to."""
    return [",".join(each.split(",")[:2]) for each in _said(root, "references").split()]


def _said(element: ElementTree.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _needed(element: ElementTree.Element, name: str) -> str:
    text = _said(element, name)
    if not text:
        raise _wrong(name, "nothing", "a text")
    return text


def _choice(element: ElementTree.Element, name: str, allowed: tuple[str, ...]) -> str:
    text = _needed(element, name)
    if text not in allowed:
        raise _wrong(name, repr(text), f"one of {', '.join(allowed)}")
    return text


def _time(element: ElementTree.Element, name: str) -> float:
    text = _needed(element, name)
    try:
        return from_iso(text)
    except ValueError:
        raise _wrong(name, repr(text), "a time as 2026-05-01T08:00:00+08:00") from None


def _parsed(body: bytes) -> ElementTree.Element:
    """The tree of a message, names without namespace; a document type is refused, for it could grow or read files."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda name, attributes: builder.start(_local(name), attributes)
    parser.EndElementHandler = lambda name: builder.end(_local(name))
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise _wrong("", f"a text that is not XML ({error})", "a CAP message") from None
    root = builder.close()
    if root.tag != "alert":
        raise _wrong("", f"an element {root.tag!r}", "an alert of CAP 1.2")
    return root


def _local(name: str) -> str:
    namespace, _, local = name.rpartition("}")
    if local == "alert" and namespace not in _NAMESPACES:
        raise _wrong("alert", f"the namespace {namespace!r}", _NAMESPACES[0])
    return local


def _refuse_doctype(*_: object) -> None:
    raise _wrong("", "a document type", "a CAP message without one")


def _wrong(place: str, found: str, expected: str) -> InputError:
    return InputError("CAP message", place, found, expected)
