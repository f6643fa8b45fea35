"""The reference page of CityFlow's files, held to what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.packs.traffic.cityflow import records

DOCS = Path(__file__).parents[2] / "docs"
RECORDS = [
    records.Intersection, records.RoadLink, records.LaneLink, records.LightPhase, records.TrafficLight,
    records.Road, records.Lane, records.Point, records.Flow, records.Vehicle, records.Roadnet,
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("record", RECORDS)
def test_every_field_that_is_read_is_on_the_reference_page(language: str, record: type[records.Record]) -> None:
    """Who writes an exporter works from this page; a field that it lacks would be guessed."""
    page = (DOCS / language / "reference" / "cityflow-files.md").read_text(encoding="utf-8")
    missing = [field for field in record.__struct_encode_fields__ if field not in page]
    assert missing == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("movement", records.MOVEMENT_TYPES)
def test_every_movement_type_is_on_the_reference_page(language: str, movement: str) -> None:
    """The three words are all that the importer takes."""
    page = (DOCS / language / "reference" / "cityflow-files.md").read_text(encoding="utf-8")
    assert f"`{movement}`" in page
