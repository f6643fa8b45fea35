"""The file of an operation centre: what it says, and how its mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from touyan.core.alerts import AlertState, Severity
from touyan.core.errors import InputError
from touyan.runtime.alert_file import read_alert_file
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import BrainSettings
from touyan.warning.desk import DEADLINES

RULE = """
[[rule]]
name = "long-queue"
of = "LaneDetector"
quantity = "queueLength"
above = 60
event = { en = "Long queue", zh = "排队过长" }
"""


def written(tmp_path: Path, text: str) -> Path:
    """A file with a text."""
    path = tmp_path / "alerts.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_rules_and_how_the_desk_works(tmp_path: Path) -> None:
    """All that an operation centre decides stands in one file."""
    text = (
        RULE
        + """
[level.Severe]
deadlines = { open = 60, assigned = 3600 }
escalate = [ { after_s = 30, to = "leaders" }, { after_s = 90, to = "director" } ]

[[rota]]
name = "leaders"
members = ["Li Na", "Wang Wei"]
starts = "2026-01-01T08:00"
shift_h = 12

[[inhibition]]
source = "controller-dead"
targets = ["long-queue"]
relation = "road"

[[maintenance]]
name = "night wash"
match = { alertname = "long-queue" }
weekdays = ["sat", "sun"]
from = "23:00"
to = "04:30"

[grouping]
near_m = 500
"""
    )
    work = read_alert_file(written(tmp_path, text))
    [rule] = work.rules
    assert (rule.name, rule.bound, rule.headline.zh) == ("long-queue", 60.0, "{entity}：{quantity} {value} {unit}")
    assert work.desk.due(Severity.SEVERE, AlertState.OPEN, 5.0) == 65.0
    assert work.desk.deadlines[Severity.EXTREME] == DEADLINES[Severity.EXTREME]
    assert work.desk.named("leaders", 1767225600.0 + 12 * 3600) == "leaders: Wang Wei"
    assert (work.desk.maintenance[0].from_s, work.desk.maintenance[0].weekdays) == (82800.0, (5, 6))
    assert work.desk.grouping.near_m == 500


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (RULE.replace("above", "abvoe"), "line 6, rule[1].abvoe", "unknown field `abvoe`"),
        (RULE.replace("above = 60", 'above = "high"'), "line 6, rule[1].above", "Expected `float | null`"),
        (RULE.replace("above = 60\n", ""), "line 2, rule[1].above", "either above or below"),
        (RULE + "below = 3\n", "line 6, rule[1].above", "either above or below"),
        (RULE + 'detector = "silence"\n', "rule[1].detector", "one of detector, quantity or forecast"),
        (RULE + "clears_at = 61\n", "line 8, rule[1].clears_at", "quiet side"),
        (RULE + "for_s = -1\n", "line 8, rule[1].for_s", "at least 0"),
        (RULE + 'unit_code = "FURLONG"\n', "line 8, rule[1].unit_code", "FURLONG"),
        (RULE + 'headline = { en = "{nonsense}", zh = "x" }\n', "line 8, rule[1].headline", "nonsense"),
        (RULE + 'headline = { en = "{", zh = "x" }\n', "line 8, rule[1].headline", "placeholders are of"),
        (RULE + 'after = { rule = "x", within_s = 5 }\n', "line 8, rule[1].after", "'x'"),
        (RULE + 'together = { by = "road", most = 5 }\n', "rule[1].together", "unknown field `most`"),
        (RULE + RULE, "rule[2].name", "no other rule has"),
        (RULE + 'after = { rule = "long-queue", within_s = 5 }\n', "rule[1].after", "long-queue → long-queue"),
        ("[[rul]]\n", "line 1, rul", "unknown table 'rul'"),
        ("[rule]\n", "line 1, rule", "[[rule]]"),
        ("rule = 3", "line 1, rule", "[[rule]]"),
        ("[level.Awful]\n", "line 1, level.Awful", "one of Extreme"),
        ("[level.Minor]\ndeadlines = { opened = 5 }\n", "level.Minor", "Invalid enum value 'opened'"),
        ("[level.Minor]\nescalate = [{after_s=9,to='a'},{after_s=3,to='b'}]\n", "line 2", "times that grow"),
        ('[[rota]]\nname = "a"\nmembers = []\n', "line 1, rota[1]", "nobody"),
        ('[[rota]]\nname = "a"\nmembers = ["x"]\nstarts = "noon"\n', "rota[1]", "2026-05-01T08:00"),
        ('[[maintenance]]\nname="a"\nmatch={}\nfrom="25:00"\nto="1:00"\n', "line 4, maintenance[1].from", "'25:00'"),
        ('[[maintenance]]\nname="a"\nmatch={}\nfrom="1:00"\nto="2:00"\nweekdays=["x"]\n', "line 6", "mon, tue"),
        ('[[inhibition]]\nsource="a"\ntargets=[]\n', "line 3, inhibition[1].targets", "empty list"),
        (
            '[[inhibition]]\nsource="a"\ntargets=["b"]\n[[inhibition]]\nsource="b"\ntargets=["a"]\n',
            "line 4, inhibition[2]",
            "a → b → a",
        ),
        ("[[rule]\n", "", "not TOML"),
    ],
)
def test_a_mistake_is_told_with_line_field_and_what_would_be_right(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    """A rule that cannot work is refused when it is loaded, not at night."""
    with pytest.raises(InputError) as error:
        read_alert_file(written(tmp_path, text))
    assert place in error.value.place
    assert words in error.value.message


def test_a_detector_that_no_pack_brings_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    """A misspelt name must not wait for the first flood."""
    text = '[[rule]]\nname = "a"\ndetector = "silense"\nabove = 3\nevent = { en = "A", zh = "甲" }\n'
    with pytest.raises(InputError, match=r"line 3, rule\[1\].detector: found 'silense'; expected one of .*silence"):
        read_alert_file(written(tmp_path, text), load_packs(BrainSettings()))


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_told_in_words(tmp_path: Path, content: bytes | None) -> None:
    """A wrong path in the settings stops the start, with the path."""
    path = tmp_path / "alerts.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"alerts\.toml"):
        read_alert_file(path)
