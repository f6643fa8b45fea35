"""Which lamps of SUMO's signals belong to which crossing, and what they show in each of its phases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from touyan.core.geometry import polyline_length

from .planning import Planner
from .records import Connection, Net, Programme


class Lamps(NamedTuple):
    """The lamps of one crossing: its signal, their places in its letters, and their letters in each phase.

    `movements` holds the places in the signal's letters that let each movement go, none for one that no lamp stops.
    `programme` is what the signal runs by itself; its letters are of all lamps.
    """

    crossing: str
    signal: str
    links: tuple[int, ...]
    letters: tuple[str, ...]
    movements: tuple[tuple[int, ...], ...]
    programme: Programme


def lamps_of(planner: Planner) -> tuple[Lamps, ...]:
    """The lamps of all crossings with a signal.

    Lamps of lanes that are left out, and of walkers, go with the first crossing of their signal.
    """
    found: dict[str, list[tuple[str, set[int]]]] = {}
    for junction, connections in planner.connections.items():
        signal = planner.signal(connections)
        if signal:
            links = {link for connection in connections if connection.signal == signal for link in connection.links}
            found.setdefault(signal, []).append((junction, links))
    return tuple(lamps for signal, places in found.items() for lamps in _of_signal(planner, signal, places))


def inside_of(net: Net, planner: Planner) -> dict[str, tuple[str, float]]:
    """The lanes amid crossings, with the lane before them and the way from its stop line (m)."""
    found: dict[str, tuple[str, float]] = {}
    for connections in planner.connections.values():
        for connection in connections:
            _note_inside(found, net, planner, connection)
    return found


def _of_signal(planner: Planner, signal: str, places: list[tuple[str, set[int]]]) -> Iterator[Lamps]:
    programme = planner.signals[signal]
    free = set(range(len(programme.phases[0].state))).difference(*(links for _, links in places))
    for number, (junction, links) in enumerate(places):
        mine = tuple(sorted(links | (free if number == 0 else set())))
        connections = planner.connections[junction]
        cycle = planner.cycle(connections)
        movements = tuple(_places(members, signal) for members in planner.ways(connections).values())
        letters = tuple("".join(shown.letters[link] for link in mine) for shown in cycle)
        yield Lamps(junction, signal, mine, letters, movements, programme)


def _places(connections: list[Connection], signal: str) -> tuple[int, ...]:
    """Where the lamps of one movement are; the lanes of a movement show the same."""
    return connections[0].links if connections[0].signal == signal else ()


def _note_inside(found: dict[str, tuple[str, float]], net: Net, planner: Planner, connection: Connection) -> None:
    """The first connection over a lane says from where one came."""
    lane = net.edges[connection.from_edge].lanes[connection.from_lane].id
    way = 0.0
    for part in planner.inside(connection):
        found.setdefault(part.id, (lane, way))
        way += part.length or polyline_length(part.shape)
