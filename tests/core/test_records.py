"""Records that engines exchange: batches, entities, alerts and commands."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.alerts import Alert, AlertState, AlertStep, Evidence, Severity
from touyan.core.commands import NEXT_STATES, Command, CommandState, CommandStep
from touyan.core.entities import Entity, urn
from touyan.core.errors import StaleActionError
from touyan.core.observations import ObservationBatch
from touyan.core.text import Text

NO_TEXT = Text("", "")


def proposed() -> Command:
    """A command at the start of its life."""
    step = CommandStep(CommandState.PROPOSED, "controller", 0.0)
    return Command("c1", "urn:ngsi-ld:TrafficLight:a", "phase", 2.0, NO_TEXT, (step,))


def test_a_command_can_go_the_whole_way_and_keeps_its_record() -> None:
    """Who did what and when must be on record at the end."""
    command = proposed()
    way = [CommandState.GUARDED, CommandState.APPROVED, CommandState.APPLIED, CommandState.VERIFIED]
    for at, state in enumerate(way, 1):
        command = command.moved(state, "somebody", float(at))
    assert [step.state for step in command.record] == [CommandState.PROPOSED, *way]
    assert [step.at for step in command.record] == [0, 1, 2, 3, 4]


@given(st.lists(st.sampled_from(list(CommandState)), max_size=6))
def test_no_command_is_applied_without_guard_and_approval(wishes: list[CommandState]) -> None:
    """Whatever is tried in whatever order, nothing bypasses the guard or the approval."""
    command = proposed()
    for state in wishes:
        try:
            command = command.moved(state, "somebody", 1.0)
        except StaleActionError:
            assert state not in NEXT_STATES.get(command.state, frozenset())
    states = [step.state for step in command.record]
    if CommandState.APPLIED in states:
        assert states[:3] == [CommandState.PROPOSED, CommandState.GUARDED, CommandState.APPROVED]


def test_a_second_move_says_who_was_first_and_when() -> None:
    """Two people at two screens must not overwrite each other."""
    done = proposed().moved(CommandState.REFUSED, "Li", 0.0)
    with pytest.raises(StaleActionError, match=r"command c1 is already refused \(by Li, 1970-01-01T08:00:00\+08:00\)"):
        done.moved(CommandState.GUARDED, "Wang", 1.0)


def test_a_batch_with_a_column_of_another_length_is_refused() -> None:
    """A shifted column would give every reading to the wrong sensor."""
    with pytest.raises(ValueError, match=r"column 'count' has shape \(1,\), expected \(2,\)"):
        ObservationBatch("Lane", "loops", ("a", "b"), np.zeros(2), {"count": np.zeros(1)})


def test_an_alert_is_where_its_last_step_left_it_and_survives_json() -> None:
    """The inbox, the log and the browser must agree on its state."""
    evidence = Evidence("queue", 0.97, 0.95, "C62", 60.0, "spill-back")
    log = (AlertStep(AlertState.OPEN, "rule", 60.0), AlertStep(AlertState.ACKNOWLEDGED, "Li", 90.0, "on my way"))
    alert = Alert("a1", "spill-back", urn("Lane", "x"), NO_TEXT, NO_TEXT, NO_TEXT, Severity.SEVERE, 60.0, evidence, log)
    assert alert.state is AlertState.ACKNOWLEDGED
    assert msgspec.json.decode(msgspec.json.encode(alert), type=Alert) == alert


def test_an_entity_is_a_geojson_feature_under_its_urn() -> None:
    """The map and NGSI-LD clients must speak of the same thing by the same id."""
    entity = Entity(urn("Road", "r1"), "Road", {"lanes": 3})
    feature = entity.as_feature()
    assert feature["id"] == "urn:ngsi-ld:Road:r1"
    assert feature["properties"] == {"type": "Road", "lanes": 3}


def test_a_text_is_filled_in_both_languages() -> None:
    """A placeholder left in one language would reach the screen."""
    assert Text("{a} s", "{a} 秒").filled(a=3) == Text("3 s", "3 秒")
