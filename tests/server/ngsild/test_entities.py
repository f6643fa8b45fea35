"""Entities over HTTP: what is written can be read, in every form, and nothing else happens."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from .conftest import CITY_CONTEXT, LINK, road

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


def created(client: TestClient, entity: dict[str, Any]) -> str:
    """The id of an entity that was just created in the city's context."""
    assert client.post("/entities", json=entity, headers=LINK).status_code == 201
    return str(entity["id"])


def read(client: TestClient, identifier: str, **parameters: str) -> Any:
    """An entity as the city's context shows it."""
    response = client.get(f"/entities/{identifier}", params=parameters, headers=LINK)
    assert response.status_code == 200, response.text
    return response.json()


def test_an_entity_comes_back_as_it_went_in(client: TestClient) -> None:
    """The first promise of a broker."""
    speed = {"type": "Property", "value": 50, "unitCode": "KMH", "observedAt": "2026-05-01T08:00:00.5Z"}
    link = {"type": "Relationship", "object": "urn:ngsi-ld:Road:2"}
    place = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [120.1, 30.2]}}
    entity = road(1, speed=speed, follows=link, location=place)
    assert read(client, created(client, entity)) == entity


def test_creating_tells_where_the_entity_is_and_refuses_a_second_one(client: TestClient) -> None:
    """Two writers of one id must not overwrite one another unseen."""
    first = client.post("/entities/", json=road(1))
    assert (first.status_code, first.headers["location"]) == (201, "/ngsi-ld/v1/entities/urn:ngsi-ld:Road:1")
    second = client.post("/entities", json=road(1))
    assert (second.status_code, second.json()["type"]) == (409, ERRORS + "AlreadyExists")


def test_names_are_those_of_the_readers_context(client: TestClient) -> None:
    """Who reads without the writer's context gets full names, so that nothing is mistaken."""
    identifier = created(client, road(1))
    shown = client.get(f"/entities/{identifier}").json()
    assert shown["type"] == "https://city.example/terms#Road"
    assert "https://city.example/terms#speed" in shown


def test_json_ld_carries_its_context_in_the_body_both_ways(client: TestClient) -> None:
    """Linked data is read without looking at headers."""
    entity = road(1) | {"@context": CITY_CONTEXT}
    headers = {"Content-Type": "application/ld+json"}
    assert client.post("/entities", json=entity, headers=headers).status_code == 201
    shown = client.get("/entities/urn:ngsi-ld:Road:1", headers={**LINK, "Accept": "application/ld+json"})
    assert shown.json() == entity
    assert shown.headers["content-type"] == "application/ld+json"


@pytest.mark.parametrize(
    ("options", "speed"),
    [
        ("keyValues", 50),
        ("concise", {"value": 50, "unitCode": "KMH"}),
        ("normalized", {"type": "Property", "value": 50, "unitCode": "KMH"}),
    ],
)
def test_every_form_shows_the_same_value(client: TestClient, options: str, speed: Any) -> None:
    """Programs choose the form; the city is the same."""
    identifier = created(client, road(1, speed={"type": "Property", "value": 50, "unitCode": "KMH"}))
    assert read(client, identifier, options=options)["speed"] == speed


def test_system_attributes_are_shown_on_demand_only(client: TestClient) -> None:
    """They are the broker's own and would not be read back."""
    identifier = created(client, road(1))
    assert "createdAt" not in read(client, identifier)
    shown = read(client, identifier, options="sysAttrs")
    assert shown["createdAt"] == shown["modifiedAt"] == shown["speed"]["createdAt"]


def test_a_patch_of_an_attribute_keeps_what_it_does_not_say(client: TestClient) -> None:
    """A sensor that sends a value must not lose the unit."""
    identifier = created(client, road(1, speed={"type": "Property", "value": 50, "unitCode": "KMH"}))
    assert client.patch(f"/entities/{identifier}/attrs/speed", json={"value": 30}, headers=LINK).status_code == 204
    assert read(client, identifier)["speed"] == {"type": "Property", "value": 30, "unitCode": "KMH"}


def test_a_merge_lays_a_fragment_over_an_entity(client: TestClient) -> None:
    """What is null goes, what is new comes, the rest stays."""
    identifier = created(client, road(1, name="Gudang Road", lanes=3))
    fragment = {"speed": {"value": 40}, "name": "urn:ngsi-ld:null", "surface": "asphalt"}
    assert client.patch(f"/entities/{identifier}", json=fragment, headers=LINK).status_code == 204
    shown = read(client, identifier, options="keyValues")
    assert shown == {"id": identifier, "type": "Road", "speed": 40, "lanes": 3, "surface": "asphalt"}


def test_a_replaced_entity_has_nothing_of_the_old_one_but_its_birth(client: TestClient) -> None:
    """Whoever replaces means everything."""
    identifier = created(client, road(1, name="Gudang Road"))
    before = read(client, identifier, options="sysAttrs")["createdAt"]
    assert client.put(f"/entities/{identifier}", json={"type": "Road", "lanes": 2}, headers=LINK).status_code == 204
    after = read(client, identifier, options="sysAttrs,keyValues")
    assert after["createdAt"] == before
    assert after.keys() == {"id", "type", "lanes", "createdAt", "modifiedAt"}


def test_appending_without_overwriting_tells_what_it_left_alone(client: TestClient) -> None:
    """Half a success must not look like a whole one."""
    identifier = created(client, road(1))
    response = client.post(
        f"/entities/{identifier}/attrs", params={"options": "noOverwrite"}, json={"speed": 1, "lanes": 2}, headers=LINK
    )
    assert response.status_code == 207
    assert [each["attributeName"] for each in response.json()["notUpdated"]] == ["https://city.example/terms#speed"]
    assert read(client, identifier, options="keyValues")["speed"] == 50


def test_instances_of_an_attribute_live_and_die_by_their_data_set(client: TestClient) -> None:
    """Two sensors on one road must not overwrite one another."""
    radar = {"type": "Property", "value": 52, "datasetId": "urn:ngsi-ld:Dataset:radar"}
    identifier = created(client, road(1, speed=[{"type": "Property", "value": 50}, radar]))
    gone = client.delete(f"/entities/{identifier}/attrs/speed", headers=LINK)
    assert gone.status_code == 204
    assert read(client, identifier)["speed"] == radar
    assert client.delete(f"/entities/{identifier}/attrs/speed", headers=LINK).status_code == 404


def test_what_was_deleted_is_not_found(client: TestClient) -> None:
    """And deleting it again says so."""
    identifier = created(client, road(1))
    assert client.delete(f"/entities/{identifier}").status_code == 204
    for response in (client.get(f"/entities/{identifier}"), client.delete(f"/entities/{identifier}")):
        assert (response.status_code, response.json()["type"]) == (404, ERRORS + "ResourceNotFound")


def test_tenants_do_not_see_one_another(client: TestClient) -> None:
    """One installation serves several authorities."""
    assert client.post("/entities", json=road(1), headers={"NGSILD-Tenant": "police"}).status_code == 201
    assert client.get("/entities/urn:ngsi-ld:Road:1").status_code == 404
    assert client.get("/entities/urn:ngsi-ld:Road:1", headers={"NGSILD-Tenant": "police"}).status_code == 200
    unknown = client.get("/entities/urn:ngsi-ld:Road:1", headers={"NGSILD-Tenant": "nobody"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, ERRORS + "NonexistentTenant")


def test_an_id_may_hold_slashes(client: TestClient) -> None:
    """Any URI is an id."""
    identifier = "https://city.example/roads/1"
    assert client.post("/entities", json={"id": identifier, "type": "Road"}).status_code == 201
    assert client.get("/entities/https%3A%2F%2Fcity.example%2Froads%2F1").json()["id"] == identifier


def test_a_batch_tells_which_entities_were_taken(client: TestClient) -> None:
    """One bad reading must not cost a hundred good ones."""
    response = client.post("/entityOperations/create", json=[road(1), {"id": "nowhere", "type": "Road"}, road(1)])
    assert response.status_code == 207
    assert response.json()["success"] == ["urn:ngsi-ld:Road:1"]
    problems = {each["entityId"]: each["error"]["type"] for each in response.json()["errors"]}
    assert problems == {"nowhere": ERRORS + "BadRequestData", "urn:ngsi-ld:Road:1": ERRORS + "AlreadyExists"}


def test_batches_of_each_kind_do_what_single_requests_do(client: TestClient) -> None:
    """Bulk is the usual way in, so it must mean the same."""
    upserted = client.post("/entityOperations/upsert", json=[road(1), road(2)])
    assert (upserted.status_code, upserted.json()) == (201, ["urn:ngsi-ld:Road:1", "urn:ngsi-ld:Road:2"])
    assert client.post("/entityOperations/update", json=[{"id": "urn:ngsi-ld:Road:1", "lanes": 2}]).status_code == 204
    merge = [{"id": "urn:ngsi-ld:Road:2", "speed": {"value": 7}}]
    assert client.post("/entityOperations/merge", json=merge).status_code == 204
    shown = client.get("/entities", params={"type": "Road", "options": "keyValues"}).json()
    assert [(each["speed"], each.get("lanes")) for each in shown] == [(50, 2), (7, None)]
    assert client.post("/entityOperations/delete", json=["urn:ngsi-ld:Road:1"]).status_code == 204
    assert client.get("/entities/urn:ngsi-ld:Road:1").status_code == 404


def test_a_purge_takes_what_it_selects_and_no_more(client: TestClient) -> None:
    """And an empty one is refused, as it would take everything."""
    for number, speed in enumerate([10, 60]):
        created(client, road(number, speed=speed))
    assert client.delete("/entities").status_code == 400
    assert client.delete("/entities", params={"type": "Road", "q": "speed<20"}, headers=LINK).status_code == 204
    left = client.get("/entities", params={"type": "Road"}, headers=LINK).json()
    assert [each["id"] for each in left] == ["urn:ngsi-ld:Road:1"]
