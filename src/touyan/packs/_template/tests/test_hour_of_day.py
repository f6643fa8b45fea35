"""What my_pack must do."""

from __future__ import annotations

from pathlib import Path

from touyan.core.components import Indicator
from touyan.core.errors import NotFoundError
from touyan.core.protocols import Table
from touyan.runtime.packs import load_pack


class StoppedClock:
    """A state that knows the time and nothing else."""

    now = 1800.0

    def table(self, entity_type: str) -> Table:
        """Nothing is registered."""
        raise NotFoundError("entity type", entity_type)


def test_the_hour_of_the_day_follows_the_zone() -> None:
    """People read the city's own clock, so the zone must move the hour."""
    registry = load_pack(Path(__file__).parents[1])
    hour = registry.component(Indicator, "hour-of-day", {"ahead_of_utc_h": 1.0})
    assert hour.measure(StoppedClock()).value == 1.5
