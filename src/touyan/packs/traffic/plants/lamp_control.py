"""The controller in the street of one crossing: changes phases by yellow and red, and returns to its programme.

following ──bring──▶ held ──release──▶ clearing ──programme has time for a whole green──▶ following
    ▲                 ◀──────bring───────────┘
    └── what the simulator's own programme shows
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..sumo.lamps import Lamps
from ..sumo.programmes import GREEN

CHANGING = -1
_SHORTEST_GREEN_S = 5.0


class LampControl:
    """The lamps of one crossing; letters are SUMO's."""

    def __init__(self, lamps: Lamps, clearance_s: Sequence[float], yellow_s: float) -> None:
        self.lamps = lamps
        self.phase = CHANGING
        self.commanded = self.following = False
        self.following = True
        self._clearance_s, self._yellow_s = clearance_s, min(yellow_s, *clearance_s)
        self._letters = "r" * len(lamps.links)
        self._yellow_until = [-math.inf] * len(lamps.links)
        self._change_at, self._target = math.inf, CHANGING
        self._greens = [_greens(letters) for letters in lamps.letters]

    def watch(self, state: str, expected: int) -> None:
        """Take note of what the signal's own programme shows; of equal phases the expected one."""
        self._letters = "".join(state[link] for link in self.lamps.links)
        shown = _greens(self._letters)
        alike = [phase for phase, greens in enumerate(self._greens) if greens == shown]
        self.phase = expected if expected in alike else alike[0] if alike else CHANGING

    def bring(self, phase: int, now: float, *, at_once: bool = False) -> None:
        """Begin to change to a phase; `at_once` where nobody can be on the crossing yet."""
        before, wanted = _greens(self._letters), self._greens[phase]
        pending = self._change_at < math.inf
        starts = any(later and not earlier for earlier, later in zip(before, wanted, strict=True))
        stops = any(earlier and not later for earlier, later in zip(before, wanted, strict=True))
        self.commanded, self.following, self._target = True, False, phase
        if at_once or not starts:
            self._end(before if not at_once else (), wanted, now)
            self._show(phase)
            return
        if not pending or stops:
            self._change_at = now + self._clearance_s[phase]
        self._end(before, wanted, now)
        self.phase = CHANGING
        shared = zip(self._letters, self.lamps.letters[phase], before, wanted, strict=True)
        self._letters = "".join(max(one, other) if go and on else "r" for one, other, go, on in shared)

    def release(self, now: float) -> None:
        """Clear the whole crossing, then go on with the programme."""
        if not self.commanded:
            return
        none = (False,) * len(self._letters)
        self._end(_greens(self._letters), none, now)
        self.commanded, self.phase, self._target = False, CHANGING, CHANGING
        self._letters, self._change_at = "r" * len(self._letters), now + max(self._clearance_s)

    def tick(self, now: float, own: tuple[str, float]) -> str:
        """The letters from now on; `own` is what the programme shows to these lamps, and for how long."""
        if not self.following and now >= self._change_at:
            self._arrive(own)
        if self.following:
            return own[0]
        lit = zip(self._letters, self._yellow_until, strict=True)
        return "".join("y" if until > now and letter not in GREEN else letter for letter, until in lit)

    def _arrive(self, own: tuple[str, float]) -> None:
        if self._target != CHANGING:
            self._show(self._target)
        elif set(own[0]) == {"r"} or (any(_greens(own[0])) and own[1] >= _SHORTEST_GREEN_S):
            self.following, self._change_at = True, math.inf

    def _show(self, phase: int) -> None:
        self.phase, self._letters, self._change_at = phase, self.lamps.letters[phase], math.inf

    def _end(self, before: Sequence[bool], wanted: Sequence[bool], now: float) -> None:
        """Yellow for who had green and has it no longer, and for who has yellow now."""
        for place, letter in enumerate(self._letters):
            stops = bool(before) and before[place] and not wanted[place]
            if stops or letter == "y":
                self._yellow_until[place] = max(self._yellow_until[place], now + self._yellow_s)


class ProgrammeClock:
    """What a signal's own programme shows at a second of the simulation, if it has fixed times."""

    def __init__(self, lamps: Lamps) -> None:
        self._phases, self._offset = lamps.programme.phases, lamps.programme.offset
        self._links = lamps.links
        self._cycle = sum(phase.duration for phase in self._phases)

    def shown(self, at: float) -> tuple[str, float]:
        """The letters of the crossing's lamps, and the seconds until its greens change."""
        into = (at - self._offset) % self._cycle
        place = 0
        while into >= self._phases[place].duration:
            into -= self._phases[place].duration
            place = (place + 1) % len(self._phases)
        letters = self._letters(place)
        rest, following = self._phases[place].duration - into, place
        for _ in self._phases:
            following = (following + 1) % len(self._phases)
            if _greens(self._letters(following)) != _greens(letters):
                break
            rest += self._phases[following].duration
        return letters, rest

    def _letters(self, place: int) -> str:
        return "".join(self._phases[place].state[link] for link in self._links)


def _greens(letters: str) -> tuple[bool, ...]:
    return tuple(letter in GREEN for letter in letters)
