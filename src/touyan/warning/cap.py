"""Alerts as CAP 1.2 messages (OASIS Standard, 1 July 2010), with a Chinese and an English info block.

Each message of an alert has an identifier of its own; later ones refer to the first:

    raised, suspected      Alert       (status Draft until the public may be told)
    acknowledged … reopened Update
    resolved, closed       Update with responseType AllClear
    closed as false        Cancel
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from touyan.core.alerts import Alert, AlertState, AlertStep
from touyan.core.time import CITY_ZONE, to_iso

from .levels import LEVELS
from .sender import Sender

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"

_LANGUAGES = (("zh-CN", "zh"), ("en-US", "en"))
_POINT_KM = 0.1
"""Radius of the circle that stands for an alert at one point."""


def cap_message(alert: Alert, sender: Sender, *, public: bool = True) -> bytes:
    """The newest message of an alert; for the public it is a draft until two persons released it."""
    root = ElementTree.Element("alert", xmlns=NAMESPACE)
    first = alert.log[0]
    told = alert.log[-1]
    message_type = _message_type(alert)
    head = {
        "identifier": identifier(alert, len(alert.log), sender),
        "sender": sender.identifier,
        "sent": to_iso(told.at),
        "status": alert.status if alert.released or not public else "Draft",
        "msgType": message_type,
        "source": alert.source,
        "scope": "Public" if public else "Restricted",
        "restriction": "" if public else "staff of the operation centre",
        "note": "exercise, no action is needed" if alert.status == "Exercise" else "",
        "references": "" if message_type == "Alert" else _reference(alert, first, sender),
        "incidents": alert.identifier,
    }
    _fill(root, head)
    for language, field in _LANGUAGES:
        root.append(_info(alert, sender, language, field))
    message: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return message


def identifier(alert: Alert, steps: int, sender: Sender) -> str:
    """The name of the message after so many steps: the office's code, the time, and which it is."""
    at = datetime.fromtimestamp(alert.log[steps - 1].at, UTC).astimezone(CITY_ZONE)
    office = sender.code or sender.identifier
    return f"{office}_{at:%Y%m%d%H%M%S}_{alert.identifier}.{steps}"


def _message_type(alert: Alert) -> str:
    if alert.state is AlertState.CLOSED and alert.feedback in ("false", "duplicate"):
        return "Cancel"
    return "Alert" if all(step.state in (AlertState.SUSPECTED, AlertState.OPEN) for step in alert.log) else "Update"


def _reference(alert: Alert, first: AlertStep, sender: Sender) -> str:
    return f"{sender.identifier},{identifier(alert, 1, sender)},{to_iso(first.at)}"


def _info(alert: Alert, sender: Sender, language: str, field: str) -> ElementTree.Element:
    info = ElementTree.Element("info")
    over = alert.state in (AlertState.RESOLVED, AlertState.CLOSED)
    _fill(
        info,
        {
            "language": language,
            "category": alert.category,
            "event": getattr(alert.event, field),
            "responseType": "AllClear" if over else "",
            "urgency": "Past" if over else alert.urgency.value,
            "severity": alert.severity.value,
            "certainty": alert.certainty.value,
        },
    )
    _pairs(info, "eventCode", {"touyan:rule": alert.rule})
    _fill(
        info,
        {
            "effective": to_iso(alert.sent),
            "onset": to_iso(alert.evidence.since),
            "expires": "" if alert.expires is None else to_iso(alert.expires),
            "senderName": getattr(sender.name, field),
            "headline": getattr(alert.headline, field),
            "description": getattr(alert.description, field),
            "instruction": "" if alert.instruction is None else getattr(alert.instruction, field),
            "web": sender.web,
            "contact": sender.contact,
        },
    )
    _pairs(info, "parameter", _parameters(alert, field))
    info.append(_area(alert, getattr(sender.area, field)))
    return info


def _parameters(alert: Alert, field: str) -> dict[str, str]:
    """What CAP has no element for: the colour of the level, the evidence, how many raw alerts are in it."""
    evidence = alert.evidence
    told = {
        "quantity": evidence.quantity,
        "value": f"{evidence.value:g} {evidence.unit_code}",
        "threshold": f"{evidence.threshold:g} {evidence.unit_code}",
        "rawAlerts": str(alert.count),
        "state": alert.state.value,
    }
    if alert.severity not in LEVELS:
        return told
    level = LEVELS[alert.severity]
    return {"level": level.number, "levelColour": level.colour, "levelName": getattr(level.title, field), **told}


def _area(alert: Alert, whole: str) -> ElementTree.Element:
    """Where it is: polygons of the area, else a small circle around the point, else the sender's whole area."""
    area = ElementTree.Element("area")
    _fill(area, {"areaDesc": alert.place or alert.entity or whole})
    polygons = list(_polygons(alert.area)) if alert.area else []
    for polygon in polygons:
        _fill(area, {"polygon": " ".join(f"{latitude:.6f},{longitude:.6f}" for longitude, latitude in polygon)})
    if not polygons and alert.location is not None:
        longitude, latitude = alert.location
        _fill(area, {"circle": f"{latitude:.6f},{longitude:.6f} {_POINT_KM:g}"})
    _pairs(area, "geocode", {"touyan:entity": alert.entity} if alert.entity else {})
    return area


def _polygons(geometry: dict[str, Any]) -> Iterator[list[tuple[float, float]]]:
    """The outer rings of a GeoJSON geometry; CAP knows no holes."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates", [])
    rings = [coordinates[0]] if kind == "Polygon" and coordinates else []
    if kind == "MultiPolygon":
        rings = [polygon[0] for polygon in coordinates if polygon]
    for ring in rings:
        points = [(float(point[0]), float(point[1])) for point in ring]
        yield points if points[0] == points[-1] else [*points, points[0]]


def _fill(parent: ElementTree.Element, texts: dict[str, str]) -> None:
    """Elements with texts, without those that are empty."""
    for name, text in texts.items():
        if text:
            ElementTree.SubElement(parent, name).text = _clean(text)


def _pairs(parent: ElementTree.Element, name: str, pairs: dict[str, str]) -> None:
    for key, value in pairs.items():
        _fill(ElementTree.SubElement(parent, name), {"valueName": key, "value": value})


def _clean(text: str) -> str:
    """A text without the characters that XML 1.0 does not have."""
    return "".join(each for each in text if each in "\t\n\r" or (ord(each) >= 0x20 and each not in "\ufffe\uffff"))
