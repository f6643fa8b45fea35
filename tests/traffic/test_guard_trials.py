"""Adversaries against the guard: nothing unsafe comes through, and the judge does see what is unsafe."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.commands import Command
from touyan.core.components import GuardRule
from touyan.core.protocols import Plant, State
from touyan.packs.traffic import conflict_monitor
from touyan.packs.traffic.benchmarks import GuardBench
from touyan.packs.traffic.conflict_monitor import ConflictMonitor
from touyan.packs.traffic.grid import grid_network
from touyan.packs.traffic.guard_trials import COMMANDS, GuardTrials, Wish
from touyan.packs.traffic.guards import GUARDS, ConflictingGreens, MinimumGreen
from touyan.packs.traffic.intergreens import clearances
from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.vocabulary import RELEASE

from .reference import city_folder

RULES = GUARDS
GRID = grid_network(2, 2)


def shared(network: RoadNetwork) -> RoadNetwork:
    """The same crossings with clearance by what two phases share."""
    network = replace(network, clears_by_phase=False)
    return replace(network, given_clearance_s=clearances(network))


NETWORKS: dict[str, Callable[[], RoadNetwork]] = {"by phase": lambda: GRID, "by what is shared": lambda: shared(GRID)}


@pytest.mark.parametrize("kind", NETWORKS)
def test_no_adversary_gets_anything_unsafe_to_the_street(kind: str) -> None:
    """Thousands of sequences, seven kinds of adversary; `touyan bench guard` makes a million of them."""
    verdict = GuardTrials(NETWORKS[kind](), [rule() for rule in RULES], seed=4).run(600)
    assert verdict.breaches == []
    assert verdict.commands >= 600 * COMMANDS
    assert verdict.passed > 500
    assert set(verdict.refused) >= {"known-phase", "minimum-green", "no-flapping"}


WISHES = st.builds(
    Wish,
    st.sampled_from(["phase", "phase", "phase", RELEASE, "explode"]),
    st.one_of(st.integers(-1, 10).map(float), st.floats(allow_nan=True)),
    st.integers(0, 14),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(WISHES, min_size=COMMANDS, max_size=COMMANDS), st.sampled_from(sorted(NETWORKS)))
def test_no_sequence_of_commands_gets_anything_unsafe_to_the_street(wishes: list[Wish], kind: str) -> None:
    """Found by a search that makes its examples smaller until they say what is wrong."""
    trials = GuardTrials(NETWORKS[kind](), [rule() for rule in RULES])
    trials._who = [lambda chance, phases, turn: wishes[turn]] * len(trials._signals)
    assert trials.run(len(trials._signals)).breaches == []


class Nothing(GuardRule):
    """A guard that never objects."""

    def start(self, plant: Plant) -> None:
        """Nothing to learn."""

    def objection(self, command: Command, state: State) -> str | None:
        """Never."""
        return None


def test_the_benchmark_counts_what_it_did() -> None:
    """A small one has the columns of the large one."""
    rows = GuardBench(sequences=200, chunk=100, size=2).rows()
    assert [row["clearance"] for row in rows] == ["by phase", "shared greens"]
    assert all(row["sequences"] >= 100 and row["breaches"] == 0 and row["commands"] > 1000 for row in rows)


@pytest.mark.parametrize("law", ["short-green", "clearance", "conflict"])
def test_without_its_rules_the_judge_sees_every_kind_of_breach(law: str) -> None:
    """A judge that never finds anything would prove nothing."""
    network = replace(GRID, given_clearance_s=np.full(len(GRID.phase_duration), 1.0))
    if law == "conflict":
        green = network.phase_green.copy()
        green[1] = True
        network = replace(network, phase_green=green)
    verdict = GuardTrials(network, [Nothing()]).run(60)
    assert law in {breach.law for breach in verdict.breaches}


@pytest.mark.parametrize(("missing", "law"), [(MinimumGreen, "short-green"), (ConflictingGreens, "conflict")])
def test_each_rule_is_needed(missing: type[GuardRule], law: str) -> None:
    """Take one away, and the street shows what it stood against."""
    green = GRID.phase_green.copy()
    green[3] = True
    network = replace(GRID, phase_green=green)
    rules = [rule() for rule in RULES if rule is not missing]
    assert law in {breach.law for breach in GuardTrials(network, rules).run(150).breaches}


def test_on_real_crossings_the_guard_holds_too() -> None:
    """Hangzhou's geometry and phases."""
    from touyan.packs.traffic.cityflow import read_network

    network = read_network(city_folder("hangzhou_4x4") / "roadnet.json")
    assert GuardTrials(network, [rule() for rule in RULES], seed=2).run(300).breaches == []


def test_the_judge_shares_nothing_with_the_guard() -> None:
    """A mistake in common would hide itself."""
    source = Path(conflict_monitor.__file__).read_text(encoding="utf-8")
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"conflicts", "intergreens", "guards", "shown", "touyan.control.guard"}


def test_the_judge_is_silent_about_a_programme_that_nobody_commands() -> None:
    """What the city's engineers let the street do by itself is theirs."""
    monitor = ConflictMonitor(GRID)
    none = np.zeros(len(GRID.crossing_ids), bool)
    links = np.zeros(GRID.link_count, bool)
    for second in range(1, 20):
        links[:] = second % 2
        seen = {breach.law for breach in monitor.look(links, none, float(second))}
        assert seen <= {"conflict"}
