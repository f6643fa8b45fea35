"""Broken and hostile files of SUMO: refused with file, line and element, whatever stands in them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.core.geometry import Projection
from touyan.packs.traffic.sumo import files_of, read_city
from touyan.packs.traffic.traffic_world import TrafficWorld

from .sumo_files import city, net_text, routes_text, saved, vehicle

MAIN = vehicle("v", 0, "in mid out")

BOMB = (
    '<!DOCTYPE net [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


def refused(folder: Path, net: str | bytes) -> InputError:
    """The error with which a network is refused."""
    path = folder / "bad.net.xml"
    path.write_bytes(net if isinstance(net, bytes) else net.encode())
    with pytest.raises(InputError) as caught:
        read_city(files_of(path), Projection())
    assert caught.value.file == str(path)
    return caught.value


@pytest.mark.parametrize(
    ("break_", "place", "found"),
    [
        (lambda text: text[: len(text) // 2], "line", "the end of the file in the middle"),
        (lambda text: text.replace("</net>", ""), "line", "the end of the file in the middle"),
        (lambda text: text.replace("<net ", BOMB + "<net ", 1), "line 2", "document type declaration"),
        (
            lambda text: text.replace("<net ", '<!DOCTYPE net SYSTEM "file:///etc/passwd"><net ', 1),
            "line 2",
            "document type declaration",
        ),
        (lambda text: text.replace("<net ", "<routes ", 1).replace("</net>", "</routes>"), "<routes>", "as the root"),
        (lambda text: text.replace("&", "") + "<more/>", "line", "junk"),
        (lambda text: text.replace('id="in"', "", 1), "<edge>", "no attribute 'id'"),
        (lambda text: text.replace('to="a"', 'to="nowhere"', 1), "<edge id='in'>", "'nowhere', which does not exist"),
        (lambda text: text.replace('speed="13.89"', 'speed="0"'), "<lane", "speed='0'"),
        (lambda text: text.replace('speed="13.89"', 'speed="fast"'), "<lane", "speed='fast'"),
        (lambda text: text.replace('speed="13.89"', 'speed="nan"'), "<lane", "speed='nan'"),
        (lambda text: text.replace('shape="0,-4.8 90,-4.8"', 'shape="0,-4.8"'), "<lane id='in_0'>", "shape="),
        (lambda text: text.replace('shape="0,-4.8 90,-4.8"', 'shape="0 90"'), "<lane id='in_0'>", "shape="),
        (lambda text: text.replace('fromLane="1"', 'fromLane="7"', 1), "<connection>", "fromLane=7"),
        (lambda text: text.replace('connection from="in"', 'connection from="inn"', 1), "<connection>", "'inn'"),
        (lambda text: text.replace('via=":j_0_0"', 'via=":k_0_0"'), "<connection>", "':k_0_0'"),
        (lambda text: text.replace('dir="s"', 'dir="q"', 1), "<connection>", "dir='q'"),
        (lambda text: text.replace('linkIndex="4"', 'linkIndex="9"'), "<connection>", "linkIndex=9"),
        (lambda text: text.replace('tl="lights"', 'tl="lamps"', 1), "<connection>", "'lamps', which does not exist"),
        (lambda text: text.replace('state="GGgrr"', 'state="GGgr"'), "<phase>", "a state of 5 letters"),
        (lambda text: text.replace('state="GGgrr"', 'state="GGXrr"'), "<phase>", "state='GGXrr'"),
        (lambda text: text.replace('duration="30"', 'duration="-1"'), "<phase>", "duration='-1'"),
        (lambda text: re.sub("<phase[^>]*>", "", text), "<tlLogic id='lights'>", "no <phase>"),
        (lambda text: text.replace('index="1"', 'index="2"', 1), "<lane id='in_1'>", "index='2'"),
        (lambda text: text.replace('edge id="up"', 'edge id="in"'), "<edge id='in'>", "a second edge"),
        (lambda text: text.replace('netOffset="-', 'netOffset="x'), "<location>", "netOffset="),
    ],
)
def test_a_broken_network_is_refused_by_line_and_element(
    tmp_path: Path, break_: Callable[[str], str], place: str, found: str
) -> None:
    """Somebody must find the place in a file of a hundred thousand lines."""
    error = refused(tmp_path, break_(net_text()))
    assert place in error.place
    assert re.search(r"line \d+", error.place)
    assert found in error.found


@pytest.mark.parametrize(
    ("vehicles", "place", "found"),
    [
        (vehicle("v", 0, "in nowhere"), "<vehicle id='v'>", "the edge 'nowhere'"),
        (vehicle("v", 0, "in out"), "<vehicle id='v'>", "which no connection joins"),
        (vehicle("v", "soon", "in mid"), "<vehicle id='v'>", "depart='soon'"),
        (vehicle("v", -5, "in mid"), "<vehicle id='v'>", "depart='-5'"),
        (vehicle("v", 0, ""), "<route>", "no edges"),
        ('<vehicle id="v" depart="0"/>', "<vehicle id='v'>", "no attribute 'from'"),
        ('<vehicle id="v" depart="0" route="r"/>', "<vehicle id='v'>", "route='r', which does not exist"),
        ('<flow id="f" from="in" to="out"/>', "<flow id='f'>", "neither number nor period"),
        ('<flow id="f" from="in" to="out" period="0"/>', "<flow id='f'>", "period='0'"),
        ('<flow id="f" from="in" to="out" period="0.00001"/>', "<flow id='f'>", "vehicles"),
        ('<flow id="f" from="in" to="out" probability="2"/>', "<flow id='f'>", "probability=2"),
        ('<flow id="f" from="in" to="out" period="exp(x)"/>', "<flow id='f'>", "period='exp(x)'"),
        ('<flow id="f" from="in" to="out" begin="9" end="8" number="1"/>', "<flow id='f'>", "before its begin"),
        ('<vType id="t" length="0"/>', "<vType id='t'>", "length='0'"),
        ('<vTypeDistribution id="d"/>', "<vTypeDistribution id='d'>", "no vehicle types"),
    ],
)
def test_a_broken_demand_is_refused_by_line_and_element(tmp_path: Path, vehicles: str, place: str, found: str) -> None:
    """The vehicle is named, for there are thousands."""
    with pytest.raises(InputError) as caught:
        city(tmp_path, vehicles)
    assert caught.value.file.endswith("small.rou.xml")
    assert re.match(r"line \d+, ", caught.value.place)
    assert place in caught.value.place
    assert found in caught.value.found


def test_a_compressed_file_cut_short_or_damaged_is_refused(tmp_path: Path) -> None:
    """Downloads end early and disks turn bits; neither is a city."""
    packed = gzip.compress(net_text().encode())
    assert "too early" in refused(tmp_path, packed[:-200]).found
    half = bytearray(packed)
    half[len(half) // 2] ^= 0xFF
    assert refused(tmp_path, bytes(half)).found
    assert "damaged compression" in refused(tmp_path, packed[:2] + b"not gzip at all").found


def test_files_that_are_no_xml_are_refused(tmp_path: Path) -> None:
    """Somebody picks the wrong file every day."""
    assert refused(tmp_path, b"").found == "an empty file"
    assert refused(tmp_path, b"\x00\x01\x02\x03").place.startswith("line 1")
    assert refused(tmp_path, b'{"roads": []}').place == "line 1, column 1"
    assert refused(tmp_path, b'<?xml version="1.0" encoding="klingon"?><net/>').found
    missing = tmp_path / "missing.net.xml"
    for path in (missing, tmp_path):
        with pytest.raises(InputError, match="nothing that can be read"):
            read_city(files_of(path), Projection())


def test_elements_nested_without_end_are_refused(tmp_path: Path) -> None:
    """A stack of a million elements must not take the memory of the machine."""
    assert "one within the other" in refused(tmp_path, "<net>" + "<a>" * 100_000).found


def test_a_configuration_names_what_is_missing(tmp_path: Path) -> None:
    """The line of the configuration is where the user must look."""
    text = '<configuration>\n<input>\n<net-file value="gone.net.xml"/>\n</input>\n</configuration>'
    with pytest.raises(InputError, match=r"line 3, <net-file>: found the file 'gone.net.xml', which is not there"):
        files_of(saved(tmp_path, "a.sumocfg", text))
    with pytest.raises(InputError, match="no <net-file>"):
        files_of(saved(tmp_path, "b.sumocfg", "<configuration/>"))


NET = net_text()
QUOTED = [match.span(1) for match in re.finditer(r'="([^"]*)"', NET)]
VALUES = st.sampled_from(
    ["", "-1", "0", "1", "2", "99999", "1e308", "nan", "in", "a", ":j_0_0", "0,0", "0,0 0,0", "0,0 1,1", "rrrrr", "s"]
) | st.text(st.characters(codec="utf-8", exclude_characters='<&"\r', exclude_categories=["C"]), max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.data(), VALUES)
def test_any_attribute_of_a_network_with_any_value_is_read_or_refused(data: st.DataObject, value: str) -> None:
    """A traceback tells a city's engineer nothing; what is read must be whole and drive."""
    start, end = data.draw(st.sampled_from(QUOTED))
    with TemporaryDirectory() as folder, suppress(InputError):
        network = city(Path(folder), net=NET[:start] + value + NET[end:]).network
        assert (network.lane_length > 0).all()
        assert (network.link_length > 0).all()
        assert np.isfinite(network.lane_shape.points).all()
        assert np.isfinite(network.link_shape.points).all()
        assert np.isfinite(network.projection.to_wgs84(network.crossing_point)).all()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_bytes_changed_in_a_network_are_read_or_refused(data: st.DataObject) -> None:
    """Disks and downloads break files between any two bytes."""
    text = bytearray(NET.encode())
    start = data.draw(st.integers(0, len(text)))
    text[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=10))
    with TemporaryDirectory() as folder, suppress(InputError):
        path = Path(folder) / "bad.net.xml"
        path.write_bytes(bytes(text[: data.draw(st.integers(len(text) // 2, len(text)))]))
        read_city(files_of(path), Projection())


ROUTES = routes_text(
    MAIN
    + '<route id="r" edges="side up"/><flow id="f" type="bus" route="r" begin="0" end="60" period="7" departPos="3"/>'
    + '<trip id="t" type="car" depart="9" from="in" to="out"/>'
)
ROUTES_QUOTED = [match.span(1) for match in re.finditer(r'="([^"]*)"', ROUTES)]


@settings(max_examples=200, deadline=None)
@given(st.data(), VALUES)
def test_any_attribute_of_a_demand_with_any_value_is_read_or_refused(data: st.DataObject, value: str) -> None:
    """A demand that is read can be driven."""
    start, end = data.draw(st.sampled_from(ROUTES_QUOTED))
    with TemporaryDirectory() as folder, suppress(InputError):
        net = saved(Path(folder), "n.net.xml", NET)
        routes = saved(Path(folder), "r.rou.xml", ROUTES[:start] + value + ROUTES[end:])
        found = read_city(files_of(net, [routes]), Projection())
        world = TrafficWorld(found.network, found.demand)
        world.advance(20)
        assert world.created == world.running + world.waiting + world.finished
