"""`touyan alerts` and `touyan rules`: what an operator can do from a terminal, and how refusals read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from touyan.cli.exits import ExitCode
from touyan.fusion.store.history import History
from touyan.fusion.store.rows import Row

from ..server.fake_city import START, FakeCity
from ..server.running import running_server
from .calling import Shell

YEAR_2100 = 4_102_444_800  # a history keeps the last ninety days
RULE = '[[rule]]\nname = "high"\nof = "Gate"\nquantity = "level"\nabove = 5\nevent = { en = "High", zh = "高" }\n'
TABLE = "time,id,canal,level\n0,urn:ngsi-ld:Gate:a,n,1\n10,urn:ngsi-ld:Gate:a,n,9\n20,urn:ngsi-ld:Gate:a,n,1\n"


@pytest.fixture
def city() -> FakeCity:
    """A city with two alerts."""
    made = FakeCity(vehicles=1)
    made.warn()
    made.warn("gridlock")
    return made


@pytest.fixture
def url(city: FakeCity) -> Iterator[str]:
    """Its server."""
    with running_server(city) as address:
        yield address


def test_alerts_are_listed_shown_and_led_to_their_end(touyan: Shell, url: str, city: FakeCity) -> None:
    """Everything that the console can do, a script can."""
    listed = touyan("alerts", "list", "--state", "open", "--rule", "gridlock", "--url", url, "--json").document
    assert [alert["identifier"] for alert in listed["alerts"]] == ["alert-2"]
    assert (
        "排队" in touyan("alerts", "show", "alert-1", "--url", url).out
        or "Queue" in touyan("alerts", "show", "alert-1", "--url", url).out
    )
    for action, *more in [
        ("acknowledge",),
        ("assign", "--to", "patrol 7"),
        ("resolve", "--note", "towed"),
        ("close",),
        ("feedback", "--label", "true"),
    ]:
        done = touyan("alerts", action, "alert-1", "alert-2", *more, "--by", "Lin", "--url", url)
        assert (done.code, done.out.count("alert-")) == (0, 2), action
    assert [step.by for step in city.book.get("alert-1").log[1:]] == ["Lin"] * 5
    labels = touyan("alerts", "labels", "--url", url, "--json").document["labels"]
    assert [each["label"] for each in labels] == ["true", "true"]
    assert "spill-back" in touyan("alerts", "lessons", "--url", url).out
    assert "<alert xmlns" in touyan("alerts", "show", "alert-1", "--cap", "--url", url).out


def test_what_was_refused_is_told_for_each_alert_and_makes_the_exit_code(touyan: Shell, url: str) -> None:
    """A script must not take half of it for all of it."""
    touyan("alerts", "close", "alert-1", "--by", "Li", "--url", url)
    done = touyan("alerts", "acknowledge", "alert-1", "alert-2", "--by", "Wang", "--url", url)
    assert done.code == ExitCode.FAILURE
    assert "alert-2: acknowledged" in done.out
    assert "alert-1 is already closed (by Li" in done.err


def test_silences_are_made_shown_and_ended(touyan: Shell, url: str, city: FakeCity) -> None:
    """Works begin: one line in a terminal, one line when they are done."""
    made = touyan("alerts", "silence", "alertname=gridlock", "--minutes", "5", "--note", "works", "--url", url)
    assert made.out.strip() == "silence-1"
    assert city.book.silences()[0].ends == START + 300
    assert "gridlock" in touyan("alerts", "silences", "--url", url).out
    assert touyan("alerts", "unsilence", "silence-1", "--by", "Li", "--url", url).code == 0
    assert touyan("alerts", "silence", "gridlock", "--url", url).code == ExitCode.INVALID_INPUT


def test_without_a_brain_the_address_is_named(touyan: Shell) -> None:
    """The commonest mistake is that nothing runs."""
    done = touyan("alerts", "list", "--url", "http://127.0.0.1:9")
    assert done.code == ExitCode.FAILURE
    assert "no brain answers at http://127.0.0.1:9" in done.err
    assert "touyan demo" in done.err
    assert touyan("alerts", "list", "--url", "file:///etc/passwd").code == ExitCode.FAILURE


def test_a_refusal_of_the_server_keeps_its_code(touyan: Shell, url: str) -> None:
    """Programs read the code, people the words."""
    done = touyan("alerts", "show", "alert-9", "--url", url, "--json").document
    assert (done["ok"], done["error"]["code"]) == (False, "not-found")


# ---------------------------------------------------------------- rules


def test_rules_are_checked_and_tried_on_a_table(touyan: Shell, tmp_path: Path) -> None:
    """Before a rule wakes anybody, it is known how often it would have."""
    (tmp_path / "alerts.toml").write_text(RULE, encoding="utf-8")
    (tmp_path / "history.csv").write_text(TABLE, encoding="utf-8")
    assert touyan("rules", "check", str(tmp_path / "alerts.toml"), "--json").document["rules"] == ["high"]
    tried = touyan("rules", "test", str(tmp_path / "alerts.toml"), "--data", str(tmp_path / "history.csv"), "--json")
    [outcome] = tried.document["outcomes"]
    assert outcome == {"rule": "high", "raw": 1, "alerts": 1, "entities": 1, "first": 10.0, "last": 10.0}
    later = ("--since", "1970-01-01T08:00:15", "--until", "1970-01-01T08:00:30")
    tried = touyan(
        "rules", "test", str(tmp_path / "alerts.toml"), "--data", str(tmp_path / "history.csv"), *later, "--json"
    )
    assert tried.document["outcomes"][0]["raw"] == 0


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("history.csv", "when,id,level\n0,a,1\n", "found when, id, level; expected a column 'time'"),
        ("history.csv", "time,id,level\nnoon,a,1\n", "at time"),
        ("history.csv", "time,id,quantity\n0,a,level\n", "expected a column 'value'"),
        ("history.csv", "", "cannot be read"),
        ("history.parquet", "no parquet", "cannot be read"),
        (
            "history.csv",
            "time,id,level\n0,urn:ngsi-ld:Well:a,1\n",
            "'Gate'; expected an entity type of this city: Well",
        ),
    ],
)
def test_a_history_that_cannot_be_used_is_told_with_its_place(
    touyan: Shell, tmp_path: Path, name: str, text: str, words: str
) -> None:
    """A wrong export is found by its column, not by a traceback."""
    (tmp_path / "alerts.toml").write_text(RULE, encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = touyan("rules", "test", str(tmp_path / "alerts.toml"), "--data", str(tmp_path / name))
    assert done.code == ExitCode.INVALID_INPUT
    assert words in done.err


def test_a_long_table_is_read_as_a_wide_one(touyan: Shell, tmp_path: Path) -> None:
    """Exports of time series come with one reading a row."""
    (tmp_path / "alerts.toml").write_text(RULE, encoding="utf-8")
    rows = "2026-01-05T08:00:00,a,Gate,level,1\n2026-01-05T08:00:10,a,Gate,level,9\n2026-01-05T08:00:05,a,Gate,flow,3\n"
    (tmp_path / "history.csv").write_text("time,id,type,quantity,value\n" + rows, encoding="utf-8")
    tried = touyan("rules", "test", str(tmp_path / "alerts.toml"), "--data", str(tmp_path / "history.csv"), "--json")
    assert tried.document["outcomes"][0]["raw"] == 1


def test_rules_are_tried_on_what_the_broker_has_stored(touyan: Shell, tmp_path: Path) -> None:
    """The city's own past is the best trial; the files of a running broker are only read."""
    (tmp_path / "alerts.toml").write_text(RULE, encoding="utf-8")
    folder = tmp_path / "broker" / "history"
    history = History(folder)
    level, kind = (
        "https://uri.etsi.org/ngsi-ld/default-context/level",
        "https://uri.etsi.org/ngsi-ld/default-context/Gate",
    )
    rows = [
        Row("", "urn:ngsi-ld:Gate:a", (kind,), level, "", f"i{at}", at * 10**6, 0, at * 10**6, None, number, b"1")
        for at, number in enumerate([1.0, 9.0, 1.0, 9.0], YEAR_2100)
    ]
    history.add(rows, 1)
    history.flush()
    history.close()
    before = sorted(path.name for path in folder.iterdir())
    tried = touyan("rules", "test", str(tmp_path / "alerts.toml"), "--data", str(tmp_path / "broker"), "--json")
    assert tried.code == 0, tried.out
    assert tried.document["outcomes"][0]["raw"] == 2
    assert sorted(path.name for path in folder.iterdir()) == before
