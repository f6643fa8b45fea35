"""Which score, for how long, becomes which alert about road traffic."""

from __future__ import annotations

from typing import ClassVar

from touyan.core.alerts import Severity
from touyan.core.components import Rule
from touyan.core.settings import setting
from touyan.core.text import Text


class DetectorSilent(Rule):
    """A lane detector from which nothing has come for some intervals."""

    detector: ClassVar[str] = "silence"
    event: ClassVar[Text] = Text("Detector silent", "检测器静默")
    headline: ClassVar[Text] = Text("The detector on lane {entity} is silent", "车道{entity}的检测器静默")
    description: ClassVar[Text] = Text(
        "{value} reports in a row are missing (threshold {threshold}), noticed at {since}. "
        "What is shown of this lane is no longer the present.",
        "已连续缺失{value}次上报（阈值{threshold}次），发现于{since}。该车道显示的数据已不是当前情况。",
    )
    severity: ClassVar[Severity] = Severity.MINOR
    threshold: float = setting(3.0, at_least=1.0, help="Missed reports at which a detector counts as silent.")
    clear_below: float = setting(1.5, at_least=0.0, help="Missed reports under which it counts as heard again.")


class SpillBack(Rule):
    """A queue that reaches back to the crossing before it."""

    detector: ClassVar[str] = "queue-share"
    event: ClassVar[Text] = Text("Spill-back", "排队溢出")
    headline: ClassVar[Text] = Text("Spill-back on lane {entity}", "车道{entity}排队溢出")
    description: ClassVar[Text] = Text(
        "The queue covers {value} {unit} of the lane (threshold {threshold} {unit}) since {since}; "
        "it can block the crossing before it.",
        "自{since}起，排队占车道长度的{value}{unit}（阈值{threshold}{unit}），可能堵塞上游路口。",
    )
    severity: ClassVar[Severity] = Severity.MODERATE
    threshold: float = setting(0.95, at_least=0.0, at_most=1.0, help="Share of the lane that is queue.")
    holds_for_s: float = setting(10.0, unit="SEC", at_least=0.0, help="How long it must hold before the alert.")
    clear_below: float = setting(0.8, at_least=0.0, at_most=1.0, help="Share under which it has passed.")


class Gridlock(Rule):
    """A crossing that nobody leaves although vehicles wait."""

    detector: ClassVar[str] = "standstill"
    event: ClassVar[Text] = Text("Gridlock", "路口锁死")
    headline: ClassVar[Text] = Text("Gridlock at crossing {entity}", "路口{entity}锁死")
    description: ClassVar[Text] = Text(
        "Vehicles wait, and none has left an entering lane for {value} {unit} "
        "(threshold {threshold} {unit}), noticed at {since}.",
        "车辆在等待，但已有{value} {unit}没有车辆驶离任何进口车道（阈值{threshold} {unit}），发现于{since}。",
    )
    severity: ClassVar[Severity] = Severity.SEVERE
    threshold: float = setting(120.0, unit="SEC", at_least=1.0, help="Standstill at which the alert is due.")
    clear_below: float = setting(10.0, unit="SEC", at_least=0.0, help="Standstill under which it has passed.")


class LaneBlocked(Rule):
    """Something stands on a lane: vehicles halt behind it, and the road before them is free."""

    detector: ClassVar[str] = "stopped-vehicle"
    event: ClassVar[Text] = Text("Lane blocked", "车道受阻")
    headline: ClassVar[Text] = Text("Something stands on lane {entity}", "车道{entity}上有物体停驻")
    description: ClassVar[Text] = Text(
        "Vehicles have stood for {value} {unit} (threshold {threshold} {unit}) although the road before them is "
        "free, noticed at {since}.",
        "前方道路畅通，但车辆已停驻{value} {unit}（阈值{threshold} {unit}），发现于{since}。",
    )
    severity: ClassVar[Severity] = Severity.SEVERE
    threshold: float = setting(30.0, unit="SEC", at_least=1.0, help="Standstill at which the alert is due.")
    clear_below: float = setting(5.0, unit="SEC", at_least=0.0, help="Standstill under which it has passed.")


class StopLineBlocked(Rule):
    """Vehicles at a stop line that do not go although they have green and room."""

    detector: ClassVar[str] = "unused-green"
    event: ClassVar[Text] = Text("Stop line blocked", "停车线受阻")
    headline: ClassVar[Text] = Text("Nobody leaves lane {entity} at green", "车道{entity}绿灯时无车驶离")
    description: ClassVar[Text] = Text(
        "Vehicles at the stop line have not used {value} {unit} of green (threshold {threshold} {unit}), noticed at "
        "{since}: the stop line is blocked, or the signal shows something else.",
        "停车线前的车辆已有{value} {unit}绿灯未驶离（阈值{threshold} {unit}），发现于{since}："
        "停车线受阻，或信号灯显示有误。",
    )
    severity: ClassVar[Severity] = Severity.SEVERE
    threshold: float = setting(20.0, unit="SEC", at_least=1.0, help="Green unused at which the alert is due.")
    clear_below: float = setting(5.0, unit="SEC", at_least=0.0, help="Green unused under which it has passed.")
