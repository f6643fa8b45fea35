"""The traffic model once more, plain and slow: objects, lists and dicts, written from its description.

It shares no code with the kernels, so that a mistake in one shows against the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from touyan.packs.traffic.demand import Departures, VehicleTypes
from touyan.packs.traffic.network import RoadNetwork

YIELD = 5.0
TURN_SPEED = 8.3333
NEVER = 2**31 - 1


@dataclass(eq=False)
class Car:
    """One vehicle with its parameters and its state."""

    number: int
    created: int
    priority: int
    way: list[int]
    length: float
    min_gap: float
    max_speed: float
    max_pos_acc: float
    max_neg_acc: float
    usual_pos_acc: float
    usual_neg_acc: float
    headway: float
    place: int = 0
    x: float = 0.0
    v: float = 0.0
    came_from: int = -1
    link_step: int = NEVER
    leader: Car | None = None
    gap: float = 0.0
    blocker: Car | None = None
    gone: bool = False
    plan: tuple[float, float, int, Car | None] = (0.0, 0.0, 0, None)

    @property
    def look_ahead(self) -> float:
        """How far it looks, m."""
        return self.max_speed**2 / self.usual_neg_acc / 2 + self.max_speed * 2

    @property
    def braking_distance(self) -> float:
        """Metres to stop at full braking."""
        return self.v**2 / self.max_neg_acc / 2

    def following(self) -> int | None:
        """The next drivable on its way."""
        return self.way[self.place + 1] if self.place + 1 < len(self.way) else None


@dataclass
class Slot:
    """Who is nearest to a cross on one of its links."""

    car: Car | None = None
    distance: float = 0.0


@dataclass
class PlainWorld:
    """A whole city, one object a vehicle."""

    network: RoadNetwork
    waiting: list[list[Car]] = field(default_factory=list)
    rows: list[list[Car]] = field(default_factory=list)
    to_come: list[Car] = field(default_factory=list)
    finished: int = 0
    spent: int = 0
    step: int = 0

    def __post_init__(self) -> None:
        net = self.network
        self.lanes = net.lane_count
        self.length = [*net.lane_length.tolist(), *net.link_length.tolist()]
        self.rows = [[] for _ in self.length]
        self.waiting = [[] for _ in range(self.lanes)]
        self.from_lane: list[list[int]] = [[] for _ in range(self.lanes)]
        for link, lane in enumerate(net.link_from_lane.tolist()):
            self.from_lane[lane].append(link)
        self.slots = [Slot() for _ in net.cross_distance]
        self.cross_link = [link for link in range(net.link_count) for _ in self.crosses_of(link)]
        self.phase = [0] * len(net.crossing_ids)
        self.remaining = [
            float(net.phase_duration[net.phases_of(c)[0]]) if len(net.phases_of(c)) else 0.0
            for c in range(len(net.crossing_ids))
        ]

    # ------------------------------------------------------------ input

    def add(self, departures: Departures, ways: list[list[int]], priorities: list[int], types: VehicleTypes) -> None:
        """Make the vehicles of a block known."""
        for number, (step, kind) in enumerate(
            zip(departures.step.tolist(), departures.vehicle_type.tolist(), strict=True)
        ):
            self.to_come.append(
                Car(
                    number,
                    step,
                    priorities[number],
                    ways[number],
                    float(types.length[kind]),
                    float(types.min_gap[kind]),
                    float(types.max_speed[kind]),
                    float(types.max_pos_acc[kind]),
                    float(types.max_neg_acc[kind]),
                    float(types.usual_pos_acc[kind]),
                    float(types.usual_neg_acc[kind]),
                    float(types.headway_time[kind]),
                )
            )

    # ------------------------------------------------------------ one second

    def advance(self) -> int:
        """One second; returns the vehicles running after it."""
        self.create_and_insert()
        self.notify()
        cars = [car for row in self.rows for car in row]
        for car in cars:
            car.plan = self.planned(car)
        self.move(cars)
        self.look()
        self.run_programmes()
        self.step += 1
        alive = sum(map(len, self.rows))
        self.spent += alive + sum(map(len, self.waiting))
        return alive

    def create_and_insert(self) -> None:
        """Vehicles come into being, and at most one enters each lane."""
        while self.to_come and self.to_come[0].created <= self.step:
            car = self.to_come.pop(0)
            self.waiting[car.way[0]].append(car)
        for lane, buffer in enumerate(self.waiting):
            row = self.rows[lane]
            if buffer and (not row or row[-1].x > row[-1].length + buffer[0].min_gap):
                car = buffer.pop(0)
                row.append(car)
                self.find_leader(car)

    def look(self) -> None:
        """Everybody looks ahead."""
        for row in self.rows:
            for car in row:
                self.find_leader(car)

    def find_leader(self, car: Car) -> None:
        """Leader and gap of one vehicle."""
        row = self.rows[car.way[car.place]]
        at = row.index(car)
        if at:
            car.leader = row[at - 1]
            car.gap = car.leader.x - car.leader.length - car.x
            return
        car.leader = None
        distance = self.length[car.way[car.place]] - car.x
        for drivable in car.way[car.place + 1 :]:
            tails = self.tails_seen(drivable)
            if tails:
                car.leader = min(tails, key=lambda tail: distance + tail.x - tail.length)
                car.gap = distance + car.leader.x - car.leader.length
                return
            distance += self.length[drivable]
            if distance > car.look_ahead:
                return

    def tails_seen(self, drivable: int) -> list[Car]:
        """The tails that a head sees when it looks onto a drivable."""
        if drivable < self.lanes:
            return self.rows[drivable][-1:]
        lane = int(self.network.link_from_lane[drivable - self.lanes])
        return [car for link in self.from_lane[lane] for car in self.rows[self.lanes + link][-1:]]

    # ------------------------------------------------------------ crosses

    def crosses_of(self, link: int) -> range:
        """Positions of a link's crosses."""
        return range(int(self.network.cross_first[link]), int(self.network.cross_first[link + 1]))

    def notify(self) -> None:
        """Write the nearest vehicles into the crosses."""
        for slot in self.slots:
            slot.car, slot.distance = None, 0.0
        for link in range(self.network.link_count):
            todo = list(reversed(self.crosses_of(link)))
            self.notify_left(link, todo)
            for car in self.rows[self.lanes + link]:
                self.notify_on(car, todo)
            heads = self.rows[int(self.network.link_from_lane[link])][:1]
            for car in heads:
                if car.following() == self.lanes + link and self.green(link):
                    rest = self.length[car.way[car.place]] - car.x
                    for cross in todo:
                        self.slots[cross] = Slot(car, rest + float(self.network.cross_distance[cross]))

    def notify_left(self, link: int, todo: list[int]) -> None:
        """The vehicle that has just left the link."""
        for tail in self.rows[int(self.network.link_to_lane[link])][-1:]:
            if tail.came_from != self.lanes + link:
                continue
            while todo:
                rest = self.length[self.lanes + link] - float(self.network.cross_distance[todo[0]])
                if not rest + (tail.x - tail.length) < 0:
                    return
                self.slots[todo.pop(0)] = Slot(tail, -(tail.x + rest))

    def notify_on(self, car: Car, todo: list[int]) -> None:
        """A vehicle on the link."""
        while todo:
            distance = float(self.network.cross_distance[todo[0]])
            if car.x > distance and car.x - distance - car.length > 0:
                return
            self.slots[todo.pop(0)] = Slot(car, distance - car.x)

    def green(self, link: int) -> bool:
        """Whether the link has green now."""
        net = self.network
        movement = int(net.link_movement[link])
        crossing = int(net.movement_crossing[movement])
        row = net.phases_of(crossing)[self.phase[crossing]]
        return bool(net.phase_green[row, movement - int(net.movement_first[crossing])])

    def rank(self, link: int) -> int:
        """Right of way of a link."""
        return int(self.network.movement_type[int(self.network.link_movement[link])])

    @staticmethod
    def can_yield(d: float, car: Car) -> bool:
        """Can still stop before the cross, or has cleared it."""
        return (d > 0 and car.braking_distance < d - YIELD) or (d < 0 and d + car.length < 0)

    @staticmethod
    def steps(d: float, car: Car, turning: bool) -> int:
        """Steps to a point d m ahead."""
        if d <= 0:
            return 0
        target, a = (TURN_SPEED if turning else car.max_speed), car.usual_pos_acc
        if car.v > target:
            return math.ceil(d / car.v)
        n = math.floor((target - car.v) / a)
        u = car.v + n * a
        way = (car.v + u) / 2 * n + ((u + target) / 2 if u < target else 0)
        if way > d:
            return math.ceil((math.sqrt(car.v**2 + 2 * a * d) - car.v) / a)
        return math.ceil((target - car.v) / a) + math.ceil((d - way) / target)

    def foe_link(self, cross: int) -> int:
        """The other link of a cross."""
        return self.cross_link[int(self.network.cross_foe[cross])]

    def may_pass(self, car: Car, link: int, cross: int, d1: float) -> bool:
        """Whether a vehicle may pass a cross d1 m ahead."""
        slot = self.slots[int(self.network.cross_foe[cross])]
        foe, d2 = slot.car, slot.distance
        if foe is None or not self.can_yield(d1, car):
            return True
        if self.can_yield(d2, foe) and self.wins(car, d1, self.rank(link), foe, d2, self.rank(self.foe_link(cross))):
            return True
        return self.in_a_circle(foe)

    def wins(self, car: Car, d1: float, mine: int, foe: Car, d2: float, theirs: int) -> bool:
        """The right of way between two who can both yield."""
        if mine > theirs:
            return True
        if d2 <= 0:
            return d2 + foe.length < 0
        my_steps, their_steps = self.steps(d1, car, mine != 3), self.steps(d2, foe, theirs != 3)
        if mine < theirs:
            return their_steps > my_steps
        ours = (my_steps, car.link_step, d1, -car.priority)
        return ours < (their_steps, foe.link_step, d2, -foe.priority)

    @staticmethod
    def in_a_circle(car: Car) -> bool:
        """Whether the chain of blockers from a vehicle on closes on itself."""
        seen: set[int] = set()
        follower: Car | None = car
        while follower is not None:
            if id(follower) in seen:
                return True
            seen.add(id(follower))
            follower = follower.blocker
        return False

    # ------------------------------------------------------------ speeds

    @staticmethod
    def no_collision(vl: float, dl: float, vf: float, df: float, gap: float, keep: float) -> float:
        """Highest safe next speed."""
        a, b = 1 / (2 * df), 0.5
        c = vf / 2 + keep - vl**2 / (2 * dl) - gap
        if b * b < 4 * a * c:
            return -100.0
        return min((math.sqrt(b * b - 4 * a * c) - b) / (2 * a), 2 * vl - dl + 2 * (gap - keep))

    def follow(self, car: Car) -> float:
        """Speed allowed by the leader."""
        if car.leader is None:
            return car.max_speed
        vl, g = car.leader.v, car.gap
        f1 = self.no_collision(vl, car.leader.max_neg_acc, car.v, car.max_neg_acc, g, 0.0)
        f2 = self.no_collision(vl, car.leader.usual_neg_acc, car.v, car.usual_neg_acc, g, car.min_gap)
        f3 = (g + (vl + max(0.0, car.v - vl) / 2) - car.v / 2) / (car.headway + 0.5)
        return min(f1, f2, f3)

    @staticmethod
    def stop(d: float, car: Car) -> float:
        """Speed to stop within d m."""
        up = car.v + car.usual_pos_acc
        if (car.v + up) / 2 + up**2 / car.usual_neg_acc / 2 < d:
            return up
        if d <= 0:
            return min(0.0, -car.v)
        k = 2 * d / (car.v + 1e-8)
        return car.v - car.v / math.floor(k) if k >= 1 else car.v - car.v / k

    def crossing(self, car: Car) -> tuple[float, Car | None]:
        """Speed allowed by the crossing, and who is yielded to."""
        drivable, u = car.way[car.place], car.max_speed
        if drivable < self.lanes:
            following = car.following()
            rest = self.length[drivable] - car.x
            if following is None or rest > car.look_ahead:
                return u, None
            link, s = following - self.lanes, -rest
            if (not self.green(link) or self.full(link, car)) and car.braking_distance <= rest:
                return min(u, self.stop(rest, car)), None
            if self.rank(link) != 3:
                u = min(u, TURN_SPEED)
        else:
            link, s = drivable - self.lanes, car.x
        for cross in self.crosses_of(link):
            d1 = float(self.network.cross_distance[cross]) - s
            if d1 >= 0 and not self.may_pass(car, link, cross, d1):
                foe = self.slots[int(self.network.cross_foe[cross])].car
                return min(u, self.stop(d1 - YIELD, car)), foe
        return u, None

    def full(self, link: int, car: Car) -> bool:
        """Whether the lane behind a link cannot take one more."""
        row = self.rows[int(self.network.link_to_lane[link])]
        return bool(row) and not (row[-1].x > row[-1].length + car.length or row[-1].v >= 2)

    def limit(self, drivable: int) -> float:
        """Speed limit of a drivable."""
        return float(self.network.lane_speed_limit[drivable]) if drivable < self.lanes else 10000.0

    def planned(self, car: Car) -> tuple[float, float, int, Car | None]:
        """Where and how fast a vehicle will be, and who it yields to."""
        u, blocker = self.crossing(car)
        limit = self.limit(car.way[car.place])
        w = max(min(car.max_speed, car.v + car.max_pos_acc, limit, self.follow(car), u), car.v - car.max_neg_acc)
        moved = car.v**2 / car.max_neg_acc / 2 if w < 0 else (car.v + w) / 2
        x, place = car.x + moved, car.place
        while place < len(car.way) and x > self.length[car.way[place]]:
            x -= self.length[car.way[place]]
            place += 1
        return x, max(w, 0.0), place, blocker

    def move(self, cars: list[Car]) -> None:
        """Make the plans true."""
        movers = [car for car in cars if car.plan[2] != car.place]
        for car in movers:
            self.rows[car.way[car.place]].remove(car)
            car.gone = car.plan[2] == len(car.way)
            self.finished += car.gone
        for car in sorted((c for c in movers if not c.gone), key=lambda c: -c.plan[0]):
            drivable = car.way[car.plan[2]]
            car.came_from = car.way[car.place]
            car.link_step = NEVER if drivable < self.lanes else self.step
            self.rows[drivable].append(car)
        for car in cars:
            car.x, car.v, car.place, blocker = car.plan
            car.blocker = None if blocker is None or blocker.gone else blocker

    def run_programmes(self) -> None:
        """Signals run their own programme."""
        for crossing in self.network.signalised.tolist():
            phases = self.network.phases_of(crossing)
            self.remaining[crossing] -= 1.0
            while self.remaining[crossing] <= 0:
                self.phase[crossing] = (self.phase[crossing] + 1) % len(phases)
                self.remaining[crossing] += float(self.network.phase_duration[phases[self.phase[crossing]]])
