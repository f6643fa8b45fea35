"""The query language: what it finds, and that columns find the same as looking at every entity."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import BrokerError
from touyan.fusion.ngsild import population as population_module
from touyan.fusion.ngsild.contexts import CORE
from touyan.fusion.ngsild.entities import Entities
from touyan.fusion.ngsild.query import matches, parse_query
from touyan.fusion.ngsild.reading import Reader
from touyan.fusion.ngsild.selection import Selection

ROAD = {
    "id": "urn:ngsi-ld:Road:1",
    "type": "Road",
    "speed": {"type": "Property", "value": 50, "unitCode": "KMH", "accuracy": {"type": "Property", "value": 0.9}},
    "name": {"type": "Property", "value": "Gudang Road"},
    "open": {"type": "Property", "value": True},
    "tags": {"type": "Property", "value": ["arterial", "bus"]},
    "address": {"type": "Property", "value": {"city": "Hangzhou", "lines": [{"no": 7}]}},
    "built": {"type": "Property", "value": "2001-05-01T00:00:00Z"},
    "street": {"type": "LanguageProperty", "languageMap": {"zh": "古荡路", "en": "Gudang Road"}},
    "surface": {"type": "VocabProperty", "vocab": "asphalt"},
    "follows": {"type": "Relationship", "object": "urn:ngsi-ld:Road:2"},
    "flow": [
        {"type": "Property", "value": 10},
        {"type": "Property", "value": 20, "datasetId": "urn:ngsi-ld:Dataset:b"},
    ],
}


def holds(query: str, entity: dict[str, Any] = ROAD) -> bool:
    """Whether the query finds the entity."""
    entities = Entities("")
    entities.create(entity, CORE)
    return matches(parse_query(query, CORE), entities.find(entity["id"]))


@pytest.mark.parametrize(
    "query",
    [
        "speed",
        "!lanes",
        "speed==50",
        "speed!=49",
        "speed>49",
        "speed>=50;speed<=50",
        "speed<51",
        "speed==40..60",
        "speed==10,50",
        "speed.accuracy>0.8",
        'speed.unitCode=="KMH"',
        'name=="Gudang Road"',
        "name~=^Gud",
        'name!~="xyz"',
        "open==true",
        'tags=="bus"',
        'address[city]=="Hangzhou"',
        "address[lines.no]==7",
        "built>2000-01-01T00:00:00Z",
        "built==2001-05-01T08:00:00+08:00",
        'street[en]=="Gudang Road"',
        'street=="古荡路"',
        'surface=="asphalt"',
        "follows==urn:ngsi-ld:Road:2",
        "flow==20",
        "speed==1|speed==50",
        "(speed==1|speed==50);open==true",
        "speed==50;open==true|speed==1",
        'name=="Gudang%20Road"',
    ],
)
def test_a_query_that_is_true_finds_the_entity(query: str) -> None:
    """Every operator and path of clause 4.9 in its simplest use."""
    assert holds(query)


@pytest.mark.parametrize(
    "query",
    [
        "lanes",
        "!speed",
        "speed==51",
        "speed!=50",
        "speed!=40..60",
        "speed>50",
        "open>true",
        "open>=true",
        'speed=="50"',
        "lanes!=3",
        "open==false",
        'name>"Z"',
        "speed.accuracy>1",
        "address[country]",
        'street[fr]=="x"',
        "flow==30",
        "speed==50;open==false",
    ],
)
def test_a_query_that_is_false_finds_nothing(query: str) -> None:
    """What is not there is not unequal either."""
    assert not holds(query)


@pytest.mark.parametrize(
    "query", ["", ";", "speed==", "==1", "(speed", "speed)", "a==1;;b==2", 'a=="x', "a~=(", "a[b", "speed>1..2"]
)
def test_a_query_that_is_none_is_refused(query: str) -> None:
    """With words, not with an empty result."""
    with pytest.raises(BrokerError):
        parse_query(query, CORE)


values = st.one_of(
    st.integers(-3, 3),
    st.floats(-3, 3).map(lambda number: round(number, 1)),
    st.booleans(),
    st.sampled_from(["a", "b", "1", "2026-05-01T00:00:00Z", "2026-05-01T08:00:00+08:00"]),
    st.lists(st.integers(-2, 2), max_size=2),
)
attributes = st.one_of(
    st.builds(lambda value: {"type": "Property", "value": value}, values),
    st.builds(
        lambda one, other: [
            {"type": "Property", "value": one},
            {"type": "Property", "value": other, "datasetId": "urn:x:d"},
        ],
        values,
        values,
    ),
)
entities = st.dictionaries(st.sampled_from(["speed", "flow"]), attributes, max_size=2)
constants = st.sampled_from(
    ["0", "1", "-2", "0.5", "true", "false", '"a"', '"1"', "2026-05-01T00:00:00Z", "-1..1", "1,2"]
)
comparisons = st.builds(
    lambda name, operator, value: (
        f"{name}{operator}{value if operator in ('==', '!=') else value.split(',')[0].split('..')[0]}"
    ),
    st.sampled_from(["speed", "flow"]),
    st.sampled_from(["==", "!=", ">", "<", ">=", "<="]),
    constants,
)
terms = st.one_of(comparisons, st.sampled_from(["speed", "!flow", 'speed~="a"', "!speed"]))
queries = st.recursive(
    terms,
    lambda inner: st.builds(lambda a, op, b: f"({a}{op}{b})", inner, st.sampled_from([";", "|"]), inner),
    max_leaves=4,
)


@given(st.lists(entities, min_size=1, max_size=6), queries, st.data())
def test_columns_find_what_looking_finds(given_entities: list[dict[str, Any]], text: str, data: st.DataObject) -> None:
    """Speed must not change answers, also after updates and deletions."""
    made = Entities("")
    query = parse_query(text, CORE)
    for number, each in enumerate(given_entities):
        made.create({"id": f"urn:x:{number}", "type": "T", **each}, CORE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(population_module, "_FEW_FOR_COLUMNS", 0)
        selection = Selection(query=query)
        list(made.population.select(selection))
        changed = data.draw(st.integers(0, len(given_entities) - 1))
        made.replace(f"urn:x:{changed}", {"type": "T", **data.draw(entities)}, CORE)
        if len(given_entities) > 1:
            made.delete(f"urn:x:{(changed + 1) % len(given_entities)}")
        quick = {entity.id for entity in made.population.select(selection)}
    assert quick == {entity.id for entity in made.population.all() if matches(query, entity)}


def test_readers_of_one_moment_agree() -> None:
    """The same text read twice is the same draft, so that replays are exact."""
    assert Reader(CORE, 1).entity(ROAD) == Reader(CORE, 1).entity(ROAD)
