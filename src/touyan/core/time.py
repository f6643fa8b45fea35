"""Time: UTC epoch seconds inside, zone-aware at the edge."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")


def from_iso(text: str) -> float:
    """Epoch seconds of an ISO 8601 text; a text without a zone is read in Asia/Shanghai."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=CITY_ZONE)).timestamp()


def to_iso(epoch_s: float, zone: ZoneInfo = CITY_ZONE) -> str:
    """ISO 8601 with the zone's offset, to the second."""
    return datetime.fromtimestamp(epoch_s, UTC).astimezone(zone).isoformat(timespec="seconds")
