"""`touyan import`: what a user sees of a city, and what a program gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touyan.cli.main import run_command

NET = """<net>
<edge id="a" from="w" to="m"><lane id="a_0" index="0" speed="10" length="90" shape="0,0 90,0"/></edge>
<edge id="b" from="m" to="e"><lane id="b_0" index="0" speed="10" length="90" shape="110,0 200,0"/></edge>
<edge id="r" from="m" to="e"><lane id="r_0" index="0" allow="rail" speed="9" length="90" shape="110,5 200,5"/></edge>
<junction id="w" type="dead_end" x="0" y="0"/><junction id="m" type="priority" x="100" y="0"/>
<junction id="e" type="dead_end" x="200" y="0"/>
<connection from="a" to="b" fromLane="0" toLane="0" dir="s" state="M"/>
</net>"""

ROUTES = '<routes><flow id="f" begin="0" end="60" period="10"><route edges="a b"/></flow></routes>'


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "small.net.xml").write_text(NET, encoding="utf-8")
    (tmp_path / "small.rou.xml").write_text(ROUTES, encoding="utf-8")
    return tmp_path


def test_a_program_gets_size_and_what_was_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One document, keys never translated, every count a number."""
    assert run_command(["import", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert (told["facts"]["roads"], told["facts"]["lanes"], told["facts"]["vehicles"]) == (2, 2, 6)
    assert told["left_out"] == {"reserved-lanes": 1, "closed-edges": 1, "no-place-on-earth": 1}


def test_a_person_reads_the_same_in_their_language(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of what is left out stands below the size, with its counts."""
    monkeypatch.setenv("TOUYAN_LANG", "zh")
    assert run_command(["import", str(folder / "small.net.xml"), str(folder / "small.rou.xml")]) == 0
    shown = capsys.readouterr().out
    assert "首小时车辆" in shown
    assert "小客车禁行且无路线需要的车道" in shown


def test_the_network_is_saved_where_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line is the path, to be copied."""
    out = folder / "net.geojson"
    assert run_command(["import", str(folder), "--export", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out)
    kinds = [feature["properties"]["kind"] for feature in json.loads(out.read_text(encoding="utf-8"))["features"]]
    assert kinds.count("lane") == 2


def test_an_unknown_ending_is_told_before_anything_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3, the known endings in the hint, no file left behind."""
    assert run_command(["import", str(folder), "--export", str(folder / "net.shp")]) == 3
    assert ".geojson" in capsys.readouterr().err
    assert not (folder / "net.shp").exists()


def test_a_broken_file_ends_with_its_line_and_no_traceback(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a user sees of a damaged download."""
    (folder / "small.net.xml").write_text(NET[:300], encoding="utf-8")
    assert run_command(["import", str(folder)]) == 3
    shown = capsys.readouterr().err
    assert "the end of the file in the middle" in shown
    assert "line 4" in shown
    assert "Traceback" not in shown
