"""`touyan demand`: from data to a flow file."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.cli.completion import demand_makers
from touyan.cli.exits import ExitCode

from ..traffic.files import saved, small_roadnet
from .calling import Shell


def test_demand_is_made_from_a_matrix_and_simulated(touyan: Shell, empty_folder: Path) -> None:
    """What one command writes the other must read, with no step between."""
    saved(empty_folder, "roadnet.json", small_roadnet())
    matrix = b"origin,destination,vehicles,begin_s,end_s\nroad_0_1_0,road_2_1_0,60,0,300\n"
    saved(empty_folder, "trips.csv", matrix)
    arguments = ["demand", "from-od", "roadnet.json", "trips.csv", "--out", "flow.json", "--set", "seconds=300"]
    told = touyan(*arguments, "--json").document
    assert (told["ok"], told["out"], told["trips"]) == (True, "flow.json", 60.0)
    simulated = touyan("simulate", "roadnet.json", "flow.json", "--seconds", "400", "--json").document
    assert simulated["arrived"] + simulated["running"] + simulated["waiting"] == told["vehicles"]
    table = touyan(*arguments)
    assert "Vehicles sent" in table.out
    assert table.out.splitlines()[-1] == "flow.json"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["from-ot"], "did you mean 'from-od'?"),
        (["from-od", "--set", "seconds"], "at --set: found 'seconds'; expected name=value"),
        (["from-od", "--set", "second=3"], "did you mean 'seconds'?"),
        (["from-od", "--set", "seconds=soon"], "expected a whole number of at least 1"),
    ],
)
def test_a_mistake_in_asking_for_demand_is_named(
    touyan: Shell, empty_folder: Path, arguments: list[str], message: str
) -> None:
    """Names of makers and settings are told as those of files are."""
    how, *more = arguments
    outcome = touyan("demand", how, "roadnet.json", "trips.csv", "--out", "flow.json", *more)
    assert outcome.code == ExitCode.INVALID_INPUT
    assert message in outcome.err


def test_the_shell_completes_makers_of_demand() -> None:
    """Names are for typing once, by the machine."""
    assert demand_makers("from") == ["from-od"]
