"""Map layers of road traffic: what stands still and what changes."""

from __future__ import annotations

import numpy as np

from touyan.core.components import Layer
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.layers import CLEARANCE, GREEN, RED, Crossings, Queues, Roads, Signals
from touyan.packs.traffic.vocabulary import QUEUE_LENGTH

from .sensed import SensedCity

NETWORK = grid_network(1, 2)


def shown(layer: Layer) -> SensedCity:
    """A city that a layer knows."""
    city = SensedCity(NETWORK)
    layer.start(city)
    return city


def test_live_values_colour_features_that_are_there() -> None:
    """A value for a feature that the map does not have would be lost."""
    for layer in (Crossings(), Roads(), Signals(), Queues()):
        city = shown(layer)
        city.signals_say(1)
        city.lanes_say(**{QUEUE_LENGTH: 1.0})
        ids = {feature["id"] for feature in layer.features(city)["features"]}
        assert ids
        assert set(layer.live(city.state)) <= ids


def test_crossings_fill_the_gaps_between_roads() -> None:
    """Without their areas the map would show roads that end before they meet."""
    layer = Crossings()
    city = shown(layer)
    crossings = {feature["id"]: feature for feature in layer.features(city)["features"]}
    areas = {name for name, crossing in crossings.items() if crossing["geometry"]["type"] == "Polygon"}
    assert set(crossings) == set(NETWORK.crossing_ids)
    assert areas == {NETWORK.crossing_ids[crossing] for crossing in NETWORK.signalised}
    assert layer.live(city.state) == {}


def test_stop_bars_are_green_in_their_phases_and_red_in_the_others() -> None:
    """Each bar must show what its movement may do, phase by phase."""
    layer = Signals()
    city = shown(layer)
    bars = layer.features(city)["features"]
    for phase in range(1, 9):
        city.signals_say(phase)
        live = layer.live(city.state)
        assert live == {bar["id"]: GREEN if phase in bar["properties"]["phases"] else RED for bar in bars}


def test_in_the_clearance_phase_only_turns_that_never_stop_are_green() -> None:
    """People must see that the crossing is being cleared, and is not simply red."""
    layer = Signals()
    city = shown(layer)
    city.signals_say(0)
    colours = {bar["id"]: bar["properties"]["turn"] for bar in layer.features(city)["features"]}
    live = layer.live(city.state)
    assert {colours[bar] for bar, value in live.items() if value == GREEN} == {"right"}
    assert {colours[bar] for bar, value in live.items() if value == CLEARANCE} == {"straight", "left"}


def test_a_signal_that_was_never_heard_has_no_colour() -> None:
    """A guess would look like a measurement."""
    layer = Signals()
    city = shown(layer)
    assert layer.live(city.state) == {}
    city.signals_say(np.array([1.0, np.nan]))
    crossings = {bar["id"]: bar["properties"]["crossing"] for bar in layer.features(city)["features"]}
    assert {crossings[bar] for bar in layer.live(city.state)} == {"intersection_1_1"}


def test_queues_are_shares_of_their_lanes_and_vanish_with_their_detector() -> None:
    """The colour of a silent lane must not stay."""
    layer = Queues()
    city = shown(layer)
    city.lanes_say(**{QUEUE_LENGTH: city.model.lane_length / 4})
    live = layer.live(city.state)
    assert set(live) == set(city.model.lane_ids)
    np.testing.assert_allclose(list(live.values()), 0.25)
    assert layer.live(city.at(16)) == {}
