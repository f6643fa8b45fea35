"""Signal controllers: who decides which phase a crossing shows."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from touyan.control.lookahead import Plan, Search, Weighed
from touyan.core.commands import Alternative, Explanation
from touyan.core.components import Controller
from touyan.core.observations import Column
from touyan.core.protocols import Plant, Proposal, State
from touyan.core.settings import setting
from touyan.core.text import Text
from touyan.kernels.traffic.layout import NONE
from touyan.kernels.traffic.sensing import HALTING_SPEED
from touyan.kernels.traffic.staging import Seen

from .cameras import CameraView, look_at
from .habits import Habits
from .looking_ahead import Patience, Sight, UsefulPhases
from .network import Floats, Ints, RoadNetwork
from .pressure import PhasePressure, has_choice
from .readings import lane_readings
from .sensed_world import Outlook, SensedFuture, SensedWorlds, a_car, surroundings
from .served_lanes import ServedLanes
from .signal_controller import GIVE_BACK, LEAVE, SignalController
from .timing import webster_greens
from .vocabulary import HALTING


class OwnProgramme(Controller):
    """Leaves every signal to its own programme."""

    name = "own"

    def start(self, plant: Plant) -> None:
        """Nothing to learn."""

    def decide(self, state: State) -> list[Proposal]:
        """Proposes nothing, ever."""
        return []


class FixedCycle(SignalController):
    """Gives every phase the same time, one after the other."""

    name = "cycle"

    def wanted(self, state: State, number: int) -> Ints:
        """The candidate whose turn it is; nothing where a crossing has none."""
        count = np.count_nonzero(self.candidates >= 0, axis=1)
        turn = number % np.maximum(count, 1)
        padded = np.column_stack([self.candidates, np.full(len(count), -1)])
        phase = padded[np.arange(len(count)), turn]
        return np.where(count > 0, phase, LEAVE).astype(np.int32)

    def reason(self, row: int, wanted: int) -> Text:
        """The cycle says so."""
        every = f"{self.interval_s:g}"
        return Text(
            f"fixed cycle: the turn of phase {wanted} for {every} s", f"固定周期：轮到相位{wanted}，持续{every} s"
        )


class PhaseSequence(SignalController):
    """Gives each phase its turn, for as long as it needs."""

    abstract = True
    interval_s: float = setting(1.0, unit="SEC", at_least=1.0, help="Time between two looks at the signals.")

    def learn(self, network: RoadNetwork) -> None:
        """Begin everywhere with the first phase."""
        self.network = network
        self.served = ServedLanes(network, self.candidates)
        self._clears_s = network.clearance_s[network.signalised]
        self.count = np.count_nonzero(self.candidates >= 0, axis=1)
        self.place = np.zeros(len(self.candidates), np.int64)
        self.green_at = np.full(len(self.candidates), self._started_at)

    def wanted(self, state: State, number: int) -> Ints:
        """The present phase, or the next one where its time is over; nothing where there is no choice."""
        following = self.following(state)
        ends = (self.count > 1) & (following != self.place) & self.over(state, state.now - self.green_at)
        self.place = np.where(ends, following, self.place)
        self.green_at = np.where(ends, state.now + self._clears_s, self.green_at)
        padded = np.column_stack([self.candidates, np.full(len(self.count), LEAVE)])
        phase = padded[np.arange(len(self.count)), self.place]
        return np.where(self.count > 1, phase, LEAVE).astype(np.int32)

    def following(self, state: State) -> NDArray[np.int64]:
        """The candidate whose turn is next."""
        return np.asarray((self.place + 1) % np.maximum(self.count, 1))

    @abstractmethod
    def over(self, state: State, green_s: Column) -> NDArray[np.bool_]:
        """Where the green has lasted long enough."""


class Webster(PhaseSequence):
    """Fixed cycles with the greens of Webster's formula, from counted flows."""

    name = "webster"
    cycle_s: float = setting(180.0, unit="SEC", at_least=30.0, at_most=300.0, help="Longest cycle.")
    least_green_s: float = setting(10.0, unit="SEC", at_least=5.0, help="Shortest green.")
    saturation: float = setting(1700.0, unit="E58", at_least=100.0, help="Vehicles per hour that a green lane passes.")
    renew_s: float = setting(300.0, unit="SEC", at_least=60.0, help="Time between two reckonings of the greens.")

    def learn(self, network: RoadNetwork) -> None:
        """Begin with the shortest cycle, as nothing is counted yet."""
        super().learn(network)
        self._habits = Habits(network, 3 * self.renew_s)
        self._renewed_at = self._started_at
        self._greens = self._reckoned()

    def decide(self, state: State) -> list[Proposal]:
        """What each signal should do now, where that is something new."""
        self._habits.note(state)
        return super().decide(state)

    def over(self, state: State, green_s: Column) -> NDArray[np.bool_]:
        """Where the green time of the plan has passed."""
        if state.now - self._renewed_at >= self.renew_s:
            self._renewed_at = state.now
            self._greens = self._reckoned()
        over: NDArray[np.bool_] = green_s >= self._greens[np.arange(len(self.place)), self.place]
        return over

    def reason(self, row: int, wanted: int) -> Text:
        """The green time and what it comes from."""
        green = f"{self._greens[row, self.place[row]]:.0f}"
        return Text(
            f"phase {wanted} has {green} s of green, by Webster's formula from counts",
            f"相位{wanted}绿灯{green} s，由计数按韦伯斯特公式算得",
        )

    def _reckoned(self) -> Floats:
        greens = np.full(self.candidates.shape, np.inf)
        flow = self._habits.flow()
        for row, count in enumerate(self.count.tolist()):
            lanes, serves = self.served.of(row)
            if count > 1:
                greens[row, :count] = webster_greens(
                    flow[lanes],
                    serves[:count],
                    saturation=self.saturation / 3600,
                    lost_s=float(self._clears_s[row]),
                    least_green_s=self.least_green_s,
                    longest_cycle_s=self.cycle_s,
                )
        return greens


class Actuated(PhaseSequence):
    """Keeps green while vehicles come close behind one another, and skips phases that nobody waits for."""

    name = "actuated"
    gap_s: float = setting(3.0, unit="SEC", at_least=1.0, help="Time without a vehicle that ends a green (gap-out).")
    min_green_s: float = setting(10.0, unit="SEC", at_least=5.0, help="Shortest green.")
    max_green_s: float = setting(50.0, unit="SEC", at_least=10.0, help="Longest green while others wait (max-out).")

    def learn(self, network: RoadNetwork) -> None:
        """Learn where the cameras are."""
        super().learn(network)
        self._cameras = CameraView(network)

    def following(self, state: State) -> NDArray[np.int64]:
        """The next candidate that somebody waits for; the present one when there is none."""
        seen = self._cameras.seen(state, np.ones(self.network.lane_count, np.bool_))
        before = seen.distance >= 0
        close = before & (seen.distance <= self.gap_s * self.network.lane_speed_limit[seen.lane])
        self._comes = self._some(seen.lane[close])
        called = self._some(seen.lane[before])
        turns = (self.place[:, np.newaxis] + 1 + np.arange(self.candidates.shape[1])) % np.maximum(self.count, 1)[
            :, np.newaxis
        ]
        in_turn = np.take_along_axis(called, turns, axis=1)
        first = np.argmax(in_turn, axis=1)
        rows = np.arange(len(self.place))
        return np.asarray(np.where(in_turn.any(axis=1), turns[rows, first], self.place))

    def over(self, state: State, green_s: Column) -> NDArray[np.bool_]:
        """Where nobody comes any more after the shortest green, or the longest has passed."""
        comes = self._comes[np.arange(len(self.place)), self.place]
        over: NDArray[np.bool_] = (green_s >= self.min_green_s) & (~comes | (green_s >= self.max_green_s))
        return over

    def reason(self, row: int, wanted: int) -> Text:
        """The next turn that somebody waits for."""
        return Text(f"phase {wanted} is the next that vehicles wait for", f"相位{wanted}是下一个有车等待的相位")

    def _some(self, lanes: Ints) -> NDArray[np.bool_]:
        """Which candidates serve any of the lanes."""
        return self.served.sums(np.bincount(lanes, minlength=self.network.lane_count)) > 0


class MaxPressure(SignalController):
    """Gives green where queues before exceed queues beyond most."""

    efficient: ClassVar[bool] = False
    hold_s: float = setting(60.0, unit="SEC", at_least=0.0, help="How long a silent lane counts as it was last known.")

    def learn(self, network: RoadNetwork) -> None:
        """Learn which lanes count in which phase."""
        self._lanes = lane_readings(network)
        self._network = network
        self._pressure = PhasePressure(network, self.candidates, self.efficient)
        self._has_choice = has_choice(network, self.candidates)
        self._values: Column = np.empty((0, 0))

    def wanted(self, state: State, number: int) -> Ints:
        """The first phase of highest pressure; back where lanes are silent."""
        if not self.candidates.size:
            return self.between(state)
        # What was never heard counts as empty, until the crossing is given back for its silence.
        self._values = self._pressure.of(np.nan_to_num(self._lanes.column(state, HALTING), nan=0.0))
        best = self.candidates[np.arange(len(self.candidates)), self.best(state)]
        return np.where(self._blind(state), GIVE_BACK, np.where(self._has_choice, best, LEAVE)).astype(np.int32)

    def best(self, state: State) -> NDArray[np.intp]:
        """The place of each signal's phase among its candidates."""
        return np.asarray(np.argmax(self._values, axis=1))

    def between(self, state: State) -> Ints:
        """Gives back crossings whose lanes have been silent too long."""
        return np.where(self._blind(state), GIVE_BACK, LEAVE).astype(np.int32)

    def reason(self, row: int, wanted: int) -> Text:
        """The pressures, or which lanes are silent."""
        if wanted == GIVE_BACK:
            return self._silence(row)
        phases, values = self.candidates[row].tolist(), self._values[row].tolist()
        told = ", ".join(f"{phase}: {value:g}" for phase, value in zip(phases, values, strict=True) if phase >= 0)
        return Text(f"phase {wanted} has the highest pressure ({told})", f"相位{wanted}的压力最大（{told}）")

    def _silent(self, state: State) -> NDArray[np.bool_]:
        heard = np.maximum(self._lanes.heard_at(state, HALTING), self._started_at)
        return state.now - heard >= self.hold_s

    def _blind(self, state: State) -> NDArray[np.bool_]:
        """Signals that need a lane which has been silent too long."""
        self._silent_lanes = self._silent(state)
        return self._pressure.signals_with(self._silent_lanes)

    def _silence(self, row: int) -> Text:
        lanes = self._pressure.lanes_of(row)
        names = ", ".join(self._network.lane_ids[lane] for lane in lanes[self._silent_lanes[lanes]].tolist())
        return Text(
            f"no reading for {self.hold_s:g} s from {names}; back to its own programme",
            f"{names}已有{self.hold_s:g} s没有数据，恢复自身方案",
        )


class EfficientPressure(MaxPressure):
    """Max pressure with the mean queue of the lanes beyond, not their sum (Wu et al., 2021)."""

    name = "efficient-pressure"
    efficient = True


class AdvancedPressure(EfficientPressure):
    """Keeps a phase while more vehicles drive up to it than wait for any other (Zhang et al., 2022)."""

    name = "advanced-pressure"
    reach_m: float = setting(150.0, unit="MTR", at_least=10.0, help="Distance to the stop line that counts as near.")
    weight: float = setting(1.0, at_least=0.0, help="Weight of a vehicle driving up, against one that halts.")

    def learn(self, network: RoadNetwork) -> None:
        """Learn where the cameras are."""
        super().learn(network)
        self._cameras = CameraView(network)
        self._served = ServedLanes(network, self.candidates)

    def best(self, state: State) -> NDArray[np.intp]:
        """The present phase while vehicles drive up to it, else that of highest pressure."""
        seen = self._cameras.seen(state, np.ones(self._network.lane_count, np.bool_))
        near = (seen.distance >= 0) & (seen.distance <= self.reach_m) & (seen.speed >= HALTING_SPEED)
        coming = np.bincount(seen.lane[near], minlength=self._network.lane_count)
        present = self.candidates == self._target[:, np.newaxis]
        demand = self.weight * np.where(present, self._served.sums(coming), 0.0).sum(axis=1)
        keeps = present.any(axis=1) & (demand >= self._values.max(axis=1))
        return np.where(keeps, np.argmax(present, axis=1), super().best(state))


class LookAhead(SignalController):
    """Tries phases in worlds set to what cameras see, and takes those that cost least."""

    name = "rollout"
    horizon_s: float = setting(90.0, unit="SEC", at_least=5.0, at_most=600.0, help="How far it looks ahead.")
    samples: int = setting(3, at_least=1, at_most=64, help="Possible futures in which phases are tried.")
    finalists: int = setting(
        8, at_least=1, at_most=64, help="Phases of a signal tried in all futures, not in one only."
    )
    sweeps: int = setting(1, at_least=1, at_most=16, help="How often each signal is looked at in a decision.")
    deadline_s: float = setting(
        10.0, unit="SEC", at_least=0.1, help="Wall time after which the best plan found so far is taken."
    )
    longest_red_s: float = setting(240.0, unit="SEC", at_least=60.0, help="Who has waited this long is served next.")
    memory_s: float = setting(900.0, unit="SEC", at_least=1.0, help="How long counts of turns and arrivals weigh.")
    headway_s: float = setting(2.0, unit="SEC", at_least=0.5, at_most=5.0, help="Headway of the model's drivers.")
    acceleration: float = setting(2.0, unit="MSK", at_least=0.5, at_most=5.0, help="Acceleration of the model's cars.")
    threads: int = setting(1, at_least=1, at_most=64, help="Futures tried at once; they change no decision.")
    seed: int = setting(0, at_least=0, help="Seed of the futures.")

    def learn(self, network: RoadNetwork) -> None:
        """Build the model, and learn who is whose neighbour."""
        self._network = network
        self._has_choice = has_choice(network, self.candidates)
        self._outlook = Outlook(int(self.interval_s), max(1, round(self.horizon_s / self.interval_s)))
        car = a_car(self.headway_s, self.acceleration, float(network.lane_speed_limit.max(initial=0.0)))
        self._worlds = SensedWorlds(network, car, self.candidates, self._outlook)
        self._sight = Sight(network, self.memory_s)
        served = ServedLanes(network, self.candidates)
        self._useful = UsefulPhases(network, self.candidates, served)
        self._patience = Patience(network, self.candidates, served, self.longest_red_s - self.interval_s)
        pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None
        self._search = Search(surroundings(network), self.sweeps, self.finalists, pool)
        self._weighed: list[Weighed] = []

    def decide(self, state: State) -> list[Proposal]:
        """What each signal should do now, where that is something new."""
        self._sight.note(state)
        self._patience.note(state, self._sight.seen)
        return super().decide(state)

    def wanted(self, state: State, number: int) -> Ints:
        """The plan that costs least in the futures tried."""
        deadline = time.monotonic() + self.deadline_s
        seen = self._sight.vehicles
        futures = self._futures(state, seen, number)
        start = np.where(self._has_choice, futures[0].by_pressure(), NONE).astype(np.int32)
        options = self._useful.of(seen, start, self.interval_s)
        start, options = self._patience.served_first(state, start, options)
        decision = self._search.better(start, options, futures, deadline)
        self._weighed = decision.weighed
        plan = np.where(self._has_choice, decision.plan, LEAVE).astype(np.int32)
        self._sight.asked(state, (plan != self._target) | (self._target < 0))
        self._expect(futures[0], decision.plan, self._sight.age_s(state.now))
        return plan

    def _futures(self, state: State, seen: Seen, number: int) -> list[SensedFuture]:
        """Worlds as they may be now; what was seen some seconds ago has gone on since."""
        signals, habits = self._sight.signals(state, self._target), self._sight.habits
        futures = [self._worlds.at(seen, signals, habits, (self.seed, number, n)) for n in range(self.samples)]
        for future in futures:
            future.advance(self._sight.age_s(state.now))
        return futures

    def _expect(self, future: SensedFuture, plan: Plan, age_s: int) -> None:
        """Foresee what will be on lanes that no camera shows, at the time of the look to come."""
        if self._sight.silent.any():
            future.command(plan)
            future.advance(max(0, self._outlook.interval_s - age_s))
            self._sight.expected = look_at(future.arrays)

    def reason(self, row: int, wanted: int) -> Text:
        """What each phase would cost."""
        weighed = self._weighed[row]
        tried = zip(weighed.actions, weighed.costs, strict=True)
        told = ", ".join(f"{phase}: {cost:.0f} s" for phase, cost in tried if not math.isnan(cost)) or "no other"
        return Text(f"phase {wanted} loses least time ({told})", f"相位{wanted}损失时间最少（{told}）")

    def explanation(self, row: int, wanted: int) -> Explanation:
        """The phases tried, with the seconds lost around the signal within the horizon."""
        weighed = self._weighed[row]
        tried = zip(weighed.actions, weighed.costs, strict=True)
        span, futures = f"{self._outlook.seconds}", f"{self.samples}"
        method = Text(
            f"seconds lost around the crossing within {span} s, mean of up to {futures} futures tried on a model",
            f"在模型上试行最多{futures}种可能未来，路口周边{span} s内损失的时间（秒）的平均值",
        )
        known = (Alternative(phase, cost, phase == wanted) for phase, cost in tried if not math.isnan(cost))
        return Explanation(method, "SEC", tuple(known))
