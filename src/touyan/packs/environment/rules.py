"""Which score, for how long, becomes which alert about the air.

Yellow, orange and red are the levels of the national scheme for heavy-pollution episodes (Ministry of Environmental
Protection, 2017): see `EpisodeLevel` in detectors.py for when each holds.
"""

from __future__ import annotations

from typing import ClassVar

from touyan.core.alerts import Severity
from touyan.core.components import Rule
from touyan.core.settings import setting
from touyan.core.text import Text


class ReleaseSuspected(Rule):
    """Something escapes near a station: both of its instruments see it, its neighbours do not."""

    detector: ClassVar[str] = "sudden-rise"
    event: ClassVar[Text] = Text("Release suspected", "疑似泄漏或燃烧")
    headline: ClassVar[Text] = Text("Particles rise suddenly at {entity}", "{entity}颗粒物突升")
    description: ClassVar[Text] = Text(
        "PM2.5 and PM10 are both above the background by {value} {unit} of it since {since} (threshold {threshold} "
        "{unit}); the neighbours do not show it.",
        "自{since}起，PM2.5与PM10同步高出背景{value}{unit}（阈值{threshold}{unit}），周边站点未见同样变化。",
    )
    severity: ClassVar[Severity] = Severity.SEVERE
    threshold: float = setting(0.7, at_least=0.1, help="Excess over the background at which the alert is due.")
    clear_below: float = setting(0.3, at_least=0.0, help="Excess under which it has passed.")


class InstrumentFails(Rule):
    """An instrument says what its station and neighbours do not."""

    detector: ClassVar[str] = "instrument-fault"
    event: ClassVar[Text] = Text("Instrument fault", "仪器故障")
    headline: ClassVar[Text] = Text("An instrument of {entity} fails", "{entity}仪器故障")
    description: ClassVar[Text] = Text(
        "The score of a fault is {value} (threshold {threshold}) since {since}: the readings of the station do not go "
        "together, repeat themselves or are missing.",
        "自{since}起，故障评分为{value}（阈值{threshold}）：该站读数互不一致、长时间不变或缺失。",
    )
    severity: ClassVar[Severity] = Severity.MINOR
    threshold: float = setting(1.0, at_least=0.1, help="Score at which the alert is due.")
    clear_below: float = setting(0.6, at_least=0.0, help="Score under which it has passed.")


class HeavyPollution(Rule):
    """Heavy pollution that lasts, at one of the levels."""

    abstract = True
    detector: ClassVar[str] = "episode-level"
    description: ClassVar[Text] = Text(
        "The level of the episode is {value} since {since} (1 blue, 2 yellow, 3 orange, 4 red).",
        "自{since}起，重污染等级为{value}（1蓝、2黄、3橙、4红）。",
    )


class HeavyPollutionYellow(HeavyPollution):
    """A daily AQI over 200 for two days."""

    event: ClassVar[Text] = Text("Heavy pollution, yellow", "重污染天气黄色预警")
    headline: ClassVar[Text] = Text("Heavy pollution at {entity}: yellow", "{entity}重污染：黄色")
    severity: ClassVar[Severity] = Severity.MODERATE
    threshold: float = setting(2.0, at_least=1.0, at_most=4.0, help="Level from which on it holds.")
    clear_below: float = setting(1.0, at_least=0.0, at_most=4.0, help="Level under which it has passed.")


class HeavyPollutionOrange(HeavyPollution):
    """A daily AQI over 200 for three days, and over 300."""

    event: ClassVar[Text] = Text("Heavy pollution, orange", "重污染天气橙色预警")
    headline: ClassVar[Text] = Text("Heavy pollution at {entity}: orange", "{entity}重污染：橙色")
    severity: ClassVar[Severity] = Severity.SEVERE
    threshold: float = setting(3.0, at_least=1.0, at_most=4.0, help="Level from which on it holds.")
    clear_below: float = setting(2.0, at_least=0.0, at_most=4.0, help="Level under which it has passed.")


class HeavyPollutionRed(HeavyPollution):
    """A daily AQI over 200 for four days, and over 300 for two."""

    event: ClassVar[Text] = Text("Heavy pollution, red", "重污染天气红色预警")
    headline: ClassVar[Text] = Text("Heavy pollution at {entity}: red", "{entity}重污染：红色")
    severity: ClassVar[Severity] = Severity.EXTREME
    threshold: float = setting(4.0, at_least=1.0, at_most=4.0, help="Level from which on it holds.")
    clear_below: float = setting(2.0, at_least=0.0, at_most=4.0, help="Level under which it has passed.")
