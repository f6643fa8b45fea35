"""Signal programmes as phases of one junction: who has green when, from the first second on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from .records import Phase, Programme

GREEN = frozenset("GgsoO")
"""Letters that let go: green with and without right of way, the green arrow, and signals that are off.

Yellow (y) and red-yellow (u) hold back, because the model knows green and red only.
"""

ALWAYS_S = 3600.0
"""How long the one phase of a crossing without signals lasts; it is followed by itself."""


YIELDING = frozenset("gso")
"""Those of them that give way: minor green, green arrow, signal off and blinking."""


class Shown(NamedTuple):
    """Seconds, whether each way of interest may go, and whether it gives way then."""

    duration: float
    green: tuple[bool, ...]
    yields: tuple[bool, ...] = ()
    letters: str = ""
    """Of all links of the signal; where phases were put together, those of the longest."""


def chosen(programmes: Iterable[Programme]) -> dict[str, Programme]:
    """The programme that runs at each signal: the one loaded last, as in SUMO."""
    return {programme.signal: programme for programme in programmes}


def phases_from(programme: Programme, ways: Sequence[tuple[int, ...]], begin: float) -> list[Shown]:
    """What ways over some links of the signal see over one cycle that starts at `begin` s.

    Neighbours that show the same are one phase. The phase that is under way at `begin` comes first with what is left
    of it, and last with what is over.
    """
    seen = [
        Shown(phase.duration, _all_of(phase, ways, GREEN), _all_of(phase, ways, YIELDING), phase.state)
        for phase in programme.phases
    ]
    return _merged(_turned(seen, begin - programme.offset))


def yellow_phases(programme: Programme) -> int:
    """How many phases show yellow to somebody."""
    return sum(bool({"y", "Y", "u"} & set(phase.state)) for phase in programme.phases)


def _all_of(phase: Phase, ways: Sequence[tuple[int, ...]], letters: frozenset[str]) -> tuple[bool, ...]:
    return tuple(all(phase.state[link] in letters for link in links) for links in ways)


def _turned(phases: list[Shown], elapsed: float) -> list[Shown]:
    """The cycle from `elapsed` s on."""
    into = elapsed % sum(phase.duration for phase in phases)
    for place, phase in enumerate(phases):
        if into < phase.duration:
            rest = [phase._replace(duration=phase.duration - into), *phases[place + 1 :], *phases[:place]]
            return [*rest, phase._replace(duration=into)] if into > 0 else rest
        into -= phase.duration
    return phases


def _merged(phases: list[Shown]) -> list[Shown]:
    runs = [list(run) for _, run in groupby(phases, key=lambda phase: phase.green)]
    return [_one(run) for run in runs]


def _one(run: Sequence[Shown]) -> Shown:
    """A run of phases with the same greens as one; who gives way in all of them gives way in it."""
    yields = tuple(map(all, zip(*(phase.yields for phase in run), strict=True)))
    letters = max(run, key=lambda phase: phase.duration).letters
    return Shown(sum(phase.duration for phase in run), run[0].green, yields, letters)
