"""OpenStreetMap extracts: through netconvert into a city with signals that runs."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from touyan.core.errors import InputError, MissingPackageError
from touyan.packs.traffic.pressure import candidate_phases
from touyan.packs.traffic.sumo import openstreetmap
from touyan.packs.traffic.traffic_world import TrafficWorld
from touyan.packs.traffic.worlds import SumoCity

from .osm_files import osm_text


@pytest.fixture(name="extract")
def _extract(tmp_path: Path) -> Path:
    pytest.importorskip("sumo", reason="eclipse-sumo (extra sumo) is not installed")
    path = tmp_path / "small.osm"
    path.write_text(osm_text(), encoding="utf-8")
    return path


def test_streets_and_signals_of_a_map_become_a_city(extract: Path) -> None:
    """One crossing bears lights and no programme: netconvert makes one that can be commanded."""
    network = SumoCity(net=extract).network()
    assert len(network.signalised) == 1
    assert len(candidate_phases(network, 0)[0]) >= 2
    crossing = int(network.signalised[0])
    green = network.phase_green[list(network.phases_of(crossing)), : len(network.movements_of(crossing))]
    assert np.logical_or.reduce(green, axis=0).all()
    assert np.unique(network.lane_speed_limit).max() == pytest.approx(50 / 3.6, abs=0.01)


def test_the_city_lies_where_the_map_says(extract: Path) -> None:
    """The crossing was drawn at 116.4 east, 39.9 north."""
    network = SumoCity(net=extract).network()
    place = network.projection.to_wgs84(network.crossing_point[network.signalised])
    assert place[0] == pytest.approx([116.4, 39.9], abs=5e-5)


def test_a_map_runs_with_random_demand_and_says_so(extract: Path) -> None:
    """Maps hold no vehicles; whoever looks at the city must know that these are made up."""
    city = SumoCity(net=extract)
    assert "random demand of 320 vehicles/h" in city.label().en
    world = TrafficWorld(city.network(), city.demand(city.network()), lane_change=True)
    world.advance(900)
    assert world.finished > 100
    assert world.created == world.running + world.waiting + world.finished


def test_what_is_no_street_is_counted(extract: Path) -> None:
    """The path for walkers is one way of the four."""
    counts = {omission.name: omission.times for omission in SumoCity(net=extract).left_out()}
    assert counts["osm-other-ways"] == 1


def test_a_compressed_extract_is_read(extract: Path) -> None:
    """Downloads come as .osm.gz."""
    packed = extract.with_suffix(".osm.gz")
    packed.write_bytes(gzip.compress(extract.read_bytes()))
    assert SumoCity(net=packed).network().road_ids == SumoCity(net=extract).network().road_ids


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (osm_text()[:400], "the end of the file in the middle"),
        ("<osm/>", "a map without a street of cars"),
        ("<net/>", "<net> as the root"),
        ('<!DOCTYPE osm [<!ENTITY a "b">]><osm>&a;</osm>', "document type declaration"),
    ],
)
def test_a_broken_or_hostile_map_never_reaches_netconvert(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, found: str
) -> None:
    """Netconvert would expand entities and crash on half a file; ours is the first reader."""
    monkeypatch.setattr(openstreetmap, "sumo_program", lambda _: pytest.fail("netconvert was called"))
    path = tmp_path / "bad.osm"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        SumoCity(net=path).network()
    assert found in caught.value.found


def test_a_map_that_netconvert_refuses_is_refused_in_its_words(extract: Path) -> None:
    """A street along nodes that are not there is beyond what our first reading sees."""
    extract.write_text('<osm><way id="1"><nd ref="7"/><tag k="highway" v="primary"/></way></osm>', encoding="utf-8")
    with pytest.raises(InputError, match=r"netconvert|no lane"):
        SumoCity(net=extract).network()


def test_without_sumo_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is optional, so its absence is ordinary."""
    monkeypatch.setitem(__import__("sys").modules, "sumo", None)
    path = tmp_path / "small.osm"
    path.write_text(osm_text(), encoding="utf-8")
    with pytest.raises(MissingPackageError) as caught:
        SumoCity(net=path).network()
    assert caught.value.hint == "pip install 'touyan[sumo]'"
