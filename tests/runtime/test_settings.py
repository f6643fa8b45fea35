"""Settings of the brain: file, environment and command line, each mistake told with its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from touyan.core.errors import InputError
from touyan.runtime.settings import BrainSettings, environment_name, read_settings


def written(folder: Path, text: str) -> Path:
    """A settings file with the text."""
    path = folder / "city.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_given_the_defaults_run_the_demo(empty_folder: Path) -> None:
    """A newcomer must need no configuration."""
    settings = read_settings()
    assert settings.brain.values() == BrainSettings().brain.values()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8600)


def test_a_file_in_the_working_folder_is_read_without_being_named(empty_folder: Path) -> None:
    """The city's own folder is where people put its settings."""
    (empty_folder / "touyan.toml").write_text("[server]\nport = 8700\n", encoding="utf-8")
    assert read_settings().server.port == 8700


def test_the_environment_is_above_the_file_and_the_command_line_above_both(tmp_path: Path) -> None:
    """The nearer to the person, the stronger."""
    file = written(tmp_path, "[server]\nport = 1\nhost = 'a'\n[brain]\nmode = 'advise'\n")
    environment = {"TOUYAN_SERVER__PORT": "2", "TOUYAN_SERVER__HOST": "b"}
    settings = read_settings(file, environment, {"server.port": 3, "server.host": None})
    assert (settings.brain.mode, settings.server.host, settings.server.port) == ("advise", "b", 3)


@pytest.mark.parametrize(
    ("text", "place", "found", "expected"),
    [
        ("[server]\nport = 'x'", "server.port", "'x'", "a whole number of at least 0 and at most 65535"),
        ("[server]\nport = 70000", "server.port", "70000", "a whole number of at least 0 and at most 65535"),
        ("[server]\nprot = 1", "server.prot", "the unknown key 'prot'", "port"),
        ("[sever]\nport = 1", "sever.port", "the unknown table 'sever'", "server"),
        (
            "port = 1",
            "port",
            "the unknown table 'port'",
            "one of alerts, authority, brain, broker, city, history, packs, server, settings, sources, store",
        ),
        ("server = 1", "server", "1", "a table"),
        ("[brain]\nmode = 'auto'", "brain.mode", "'auto'", "one of advise, confirm, automatic"),
        ("[brain]\nspeed = -1", "brain.speed", "-1", "a number of at least 0"),
        ("[brain]\ncontroller = ['a']", "brain.controller", "a list", "a text"),
        ("[server.port]\nx = 1", "server.port.x", "a table", "a whole number of at least 0 and at most 65535"),
        (
            "[settings.traffic]\nrows = 1",
            "settings.traffic.rows",
            "1",
            "[settings.PACK.COMPONENT] with SETTING = value",
        ),
    ],
)
def test_a_mistake_in_the_file_is_told_with_key_found_and_expected(
    tmp_path: Path, text: str, place: str, found: str, expected: str
) -> None:
    """One message must be enough to correct the file."""
    file = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_settings(file)
    error = caught.value
    assert (error.file, error.place, error.found, error.expected) == (str(file), place, found, expected)


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"TOUYAN_SERVER__PORT": "x"}, "'x'"),
        ({"TOUYAN_SERVER__PROT": "1"}, "the unknown key 'prot'"),
        ({"TOUYAN_A__B__C__D": "1"}, "'1'"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(environment: dict[str, str], found: str) -> None:
    """Otherwise people look for the mistake in the file."""
    with pytest.raises(InputError) as caught:
        read_settings(environment=environment)
    assert (caught.value.file, caught.value.place, caught.value.found) == (
        "environment",
        next(iter(environment)),
        found,
    )


def test_a_file_that_is_missing_or_no_toml_is_told(tmp_path: Path) -> None:
    """A named file that is not used would be a silent mistake."""
    with pytest.raises(InputError, match=r"found nothing to read \(No such file or directory\)"):
        read_settings(tmp_path / "none.toml")
    with pytest.raises(InputError, match="found a text that is not TOML"):
        read_settings(written(tmp_path, "[server"))


@pytest.mark.parametrize(("value", "speed"), [("max", 0.0), (0, 0.0), ("2.5", 2.5), (20, 20.0)])
def test_the_speed_is_a_number_or_as_fast_as_possible(value: Any, speed: float) -> None:
    """Zero and "max" both mean: do not wait."""
    assert read_settings(options={"brain.speed": value}).brain.speed == speed


def test_folders_of_packs_are_a_list_in_the_file_and_a_path_in_the_environment(tmp_path: Path) -> None:
    """Each place has its own habit for many folders."""
    file = written(tmp_path, "[packs]\nfolders = ['a', 'b']\n")
    assert read_settings(file).packs.paths == [Path("a"), Path("b")]
    assert read_settings(file, {"TOUYAN_PACKS": os.pathsep.join(["c", "d"])}).packs.paths == [Path("c"), Path("d")]


def test_variables_that_are_no_settings_are_left_alone() -> None:
    """Others may use the prefix too, and TOUYAN_LANG is read elsewhere."""
    read_settings(environment={"TOUYAN_LANG": "zh", "TOUYAN_BUILD": "7", "PATH": "/bin"})


def test_settings_of_components_keep_where_they_were_written(tmp_path: Path) -> None:
    """Packs check them later, and must still be able to name the place."""
    file = written(tmp_path, "[settings.traffic.max-pressure]\ninterval_s = 20\n")
    environment = {environment_name("traffic", "max-pressure", "amber_s"): "4"}
    first, second = read_settings(file, environment).components
    assert (first.path, first.value, first.file) == (
        ("settings", "traffic", "max-pressure", "interval_s"),
        20,
        str(file),
    )
    assert (second.path[3], second.place) == ("amber_s", "TOUYAN_TRAFFIC__MAX_PRESSURE__AMBER_S")


def test_the_store_lies_in_the_users_data_folder_unless_told(tmp_path: Path) -> None:
    """Nothing is written into the working folder without being asked."""
    assert read_settings(options={"store.folder": str(tmp_path)}).store.path == tmp_path
    assert BrainSettings().store.path.name == "touyan"
