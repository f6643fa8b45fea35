"""The traffic model once more, plain and slow: objects, lists and dicts, written from its description.

It shares no code with the kernels, so that a mistake in one shows against the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from touyan.packs.traffic.demand import VehicleTypes
from touyan.packs.traffic.network import STRAIGHT, RoadNetwork

YIELD = 5.0
TURN_SPEED = 8.3333
HALTING = 0.1
NEVER = 2**31 - 1


@dataclass(frozen=True)
class Kind:
    """Parameters of a vehicle type."""

    length: float
    min_gap: float
    max_speed: float
    max_pos_acc: float
    max_neg_acc: float
    usual_pos_acc: float
    usual_neg_acc: float
    headway: float


def kinds(types: VehicleTypes) -> list[Kind]:
    """All types of a demand."""
    columns = (
        types.length,
        types.min_gap,
        types.max_speed,
        types.max_pos_acc,
        types.max_neg_acc,
        types.usual_pos_acc,
        types.usual_neg_acc,
        types.headway_time,
    )
    return [Kind(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


@dataclass(eq=False)
class Car:
    """One vehicle with its parameters and its state."""

    number: int
    created: int
    priority: int
    route: tuple[int, ...]
    drivable: int  # at first the lane on which it begins
    kind: Kind
    place: int = 0  # of its road on the route; on a link of the road before
    x: float = 0.0
    v: float = 0.0
    came_from: int = -1
    link_step: int = NEVER
    leader: Car | None = None
    gap: float = 0.0
    blocker: Car | None = None
    gone: bool = False
    wanted: float = 0.0  # speed planned; negative: it stops within the step
    yields_to: Car | None = None
    halting_since: int | None = None
    entered: int = -1
    left: int = -1
    waited: int = 0  # steps
    stops: int = 0
    approached: int = 0  # steps
    driven: float = 0.0

    @property
    def braking_distance(self) -> float:
        """Metres to stop at full braking."""
        return self.v * self.v / self.kind.max_neg_acc / 2

    @property
    def rear(self) -> float:
        """Where it ends, m."""
        return self.x - self.kind.length


@dataclass
class Slot:
    """Who is nearest to a cross on one of its links."""

    car: Car | None = None
    distance: float = 0.0


@dataclass
class PlainWorld:
    """A whole city, one object a vehicle."""

    network: RoadNetwork
    dt: float = 1.0
    patience: int = 0  # steps
    waiting: list[list[Car]] = field(default_factory=list)
    rows: list[list[Car]] = field(default_factory=list)
    cars: list[Car] = field(default_factory=list)
    created: int = 0
    finished: int = 0
    spent: int = 0
    step: int = 0

    def __post_init__(self) -> None:
        net = self.network
        self.lanes = net.lane_count
        self.length: list[float] = [*net.lane_length.tolist(), *net.link_length.tolist()]
        self.limit: list[float] = [*net.lane_speed_limit.tolist(), *[10000.0] * net.link_count]
        self.rows = [[] for _ in self.length]
        self.waiting = [[] for _ in range(self.lanes)]
        self.from_lane: list[list[int]] = [[] for _ in range(self.lanes)]
        for link, lane in enumerate(net.link_from_lane.tolist()):
            self.from_lane[lane].append(link)
        self.slots = [Slot() for _ in net.cross_distance]
        self.cross_link = [link for link in range(net.link_count) for _ in self.crosses_of(link)]
        self.phase = [0] * len(net.crossing_ids)
        phases = [net.phases_of(crossing) for crossing in range(len(net.crossing_ids))]
        self.remaining = [float(net.phase_duration[each[0]]) if len(each) else 0.0 for each in phases]
        self.signal_ahead = [len(phases[int(net.road_to[road])]) > 0 for road in net.lane_road.tolist()]

    def add(self, cars: Iterable[Car]) -> None:
        """Make vehicles known, in the order of their creation."""
        self.cars += cars

    # ------------------------------------------------------------ one step

    def advance(self) -> int:
        """One step; returns the vehicles running after it."""
        self.create_and_insert()
        self.change_lanes()
        self.notify()
        cars = self.running()
        for car in cars:
            car.wanted = self.wanted(car)
        self.go_on_changing()
        cars = self.running()
        self.move(cars)
        self.look()
        self.run_programmes()
        self.keep_count()
        self.step += 1
        self.spent += self.created - self.finished
        return len(self.real())

    def running(self) -> list[Car]:
        """Everybody on the roads."""
        return [car for row in self.rows for car in row]

    def real(self) -> list[Car]:
        """Everybody on the roads who is somebody."""
        return [car for car in self.running() if car.number >= 0]

    def change_lanes(self) -> None:
        """Begin lane changes: none in this world."""

    def go_on_changing(self) -> None:
        """Let lane changes go on: none in this world."""

    def create_and_insert(self) -> None:
        """Vehicles come into being, and at most one enters each lane."""
        while self.created < len(self.cars) and self.cars[self.created].created <= self.step:
            car = self.cars[self.created]
            self.waiting[car.drivable].append(car)
            self.created += 1
        for lane, buffer in enumerate(self.waiting):
            row = self.rows[lane]
            if buffer and (not row or row[-1].x > row[-1].kind.length + buffer[0].kind.min_gap):
                car = buffer.pop(0)
                row.append(car)
                car.entered = car.halting_since = self.step
                self.find_leader(car)

    def keep_count(self) -> None:
        """What the step adds to the figures of each trip."""
        for car in self.real():
            car.waited += car.v < HALTING
            car.approached += car.drivable < self.lanes and self.signal_ahead[car.drivable]

    # ------------------------------------------------------------ ways and leaders

    def onward(self, drivable: int, place: int, route: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The drivables that follow on a route, each with its place on it."""
        while True:
            if drivable < self.lanes:
                link = self.link_from(drivable, place, route)
                if link is None:
                    return
                drivable = self.lanes + link
            else:
                drivable, place = int(self.network.link_to_lane[drivable - self.lanes]), place + 1
            yield drivable, place

    def link_from(self, lane: int, place: int, route: Sequence[int]) -> int | None:
        """The link that a route takes from a lane."""
        net = self.network
        if place + 1 == len(route):
            return None
        links = net.links_onward.get((lane, route[place + 1]), [])
        if place + 2 < len(route):
            links = [link for link in links if (int(net.link_to_lane[link]), route[place + 2]) in net.links_onward]
        own = int(net.lane_index[lane])
        return min(links, key=lambda link: abs(int(net.lane_index[net.link_to_lane[link]]) - own), default=None)

    def first_lanes(self, route: tuple[int, ...]) -> list[int]:
        """Lanes on which a route may begin."""
        lanes = self.network.lanes_of(route[0])
        if len(route) == 1:
            return list(lanes)
        return [lane for lane in lanes if (lane, route[1]) in self.network.links_onward]

    def link_of(self, car: Car) -> int | None:
        """The link that a vehicle is on, or comes to."""
        if car.drivable >= self.lanes:
            return car.drivable - self.lanes
        return self.link_from(car.drivable, car.place, car.route)

    def look(self) -> None:
        """Everybody looks ahead."""
        for row in self.rows:
            for car in row:
                self.find_leader(car)

    def look_ahead(self, kind: Kind) -> float:
        """How far a vehicle looks, m."""
        return kind.max_speed * kind.max_speed / kind.usual_neg_acc / 2 + kind.max_speed * self.dt * 2

    def find_leader(self, car: Car) -> None:
        """Leader and gap of one vehicle."""
        row = self.rows[car.drivable]
        at = row.index(car)
        if at:
            car.leader = row[at - 1]
            car.gap = car.leader.rear - car.x
            return
        car.leader = None
        distance = self.length[car.drivable] - car.x
        for drivable, _ in self.onward(car.drivable, car.place, car.route):
            tails = self.tails_seen(drivable)
            if tails:
                car.leader = min(tails, key=lambda tail: distance + tail.x - tail.kind.length)
                car.gap = distance + car.leader.x - car.leader.kind.length
                return
            distance += self.length[drivable]
            if distance > self.look_ahead(car.kind):
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
            heads = self.rows[int(self.network.link_from_lane[link])][:1] if todo else []
            for car in heads:
                if self.link_of(car) == link and self.green(link):
                    rest = self.length[car.drivable] - car.x
                    for cross in todo:
                        self.slots[cross] = Slot(car, rest + float(self.network.cross_distance[cross]))

    def notify_left(self, link: int, todo: list[int]) -> None:
        """The vehicle that has just left the link."""
        for tail in self.rows[int(self.network.link_to_lane[link])][-1:]:
            if tail.came_from != self.lanes + link:
                continue
            while todo:
                rest = self.length[self.lanes + link] - float(self.network.cross_distance[todo[0]])
                if not rest + tail.rear < 0:
                    return
                self.slots[todo.pop(0)] = Slot(tail, -(tail.x + rest))

    def notify_on(self, car: Car, todo: list[int]) -> None:
        """A vehicle on the link."""
        while todo:
            distance = float(self.network.cross_distance[todo[0]])
            if car.x > distance and car.x - distance - car.kind.length > 0:
                return
            self.slots[todo.pop(0)] = Slot(car, distance - car.x)

    def green(self, link: int) -> bool:
        """Whether the link has green now; always where there is no signal."""
        net = self.network
        movement = int(net.link_movement[link])
        crossing = int(net.movement_crossing[movement])
        phases = net.phases_of(crossing)
        if not phases:
            return True
        return bool(net.phase_green[phases[self.phase[crossing]], movement - int(net.movement_first[crossing])])

    def rank(self, link: int) -> int:
        """Right of way of a link."""
        return int(self.network.movement_rank[int(self.network.link_movement[link])])

    def turns(self, link: int) -> bool:
        """Whether a link does not lead straight on."""
        return int(self.network.movement_type[int(self.network.link_movement[link])]) != STRAIGHT

    @staticmethod
    def can_yield(d: float, car: Car) -> bool:
        """Can still stop before the cross, or has cleared it."""
        return (d > 0 and car.braking_distance < d - YIELD) or (d < 0 and d + car.kind.length < 0)

    def steps(self, d: float, car: Car, turning: bool) -> int:
        """Steps to a point d m ahead."""
        if d <= 0:
            return 0
        target, a, dt = (TURN_SPEED if turning else car.kind.max_speed), car.kind.usual_pos_acc, self.dt
        if car.v > target:
            return math.ceil(d / car.v)
        n = math.floor((target - car.v) / a / dt)
        u = car.v + n * a / dt
        way = (car.v + u) / 2 * n * dt + ((u + target) / 2 * dt if u < target else 0)
        if way > d:
            return math.ceil((math.sqrt(car.v * car.v + 2 * a * d) - car.v) / a / dt)
        return math.ceil((target - car.v) / a / dt) + math.ceil((d - way) / target / dt)

    def foe_link(self, cross: int) -> int:
        """The other link of a cross."""
        return self.cross_link[int(self.network.cross_foe[cross])]

    def may_pass(self, car: Car, link: int, cross: int, d1: float) -> bool:
        """Whether a vehicle may pass a cross d1 m ahead."""
        slot = self.slots[int(self.network.cross_foe[cross])]
        foe, d2 = slot.car, slot.distance
        if foe is None or not self.can_yield(d1, car):
            return True
        if self.can_yield(d2, foe) and self.wins(car, d1, link, foe, d2, self.foe_link(cross)):
            return True
        return self.in_a_circle(foe) or self.is_impatient(car)

    def wins(self, car: Car, d1: float, link: int, foe: Car, d2: float, foe_link: int) -> bool:
        """The right of way between two who can both yield."""
        mine, theirs = self.rank(link), self.rank(foe_link)
        if mine > theirs:
            return True
        if d2 <= 0:
            return d2 + foe.kind.length < 0
        my_steps, their_steps = self.steps(d1, car, self.turns(link)), self.steps(d2, foe, self.turns(foe_link))
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

    def is_impatient(self, car: Car) -> bool:
        """Whether a vehicle has stood so long that it no longer yields."""
        since = car.halting_since
        return self.patience > 0 and since is not None and self.step - since >= self.patience

    # ------------------------------------------------------------ speeds

    def no_collision(self, vl: float, dl: float, vf: float, df: float, gap: float, keep: float) -> float:
        """Highest safe next speed; every sum in the kernels' order, for its sign decides how far a vehicle gets."""
        a, b = 0.5 / df, self.dt / 2
        c = vf * self.dt / 2 + keep - vl * vl / 2 / dl - gap
        if b * b < 4 * a * c:
            return -100.0
        return min(0.5 / a * (math.sqrt(b * b - 4 * a * c) - b), 2 * vl - dl * self.dt + 2 * (gap - keep) / self.dt)

    def follow(self, car: Car) -> float:
        """Speed allowed by the leader."""
        kind = car.kind
        if car.leader is None:
            return kind.max_speed
        vl, ahead, g = car.leader.v, car.leader.kind, car.gap
        f1 = self.no_collision(vl, ahead.max_neg_acc, car.v, kind.max_neg_acc, g, 0.0)
        f2 = self.no_collision(vl, ahead.usual_neg_acc, car.v, kind.usual_neg_acc, g, kind.min_gap)
        f3 = (g + (vl + max(0.0, car.v - vl) / 2) * self.dt - car.v * self.dt / 2) / (kind.headway + self.dt / 2)
        return min(f1, f2, f3)

    def stop(self, d: float, car: Car) -> float:
        """Speed to stop within d m."""
        up = car.v + car.kind.usual_pos_acc * self.dt
        if (car.v + up) / 2 * self.dt + up * up / car.kind.usual_neg_acc / 2 < d:
            return up
        if d <= 0:
            return min(0.0, -car.v)
        k = 2 * d / (car.v + 1e-8) / self.dt
        return car.v - car.v / math.floor(k) if k >= 1 else car.v - car.v / k

    def crossing(self, car: Car) -> tuple[float, Car | None]:
        """Speed allowed by the crossing, and who is yielded to."""
        u, link, s = car.kind.max_speed, self.link_of(car), car.x
        if car.drivable < self.lanes:
            rest = self.length[car.drivable] - car.x
            if link is None or rest > self.look_ahead(car.kind):
                return u, None
            s = -rest
            if (not self.green(link) or self.full(link, car)) and car.braking_distance <= rest:
                return min(u, self.stop(rest, car)), None
            if self.turns(link):
                u = min(u, TURN_SPEED)
        assert link is not None
        for cross in self.crosses_of(link):
            d1 = float(self.network.cross_distance[cross]) - s
            if d1 >= 0 and not self.may_pass(car, link, cross, d1):
                foe = self.slots[int(self.network.cross_foe[cross])].car
                return min(u, self.stop(d1 - YIELD, car)), foe
        return u, None

    def full(self, link: int, car: Car) -> bool:
        """Whether the lane behind a link cannot take one more."""
        row = self.rows[int(self.network.link_to_lane[link])]
        return bool(row) and not (row[-1].x > row[-1].kind.length + car.kind.length or row[-1].v >= 2)

    def wanted(self, car: Car) -> float:
        """How fast a vehicle will be; notes who it yields to."""
        u, car.yields_to = self.crossing(car)
        w = min(car.kind.max_speed, car.v + car.kind.max_pos_acc * self.dt, self.limit[car.drivable], u)
        return max(min(w, self.follow(car), self.more_limits(car)), car.v - car.kind.max_neg_acc * self.dt)

    def more_limits(self, car: Car) -> float:
        """Speed allowed by what else there is: nothing in this world."""
        return car.kind.max_speed

    # ------------------------------------------------------------ motion

    def move(self, cars: list[Car]) -> None:
        """Make the plans true."""
        movers: list[tuple[Car, float, int, int]] = []
        for car in cars:
            way = self.way(car)
            self.note_speed(car, max(car.wanted, 0.0))
            if car.x + way > self.length[car.drivable]:
                self.leave(car, way, movers)
            else:
                car.x, car.driven = car.x + way, car.driven + way
            car.blocker = car.yields_to
        for car, x, drivable, place in sorted(movers, key=lambda mover: -mover[1]):
            car.came_from, car.drivable, car.x, car.place = car.drivable, drivable, x, place
            car.link_step = NEVER if drivable < self.lanes else self.step
            self.rows[drivable].append(car)
        for car in cars:
            car.blocker = None if car.blocker is None or car.blocker.gone else car.blocker

    def way(self, car: Car) -> float:
        """Metres that a vehicle will go in this step."""
        w = car.wanted
        return car.v * car.v / car.kind.max_neg_acc / 2 if w < 0 else (car.v + w) / 2 * self.dt

    def note_speed(self, car: Car, speed: float) -> None:
        """Set a speed, and note when it means a halt."""
        if speed < HALTING <= car.v:
            car.stops += 1
            car.halting_since = self.step
        elif speed >= HALTING:
            car.halting_since = None
        car.v = speed

    def leave(self, car: Car, way: float, movers: list[tuple[Car, float, int, int]]) -> None:
        """A vehicle passes the end of its drivable: out of its row, and to where it goes, if anywhere."""
        x, drivable, place = car.x + way, car.drivable, car.place
        for following, next_place in self.onward(car.drivable, car.place, car.route):
            if x <= self.length[drivable]:
                break
            x, drivable, place = x - self.length[drivable], following, next_place
        over = max(0.0, x - self.length[drivable])
        car.driven += way - over
        if over > 0 and place + 1 < len(car.route):
            x = self.length[drivable]  # a lane that does not lead on: nobody passes its end
        if drivable == car.drivable and over > 0 and place + 1 < len(car.route):
            car.x = x
            self.note_speed(car, 0.0)
            return
        self.rows[car.drivable].remove(car)
        if over > 0 and place + 1 == len(car.route):
            car.gone, car.left = True, self.step
            self.finished += 1
        else:
            movers.append((car, x, drivable, place))

    def run_programmes(self) -> None:
        """Signals run their own programme."""
        for crossing in self.network.signalised.tolist():
            phases = self.network.phases_of(crossing)
            self.remaining[crossing] -= self.dt
            while self.remaining[crossing] <= 0:
                self.phase[crossing] = (self.phase[crossing] + 1) % len(phases)
                self.remaining[crossing] += float(self.network.phase_duration[phases[self.phase[crossing]]])
