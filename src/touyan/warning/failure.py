"""The alert that the brain raises about itself when one of its parts fails."""

from __future__ import annotations

from touyan.core.alerts import Alert, AlertAction, AlertState, AlertStep, Evidence, Severity
from touyan.core.entities import urn
from touyan.core.faults import Fault
from touyan.core.text import Text

COMPONENT_FAILED = "component-failed"

_OF_CONTROL = {
    "sensors": Text("Sensors {name} are silent: nobody has command", "传感器{name}无数据：已收回全部控制权"),
    "plan": Text("The plan of {name} was rolled back", "{name}的方案已回退"),
    "plant": Text("The street did not obey", "现场未执行指令"),
    "controller": Text(
        "The controller {name} has lost command; the street runs its own programme",
        "控制器“{name}”已失去控制权；现场恢复自身方案",
    ),
}
"""What befalls control, with what is done about it."""

_KINDS_ZH = {
    "detector": "检测器",
    "rule": "预警规则",
    "controller": "控制器",
    "guard": "安全守则",
    "indicator": "指标",
    "layer": "图层",
    "sensors": "传感器",
    "plan": "方案",
    "plant": "现场",
    "channel": "通知渠道",
}
_HEADLINE = Text("The {kind} {name} is switched off", "{kind_zh}“{name}”已停用")
_DESCRIPTION = Text(
    "The {kind} {name} failed and is switched off; everything else goes on. What it said: {words}",
    "{kind_zh}“{name}”发生故障，已被停用；其余部分继续运行。错误信息：{words}",
)


_SAID = Text("{words}", "{words}")


def component_failed(fault: Fault, status: str = "Actual") -> Alert:
    """The alert about a component that raised; `AlertBook.open` numbers it."""
    kind, name, words, at = fault
    told = {"kind": kind, "kind_zh": _KINDS_ZH.get(kind, kind), "name": name, "words": words}
    return Alert(
        identifier="",
        rule=COMPONENT_FAILED,
        entity=urn("Component", f"{kind}:{name}"),
        event=Text("Component failed", "组件故障"),
        headline=_OF_CONTROL.get(kind, _HEADLINE).filled(**told),
        description=(_SAID if kind in _OF_CONTROL else _DESCRIPTION).filled(**told),
        severity=Severity.SEVERE,
        sent=at,
        evidence=Evidence("failures", 1.0, 1.0, "C62", at, name),
        log=(AlertStep(AlertState.OPEN, COMPONENT_FAILED, at, action=AlertAction.RAISE),),
        group="none",
        category="Infra",
        status=status,
    )
