"""An alert as the body of a message, and the mail that a person reads."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate

import msgspec

from touyan.core.alerts import Alert
from touyan.core.time import to_iso
from touyan.core.units import UNITS
from touyan.warning.cap import MEDIA_TYPE, cap_message
from touyan.warning.levels import LEVELS
from touyan.warning.ngsi_alert import ngsi_alert
from touyan.warning.sender import Sender

_SAID = ("state", "due", "overdue", "assignee", "level", "approvers", "released", "feedback")


def body_of(alert: Alert, form: str, sender: Sender, public: bool) -> tuple[bytes, str]:
    """The body and its media type."""
    if form == "cap":
        return cap_message(alert, sender, public=public), MEDIA_TYPE
    if form == "ngsi-ld":
        return msgspec.json.encode(ngsi_alert(alert)), "application/ld+json"
    told = {**msgspec.to_builtins(alert), **{name: getattr(alert, name) for name in _SAID}}
    return msgspec.json.encode(told), "application/json"


def mail_of(alert: Alert, office: Sender, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """A mail in Chinese and English; later ones of an alert stand in the same thread."""
    level = LEVELS.get(alert.severity)
    marks = f"[{level.title.zh}]" if level else ""
    drill = "[演练 EXERCISE]" if alert.status == "Exercise" else ""
    mail = EmailMessage()
    mail["Subject"] = f"{drill}{marks} {alert.headline.zh} / {alert.headline.en}".strip().replace("\n", " ")
    mail["From"], mail["To"], mail["Date"] = sender, ", ".join(to), formatdate()
    first = _message_id(alert, 1, office)
    mail["Message-ID"] = _message_id(alert, len(alert.log), office)
    if len(alert.log) > 1:
        mail["In-Reply-To"] = mail["References"] = first
    mail.set_content("\n".join(_lines(alert)))
    return mail


def _message_id(alert: Alert, steps: int, office: Sender) -> str:
    host = office.identifier.rpartition("@")[2] or "touyan"
    return f"<{alert.identifier}.{steps}.{alert.sent:.0f}@{host}>"


def _lines(alert: Alert) -> list[str]:
    evidence = alert.evidence
    symbol = UNITS[evidence.unit_code].symbol if evidence.unit_code in UNITS else evidence.unit_code
    lines = [alert.description.zh, alert.description.en, ""]
    if alert.instruction is not None:
        lines += [alert.instruction.zh, alert.instruction.en, ""]
    lines += [
        f"{alert.identifier} · {alert.rule} · {alert.entity} · {alert.state}",
        f"{evidence.quantity}: {evidence.value:g} {symbol} (≥ {evidence.threshold:g} {symbol})",
        f"raw alerts 原始告警: {alert.count}",
        "",
    ]
    return [*lines, *(f"{to_iso(step.at)}  {step.state}  {step.by}  {step.note}".rstrip() for step in alert.log)]
