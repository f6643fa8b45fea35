"""Time: UTC epoch seconds inside, zone-aware at the edge."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")


def from_iso(text: str, zone: ZoneInfo = CITY_ZONE) -> float:
    """Epoch seconds of an ISO 8601 text; a text without a zone is read in the one given."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def to_iso(epoch_s: float, zone: ZoneInfo = CITY_ZONE) -> str:
    """ISO 8601 with the zone's offset, to the second."""
    return datetime.fromtimestamp(epoch_s, UTC).astimezone(zone).isoformat(timespec="seconds")


def to_utc(epoch_s: float) -> str:
    """ISO 8601 in UTC to the millisecond, as NGSI-LD has it: 2026-01-31T08:00:00.250Z."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
