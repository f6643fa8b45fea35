"""Alerts as NGSI-LD entities of the Smart Data Models type `Alert` (dataModel.Alert)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from touyan.core.alerts import Alert, AlertState, Severity
from touyan.core.entities import urn

CONTEXT = (
    "https://raw.githubusercontent.com/smart-data-models/dataModel.Alert/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
)
_SEVERITIES = {
    Severity.EXTREME: "critical",
    Severity.SEVERE: "high",
    Severity.MODERATE: "medium",
    Severity.MINOR: "low",
    Severity.UNKNOWN: "informational",
}
_CATEGORIES = {
    "Transport": "traffic",
    "Geo": "naturalDisaster",
    "Met": "weather",
    "Env": "environment",
    "Health": "health",
    "Security": "security",
    "Safety": "security",
    "Fire": "naturalDisaster",
}


def ngsi_alert(alert: Alert) -> dict[str, Any]:
    """The entity of an alert, normalised, with its context."""
    over = alert.state is AlertState.CLOSED
    entity: dict[str, Any] = {
        "id": urn("Alert", alert.identifier),
        "type": "Alert",
        "category": _property(_CATEGORIES.get(alert.category, "other")),
        "subCategory": _property(alert.rule),
        "severity": _property(_SEVERITIES[alert.severity]),
        "dateIssued": _property(_moment(alert.sent)),
        "validFrom": _property(_moment(alert.evidence.since)),
        "name": _property({"en": alert.headline.en, "zh": alert.headline.zh}, "LanguageProperty", "languageMap"),
        "description": _property(
            {"en": alert.description.en, "zh": alert.description.zh}, "LanguageProperty", "languageMap"
        ),
        "alertSource": _property(alert.source or alert.entity or alert.rule),
        "status": _property(alert.state.value),
        "data": _property({"status": alert.status, "count": alert.count, "members": alert.members}),
    }
    if over or alert.ended is not None:
        entity["validTo"] = _property(_moment(alert.entered.at if over else alert.ended or alert.sent))
    if alert.location is not None:
        entity["location"] = {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": list(alert.location)},
        }
    return entity | {"@context": list(CONTEXT)}


def _property(value: Any, kind: str = "Property", key: str = "value") -> dict[str, Any]:
    return {"type": kind, key: value}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
