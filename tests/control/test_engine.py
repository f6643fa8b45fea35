"""Control: the way of a command to the street, in each mode and through each failure."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.control.authority import Limits, Mode
from touyan.control.engine import EARLY_S, Control, Terms
from touyan.control.outcome import Margin
from touyan.core.commands import NEXT_STATES, Alternative, Command, Explanation, Forecast
from touyan.core.components import GuardRule
from touyan.core.entities import Entity
from touyan.core.errors import NotFoundError, StaleActionError, TouyanError
from touyan.core.protocols import Plant, Proposal, State

from .street import GATES, WHY, Moment, NotAbove, Scene, Wish


def test_an_automatic_command_goes_to_the_street_and_is_verified_by_sensors() -> None:
    """The whole life cycle is on record, with who did each step."""
    scene = Scene()
    scene.ask(3)
    scene.beat()
    assert scene.steps("command-1") == [
        ("proposed", "wish"),
        ("guarded", "guard"),
        ("approved", "automatic mode, set by Li Na"),
        ("applied", "plant"),
        ("verified", "sensors"),
    ]
    assert [(command.entity, command.value) for command in scene.street.obeyed] == [(GATES[0], 3)]


def test_the_guard_keeps_an_unsafe_command_from_the_street() -> None:
    """The refusal names the rule and its reason."""
    scene = Scene()
    command = scene.ask(10)
    assert scene.steps("command-1") == [("proposed", "wish"), ("refused", "not-above")]
    assert command.record[-1].note == "too high"
    assert scene.street.obeyed == []


def test_without_any_guard_rule_nothing_is_sent() -> None:
    """A forgotten pack must not mean an unguarded street."""
    scene = Scene(guards=[])
    assert scene.ask(1).record[-1].note == "no guard rule is loaded"
    assert scene.street.obeyed == []


def test_a_rule_that_raises_objects() -> None:
    """Fail safe: when the guard cannot judge, the answer is no; the next command is judged anew."""
    scene = Scene()
    assert "what is NaN?" in scene.ask(math.nan).record[-1].note
    assert scene.street.obeyed == []
    assert [(fault.kind, fault.name) for fault in scene.control.take_faults()] == [("guard", "not-above")]
    scene.ask(math.nan, GATES[1])
    assert scene.control.take_faults() == []
    scene.ask(2)
    assert len(scene.street.obeyed) == 1


def test_what_a_broken_rule_kept_from_changing_goes_back_to_its_own_programme() -> None:
    """A gate must not stay where it is for ever because nobody can judge the next command."""
    scene = Scene()
    scene.ask(2)
    scene.ask(math.nan)
    scene.beat()
    assert [command.action for command in scene.street.obeyed] == ["level", "release"]
    assert scene.control.held == {}


@pytest.mark.parametrize("moment", ["start", "applied"])
def test_a_rule_whose_record_has_a_gap_objects_for_good(moment: str) -> None:
    """A rule that missed what was applied, or never learnt the street, cannot be trusted again."""

    class Forgetful(NotAbove):
        """Raises at one moment."""

        def start(self, plant: Plant) -> None:
            """May raise."""
            if moment == "start":
                raise OSError("no map")

        def applied(self, command: Command, at: float) -> None:
            """May raise."""
            if moment == "applied":
                raise OSError("no pencil")

    scene = Scene(guards=[Forgetful()])
    scene.ask(2)
    scene.ask(3)
    assert "the rule failed: OSError: no" in scene.ledger.get("command-2").record[-1].note
    scene.beat()
    assert scene.control.held == {}
    assert [fault.name for fault in scene.control.take_faults()] == ["forgetful"]
    assert not any(scene.street.commanded.values())


def test_what_is_held_goes_back_as_soon_as_a_rule_has_lost_its_record() -> None:
    """Nobody may have to wait for the next wish of a controller to find the guard broken."""

    class Inkless(NotAbove):
        """Cannot take note of anything."""

        def applied(self, command: Command, at: float) -> None:
            """Raises."""
            raise OSError("no ink")

    scene = Scene(guards=[Inkless()])
    scene.ask(2)
    scene.beat()
    assert scene.street.commanded[GATES[0]] == 0.0


def test_a_controller_that_cannot_start_never_commands() -> None:
    """What did not learn the street must not move it; the others do."""

    class Lost(Wish):
        """Finds no map."""

        def start(self, plant: Plant) -> None:
            """Raises."""
            raise OSError("no map")

    lost = Lost("lost")
    lost.wishes = [(GATES[1], "level", 5)]
    scene = Scene(controllers=[lost])
    scene.ask(3)
    assert [command.entity for command in scene.street.obeyed] == [GATES[0]]
    assert [(fault.name, fault.words) for fault in scene.control.take_faults()] == [("lost", "OSError: no map")]
    assert scene.control.take_faults() == []


def test_advice_never_reaches_the_street() -> None:
    """In the mode advise proposals stay guarded, expire, and cannot be approved."""
    scene = Scene(Mode.ADVISE)
    scene.ask(3)
    with pytest.raises(TouyanError, match="nothing is sent to the street"):
        scene.control.approve("command-1", "Wang Wei")
    scene.beat(60)
    scene.beat()
    assert scene.steps("command-1") == [("proposed", "wish"), ("guarded", "guard"), ("expired", "touyan")]
    assert scene.street.obeyed == []


def test_a_person_confirms_a_command() -> None:
    """In the mode confirm nothing moves before a person says so, and the record names the person."""
    scene = Scene(Mode.CONFIRM)
    scene.ask(3)
    scene.beat()
    assert scene.street.obeyed == []
    scene.control.approve("command-1", "Wang Wei", "looks right")
    scene.beat()
    scene.beat()
    assert scene.steps("command-1")[2:] == [("approved", "Wang Wei"), ("applied", "plant"), ("verified", "sensors")]
    assert scene.ledger.get("command-1").record[2].note == "looks right"


def test_a_person_refuses_a_command() -> None:
    """A refused command cannot be approved any more; the second person learns who refused."""
    scene = Scene(Mode.CONFIRM)
    scene.ask(3)
    scene.control.refuse("command-1", "Wang Wei", "school is out")
    with pytest.raises(StaleActionError, match="already refused \\(by Wang Wei"):
        scene.control.approve("command-1", "Li Na")
    scene.beat()
    assert scene.street.obeyed == []


def test_a_command_that_nobody_approves_in_time_expires() -> None:
    """An old decision must not be carried out in a new situation."""
    scene = Scene(Mode.CONFIRM)
    scene.ask(3)
    scene.beat(58)
    scene.beat()
    assert scene.steps("command-1")[-1] == ("guarded", "guard")
    scene.beat()
    with pytest.raises(StaleActionError, match="already expired"):
        scene.control.approve("command-1", "Wang Wei")


def test_a_waiting_command_is_replaced_by_a_newer_wish_and_kept_by_the_same_one() -> None:
    """A person must see one question for each gate, the newest; asking again is no new question."""
    scene = Scene(Mode.CONFIRM)
    scene.ask(3)
    scene.ask(3)
    assert len(scene.ledger.newest()) == 1
    scene.ask(4)
    assert scene.steps("command-1")[-1] == ("expired", "wish")
    assert scene.ledger.get("command-1").record[-1].note == "replaced by command-2"
    assert scene.ledger.get("command-2").state == "guarded"


def test_the_guard_looks_again_before_a_confirmed_command_is_sent() -> None:
    """What was safe when it was proposed may be unsafe when a person has decided."""

    class Moody(NotAbove):
        """Changes its mind."""

        angry = False

        def objection(self, command: Command, state: State) -> str | None:
            """No, when angry."""
            return "not now" if self.angry else None

    rule = Moody()
    scene = Scene(Mode.CONFIRM, guards=[rule])
    scene.ask(3)
    scene.control.approve("command-1", "Wang Wei")
    rule.angry = True
    scene.beat()
    assert scene.steps("command-1")[-1] == ("refused", "moody")
    assert scene.street.obeyed == []


def test_of_many_who_approve_at_once_exactly_one_succeeds() -> None:
    """Two operators click at the same moment; the record must name one of them."""
    scene = Scene(Mode.CONFIRM)
    scene.ask(3)

    def approve(person: int) -> bool:
        try:
            scene.control.approve("command-1", f"person {person}")
        except StaleActionError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(approve, range(8))) == 1


@pytest.mark.parametrize(
    ("trouble", "note"), [("deaf", "the street did not take it"), ("burning", "OSError: the cable burns")]
)
def test_a_command_that_the_street_does_not_take_has_failed(trouble: str, note: str) -> None:
    """The brain must know that it did not act, and go on."""
    scene = Scene()
    setattr(scene.street, trouble, True)
    assert scene.ask(3).record[-1].note == note
    assert scene.control.held == {}
    assert [fault.kind for fault in scene.control.take_faults()] == (["plant"] if trouble == "burning" else [])


def test_a_command_without_effect_has_failed_and_says_what_sensors_show() -> None:
    """Taken is not done: only what sensors show counts."""
    scene = Scene()
    scene.street.jammed = True
    scene.ask(3)
    scene.beat(20)
    scene.beat()
    assert scene.ledger.get("command-1").record[-1].note == "sensors show 0"
    assert scene.steps("command-1")[-1] == ("failed", "sensors")


def test_an_old_reading_does_not_verify_a_new_command() -> None:
    """The gate stood at three before; only a reading after the command can show that it obeyed."""
    scene = Scene()
    scene.street.level[GATES[0]] = 3.0
    scene.beat()
    scene.wish.wishes = [(GATES[0], "level", 3)]
    scene.beat(silent=True)
    for _ in range(21):
        scene.beat(silent=True)
    assert scene.ledger.get("command-1").record[-1].note == "sensors are silent"


def test_a_command_for_a_thing_without_sensors_is_not_verified() -> None:
    """An entity of a type that nobody senses may be commanded, but never counts as done."""
    scene = Scene()
    scene.ask(3, "urn:ngsi-ld:Bridge:1")
    scene.ask(3, "urn:ngsi-ld:Gate:west")
    scene.beat(20)
    scene.beat()
    notes = [command.record[-1].note for command in scene.ledger.newest()]
    assert notes == ["sensors are silent", "sensors are silent"]


def test_a_newer_command_replaces_one_that_was_not_seen_yet() -> None:
    """The older one can no longer be verified, and must not stay open for ever."""
    scene = Scene()
    scene.street.jammed = True
    scene.ask(3)
    scene.street.jammed = False
    scene.ask(4)
    assert scene.ledger.get("command-1").record[-1].note == "replaced by command-2"
    scene.beat()
    assert scene.steps("command-2")[-1] == ("verified", "sensors")


def test_two_controllers_cannot_pull_at_one_gate() -> None:
    """What one controller holds is refused to the other."""
    other = Wish("other")
    scene = Scene(controllers=[other])
    scene.ask(3)
    other.wishes = [(GATES[0], "level", 5)]
    scene.beat()
    assert scene.ledger.newest(1)[0].record[-1].note == f"{GATES[0]} is held by wish"


def test_a_controller_that_raises_loses_command_and_its_gates_go_back() -> None:
    """Nobody may stay under the last word of a controller that no longer thinks."""
    other = Wish("other")
    scene = Scene(controllers=[other])
    scene.ask(3, GATES[0])
    other.wishes = [(GATES[1], "level", 5)]
    scene.beat()
    scene.wish.ill = True
    scene.beat()
    scene.beat()
    assert scene.street.commanded == {GATES[0]: 0.0, GATES[1]: 1.0}
    assert scene.control.held == {GATES[1]: "other"}
    release = scene.ledger.newest(1)[0]
    assert (release.action, release.reason.en) == ("release", "The controller wish failed")
    assert scene.steps(release.identifier)[2:] == [
        ("approved", "fail-safe"),
        ("applied", "plant"),
        ("verified", "sensors"),
    ]
    assert [(fault.name, fault.words) for fault in scene.control.take_faults()] == [
        ("wish", "RuntimeError: out of ideas")
    ]
    other.wishes = [(GATES[1], "level", 6)]
    scene.beat()
    assert scene.street.level[GATES[1]] == 6


def test_a_release_is_asked_again_until_the_street_takes_it() -> None:
    """A lost line at the wrong moment must not leave a gate under a dead controller."""
    scene = Scene()
    scene.ask(3)
    scene.wish.ill = scene.street.deaf = True
    scene.beat(20)
    scene.beat(20)
    assert scene.street.commanded[GATES[0]] == 1.0
    scene.street.deaf = False
    scene.beat()
    assert scene.street.commanded[GATES[0]] == 0.0
    known = len(scene.ledger.newest())
    scene.beat(60)
    scene.beat(60)
    assert len(scene.ledger.newest()) == known


def test_a_waiting_wish_of_a_failed_controller_expires() -> None:
    """A person should not be asked to confirm what a broken controller wanted."""
    scene = Scene(Mode.CONFIRM)
    scene.ask(3)
    scene.wish.ill = True
    scene.beat()
    scene.beat()
    assert scene.steps("command-1")[-1] == ("expired", "touyan")


def test_changing_to_advise_gives_everything_back() -> None:
    """The person who takes the brain's hands off the street must be obeyed at once."""
    scene = Scene()
    scene.ask(3)
    scene.control.set_mode(Mode.ADVISE, "Wang Wei")
    scene.beat()
    assert scene.control.held == {}
    assert scene.street.commanded[GATES[0]] == 0.0
    scene.ask(4)
    assert scene.street.level[GATES[0]] == 3


def test_a_command_approved_before_the_mode_became_advise_is_not_sent() -> None:
    """Between the approval and the next beat a person may change the mode."""
    scene = Scene(Mode.CONFIRM)
    scene.ask(3)
    scene.control.approve("command-1", "Li Na")
    scene.control.set_mode(Mode.ADVISE, "Wang Wei")
    scene.beat()
    assert scene.street.obeyed == []
    assert scene.ledger.get("command-1").record[-1].note == "the mode is advise"


def test_at_the_end_everything_goes_back_to_its_own_programme() -> None:
    """A stopped brain must not hold a street."""
    scene = Scene()
    scene.ask(3)
    scene.control.stop(scene.state)
    assert scene.street.commanded[GATES[0]] == 0.0
    assert scene.control.held == {}


def test_nothing_is_sent_that_could_not_be_written_down() -> None:
    """With a full disk the street gets no command, for nobody could say later what was done."""
    scene = Scene()
    scene.paper.full = True
    with pytest.raises(OSError, match="no space"):
        scene.ask(3)
    assert scene.street.obeyed == []


def test_a_command_is_on_paper_as_approved_before_the_street_gets_it() -> None:
    """After a power cut the record shows what may have been sent."""
    scene = Scene()
    scene.ask(3)
    assert [command.state.value for command in scene.paper.lines] == ["approved", "applied"]


def test_an_unknown_command_is_named() -> None:
    """A wrong link gets our own error."""
    with pytest.raises(NotFoundError, match="no command 'command-9'"):
        Scene().control.approve("command-9", "Li Na")


def test_the_newest_commands_come_first() -> None:
    """The list that people read starts with what is new, finished or not."""
    scene = Scene()
    for value in (1, 2, 10, 3):
        scene.ask(value)
    assert [command.identifier for command in scene.ledger.newest(3)] == ["command-4", "command-3", "command-2"]


def test_the_ledger_forgets_the_oldest_finished_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A brain that runs for years must not fill its memory; the journal has everything."""
    monkeypatch.setattr("touyan.control.ledger.KEPT", 2)
    scene = Scene()
    for _ in range(4):
        scene.ask(10)
    assert [command.identifier for command in scene.ledger.newest()] == ["command-4", "command-3"]
    with pytest.raises(NotFoundError):
        scene.ledger.get("command-1")


wishes = st.tuples(
    st.sampled_from(GATES), st.sampled_from(["level", "release"]), st.sampled_from([1.0, 2.0, 10.0, math.nan])
)
beats = st.lists(
    st.tuples(st.lists(wishes, max_size=3), st.sampled_from(["", "deaf", "burning", "jammed", "ill"])), max_size=12
)


@given(beats, st.sampled_from(list(Mode)))
def test_no_sequence_of_wishes_and_troubles_breaks_a_record_or_passes_the_guard(
    script: list[tuple[list[tuple[str, str, float]], str]], mode: Mode
) -> None:
    """Whatever happens, each record follows the life cycle, and the street sees only what the guard let pass."""
    scene = Scene(mode)
    for asked, trouble in script:
        street = scene.street
        street.deaf, street.burning, street.jammed = (trouble == word for word in ("deaf", "burning", "jammed"))
        scene.wish.ill = scene.wish.ill or trouble == "ill"
        scene.wish.wishes = list(asked)
        scene.beat(5)
    for command in scene.ledger.newest(1000):
        states = [step.state for step in command.record]
        assert all(later in NEXT_STATES[earlier] for earlier, later in pairwise(states))
    assert all(command.action == "release" or command.value <= 9 for command in scene.street.obeyed)
    assert mode is Mode.AUTOMATIC or scene.street.obeyed == []


def test_the_guard_asks_every_rule() -> None:
    """One rule that agrees must not hide another that objects."""

    class Never(GuardRule):
        """Objects to everything."""

        def start(self, plant: Plant) -> None:
            """Nothing to learn."""

        def objection(self, command: Command, state: State) -> str | None:
            """No."""
            return "never"

    scene = Scene(guards=[NotAbove(), Never()])
    assert scene.ask(1).record[-1].note == "never"


# ---------------------------------------------------------------- limits, forecasts, silence


def limited(**limits: Any) -> Scene:
    """Automatic mode within limits."""
    return Scene(terms=Terms(set_by="Li Na", limits=Limits(**limits)))


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"entities": ("urn:ngsi-ld:Gate:s*",)}, "not among the entities"),
        ({"actions": ("release",)}, "level is not among the actions"),
        ({"hours": (time(9), time(17))}, "outside 09:00-17:00 a person decides"),
        ({"hours": (time(22), time(7))}, "outside 22:00-07:00 a person decides"),
    ],
)
def test_beyond_its_limits_the_brain_asks_a_person(limits: dict[str, Any], why: str) -> None:
    """Second 0 is eight in the morning in Shanghai; what a limit forbids waits as in the mode confirm."""
    scene = limited(**limits)
    command = scene.ask(3)
    assert scene.steps("command-1")[-1] == ("guarded", "guard")
    assert why in command.record[-1].note
    assert scene.street.obeyed == []
    scene.control.approve("command-1", "Wang Wei")
    scene.beat()
    assert len(scene.street.obeyed) == 1


def test_within_its_limits_the_brain_acts() -> None:
    """Every limit is kept: the rule approves, and the person who set it stands in the record."""
    scene = limited(entities=("*north",), actions=("level",), hours=(time(7), time(9)), most_per_minute=1)
    scene.ask(3)
    assert scene.steps("command-1")[2] == ("approved", "automatic mode, set by Li Na")


def test_only_so_many_commands_a_minute_go_out_without_asking() -> None:
    """The second of a minute waits; a minute later the next one goes."""
    scene = limited(most_per_minute=1)
    scene.ask(3)
    scene.ask(4, GATES[1])
    assert scene.steps("command-2")[-1] == ("guarded", "guard")
    scene.beat(61)
    scene.ask(5, GATES[1])
    assert scene.steps("command-3")[2][0] == "approved"


def test_a_command_that_is_only_too_early_waits_for_the_guard() -> None:
    """A green that is still too short is no reason to forget a good plan; ten seconds later it is."""
    rule = Moment()
    scene = Scene(guards=[rule])
    scene.ask(3)
    assert scene.steps("command-1") == [("proposed", "wish")]
    rule.ready = True
    scene.beat()
    assert scene.steps("command-1")[-1] == ("applied", "plant")
    rule.ready = False
    scene.ask(4)
    scene.ask(5)
    assert scene.ledger.get("command-2").record[-1].note == "replaced by command-3"
    scene.beat(EARLY_S)
    scene.beat()
    assert scene.steps("command-3")[-1] == ("refused", "moment")


def test_a_plan_that_is_worse_than_forecast_is_rolled_back() -> None:
    """The sensors judge: the gate goes back, the record and an alert say so, and the gate rests."""
    scene = Scene(terms=Terms(margin=Margin(share=0.5, least=1.0, rests_s=100.0)))
    scene.street.level[GATES[1]] = 8.0
    scene.wish.explained = Explanation(
        WHY, "C62", (Alternative(3.0, 2.0, True),), Forecast("Gate", "level", (GATES[1],), 10.0, 2.0)
    )
    scene.ask(3)
    for _ in range(12):
        scene.beat()
    assert scene.steps("command-1")[-1] == ("rolled-back", "sensors")
    assert "was forecast to come to 2.0 and came to 8.0" in scene.ledger.get("command-1").record[-1].note
    assert scene.street.obeyed[-1].action == "release"
    assert [fault.kind for fault in scene.control.take_faults()] == ["plan"]
    assert "was rolled back" in scene.ask(4).record[-1].note
    scene.beat(100)
    assert scene.ask(5).state == "applied"


def test_a_plan_that_keeps_its_forecast_stays() -> None:
    """Within the margin nothing happens; explanations stay with the command."""
    scene = Scene(terms=Terms(margin=Margin(share=0.5, least=1.0)))
    scene.street.level[GATES[1]] = 2.9
    scene.wish.explained = Explanation(WHY, "C62", (), Forecast("Gate", "level", (GATES[1],), 10.0, 2.0))
    scene.ask(3)
    for _ in range(12):
        scene.beat()
    assert scene.steps("command-1")[-1] == ("verified", "sensors")
    explained = scene.ledger.get("command-1").explanation
    assert explained is not None
    assert explained.forecast is not None


def test_while_the_sensors_are_silent_nobody_has_command() -> None:
    """Who decides on old readings decides blindly: everything goes back, an alert says so, once."""
    scene = Scene(terms=Terms(stale_after_s=30.0))
    scene.street.inventory = [Entity(gate, "Gate", {}) for gate in GATES]
    scene.control = Control(
        scene.street, [scene.wish], [scene.rule], Mode.AUTOMATIC, scene.ledger, Terms(stale_after_s=30.0)
    )
    scene.ask(3)
    scene.beat()
    for _ in range(5):
        scene.beat(10, silent=True)
    assert scene.control.held == {}
    assert [(fault.kind, fault.name) for fault in scene.control.take_faults()] == [("sensors", "Gate")]
    scene.wish.wishes.append((GATES[0], "level", 4))
    scene.beat(1, silent=True)
    assert scene.street.obeyed[-1].action == "release"
    scene.beat()
    scene.beat()
    assert scene.ask(5).state == "applied"


@pytest.mark.parametrize("answer", [[("gate", "level")], [7], [(GATES[0], "level", "high", WHY, None)]])
def test_a_controller_that_talks_nonsense_loses_command(answer: list[Any]) -> None:
    """What is no proposal must not be half carried out."""

    class Babbler(Wish):
        """Answers something."""

        def decide(self, state: State) -> list[Proposal]:
            """No proposals."""
            return answer

    scene = Scene(controllers=[Babbler("babbler")])
    scene.beat()
    assert [fault.name for fault in scene.control.take_faults()] == ["babbler"]
