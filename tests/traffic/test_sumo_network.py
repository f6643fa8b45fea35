"""Networks of SUMO: lanes, signals and reserved lanes arrive as the file says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touyan.core.errors import InputError
from touyan.core.geometry import Projection
from touyan.packs.traffic.conflicts import conflicts_in_phases
from touyan.packs.traffic.network import LEFT, RIGHT, STRAIGHT
from touyan.packs.traffic.sumo import City, files_of, read_city
from touyan.packs.traffic.traffic_world import TrafficWorld

from .sumo_files import LOCATION, PROGRAMME, city, net_text, saved, vehicle

BUS = vehicle("bus", 0, "in mid out", "bus")


def greens(found: City, name: str) -> list[tuple[float, list[str]]]:
    """Seconds of each phase of a crossing, and its green movements as from>to, sorted."""
    network = found.network
    crossing = network.crossing(name)
    first = network.movement_first[crossing]
    told = []
    for row in network.phases_of(crossing):
        movements = first + np.flatnonzero(network.phase_green[row])
        names = [
            f"{network.road_ids[network.movement_from_road[m]]}>{network.road_ids[network.movement_to_road[m]]}"
            for m in movements
        ]
        told.append((float(network.phase_duration[row]), sorted(names)))
    return told


def test_lanes_keep_their_ids_and_are_numbered_from_the_left(tmp_path: Path) -> None:
    """SUMO counts lanes from the right, the model from the axis; ids must still be those of the file."""
    network = city(tmp_path).network
    lanes = network.lanes_of(network.road("in"))
    assert [network.lane_ids[lane] for lane in lanes] == ["in_1", "in_0"]
    assert network.lane_index[list(lanes)].tolist() == [0, 1]
    assert network.lane("in_0") == lanes[1]


def test_lengths_and_speed_limits_are_those_of_the_file(tmp_path: Path) -> None:
    """A file may state a length that its drawing does not have, and the stated one counts."""
    text = net_text().replace('length="90.00" shape="210,-1.6', 'length="85.50" shape="210,-1.6')
    network = city(tmp_path, net=text).network
    assert network.lane_length[network.lane("out_0")] == 85.5
    assert network.lane_length[network.lane("in_0")] == 90.0
    assert set(network.lane_speed_limit.tolist()) == {13.89}


def test_a_link_follows_the_internal_lane(tmp_path: Path) -> None:
    """The path decides where vehicles meet and how far they drive on a crossing."""
    network = city(tmp_path).network
    left = next(
        link for link in range(network.link_count) if network.movement_type[network.link_movement[link]] == LEFT
    )
    expected = np.hypot(8, 1.6) + np.hypot(3.6, 10)
    assert network.link_length[left] == pytest.approx(expected, rel=2e-3)
    assert len(network.link_shape.of(left)) == 3


def test_the_file_says_where_it_lies_on_earth(tmp_path: Path) -> None:
    """SUMO itself puts the point (0, 0) of this offset at 11.308364, 44.489887."""
    network = city(tmp_path).network
    west = network.projection.to_wgs84(network.crossing_point[[network.crossing("w")]])
    assert west[0] == pytest.approx([11.30836385, 44.48988672], abs=2e-7)
    steps = network.lane_shape.of(network.lane("in_1"))
    assert np.hypot(*(steps[1] - steps[0])) == pytest.approx(90.0, rel=1e-3)


def test_without_a_known_projection_the_settings_place_the_city(tmp_path: Path) -> None:
    """A network may be drawn on no map at all; then the report says so."""
    net = saved(tmp_path, "small.net.xml", net_text(location=LOCATION.replace("+proj=utm", "+proj=stere")))
    found = read_city(files_of(net), Projection(116.4, 39.9))
    assert found.network.projection == Projection(116.4, 39.9)
    assert found.left_out["no-place-on-earth"] == 1
    assert found.network.crossing_point[found.network.crossing("b")].tolist() == [200.0, 0.0]


def test_phases_give_green_to_the_movements_of_the_state(tmp_path: Path) -> None:
    """Letters belong to connections by their link index; g and G let go, y and r do not."""
    main, side = ["in>mid", "in>up"], ["side>mid", "side>up"]
    assert greens(city(tmp_path), "a") == [(30.0, main), (3.0, []), (20.0, side), (3.0, [])]


def test_an_offset_begins_the_programme_elsewhere(tmp_path: Path) -> None:
    """A positive offset delays: with 10 s the city begins 10 s before the end of the cycle."""
    text = net_text(programme=PROGRAMME.replace('offset="0"', 'offset="10"'))
    durations = [duration for duration, _ in greens(city(tmp_path, net=text), "a")]
    assert durations == [7.0, 3.0, 30.0, 3.0, 13.0]


def test_neighbouring_phases_that_show_the_same_are_one(tmp_path: Path) -> None:
    """Programmes split a green into parts for their bounds; the street sees one."""
    text = PROGRAMME.replace('duration="30"', 'duration="12"').replace(
        '<phase duration="3" state="yyyrr"/>', '<phase duration="18" state="GGGrr"/><phase duration="3" state="yyyrr"/>'
    )
    assert [duration for duration, _ in greens(city(tmp_path, net=net_text(programme=text)), "a")] == [30, 3, 20, 3]


def test_links_of_one_turn_with_other_signals_become_movements_of_their_own(tmp_path: Path) -> None:
    """A bus lane often has its own light; one green for both would let the wrong ones go."""
    text = net_text(programme=PROGRAMME.replace('duration="3" state="yyyrr"', 'duration="3" state="Gyyrr"'))
    found = city(tmp_path, net=text.replace('allow="bus"', ""))
    through = ["in>mid", "in>mid"]
    assert greens(found, "a")[:2] == [(30.0, [*through, "in>up"]), (3.0, ["in>mid"])]


def test_the_programme_loaded_last_runs(tmp_path: Path) -> None:
    """So it is in SUMO; the one in the network file is then only counted."""
    later = PROGRAMME.replace('programID="0"', 'programID="night"').replace('duration="30"', 'duration="50"')
    found = city(tmp_path, additional=later)
    assert greens(found, "a")[0][0] == 50.0
    assert found.left_out["other-programmes"] == 1


def test_a_crossing_without_lights_is_no_signal_and_always_open(tmp_path: Path) -> None:
    """Controllers and maps must not offer to switch what has no lamps."""
    found = city(tmp_path)
    network = found.network
    assert [network.crossing_ids[c] for c in network.signalised.tolist()] == ["a"]
    assert greens(found, "b") == [(3600.0, ["mid>out", "minor>out"])]
    assert found.left_out["right-of-way"] == 1
    # Minor and main meet at b, yet no phase of a signal is to blame.
    rows = network.phases_of(network.crossing("b"))
    assert not set(rows) & conflicts_in_phases(network).keys()


def test_no_phase_of_a_programme_clears_and_the_street_does(tmp_path: Path) -> None:
    """Yellow and red lie between any two phases, as long as speed and width ask for; nothing is left to the file."""
    network = city(tmp_path).network
    assert set(network.clearance_phase.tolist()) == {-1}
    assert network.clearance_s[network.crossing("a")] >= 3


def test_directions_become_types(tmp_path: Path) -> None:
    """The type decides the right of way and the speed of turning."""
    network = city(tmp_path).network
    kinds = {
        (network.road_ids[start], network.road_ids[end]): kind
        for start, end, kind in zip(
            network.movement_from_road.tolist(),
            network.movement_to_road.tolist(),
            network.movement_type.tolist(),
            strict=True,
        )
    }
    assert kinds == {
        ("in", "mid"): STRAIGHT,
        ("in", "up"): LEFT,
        ("side", "mid"): RIGHT,
        ("side", "up"): STRAIGHT,
        ("mid", "out"): STRAIGHT,
        ("minor", "out"): RIGHT,
    }


def test_signs_give_the_right_of_way_where_there_are_no_lights(tmp_path: Path) -> None:
    """Who comes from the minor road waits, also when driving straight on; at lights the type decides."""
    network = city(tmp_path).network
    ranks = dict(
        zip(network.movement_from_road.tolist(), network.movement_rank.tolist(), strict=True)
    )  # of the last movement of each road
    assert ranks[network.road("mid")] == STRAIGHT
    assert ranks[network.road("minor")] < ranks[network.road("mid")]
    lights = list(network.movements_of(network.crossing("a")))
    assert network.movement_rank[lights].tolist() == network.movement_type[lights].tolist()


def test_a_bus_lane_beside_a_lane_of_cars_is_left_out(tmp_path: Path) -> None:
    """The model knows no permissions: a kept bus lane would be open to all."""
    found = city(tmp_path, BUS)
    assert "mid_0" not in found.network.lane_ids
    assert found.left_out["reserved-lanes"] == 1
    assert found.left_out["opened-lanes"] == 0
    assert len(found.demand) == 1


def test_a_reserved_lane_is_kept_where_buses_have_no_other(tmp_path: Path) -> None:
    """A street of buses alone is part of their route; cars never choose it."""
    text = net_text().replace('shape="201.6,-100 201.6,-10" ', 'shape="201.6,-100 201.6,-10" allow="bus"')
    without = city(tmp_path, vehicle("car", 0, "in mid out"), net=text)
    assert "minor" not in without.network.road_ids
    assert without.left_out["closed-edges"] == 1
    found = city(tmp_path, vehicle("bus", 0, "minor out", "bus"), net=text)
    assert "minor_0" in found.network.lane_ids
    assert found.left_out["opened-lanes"] == 1


def test_a_compressed_network_is_read(tmp_path: Path) -> None:
    """SUMO writes and reads .gz; the first bytes tell, not the name."""
    plain = read_city(files_of(saved(tmp_path, "a.net.xml", net_text())), Projection())
    packed = read_city(files_of(saved(tmp_path, "b.net.xml.gz", net_text())), Projection())
    assert plain.network.lane_ids == packed.network.lane_ids


def test_a_network_without_lanes_of_cars_is_refused(tmp_path: Path) -> None:
    """A railway is no road network; an empty city would say nothing."""
    text = net_text().replace("index=", 'disallow="all" index=').replace('allow="bus"', "")
    with pytest.raises(InputError, match="no lane on which cars may drive"):
        city(tmp_path, net=text)


def test_vehicles_drive_the_small_city_and_none_is_lost(tmp_path: Path) -> None:
    """Created is waiting, running or finished, and in the end all have arrived."""
    vehicles = "\n".join(
        [vehicle(f"m{n}", n, "in mid out") for n in range(40)] + [vehicle(f"s{n}", n, "side up") for n in range(40)]
    )
    found = city(tmp_path, "".join(sorted(vehicles.splitlines(), key=lambda text: int(text.split('"')[1][1:]))))
    world = TrafficWorld(found.network, found.demand)
    world.advance(100)
    assert world.created == 80 == world.running + world.waiting + world.finished
    world.advance(900)
    assert world.finished == 80
