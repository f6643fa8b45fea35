"""Control: from what controllers propose to what the street was seen to do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from touyan.core.commands import Command, CommandState
from touyan.core.components import Controller, GuardRule
from touyan.core.faults import Fault, attempt
from touyan.core.protocols import Plant, Proposal, State
from touyan.core.text import Text

from .authority import Authority, Mode
from .effect import RELEASE, Effects, wanted
from .guard import Guard, Objection
from .ledger import Ledger

_Given = TypeVar("_Given")

BRAIN = "touyan"
"""Stands in the record for what control does by itself."""
FAIL_SAFE = "fail-safe"
"""Approves the release of what a failed controller held: a person who had to be asked might not be there."""

_MODE_CHANGED = Text("The mode is now advise", "模式已改为仅建议")
_RUN_ENDED = Text("The run ends", "运行结束")
_GUARD_FAILED = Text("A rule of the guard failed", "安全守则发生故障")
_CONTROLLER_FAILED = Text("The controller {name} failed", "控制器“{name}”发生故障")


@dataclass
class _Release:
    """Why an entity must be given back, and when to ask next."""

    reason: Text
    due: float


class Control:
    """Carries proposals to the street, each step on record.

    Call `step` on the brain's thread once a beat; `approve`, `refuse` and `set_mode` may be called from
    any. A controller that raises loses command: what it held is released to its own programme.
    """

    def __init__(
        self,
        plant: Plant,
        controllers: Sequence[Controller],
        guards: Sequence[GuardRule],
        mode: Mode,
        ledger: Ledger,
        *,
        set_by: str = "operator",
        waits_s: float = 60.0,
        verify_within_s: float = 20.0,
    ) -> None:
        self._plant = plant
        self._ledger = ledger
        self._authority = Authority(mode, set_by, waits_s)
        self._verify_within_s = verify_within_s
        self._guard = Guard(plant, guards)
        self._effects = Effects()
        self._lock = threading.RLock()
        self._now = plant.now
        self._faults: list[Fault] = []
        self._told: set[GuardRule] = set()
        self._holders: dict[str, str] = {}
        self._releases: dict[str, _Release] = {}
        self._controllers = {controller.name: controller for controller in controllers}
        for controller in controllers:
            self._ask(controller, controller.start, plant)

    @property
    def mode(self) -> Mode:
        """The mode in force."""
        return self._authority.mode

    @property
    def held(self) -> dict[str, str]:
        """The entities under command, with the controller that holds each."""
        with self._lock:
            return dict(self._holders)

    def set_mode(self, mode: Mode, by: str) -> None:
        """A person changes the mode; advise gives everything back."""
        with self._lock:
            self._authority = Authority(mode, by, self._authority.waits_s)
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
            self._ledger.record([*self._seen(state), *self._expired()])
            asked = [
                (proposal, controller.name)
                for controller in list(self._controllers.values())
                for proposal in self._ask(controller, controller.decide, state)
            ]
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

    def _move(self, command: Command, state: CommandState, by: str, note: str) -> Command:
        moved = command.moved(state, by, self._now, note)
        self._ledger.record([moved])
        return moved

    def _ask(
        self, controller: Controller, call: Callable[[_Given], list[Proposal] | None], given: _Given
    ) -> list[Proposal]:
        """The controller's answer; when it raises, it loses command."""
        answer = attempt(controller.kind, controller.name, self._now, call, given)
        if isinstance(answer, Fault):
            self._faults.append(answer)
            del self._controllers[controller.name]
            held = [entity for entity, holder in self._holders.items() if holder == controller.name]
            self._give_back(held, _CONTROLLER_FAILED.filled(name=controller.name))
            return []
        return answer or []

    def _seen(self, state: State) -> Iterator[Command]:
        """Commands that sensors show in force, or should by now."""
        for command in self._ledger.live(CommandState.APPLIED):
            reading, applied_at = self._effects.shown(command, state), command.record[-1].at
            newer = reading.at > applied_at
            if newer and reading.value == wanted(command):
                yield command.moved(CommandState.VERIFIED, "sensors", state.now)
            elif state.now - applied_at >= self._verify_within_s:
                note = f"sensors show {reading.value:g}" if newer else "sensors are silent"
                yield command.moved(CommandState.FAILED, "sensors", state.now, note)

    def _expired(self) -> Iterator[Command]:
        for command in self._ledger.live(CommandState.GUARDED):
            if command.record[0].by not in self._controllers:
                yield command.moved(CommandState.EXPIRED, BRAIN, self._now, "its controller failed")
            elif self._authority.expired(command, self._now):
                yield command.moved(CommandState.EXPIRED, BRAIN, self._now, "nobody approved in time")

    def _weighed(self, asked: Iterable[tuple[Proposal, str]], state: State) -> Iterator[Command]:
        """The proposals as guarded commands, and the waiting ones they replace."""
        waiting = {command.entity: command for command in self._ledger.live(CommandState.GUARDED)}
        for proposal, controller in asked:
            earlier = waiting.get(proposal.entity)
            if earlier and (earlier.action, earlier.value) == (proposal.action, proposal.value):
                continue
            command = self._ledger.propose(proposal, controller, self._now)
            if earlier:
                yield earlier.moved(CommandState.EXPIRED, controller, self._now, f"replaced by {command.identifier}")
                del waiting[proposal.entity]
            yield self._guarded(command, self._authority.standing_approval, state)

    def _released(self, state: State) -> Iterator[Command]:
        """Releases of what must go back, until the street follows."""
        if self._guard.broken:
            self._give_back(list(self._holders), _GUARD_FAILED)
        for entity, release in self._releases.items():
            if release.due <= self._now:
                release.due = self._now + self._verify_within_s
                command = self._ledger.propose(Proposal(entity, RELEASE, 0.0, release.reason), BRAIN, self._now)
                yield self._guarded(command, FAIL_SAFE, state)

    def _guarded(self, command: Command, approver: str | None, state: State) -> Command:
        """The command after the guard and any standing approval."""
        objection = self._objection(command, state)
        if objection:
            return command.moved(CommandState.REFUSED, objection.rule, self._now, objection.reason)
        guarded = command.moved(CommandState.GUARDED, "guard", self._now)
        return guarded.moved(CommandState.APPROVED, approver, self._now) if approver else guarded

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
