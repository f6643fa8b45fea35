"""What holds for every command: help, exit codes, JSON, errors in words, streams."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import reference_pages
from touyan.cli import bench
from touyan.cli.exits import ExitCode
from touyan.cli.messages import MESSAGES, language

from .calling import Shell, start

COMMANDS = [
    "demo",
    "run",
    "simulate",
    "control",
    "demand",
    "import",
    "source",
    "broker",
    "alerts",
    "rules",
    "commands",
    "compare",
    "replay",
    "bench",
    "new-pack",
    "doctor",
]
ONE_CITY = {"TOUYAN_TRAFFIC__SIMULATION__CITIES": "grid-12", "TOUYAN_TRAFFIC__SIMULATION__PEERS": ""}
"""Keeps the benchmark of the simulation short."""


@pytest.fixture
def broken_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a pack in reach whose code cannot be imported."""
    pack = tmp_path / "packs" / "wells"
    pack.mkdir(parents=True)
    manifest = (
        'name = "wells"\ntitle = { en = "Wells", zh = "水井" }\nowners = ["us"]\nengines = []\nlevel = "bronze"\n'
    )
    (pack / "pack.toml").write_text(manifest, encoding="utf-8")
    (pack / "guards.py").write_text("import no_such_module", encoding="utf-8")
    monkeypatch.setenv("TOUYAN_PACKS", str(pack.parent))
    return "wells"


@pytest.mark.parametrize("arguments", [[], ["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_is_given_with_an_example(touyan: Shell, arguments: list[str]) -> None:
    """The example is what people copy; asking for help is no failure."""
    outcome = touyan(*arguments)
    assert outcome.code == ExitCode.OK
    assert "Example: touyan" in outcome.out


def test_help_does_not_load_what_only_commands_need() -> None:
    """Help must answer at once, so the heavy libraries wait for a command that uses them."""
    heavy = "{'numpy', 'numba', 'starlette', 'uvicorn', 'rich', 'sqlalchemy'}"
    calls = "from touyan.cli.main import run_command; import sys; run_command(['--help'])"
    code = f"{calls}; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.splitlines()[-1] == "set()"


def test_done_is_0(touyan: Shell) -> None:
    """Scripts go on when the exit code says so."""
    assert touyan("--version").code == 0


def test_a_failure_that_is_not_the_inputs_fault_is_1(touyan: Shell) -> None:
    """A port in use is nobody's mistake, and the hint is something to type."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = touyan("demo", "--no-browser", "--port", str(port))
    assert outcome.code == 1
    assert outcome.err.startswith(f"error: port {port} on 127.0.0.1 is in use\nhint: port ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dmeo"], "Did you mean 'demo'?"),
        (["demo", "--prot", "1"], "--port"),
        (["simulate"], "Missing argument"),
        (["demo", "--port", "x"], "--port"),
        (["simulate", "a", "b", "--seconds", "0"], "--seconds"),
    ],
)
def test_a_wrong_command_line_is_2(touyan: Shell, arguments: list[str], message: str) -> None:
    """The message names the nearest known word, the hint where to read on."""
    outcome = touyan(*arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert re.search(r"^hint: see: touyan.* --help$", outcome.err, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bench", "nothing"], "there is no benchmark 'nothing'"),
        (["simulate", "nowhere.json", "flow.json"], "there is no file or folder 'nowhere.json'"),
        (["run", "nowhere"], "there is no file or folder 'nowhere'"),
        (["demo", "--speed", "-3"], "command line: at brain.speed: found '-3'; expected a number of at least 0"),
        (["demo", "--config", "none.toml"], "none.toml: found nothing to read"),
        (["new-pack", "Bad-Name"], "expected small letters, digits and single underscores"),
        (["demo", "--host", "203.0.113.7"], "expected an address of this machine"),
    ],
)
def test_a_wrong_file_setting_or_name_is_3(
    touyan: Shell, empty_folder: Path, arguments: list[str], message: str
) -> None:
    """The person who wrote the input can put it right with this one message."""
    outcome = touyan(*arguments)
    assert outcome.code == 3
    assert message in outcome.err
    assert "Traceback" not in outcome.err


def test_problems_found_by_a_check_are_4(touyan: Shell, broken_pack: str) -> None:
    """A check that works but finds problems differs from a check that fails."""
    outcome = touyan("doctor", "--json")
    assert outcome.code == 4
    failed = [check for check in outcome.document["checks"] if check["status"] == "fail"]
    assert [check["name"] for check in failed] == [f"pack {broken_pack}"]
    assert "guards.py cannot be imported: ModuleNotFoundError" in failed[0]["found"]


def test_an_interruption_is_130(touyan: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shells know this code, and stop a loop of commands on it."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "machine_now", interrupted)
    assert touyan("bench").code == 130


def test_our_own_mistake_is_1_and_asks_to_be_reported(touyan: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback says nothing to most people; --debug brings it for those who report."""

    def broken() -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(bench, "machine_now", broken)
    outcome = touyan("bench")
    assert outcome.code == ExitCode.FAILURE
    assert outcome.err.startswith("error: ZeroDivisionError: division by zero\nhint: run it again with --debug")


def test_a_traceback_is_shown_for_the_asking_only(touyan: Shell, caplog: pytest.LogCaptureFixture) -> None:
    """Tracebacks go through the log, so that one switch holds for all of them."""
    touyan("bench", "nothing")
    assert caplog.records == []
    touyan("bench", "nothing", "--debug")
    assert caplog.records[0].exc_info is not None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["simulate", "nowhere.json", "flow.json", "--json"], "not-found"),
        (["bench", "nothing", "--json"], "not-found"),
        (["run", "nowhere", "--json"], "not-found"),
        (["new-pack", "Bad", "--json"], "invalid-input"),
        (["demo", "--speed", "-3", "--json"], "invalid-input"),
        (["doctor", "--config", "none.toml", "--json"], "invalid-input"),
        (["simulate", "--json"], "usage"),
        (["--json", "dmeo"], "usage"),
    ],
)
def test_errors_are_one_json_document_too(touyan: Shell, empty_folder: Path, arguments: list[str], code: str) -> None:
    """A program that asked for JSON must never have to read prose."""
    outcome = touyan(*arguments)
    assert outcome.document["ok"] is False
    assert outcome.document["error"].keys() == {"code", "message", "hint"}
    assert outcome.document["error"]["code"] == code
    assert outcome.err == ""


def test_the_version_names_what_is_installed(touyan: Shell) -> None:
    """A report of a mistake needs exactly this."""
    told = touyan("--version", "--json").document
    assert told.keys() == {"ok", "version", "commit", "python", "packs", "refused"}
    assert "traffic" in told["packs"]


def test_a_refused_pack_is_named_and_the_rest_goes_on(touyan: Shell, broken_pack: str) -> None:
    """One broken pack must not stop the city."""
    outcome = touyan("bench", "nothing")
    assert outcome.code == ExitCode.INVALID_INPUT
    told = touyan("doctor", "--quiet")
    assert f"pack {broken_pack}" in told.out
    assert re.search(r"^mini run +ok", told.out, re.MULTILINE)


def test_both_languages_say_the_same_with_the_same_parts() -> None:
    """A missing part in one language would drop a figure or a name."""
    for key, text in MESSAGES.items():
        assert re.findall(r"{\w+}", text.en) == re.findall(r"{\w+}", text.zh), key
        assert text.zh, key


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({"TOUYAN_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"TOUYAN_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_what_was_asked_for_then_what_the_system_speaks(
    environment: dict[str, str], spoken: str
) -> None:
    """A city's staff set it once, for the system or for us."""
    assert language(environment) == spoken


@pytest.mark.parametrize("arguments", [["--help"], ["new-pack", "Bad"], ["doctor"], ["bench", "simulation"]])
def test_a_terminal_that_cannot_write_a_character_stops_nothing(tmp_path: Path, arguments: list[str]) -> None:
    """Chinese Windows still speaks GBK, and servers often have no locale at all."""
    with start(*arguments, PYTHONIOENCODING="gbk", TOUYAN_LANG="zh", LANG="C", **ONE_CITY) as process:
        out, err = process.communicate(timeout=120)
    assert b"UnicodeEncodeError" not in err
    assert (out + err).decode("gbk")


def test_piped_output_has_no_escape_codes() -> None:
    """A log or a spreadsheet has no use for colours."""
    with start("doctor", FORCE_COLOR="") as process:
        out, err = process.communicate(timeout=120)
    assert b"\x1b" not in out + err


def test_columns_line_up_with_chinese_text_in_them(touyan: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Chinese character is two columns wide in a terminal."""
    monkeypatch.setenv("TOUYAN_LANG", "zh")
    header, first, *_ = touyan("doctor").out.splitlines()
    assert len(header.partition("状态")[0].encode("gbk")) == len(first.partition("ok")[0].encode("gbk"))


def test_every_command_of_the_program_is_tested_here() -> None:
    """A new command must keep the same promises."""
    assert sorted(reference_pages.command_group().commands) == sorted(COMMANDS)


def test_json_survives_what_json_cannot_say(touyan: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing number must not make the document unreadable."""
    for variable, value in ONE_CITY.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(bench, "machine_now", lambda: {"load": float("nan"), "place": Path("here")})
    machine = json.loads(touyan("bench", "simulation", "--json").out)["machine"]
    assert machine == {"load": None, "place": "here"}
