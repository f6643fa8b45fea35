"""Errors carry their parts and the next step."""

from __future__ import annotations

from touyan.core.errors import (
    BrokenWorldError,
    BrokerError,
    BusyError,
    CommandRefused,
    InputError,
    MissingPackageError,
    NotFoundError,
    PackError,
    PortInUseError,
    SettingError,
    StaleActionError,
    StorageFullError,
    TouyanError,
)


def test_a_bad_file_is_told_with_file_place_found_and_expected() -> None:
    """One message must be enough to correct the file."""
    error = InputError("flow.json", "$[3].route[1]", "'road_9'", "a road of the network")
    assert str(error) == "flow.json: at $[3].route[1]: found 'road_9'; expected a road of the network"
    assert (error.file, error.place, error.found) == ("flow.json", "$[3].route[1]", "'road_9'")


def test_an_unknown_name_comes_with_the_nearest_or_with_all() -> None:
    """Most unknown names are misspelt known ones."""
    assert NotFoundError("pack", "trafic", ["traffic", "flood"]).hint == "did you mean 'traffic'?"
    assert NotFoundError("pack", "zzz", ["traffic", "flood"]).hint == "known: flood, traffic"
    assert NotFoundError("pack", "zzz").hint == "known: none"


def test_every_error_has_its_own_code_and_a_next_step() -> None:
    """Programs tell errors apart by code, people go on by the hint."""
    errors: list[TouyanError] = [
        InputError("a", "b", "c", "d"),
        NotFoundError("a", "b"),
        SettingError("a", "b", 1, "c"),
        PackError("a", "b", "c"),
        StaleActionError("a", "b", "c", "d"),
        CommandRefused("a", "b"),
        PortInUseError("127.0.0.1", 8600, 8601),
        StorageFullError("log", "the disk is full"),
        BusyError("source loops", 1000),
        MissingPackageError("eclipse-sumo", "sumo"),
        BrokenWorldError(1.0, "a", "b", "c"),
        BrokerError("BadRequestData", "a"),
    ]
    assert len({error.code for error in errors}) == len(TouyanError.__subclasses__()) == len(errors)
    assert all(error.hint for error in errors)


def test_a_port_in_use_names_the_next_free_one() -> None:
    """The hint must be something to type."""
    assert PortInUseError("127.0.0.1", 8600, 8603).hint == "port 8603 is free: add --port 8603"


def test_a_long_list_of_known_names_is_cut_and_counted() -> None:
    """A hint is read at a glance; a whole folder's listing is not."""
    hint = NotFoundError("lane", "x", (f"lane_{number:03}" for number in range(500))).hint
    assert hint.endswith("lane_011 … (500 in all)")
