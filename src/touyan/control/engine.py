"""Control: from what controllers propose to what the street was seen to do."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from touyan.core.commands import Command, CommandState, Explanation
from touyan.core.components import Controller, GuardRule
from touyan.core.faults import Fault, attempt
from touyan.core.protocols import Plant, Proposal, State
from touyan.core.text import Text

from .authority import Authority, Limits, Mode
from .effect import RELEASE, Effects, wanted
from .freshness import Freshness
from .guard import Guard, Objection
from .ledger import Ledger
from .outcome import Margin, Outcome, Outcomes

_Given = TypeVar("_Given")

BRAIN = "touyan"
"""Stands in the record for what control does by itself."""
FAIL_SAFE = "fail-safe"
"""Approves the release of what a failed controller held: a person who had to be asked might not be there."""

EARLY_S = 10.0
"""How long a command waits that the guard finds too early: a minimum green and a clearance."""

_PROPOSAL = tuple[str, str, float, Text, Explanation | None]

_MODE_CHANGED = Text("The mode is now advise", "模式已改为仅建议")
_RUN_ENDED = Text("The run ends", "运行结束")
_GUARD_FAILED = Text("A rule of the guard failed", "安全守则发生故障")
_OVERDUE = Text("The guard takes command: {rule}: {reason}", "安全守则收回控制权：{rule}：{reason}")
_SENSORS_SILENT = Text("The sensors are silent: {types}", "传感器无数据：{types}")
_ROLLED_BACK = Text(
    "{command} was forecast to come to {forecast:.1f} and came to {seen:.1f}",
    "{command}预测为{forecast:.1f}，实际为{seen:.1f}",
)
_CONTROLLER_FAILED = Text("The controller {name} failed", "控制器“{name}”发生故障")


@dataclass
class _Release:
    """Why an entity must be given back, and when to ask next."""

    reason: Text
    due: float


@dataclass(frozen=True)
class Terms:
    """How control treats commands: limits, waiting times (s), the margin for a rollback."""

    set_by: str = "operator"
    waits_s: float = 60.0
    limits: Limits = field(default_factory=Limits)
    verify_within_s: float = 20.0
    stale_after_s: float = 60.0
    margin: Margin = field(default_factory=Margin)


class Control:
    """Carries proposals to the street, each step on record.

    Call `step` on the brain's thread once a beat; `approve`, `refuse` and `set_mode` may be called from any. A
    controller that raises (which one does that was killed, stalls or talks nonsense in a process of its own) loses
    command: what it held is released to its own programme. While sensors are silent nobody has command.
    """

    def __init__(
        self,
        plant: Plant,
        controllers: Sequence[Controller],
        guards: Sequence[GuardRule],
        mode: Mode,
        ledger: Ledger,
        terms: Terms | None = None,
    ) -> None:
        terms = terms or Terms()
        self._plant = plant
        self._ledger = ledger
        self._terms = terms
        self._authority = Authority(mode, terms.set_by, terms.waits_s, terms.limits)
        self._guard = Guard(plant, guards)
        self._effects = Effects()
        self._outcomes = Outcomes(terms.margin)
        self._freshness = Freshness(plant, terms.stale_after_s)
        self._silent: dict[str, float] = {}
        self._lock = threading.RLock()
        self._now = plant.now
        self._faults: list[Fault] = []
        self._told: set[GuardRule] = set()
        self._holders: dict[str, str] = {}
        self._resting: dict[str, float] = {}
        self._releases: dict[str, _Release] = {}
        self._controllers = {controller.name: controller for controller in controllers}
        for controller in controllers:
            self._ask(controller, controller.start, plant)

    @property
    def mode(self) -> Mode:
        """The mode in force."""
        return self._authority.mode

    @property
    def authority(self) -> Authority:
        """Who may send commands, and within which limits."""
        return self._authority

    @property
    def held(self) -> dict[str, str]:
        """The entities under command, with the controller that holds each."""
        with self._lock:
            return dict(self._holders)

    def set_mode(self, mode: Mode, by: str) -> None:
        """A person changes the mode; advise gives everything back."""
        with self._lock:
            self._authority = Authority(mode, by, self._terms.waits_s, self._terms.limits)
            if mode is Mode.ADVISE:
                self._give_back(list(self._holders), _MODE_CHANGED)

    def take_faults(self) -> list[Fault]:
        """What has failed since the last call, to raise alerts of."""
        with self._lock:
            new = [rule for rule in self._guard.faults if rule not in self._told]
            self._told.update(new)
            faults = [*self._faults, *(self._guard.faults[rule] for rule in new)]
            self._faults.clear()
            return faults

    def step(self, state: State) -> None:
        """One beat: verify commands, ask the controllers, move the street."""
        with self._lock:
            self._now = state.now
            self._look(state)
            self._ledger.record([*self._seen(state), *self._rolled_back(state), *self._expired()])
            asked = [] if self._silent else self._asked(state)
            self._ledger.record(self._due(state))
            self._ledger.record([*self._weighed(asked, state), *self._released(state)])
            self._ledger.record(self._sent(state))

    def stop(self, state: State) -> None:
        """Give everything back, at the end of a run."""
        with self._lock:
            self._now = state.now
            self._give_back(list(self._holders), _RUN_ENDED)
            self._ledger.record(self._released(state))
            self._ledger.record(self._sent(state))

    def approve(self, identifier: str, by: str, note: str = "") -> Command:
        """A person sends a command at the next beat; raises StaleActionError."""
        with self._lock:
            command = self._ledger.get(identifier)
            self._authority.check_approval(command)
            return self._move(command, CommandState.APPROVED, by, note)

    def refuse(self, identifier: str, by: str, note: str = "") -> Command:
        """A person keeps a command from the street; raises StaleActionError."""
        with self._lock:
            return self._move(self._ledger.get(identifier), CommandState.REFUSED, by, note)

    def _look(self, state: State) -> None:
        """Let the guard and the watch over the sensors see the street."""
        self._guard.note(state)
        for entity, objection in self._guard.overdue(state).items():
            why = _OVERDUE.filled(rule=objection.rule, reason=objection.reason)
            self._give_back([entity] if entity in self._holders else [], why)
        silent = self._freshness.silent(state)
        for entity_type in silent.keys() - self._silent.keys():
            words = f"nothing was heard for {silent[entity_type]:g} s; controllers have lost command until it is"
            self._faults.append(Fault("sensors", entity_type, words, self._now))
        self._silent = silent
        if silent:
            self._give_back(list(self._holders), _SENSORS_SILENT.filled(types=", ".join(silent)))

    def _asked(self, state: State) -> list[tuple[Proposal, str]]:
        """What all controllers propose now, and who does."""
        return [
            (proposal, controller.name)
            for controller in list(self._controllers.values())
            for proposal in self._ask(controller, controller.decide, state)
        ]

    def _move(self, command: Command, state: CommandState, by: str, note: str) -> Command:
        moved = command.moved(state, by, self._now, note)
        self._ledger.record([moved])
        return moved

    def _ask(
        self, controller: Controller, call: Callable[[_Given], list[Proposal] | None], given: _Given
    ) -> list[Proposal]:
        """The controller's answer; when it raises, it loses command."""
        answer = attempt(controller.kind, controller.name, self._now, _checked, call, given)
        if isinstance(answer, Fault):
            self._faults.append(answer)
            del self._controllers[controller.name]
            held = [entity for entity, holder in self._holders.items() if holder == controller.name]
            self._give_back(held, _CONTROLLER_FAILED.filled(name=controller.name))
            return []
        return answer

    def _seen(self, state: State) -> Iterator[Command]:
        """Commands that sensors show in force, or should by now."""
        for command in self._ledger.live(CommandState.APPLIED):
            reading, applied_at = self._effects.shown(command, state), command.record[-1].at
            newer = reading.at > applied_at
            if newer and reading.value == wanted(command):
                yield command.moved(CommandState.VERIFIED, "sensors", state.now)
            elif state.now - applied_at >= self._terms.verify_within_s:
                note = f"sensors show {reading.value:g}" if newer else "sensors are silent"
                yield command.moved(CommandState.FAILED, "sensors", state.now, note)

    def _rolled_back(self, state: State) -> Iterator[Command]:
        """Commands that made things worse than forecast; their entities rest."""
        for outcome in self._outcomes.judged(state):
            command = self._ledger.get(outcome.command)
            if command.state is CommandState.VERIFIED and outcome.entity in self._holders:
                yield self._taken_back(command, outcome)

    def _taken_back(self, command: Command, outcome: Outcome) -> Command:
        why = _ROLLED_BACK.filled(command=command.identifier, forecast=outcome.forecast, seen=outcome.seen)
        self._give_back([command.entity], why)
        self._resting[command.entity] = self._now + self._terms.margin.rests_s
        self._faults.append(Fault("plan", command.entity, why.en, self._now))
        return command.moved(CommandState.ROLLED_BACK, "sensors", self._now, why.en)

    def _expired(self) -> Iterator[Command]:
        for command in self._ledger.live(CommandState.GUARDED):
            if command.record[0].by not in self._controllers:
                yield command.moved(CommandState.EXPIRED, BRAIN, self._now, "its controller failed")
            elif self._authority.expired(command, self._now):
                yield command.moved(CommandState.EXPIRED, BRAIN, self._now, "nobody approved in time")

    def _due(self, state: State) -> Iterator[Command]:
        """Commands that were too early for the guard, as they stand now."""
        for command in self._ledger.live(CommandState.PROPOSED):
            moved = self._guarded(command, state)
            if moved is not command:
                yield moved

    def _weighed(self, asked: Iterable[tuple[Proposal, str]], state: State) -> Iterator[Command]:
        """The proposals as guarded commands, and the waiting ones they replace."""
        waiting = {command.entity: command for command in self._ledger.live(CommandState.GUARDED)}
        waiting |= {command.entity: command for command in self._ledger.live(CommandState.PROPOSED)}
        for proposal, controller in asked:
            earlier = waiting.get(proposal.entity)
            if earlier and (earlier.action, earlier.value) == (proposal.action, proposal.value):
                continue
            command = self._ledger.propose(proposal, controller, self._now)
            if earlier:
                early = earlier.state is CommandState.PROPOSED
                end = CommandState.REFUSED if early else CommandState.EXPIRED
                yield earlier.moved(end, controller, self._now, f"replaced by {command.identifier}")
                del waiting[proposal.entity]
            yield self._guarded(command, state)

    def _released(self, state: State) -> Iterator[Command]:
        """Releases of what must go back, until the street follows."""
        if self._guard.broken:
            self._give_back(list(self._holders), _GUARD_FAILED)
        for entity, release in self._releases.items():
            if release.due <= self._now:
                release.due = self._now + self._terms.verify_within_s
                command = self._ledger.propose(Proposal(entity, RELEASE, 0.0, release.reason), BRAIN, self._now)
                yield self._guarded(command, state)

    def _guarded(self, command: Command, state: State) -> Command:
        """The command after the guard and any standing approval; as it is when it is only too early."""
        objection = self._objection(command, state)
        if objection and objection.passes and self._now - command.record[0].at < EARLY_S:
            return command
        if objection:
            return command.moved(CommandState.REFUSED, objection.rule, self._now, objection.reason)
        approver, beyond = (FAIL_SAFE, "") if self._is_fail_safe(command) else self._approver(command)
        guarded = command.moved(CommandState.GUARDED, "guard", self._now, beyond)
        return guarded.moved(CommandState.APPROVED, approver, self._now) if approver else guarded

    def _approver(self, command: Command) -> tuple[str | None, str]:
        return self._authority.approver(command, self._now)

    def _is_fail_safe(self, command: Command) -> bool:
        return command.action == RELEASE and command.record[0].by == BRAIN

    def _objection(self, command: Command, state: State) -> Objection | None:
        """Why a command must not go on; failed rules release its entity."""
        objection = self._disorder(command) or self._guard.objection(command, state)
        if objection and objection.failed and command.entity in self._holders:
            self._give_back([command.entity], _GUARD_FAILED)
        return objection

    def _disorder(self, command: Command) -> Objection | None:
        """What speaks against a command before the street is looked at."""
        proposer, holder = command.record[0].by, self._holders.get(command.entity)
        if proposer == BRAIN:
            return None
        if proposer not in self._controllers:
            return Objection(BRAIN, "its controller failed")
        if self._silent:
            return Objection(BRAIN, f"the sensors are silent: {', '.join(self._silent)}")
        if command.action != RELEASE and self._now < self._resting.get(command.entity, -math.inf):
            return Objection(BRAIN, f"the last plan of {command.entity} was rolled back")
        return Objection(BRAIN, f"{command.entity} is held by {holder}") if holder not in (None, proposer) else None

    def _sent(self, state: State) -> Iterator[Command]:
        """Approved commands after another look of the guard, sent."""
        approved = self._ledger.live(CommandState.APPROVED)
        open_ones = {command.entity: command for command in self._ledger.live(CommandState.APPLIED) if approved}
        for command in approved:
            objection = self._objection(command, state) or self._advice(command)
            if objection:
                yield command.moved(CommandState.REFUSED, objection.rule, self._now, objection.reason)
                continue
            sent = self._obeyed(command)
            earlier = open_ones.pop(command.entity, None)
            if earlier and sent.state is CommandState.APPLIED:
                yield earlier.moved(CommandState.FAILED, BRAIN, self._now, f"replaced by {command.identifier}")
            yield sent

    def _advice(self, command: Command) -> Objection | None:
        """Speaks against a command that was approved before the mode became advise."""
        advice = self.mode is Mode.ADVISE and command.action != RELEASE
        return Objection(BRAIN, "the mode is advise") if advice else None

    def _obeyed(self, command: Command) -> Command:
        """The command after the street was asked to carry it out."""
        answer = attempt("plant", "plant", self._now, self._plant.obey, command)
        if isinstance(answer, Fault):
            self._faults.append(answer)
            return command.moved(CommandState.FAILED, "plant", self._now, answer.words)
        if not answer:
            return command.moved(CommandState.FAILED, "plant", self._now, "the street did not take it")
        self._guard.applied(command, self._now)
        self._outcomes.follow(command, self._now)
        self._hold(command)
        return command.moved(CommandState.APPLIED, "plant", self._now)

    def _hold(self, command: Command) -> None:
        if command.action == RELEASE:
            self._holders.pop(command.entity, None)
            self._releases.pop(command.entity, None)
        else:
            self._holders[command.entity] = command.record[0].by

    def _give_back(self, entities: Iterable[str], reason: Text) -> None:
        for entity in entities:
            self._releases.setdefault(entity, _Release(reason, self._now))


def _checked(call: Callable[[_Given], list[Proposal] | None], given: _Given) -> list[Proposal]:
    """What a controller answers, if these are proposals; raises TypeError or ValidationError."""
    answer = call(given) or []
    for proposal in answer:
        msgspec.convert(tuple(proposal), _PROPOSAL)
    return list(answer)
