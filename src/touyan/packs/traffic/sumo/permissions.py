"""Who may use a lane, in SUMO's vehicle classes."""

from __future__ import annotations

from typing import NamedTuple

MAIN_CLASS = "passenger"
"""The class for which a network is read: what it may use is kept."""

IGNORING = "ignoring"
"""Vehicles of this class drive everywhere."""

OTHER_CLASSES = frozenset(
    [
        "pedestrian",
        "bicycle",
        "scooter",
        "wheelchair",
        "tram",
        "rail_urban",
        "rail",
        "rail_electric",
        "rail_fast",
        "subway",
        "cable_car",
        "ship",
        "container",
        "aircraft",
        "drone",
    ]
)
"""Classes that the model has no place for: they do not follow one another on road lanes as cars do."""


class Permission(NamedTuple):
    """Classes allowed and disallowed; `allowed` of None is everybody."""

    allowed: frozenset[str] | None
    disallowed: frozenset[str]

    def admits(self, vehicle_class: str) -> bool:
        """Whether a class may use the lane."""
        if vehicle_class == IGNORING:
            return True
        if self.allowed is not None:
            return vehicle_class in self.allowed
        return vehicle_class not in self.disallowed and "all" not in self.disallowed


def read_permission(allow: str, disallow: str) -> Permission:
    """The permission that two attributes of a lane spell."""
    allowed = frozenset(allow.split())
    return Permission(None if not allowed or "all" in allowed else allowed, frozenset(disallow.split()))
