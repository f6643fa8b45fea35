"""What writes do to entities: laws that hold for any entity, and times."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from touyan.core.errors import BrokerError
from touyan.fusion.ngsild import moments
from touyan.fusion.ngsild.contexts import CORE
from touyan.fusion.ngsild.entities import Entities
from touyan.fusion.ngsild.model import pack, unpack
from touyan.fusion.ngsild.writing import CONCISE, NORMALIZED, SIMPLIFIED, Form, Writer

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

scalars = st.one_of(
    st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
points = st.builds(
    lambda x, y: {"type": "Point", "coordinates": [x, y]}, st.floats(-180, 180, width=32), st.floats(-90, 90, width=32)
)
uris = st.sampled_from(["urn:ngsi-ld:Road:1", "https://a.example/x", "urn:a:b"])
instances = st.one_of(
    st.builds(lambda value: {"type": "Property", "value": value}, values),
    st.builds(
        lambda value: {"type": "Property", "value": value, "unitCode": "KMH", "observedAt": "2026-05-01T08:00:00Z"},
        values,
    ),
    st.builds(lambda value: {"type": "Property", "value": 1, "quality": {"type": "Property", "value": value}}, values),
    st.builds(lambda target: {"type": "Relationship", "object": target}, uris),
    st.builds(lambda place: {"type": "GeoProperty", "value": place}, points),
    st.builds(lambda text: {"type": "LanguageProperty", "languageMap": {"en": text, "zh": text}}, st.text()),
    st.builds(lambda value: {"type": "JsonProperty", "json": value}, values),
    st.builds(lambda value: {"type": "ListProperty", "valueList": value}, st.lists(values, max_size=3)),
    st.builds(lambda word: {"type": "VocabProperty", "vocab": word}, st.sampled_from(["asphalt", "gravel"])),
)
attributes = st.dictionaries(st.sampled_from(["speed", "name", "lanes", "state"]), instances, max_size=4)


def made(given_attributes: dict[str, Any]) -> Entities:
    """A tenant with one entity."""
    entities = Entities("")
    entities.create({"id": "urn:x:1", "type": "T", **given_attributes}, CORE)
    return entities


def shown(entities: Entities, representation: str = NORMALIZED) -> dict[str, Any]:
    """The entity in a form."""
    return Writer(CORE, Form(representation)).entity(entities.find("urn:x:1"))


@few
@given(attributes)
def test_any_entity_comes_back_unchanged(given_attributes: dict[str, Any]) -> None:
    """Whatever its values are."""
    assert shown(made(given_attributes)) == {"id": "urn:x:1", "type": "T", **given_attributes}


@few
@given(attributes)
def test_the_concise_form_means_the_same(given_attributes: dict[str, Any]) -> None:
    """It can be sent back in the place of the normalized one."""
    entities = made(given_attributes)
    concise = shown(entities, CONCISE)
    again = Entities("")
    again.create(concise, CORE)
    assert shown(again) == shown(entities)


@few
@given(attributes, attributes)
def test_merging_twice_is_merging_once(first: dict[str, Any], second: dict[str, Any]) -> None:
    """A message that comes twice must not do more."""
    entities = made(first)
    try:
        entities.merge("urn:x:1", second or {"speed": 1}, CORE)
    except BrokerError:
        return  # an attribute keeps its kind
    once = shown(entities)
    entities.merge("urn:x:1", second or {"speed": 1}, CORE)
    assert shown(entities) == once


@few
@given(attributes, attributes)
def test_a_write_that_is_undone_leaves_nothing(first: dict[str, Any], second: dict[str, Any]) -> None:
    """As if the disk had been full."""
    from collections import deque

    entities = made(first)
    before = entities.population.blob("urn:x:1")
    one = entities.append("urn:x:1", {"speed": 1, **second}, CORE).transaction
    other = entities.append("urn:x:1", {"lanes": 7}, CORE).transaction
    one.undo(deque([other]))
    other.undo(deque())
    assert entities.population.blob("urn:x:1") == before


@few
@given(attributes)
def test_bytes_hold_an_entity_whole(given_attributes: dict[str, Any]) -> None:
    """What is at rest is what was in memory."""
    entity = made(given_attributes).find("urn:x:1")
    assert unpack(pack(entity)) == entity


@pytest.mark.parametrize("form", [NORMALIZED, CONCISE, SIMPLIFIED])
def test_several_instances_are_shown_by_their_data_sets(form: str) -> None:
    """None of them may be lost in any form."""
    entities = made(
        {"speed": [{"type": "Property", "value": 1}, {"type": "Property", "value": 2, "datasetId": "urn:d:2"}]}
    )
    found = shown(entities, form)["speed"]
    simplified = {"dataset": {"@none": 1, "urn:d:2": 2}}
    assert found == simplified if form == SIMPLIFIED else len(found) == 2


@few
@given(st.integers(-(2**50), 2**52))
def test_a_moment_is_written_and_read_without_loss(microsecond: int) -> None:
    """To the microsecond, before 1970 too."""
    assert moments.microseconds(moments.written(microsecond)) == microsecond


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("PT1H", "2026-01-31T01:00:00Z"),
        ("P1D", "2026-02-01T00:00:00Z"),
        ("P1M", "2026-02-28T00:00:00Z"),
        ("P1Y", "2027-01-31T00:00:00Z"),
    ],
)
def test_a_duration_leads_to_the_right_moment(text: str, after: str) -> None:
    """Months are as long as the calendar says."""
    start = moments.microseconds("2026-01-31T00:00:00Z")
    assert moments.written(moments.duration(text, "d").after(start)) == after


@pytest.mark.parametrize("text", ["2026-05-01", "now", "2026-13-01T00:00:00Z", "2026-05-01T00:00:00", "", "9" * 400])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """A reading at a time that nobody knows is worse than none."""
    with pytest.raises(BrokerError):
        moments.moment(text, "observedAt")
