"""The simulated air as a city: engines, changes, what stations say, bad stations files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from touyan.core.components import Scenario
from touyan.core.errors import InputError, NotFoundError
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Branchable, Observable
from touyan.packs.environment.air_index import PM10, PM25
from touyan.packs.environment.changes import FailingInstrument, StabilityChange, WindChange
from touyan.packs.environment.network import read_network
from touyan.packs.environment.plant import SimulatedAir
from touyan.packs.environment.vocabulary import AIR_STATION, WEATHER_STATION, WIND_DIRECTION, WIND_SPEED
from touyan.packs.environment.warn_area import area_to_warn
from touyan.packs.environment.worlds import AirCity
from touyan.runtime.compare import compare
from touyan.runtime.packs import load_pack, load_packs
from touyan.runtime.settings import BrainSettings
from touyan.runtime.what_if import read_what_if
from touyan.simulation.ensemble import Ensemble

from .air_cities import FOLDER, STATIONS, city, smoke


def said(
    batches: list[ObservationBatch], entity_type: str, quantity: str
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A quantity over all reports of a type, shape (reports, entities)."""
    return np.array([batch.values[quantity] for batch in batches if batch.entity_type == entity_type])


def measured(plant: SimulatedAir) -> dict[str, float]:
    """The truth of a run by name."""
    return {measure.name: measure.value for measure in plant.measures()}


def test_a_city_reports_air_and_weather_in_its_intervals() -> None:
    """Twelve reports an hour from each station, and the wind once a minute."""
    batches = city().advance(3600)
    assert said(batches, AIR_STATION, PM25).shape == (12, 9)
    assert said(batches, WEATHER_STATION, WIND_SPEED).shape == (60, 1)
    assert np.rad2deg(said(batches, WEATHER_STATION, WIND_DIRECTION)).mean() == pytest.approx(315.0, abs=2.0)


def test_time_passes_alike_in_seconds_and_in_hours() -> None:
    """The brain goes second by second and the bench in one go; both must see the same air."""
    whole, slow = city([smoke()], turning=15.0), city([smoke()], turning=15.0)
    at_once = said(whole.advance(900), AIR_STATION, PM25)
    slowly = [batch for _ in range(900) for batch in slow.advance(1)]
    np.testing.assert_array_equal(at_once, said(slowly, AIR_STATION, PM25))
    assert whole.now == slow.now


def test_the_plant_keeps_the_engines_protocols() -> None:
    """Simulation and control work on it unchanged only if it is what they ask for."""
    plant = city()
    assert isinstance(plant, Observable)
    assert isinstance(plant, Branchable)


def test_branches_of_the_city_are_alike_and_leave_it_alone() -> None:
    """An ensemble of branches must tell the same future, and the city must not notice."""
    plant = city([smoke(from_s=60.0)], turning=20.0)
    plant.advance(300)
    before = measured(plant)
    futures: Ensemble[SimulatedAir] = Ensemble.of_branches(plant, 3)
    with futures:
        futures.advance(900)
        assert len({tuple(measure.value for measure in member) for member in futures.measures()}) == 1
        reports = [said(member.advance(300), AIR_STATION, PM25) for member in futures.members]
    assert measured(plant) == before
    plant.advance(900)
    np.testing.assert_array_equal(reports[0], said(plant.advance(300), AIR_STATION, PM25))


def test_another_wind_carries_the_smoke_elsewhere() -> None:
    """The first question after an accident: and if the wind turns?"""
    west = city([smoke(), WindChange(speed=3.0, direction=270.0)])
    east = city([smoke(), WindChange(speed=3.0, direction=90.0)])
    for plant in (west, east):
        plant.advance(600)
    assert west.scene().x.mean() > 500
    assert east.scene().x.mean() < -500


def test_a_stable_night_keeps_the_smoke_together() -> None:
    """The same release reaches further in stable air; a change of stability must arrive in the cloud."""
    areas = []
    for stability in ("A", "F"):
        plant = city([smoke(), StabilityChange(stability=stability)], limit=500.0)
        plant.advance(1800)
        areas.append(measured(plant)["area_over_limit"])
    assert areas[1] > 2 * areas[0] > 0


def test_a_stuck_instrument_repeats_itself_and_a_dead_one_says_nothing() -> None:
    """Faults are injected to try the alerts, so they must be what they are called."""
    stuck = FailingInstrument(station="S01", fault="stuck", from_s=600.0)
    dead = FailingInstrument(station="S02", fault="dead", from_s=600.0, quantity=PM10)
    batches = city([stuck, dead]).advance(3600)
    particles, dust = said(batches, AIR_STATION, PM25)[2:], said(batches, AIR_STATION, PM10)[2:]
    assert len(set(particles[:, 0])) == 1
    assert len(set(particles[:, 1])) > 3
    assert np.isnan(dust[:, 1]).all()
    assert not np.isnan(dust[:, 0]).any()


def test_fine_particles_are_part_of_all_particles() -> None:
    """PM10 counts PM2.5 too: with exact instruments it is never less, in smoke neither."""
    plant = AirCity(count=9, width_m=8000.0).changed([smoke()]).build([])
    plant.advance(600)
    fine = plant._background.fine()
    assert (plant._background.coarse() > 0).all()
    assert (fine > 0).all()


def test_compare_answers_a_what_if_on_the_wind(tmp_path: Path) -> None:
    """The simulation engine works on the new world as it is: same command, same file."""
    (tmp_path / "base.toml").write_text(
        f'[city]\nfiles = "{STATIONS.parent}"\nincident = true\ncells = 20\n[run]\nseconds = 3600\n[[release]]\n'
        "x = 0\ny = 0\nrate = 2\n"
    )
    (tmp_path / "turned.toml").write_text('base = "base.toml"\n[[wind]]\nspeed = 2\ndirection = 90\n')
    registry = load_packs(BrainSettings())
    base, turned = (read_what_if(tmp_path / name, registry) for name in ("base.toml", "turned.toml"))
    result = compare(base, turned, [1, 2], registry=registry)
    assert result.delta("released").difference.mean == 0
    assert result.delta("area_over_limit").difference.mean != 0


def test_a_change_of_roads_has_no_place_in_the_air(tmp_path: Path) -> None:
    """A change that did nothing would be taken for an answer."""
    (tmp_path / "base.toml").write_text('[city]\nscenario = "air-city"\n[[closure]]\nroads = "road_1"\n')
    with pytest.raises(InputError, match="a change of the air"):
        read_what_if(tmp_path / "base.toml", load_packs(BrainSettings()))


def test_an_unknown_station_is_refused_with_the_nearest() -> None:
    """A misspelled station would leave the alert untried."""
    with pytest.raises(NotFoundError, match="air station 'S1'") as refused:
        FailingInstrument(station="S1", fault="stuck").check(city())
    assert "S0" in refused.value.hint or "S1" in refused.value.hint


def test_the_area_to_warn_lies_downwind_and_holds_what_is_reached() -> None:
    """People downwind of the accident are in the polygon, those upwind are not."""
    plant = city([smoke(rate=3.0, for_s=1800.0)], wind_direction=270.0, turning=15.0, limit=150.0)
    plant.advance(60)
    warned = area_to_warn(plant, 1800, members=8)
    west, south, east, north = shapely.geometry.shape(warned.geometry).bounds
    middle = plant.projection.longitude, plant.projection.latitude
    assert west > middle[0] - 0.006
    assert east > middle[0] + 0.01
    assert south < middle[1] < north
    assert 0 < warned.area < 8000.0**2
    assert plant.now == city().now + 60


def test_the_sample_city_is_recognised_by_its_stations() -> None:
    """`touyan simulate FOLDER` needs no other word than the folder."""
    registry = load_pack(FOLDER)
    kind = registry.find(Scenario, "air-city")
    assert kind.recognise([STATIONS.parent]) == {"stations": str(STATIONS)}
    assert kind.recognise([STATIONS]) == {"stations": str(STATIONS)}
    assert kind.recognise([FOLDER]) is None
    assert len(read_network(STATIONS).names) == 10


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("name,longitude\nA,116\n", "line 1", "no column 'latitude'"),
        ("name,longitude,latitude\nA,116,39\nA,116.1,39\n", "line 3", "the name 'A'"),
        ("name,longitude,latitude\nA,,39\n", "line 2, longitude", "''"),
        ("name,longitude,latitude\nA,116,139\n", "line 2, latitude", "'139'"),
        ("name,longitude,latitude\n", "line 2", "no station"),
    ],
)
def test_a_station_without_name_or_position_is_refused_with_its_line(
    tmp_path: Path, text: str, place: str, found: str
) -> None:
    """A station put at 0° by default would be in the sea, and so would its alerts."""
    file = tmp_path / "stations.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_network(file)
    assert (refused.value.place, refused.value.found) == (place, found)
