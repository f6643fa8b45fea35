"""Times as NGSI-LD writes them: ISO 8601 in UTC outside, microseconds since 1970 inside."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from .refusals import bad_data

_SHAPE = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:[.,](\d{1,12}))?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


_last = 0


def now() -> int:
    """The present in microseconds, later than at any call before."""
    global _last
    _last = max(_last + 1, time.time_ns() // 1000)
    return _last


@lru_cache(65_536)
def microseconds(text: str) -> int:
    """A date-time in microseconds; ValueError when it is none."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no ISO 8601 date-time such as 2026-01-31T12:00:00Z")
    day, clock, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone == 'Z' else zone}")
    return (moment - _EPOCH) // _MICROSECOND + int((fraction or "0")[:6].ljust(6, "0"))


def moment(text: object, name: str) -> int:
    """A date-time of a request in microseconds; BadRequestData when it is none."""
    try:
        if isinstance(text, str):
            return microseconds(text)
    except (ValueError, OverflowError):
        pass
    raise bad_data(f"{name}: {str(text)[:80]!r} is no date-time such as 2026-01-31T12:00:00Z")


def written(microsecond: int) -> str:
    """Microseconds as ISO 8601 text in UTC."""
    text = (_EPOCH + timedelta(microseconds=microsecond)).isoformat().replace("+00:00", "")
    return (text.rstrip("0") if "." in text else text) + "Z"


class Duration(NamedTuple):
    """An ISO 8601 duration: calendar months and exact microseconds."""

    months: int
    microseconds: int

    def after(self, start: int) -> int:
        """The moment that comes this long after another."""
        if not self.months:
            return start + self.microseconds
        begin = _EPOCH + timedelta(microseconds=start)
        month = begin.month - 1 + self.months
        shifted = begin.replace(year=begin.year + month // 12, month=month % 12 + 1, day=1)
        last = (date(shifted.year + shifted.month // 12, shifted.month % 12 + 1, 1) - timedelta(days=1)).day
        return (shifted.replace(day=min(begin.day, last)) - _EPOCH) // _MICROSECOND + self.microseconds


def duration(text: str, name: str) -> Duration:
    """An ISO 8601 duration of a request; BadRequestData when it is none."""
    match = _DURATION.fullmatch(text)
    if match is None or text in {"P", "PT"} or text.endswith("T") or len(text) > 40:
        raise bad_data(f"{name}: {text[:80]!r} is no ISO 8601 duration such as PT5M or P1D")
    part = {unit: float(value or 0) for unit, value in match.groupdict().items()}
    days = part["weeks"] * 7 + part["days"]
    seconds = days * 86_400 + part["hours"] * 3_600 + part["minutes"] * 60 + part["seconds"]
    months = int(part["years"] * 12 + part["months"])
    if seconds > 3e11 or months > 12_000:
        raise bad_data(f"{name}: {text!r} is longer than a thousand years")
    return Duration(months, round(seconds * 1e6))
