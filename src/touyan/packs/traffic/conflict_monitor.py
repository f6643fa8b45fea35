"""Judges what a street shows, knowing nothing of commands, rules and plans: as the monitor unit in a signal cabinet.

It reads the paths through each crossing and the lights, second by second, and reports every breach:

* conflict: movements from different roads whose paths meet have green together; opposing roads may (left turns look for
  gaps), right turns may (they give way at red as well), and so may whom the file lets go with the duty to give way;
* short-green: a green under command that ended before `min_green_s`;
* clearance: under command a green began sooner after another one, whose path meets its own, than
  3 s or 1 + v / 6.1 of yellow and (way + half a lane + 6 m) / speed - other's way / its speed - 1 s of red ask for,
  turns being driven at 30 km/h at most.

Times and conflicts are worked out here from lines on the ground; nothing of it is shared with the guard.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.geometry import Points
from touyan.core.observations import Column

from .network import RIGHT, STRAIGHT, Flags, Ints, RoadNetwork

_NEVER = -1e9


class Breach(NamedTuple):
    """What was seen: which law, where, of which movements, when (s)."""

    law: str
    crossing: str
    movement: int
    other: int
    at: float


class Meeting(NamedTuple):
    """Two movements whose paths meet, and the time (s) from the end of each one's green to the start of the other's."""

    one: int
    other: int
    after_one_s: float
    after_other_s: float


class ConflictMonitor:
    """Watches all signals of a network; call `look` once a second, after the street has moved."""

    def __init__(self, network: RoadNetwork, min_green_s: float = 5.0) -> None:
        self._network, self._min_green_s = network, min_green_s
        meetings = [each for crossing in network.signalised.tolist() for each in _meetings(network, crossing)]
        self._ends, self._begins, self._need = _needs(meetings)
        self._pairs = _forbidden(network, meetings)
        movements = len(network.movement_crossing)
        self._link_of = np.unique(network.link_movement, return_index=True)
        self._green = np.zeros(movements, bool)
        self._began = np.full(movements, _NEVER)
        self._ended = np.full(movements, _NEVER)
        self._held = np.full(len(network.crossing_ids), _NEVER)

    def look(self, green_links: Flags, commanded: Flags, at: float) -> list[Breach]:
        """What is wrong with the lights of all links at second `at`."""
        green = np.zeros(len(self._green), bool)
        green[self._link_of[0]] = green_links[self._link_of[1]]
        self._held[commanded] = at
        breaches = [*self._conflicts(green, at), *self._short(green, at), *self._early(green, at)]
        self._began[green & ~self._green] = at
        self._ended[~green & self._green] = at
        self._green = green
        return breaches

    def _conflicts(self, green: Flags, at: float) -> list[Breach]:
        one, other = self._pairs[:, 0], self._pairs[:, 1]
        return self._told("conflict", green[one] & green[other], one, other, at)

    def _short(self, green: Flags, at: float) -> list[Breach]:
        """Greens that end; the first one of a run has no beginning that anybody saw."""
        ended = ~green & self._green & (self._began > 0) & (at - self._began < self._min_green_s)
        movement = np.arange(len(green))
        return self._told("short-green", ended & self._by_command(movement, at - 1.0), movement, movement, at)

    def _early(self, green: Flags, at: float) -> list[Breach]:
        ends, begins = self._ends, self._begins
        ended = np.where(self._green[ends] & ~green[ends], at, self._ended[ends])
        starts = green[begins] & ~self._green[begins] & ~green[ends]
        early = starts & (at - ended < self._need - 1e-6) & self._by_command(begins, ended)
        return self._told("clearance", early, ends, begins, at)

    def _by_command(self, movement: Ints | NDArray[np.intp], since: Column | float) -> Flags:
        """Whether the crossing has been under command since then."""
        by: Flags = self._held[self._network.movement_crossing[movement]] >= since
        return by

    def _told(
        self, law: str, where: Flags, one: Ints | NDArray[np.intp], other: Ints | NDArray[np.intp], at: float
    ) -> list[Breach]:
        names, crossing = self._network.crossing_ids, self._network.movement_crossing
        return [
            Breach(law, names[crossing[one[row]]], int(one[row]), int(other[row]), at)
            for row in np.flatnonzero(where).tolist()
        ]


def _meetings(network: RoadNetwork, crossing: int) -> list[Meeting]:
    """Where paths from different roads meet; right turns look out for themselves."""
    here = [
        link
        for link in np.flatnonzero(network.movement_crossing[network.link_movement] == crossing).tolist()
        if network.movement_type[network.link_movement[link]] != RIGHT
    ]
    found = []
    for one, other in combinations(here, 2):
        ways = _ways_to_meeting(network.link_shape.of(one), network.link_shape.of(other))
        if ways and _start(network, one) != _start(network, other):
            after_one = _time_between(network, one, ways[0], other, ways[1])
            after_other = _time_between(network, other, ways[1], one, ways[0])
            found.append(
                Meeting(int(network.link_movement[one]), int(network.link_movement[other]), after_one, after_other)
            )
    return found


def _time_between(network: RoadNetwork, ends: int, clear_m: float, begins: int, enter_m: float) -> float:
    """Yellow and all-red between two links, by the ways to where they meet."""
    limit, entering = _speed(network, ends), _speed(network, begins)
    straight = network.movement_type[network.link_movement[ends]] == STRAIGHT
    leaving = limit if straight else min(limit, 30 / 3.6)
    yellow = max(3.0, 1.0 + limit / 6.1)
    return yellow + max(0.0, (clear_m + 1.75 + 6.0) / leaving - enter_m / entering - 1.0)


def _start(network: RoadNetwork, link: int) -> int:
    return int(network.lane_road[network.link_from_lane[link]])


def _speed(network: RoadNetwork, link: int) -> float:
    return float(network.lane_speed_limit[network.link_from_lane[link]])


def _ways_to_meeting(one: Points, other: Points) -> tuple[float, float] | None:
    """How far along two lines their first common point lies; None where they have none."""
    first, along = one[:-1, None], np.diff(one, axis=0)[:, None]
    second, beside = other[None, :-1], np.diff(other, axis=0)[None]
    turn = along[..., 0] * beside[..., 1] - along[..., 1] * beside[..., 0]
    gap = second - first
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (gap[..., 0] * beside[..., 1] - gap[..., 1] * beside[..., 0]) / turn
        rest = (gap[..., 0] * along[..., 1] - gap[..., 1] * along[..., 0]) / turn
    rows, columns = np.nonzero((share >= 0) & (share <= 1) & (rest >= 0) & (rest <= 1))
    if not len(rows):
        return None
    row, column = int(rows[0]), int(columns[0])
    return _way(one, row, float(share[row, column])), _way(other, column, float(rest[row, column]))


def _way(line: Points, segment: int, share: float) -> float:
    lengths = np.hypot(*np.diff(line, axis=0).T)
    return float(lengths[:segment].sum() + lengths[segment] * share)


def _needs(meetings: list[Meeting]) -> tuple[Ints, Ints, Column]:
    """(who ends, who begins, s between) of every pair, both ways round."""
    needs: dict[tuple[int, int], float] = {}
    for one, other, after_one, after_other in meetings:
        for pair, seconds in (((one, other), after_one), ((other, one), after_other)):
            needs[pair] = max(needs.get(pair, 0.0), seconds)
    pairs = np.array(list(needs), np.int32).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], np.array(list(needs.values()))


def _forbidden(network: RoadNetwork, meetings: list[Meeting]) -> Ints:
    """Pairs that must never have green together, shape (pairs, 2)."""
    pairs = {(meeting.one, meeting.other) for meeting in meetings}
    kept = [pair for pair in sorted(pairs) if not _opposite(network, *pair) and not _let_go(network, *pair)]
    return np.array(kept, np.int32).reshape(-1, 2)


def _opposite(network: RoadNetwork, one: int, other: int) -> bool:
    """Whether two movements come towards each other, within 45°."""
    ways = [_direction(network, int(network.movement_from_road[movement])) for movement in (one, other)]
    return bool(ways[0] @ ways[1] < -np.sqrt(0.5))


def _direction(network: RoadNetwork, road: int) -> Points:
    last = network.road_shape.of(road)[-2:]
    direction: Points = (last[1] - last[0]) / np.hypot(*(last[1] - last[0]))
    return direction


def _let_go(network: RoadNetwork, one: int, other: int) -> bool:
    """Whether the file lets both go at once, one with the duty to give way."""
    if network.given_phase_yields is None:
        return False
    crossing = int(network.movement_crossing[one])
    rows, first = network.phases_of(crossing), int(network.movement_first[crossing])
    places = [one - first, other - first]
    green = network.phase_green[rows.start : rows.stop, places].all(axis=1)
    return bool((green & network.given_phase_yields[rows.start : rows.stop, places].any(axis=1)).any())
