"""The plain model with lane change: wishes, shadows, and who makes room, written from the description."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile

from .plain_world import HALTING, Car, PlainWorld

IMPOSSIBLE = 1e9
UNBOUND = 1e9
LEAST_REST = 30.0


@dataclass(eq=False)
class Wish:
    """A vehicle that would like to be on another lane, and its neighbours there."""

    car: Car
    origin: int
    target: int
    urgent: bool
    leader: Car | None = None
    follower: Car | None = None
    leader_gap: float = 0.0
    follower_gap: float = UNBOUND


@dataclass(eq=False)
class LaneChange:
    """A vehicle on its way to another lane, and its shadow there."""

    row: int
    car: Car
    shadow: Car
    origin: int
    target: int
    offset: float = 0.0


@dataclass
class PlainChangingWorld(PlainWorld):
    """A whole city whose vehicles change lanes."""

    changes: list[LaneChange] = field(default_factory=list)
    change_of: dict[Car, LaneChange] = field(default_factory=dict)
    asked: dict[Car, Wish] = field(default_factory=dict)
    drawn: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.plan = cache(self.plan)  # type: ignore[method-assign]

    # ------------------------------------------------------------ the way along a route

    def plan(self, route: tuple[int, ...], place: int) -> list[tuple[int | None, int, float]]:
        """For each lane of a road of a route: the link to take, lanes to move aside before, effort from here on."""
        lanes = self.network.lanes_of(route[place])
        if place + 1 == len(route):
            return [(None, 0, 0.0) for _ in lanes]
        links = [self.best_link(lane, route, place) for lane in lanes]
        effort = 1.0 + 100.0 / self.length[lanes[0]]
        best = []
        for index in range(len(lanes)):
            ends = [
                (effort * abs(other - index) + links[other][1], abs(other - index), other)
                for other in range(len(lanes))
            ]
            total, _, other = min(ends)
            best.append((links[index][0], other - index, total))
        return best

    def best_link(self, lane: int, route: tuple[int, ...], place: int) -> tuple[int | None, float]:
        """The link with the least effort after it, then to the nearest lane; and that effort."""
        index, after = self.network.lane_index, self.plan(route, place + 1)
        ends = []
        for order, link in enumerate(self.network.links_onward.get((lane, route[place + 1]), [])):
            end = int(index[self.network.link_to_lane[link]])
            ends.append((after[end][2], abs(end - int(index[lane])), order, link))
        return (min(ends)[3], min(ends)[0]) if ends else (None, IMPOSSIBLE)

    def entry(self, lane: int, place: int, route: Sequence[int]) -> tuple[int | None, int, float]:
        """What the plan says for a lane."""
        return self.plan(tuple(route), place)[int(self.network.lane_index[lane])]

    def link_from(self, lane: int, place: int, route: Sequence[int]) -> int | None:
        """The link that a route takes from a lane."""
        return self.entry(lane, place, route)[0]

    def aside(self, lane: int, car: Car) -> int:
        """How many lanes a vehicle would be better off farther out."""
        return self.entry(lane, car.place, car.route)[1]

    def first_lanes(self, route: tuple[int, ...]) -> list[int]:
        """Lanes on which a route may begin: those that lead on without a change on the first road."""
        lanes = self.network.lanes_of(route[0])
        if len(route) == 1:
            return list(lanes)
        return [
            lane for lane in lanes if self.entry(lane, 0, route)[0] is not None and not self.entry(lane, 0, route)[1]
        ]

    # ------------------------------------------------------------ wishes

    def change_lanes(self) -> None:
        """Note all wishes, go through them, the urgent ones first, and look again."""
        wishes = [wish for lane in range(self.lanes) for car in self.rows[lane] for wish in self.wishes(car, lane)]
        for wish in sorted(wishes, key=lambda wish: not wish.urgent):
            self.go_through(wish)
        self.look()

    def wishes(self, car: Car, lane: int) -> list[Wish]:
        """What a vehicle wishes, if anything."""
        if car.number < 0:
            return []
        if car in self.change_of:
            return [Wish(car, lane, self.change_of[car].target, False)]
        aside = self.aside(lane, car)
        target = lane + (1 if aside > 0 else -1) if aside else self.roomier_lane(car, lane)
        return [] if target is None else [Wish(car, lane, target, aside != 0)]

    def roomier_lane(self, car: Car, lane: int) -> int | None:
        """A neighbouring lane with clearly more room, if the vehicle is looking for one."""
        length, most = car.kind.length, 2 * car.kind.length + 4 * self.dt * car.kind.max_speed
        if self.length[lane] - car.x < LEAST_REST or not 1.5 * length <= car.gap <= most:
            return None
        lanes, best, room = self.network.lanes_of(int(self.network.lane_road[lane])), None, 0.0
        for other in (lane + 1, lane - 1):
            if other not in lanes or self.aside(other, car) != 0:
                continue
            there = self.room(other, car.x)
            if there > car.gap + length and (other > lane or there > room):
                best = other
            room = there
        return best

    def room(self, lane: int, x: float) -> float:
        """Metres to the next vehicle ahead of a place on a lane, or to its end."""
        ahead = self.ahead(lane, x)
        return ahead[-1].x - x - ahead[-1].kind.length if ahead else self.length[lane] - x

    def ahead(self, lane: int, x: float) -> list[Car]:
        """Whoever is ahead of a place on a lane, in the order of the row; who was overtaken at a merge is behind."""
        return list(takewhile(lambda car: car.x >= x, self.rows[lane]))

    def go_through(self, wish: Wish) -> None:
        """Tell the neighbours of a wish, and let it come true if that is safe now."""
        self.find_neighbours(wish)
        self.ask(wish.leader, wish)
        self.ask(self.first_behind(wish) if wish.urgent else wish.follower, wish)
        if self.is_safe(wish):
            self.begin(wish)
        elif wish.urgent:
            self.change_places(wish)

    def find_neighbours(self, wish: Wish) -> None:
        """Who would be ahead and behind, and the gaps."""
        x, ahead = wish.car.x, self.ahead(wish.target, wish.car.x)
        behind = self.rows[wish.target][len(ahead) :]
        if behind:
            wish.follower, wish.follower_gap = behind[0], x - behind[0].x - wish.car.kind.length
        if ahead:
            wish.leader, wish.leader_gap = ahead[-1], ahead[-1].x - x - ahead[-1].kind.length
            return
        rest, least = self.length[wish.origin] - x, UNBOUND
        wish.leader_gap = rest
        for link in self.from_lane[wish.target]:
            for tail in self.rows[self.lanes + link][-1:]:
                if tail.x + rest < least:
                    least = tail.x + rest
                    if least < tail.kind.length:
                        wish.leader, wish.leader_gap = tail, rest - (tail.kind.length - least)

    def first_behind(self, wish: Wish) -> Car | None:
        """The first vehicle on the target lane that is wholly behind."""
        return next((car for car in self.rows[wish.target] if car.x < wish.car.rear), None)

    def ask(self, other: Car | None, wish: Wish) -> None:
        """A neighbour minds a wish unless it is busy with its own change or a stronger wish."""
        if other is None or (other.number >= 0 and other in self.change_of):
            return
        heard = self.asked.get(other)
        if heard is not None and heard.car.priority >= wish.car.priority:
            return
        if other.number < 0 or other.priority < wish.car.priority:
            self.asked[other] = wish

    def is_safe(self, wish: Wish) -> bool:
        """Whether a change may begin: nobody asks the vehicle, and both gaps allow for a stop."""
        if wish.car in self.asked or wish.car in self.change_of:
            return False
        behind = wish.follower.braking_distance if wish.follower else 0.0
        return wish.leader_gap >= wish.car.braking_distance and wish.follower_gap >= behind

    # ------------------------------------------------------------ changes

    def begin(self, wish: Wish) -> None:
        """A shadow appears on the target lane."""
        used = {change.row for change in self.changes}
        free = next(row for row in range(len(used) + 1) if row not in used)
        shadow = copy(wish.car)
        shadow.number, shadow.priority = -2 - free, self.draw(wish.car.number)
        shadow.drivable, shadow.blocker = wish.target, None
        row = self.rows[wish.target]
        row.insert(row.index(wish.follower) if wish.follower else len(row), shadow)
        change = LaneChange(free, wish.car, shadow, wish.origin, wish.target)
        self.change_of[wish.car] = change
        self.changes.append(change)

    def draw(self, number: int) -> int:
        """A random 32-bit number (splitmix64) from a vehicle, the step and the draws before."""
        self.drawn += 1
        mixed = signed((self.drawn << 32) ^ (self.step << 16) ^ number)
        mixed = signed((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9)
        mixed = signed((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB)
        return signed(mixed ^ (mixed >> 31), 32)

    def change_places(self, wish: Wish) -> None:
        """Two that stand side by side at a dead end, each in the other's way, change places."""
        car, origin = wish.car, wish.origin
        if car in self.change_of or not self.is_lost(car):
            return
        for other in self.rows[wish.target]:
            if self.is_in_the_way(car, other, origin):
                self.exchange(car, other)
                return

    def is_lost(self, car: Car) -> bool:
        """Whether the route does not go on from the vehicle's lane."""
        return car.drivable < self.lanes and car.place + 1 < len(car.route) and self.link_of(car) is None

    def is_in_the_way(self, car: Car, other: Car, lane: int) -> bool:
        """Whether another stands beside a vehicle and may as well go on from its lane."""
        if max(car.v, other.v) >= HALTING or other.number < 0 or other in self.change_of:
            return False
        if abs(car.x - other.x) >= max(car.kind.length, other.kind.length):
            return False
        return other.place + 1 == len(other.route) or self.link_from(lane, other.place, other.route) is not None

    def exchange(self, car: Car, other: Car) -> None:
        """Each goes where the other one is."""
        row, its_row = self.rows[car.drivable], self.rows[other.drivable]
        at, its_at = row.index(car), its_row.index(other)
        row[at], its_row[its_at] = other, car
        car.driven, other.driven = car.driven + other.x - car.x, other.driven + car.x - other.x
        car.x, other.x = other.x, car.x
        car.gap, other.gap = other.gap, car.gap
        car.drivable, other.drivable = other.drivable, car.drivable
        for each in (car, other):
            each.came_from, each.blocker = -1, None
            self.asked.pop(each, None)

    def go_on_changing(self) -> None:
        """Both go at the slower one's speed; the change ends at the end of a lane, or when the vehicle is across."""
        self.asked.clear()
        for change in sorted(self.changes, key=lambda change: change.row):
            car, shadow = change.car, change.shadow
            car.wanted = shadow.wanted = min(car.wanted, shadow.wanted)
            if self.passes_end(shadow) or self.passes_end(car):
                self.end(change)
                continue
            change.offset += max(0.2 * max(0.0, car.wanted), 1.0) * self.dt
            width = self.network.lane_width
            if change.offset >= (float(width[change.origin]) + float(width[change.target])) / 2:
                self.cross_over(change)

    def passes_end(self, car: Car) -> bool:
        """Whether a vehicle's plan carries it beyond its lane."""
        return car.x + self.way(car) > self.length[car.drivable]

    def end(self, change: LaneChange) -> None:
        """The shadow disappears."""
        self.rows[change.target].remove(change.shadow)
        change.shadow.gone = True
        del self.change_of[change.car]
        self.changes.remove(change)

    def cross_over(self, change: LaneChange) -> None:
        """The vehicle goes on where its shadow was."""
        car, shadow = change.car, change.shadow
        self.rows[change.origin].remove(car)
        row = self.rows[change.target]
        row[row.index(shadow)] = car
        row.append(shadow)
        car.drivable, car.gap, car.came_from = change.target, shadow.gap, shadow.came_from
        car.blocker, car.yields_to = shadow.blocker, shadow.yields_to
        self.end(change)

    # ------------------------------------------------------------ speeds

    def more_limits(self, car: Car) -> float:
        """Speed allowed by whoever asks for room, and by the end of a lane that does not lead on."""
        speed = self.room_for(car)
        if self.is_lost(car):
            kind, rest = car.kind, self.length[car.drivable] - car.x
            speed = min(speed, self.no_collision(0.0, 1.0, car.v, kind.max_neg_acc, rest, kind.min_gap))
        return speed

    def room_for(self, car: Car) -> float:
        """Speed that makes room for a lane change."""
        wish = self.asked.get(car)
        if wish is None or wish.leader is car:
            return UNBOUND
        asker, kind = wish.car, car.kind
        gap, keep = wish.follower_gap - car.braking_distance, 0.0
        if wish.urgent:
            gap, keep = asker.rear - car.x, kind.min_gap
        speed = self.no_collision(asker.v, asker.kind.max_neg_acc, car.v, kind.max_neg_acc, gap, keep)
        return speed if speed >= 0 else UNBOUND


def signed(number: int, bits: int = 64) -> int:
    """The number as a processor keeps it in so many bits."""
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number
