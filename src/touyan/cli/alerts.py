"""`touyan alerts`: what the running brain warns of, and what one does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from touyan.core.errors import InputError
from touyan.core.time import to_iso

from .exits import ExitCode
from .messages import language, tell
from .options import Config, Debug, Json, Quiet
from .screen import complain, say, show, show_table
from .server_calls import Server, server_of, who_is

alerts = typer.Typer(help=tell("alerts"), rich_markup_mode=None, no_args_is_help=True)

_Identifiers = Annotated[list[str], typer.Argument(help=tell("argument.alerts"), metavar="ALERT...")]
_One = Annotated[str, typer.Argument(help=tell("argument.alert"), metavar="ALERT")]
_By = Annotated[str | None, typer.Option("--by", help=tell("option.by"))]
_Note = Annotated[str, typer.Option("--note", help=tell("option.note"))]
_Url = Annotated[str | None, typer.Option("--url", help=tell("option.url"))]


@alerts.command("list", help=tell("alerts list"))
def list_alerts(
    state: Annotated[list[str] | None, typer.Option("--state", help=tell("option.state"))] = None,
    severity: Annotated[list[str] | None, typer.Option("--severity", help=tell("option.severity"))] = None,
    rule: Annotated[str | None, typer.Option("--rule", help=tell("option.rule"))] = None,
    text: Annotated[str | None, typer.Option("--text", help=tell("option.text"))] = None,
    most: Annotated[int, typer.Option("--most", min=1, help=tell("option.most"))] = 50,
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show alerts, the newest first."""
    query = {"state": ",".join(state or []) or None, "severity": ",".join(severity or []) or None}
    found = server_of(url, config).get("/api/alerts", **query, rule=rule, text=text, most=most)
    show({"alerts": found})
    columns = [
        tell(f"column.{name}") for name in ("alert", "state", "severity", "sent", "count", "assignee", "headline")
    ]
    show_table(columns, [_row(alert) for alert in found])


@alerts.command("show", help=tell("alerts show"))
def show_alert(
    alert: _One,
    cap: Annotated[bool, typer.Option("--cap", help=tell("option.cap"))] = False,
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show one alert with evidence, log and what was done about earlier ones."""
    server = server_of(url, config)
    if cap:
        say(server.text(f"/api/alerts/{alert}/cap"))
        return
    found = server.get(f"/api/alerts/{alert}")
    show({"alert": found})
    for line in _lines(found):
        say(line)


@alerts.command("silence", help=tell("alerts silence"))
def silence(
    matchers: Annotated[list[str], typer.Argument(help=tell("argument.matchers"), metavar="LABEL=VALUE...")],
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, help=tell("option.silence-minutes"))] = 60.0,
    maintenance: Annotated[bool, typer.Option("--maintenance", help=tell("option.maintenance"))] = False,
    by: _By = None,
    note: _Note = "",
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Hide alerts for some time."""
    body = {"matchers": [_matcher(text) for text in matchers], "seconds": minutes * 60, "maintenance": maintenance}
    made = server_of(url, config).post("/api/silences", {**body, "by": who_is(by), "comment": note})
    show({"silence": made})
    say(made["identifier"])


@alerts.command("silences", help=tell("alerts silences"))
def silences(
    url: _Url = None, config: Config = None, json: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """Show all silences."""
    found = server_of(url, config).get("/api/silences")
    show({"silences": found})
    columns = [tell(f"column.{name}") for name in ("silence", "matchers", "starts", "ends", "by", "comment")]
    show_table(columns, [_silence_row(each) for each in found])


@alerts.command("unsilence", help=tell("alerts unsilence"))
def unsilence(
    silence: Annotated[str, typer.Argument(help=tell("argument.silence"), metavar="SILENCE")],
    by: _By = None,
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """End a silence now."""
    show({"silence": server_of(url, config).delete(f"/api/silences/{silence}", by=who_is(by))})


@alerts.command("labels", help=tell("alerts labels"))
def labels(
    url: _Url = None, config: Config = None, json: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """Show what people said of alerts."""
    found = server_of(url, config).get("/api/labels")
    show({"labels": found})
    columns = [tell(f"column.{name}") for name in ("alert", "rule", "label", "by", "comment")]
    show_table(columns, [(each["alert"], each["rule"], each["label"], each["by"], each["note"]) for each in found])


@alerts.command("lessons", help=tell("alerts lessons"))
def lessons(
    url: _Url = None, config: Config = None, json: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """Show how often each rule was right, and which bound would have been better."""
    found = server_of(url, config).get("/api/lessons")
    show({"lessons": found})
    names = ("rule", "true", "false", "duplicate", "threshold", "advised", "drops", "unit")
    rows = [
        [each[name] for name in names[:5]] + [_or_dash(each["advised"]), each["drops"], each["unit_code"]]
        for each in found
    ]
    show_table([tell(f"column.{name}") for name in names], rows)


@alerts.command("assign", help=tell("alerts assign"))
def assign(
    identifiers: _Identifiers,
    to: Annotated[str, typer.Option("--to", help=tell("option.assignee"))],
    by: _By = None,
    note: _Note = "",
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Give alerts to somebody."""
    _act("assign", identifiers, by, note, to, server_of(url, config))


@alerts.command("feedback", help=tell("alerts feedback"))
def feedback(
    identifiers: _Identifiers,
    label: Annotated[str, typer.Option("--label", help=tell("option.label"))],
    by: _By = None,
    note: _Note = "",
    url: _Url = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say whether alerts were true."""
    _act("feedback", identifiers, by, note, label, server_of(url, config))


def _make(action: str) -> Callable[..., None]:
    """The command of an action that names nobody."""

    def command(
        identifiers: _Identifiers,
        by: _By = None,
        note: _Note = "",
        url: _Url = None,
        config: Config = None,
        json: Json = False,
        quiet: Quiet = False,
        debug: Debug = False,
    ) -> None:
        _act(action, identifiers, by, note, "", server_of(url, config))

    return command


for _action in ("confirm", "acknowledge", "resolve", "close", "reopen", "approve", "comment"):
    alerts.command(_action, help=tell(f"alerts {_action}"))(_make(_action))


def _act(action: str, identifiers: list[str], by: str | None, note: str, to: str, server: Server) -> None:
    """Do it, one by one on the server; what was refused is told, and makes the exit code."""
    body = {"action": action, "identifiers": identifiers, "by": who_is(by), "note": note, "to": to}
    answer = server.post("/api/alerts/bulk", body)
    if not answer["refused"]:
        show({"done": answer["done"]})
    for alert in answer["done"]:
        say(f"{alert['identifier']}: {alert['state']}")
    for identifier, problem in answer["refused"].items():
        complain(problem["code"], f"{identifier}: {problem['detail']}", "")
    if answer["refused"]:
        raise typer.Exit(ExitCode.FAILURE)


def _matcher(text: str) -> dict[str, Any]:
    """A matcher as LABEL=VALUE, with =~, != or !~ as in Alertmanager."""
    for sign in ("=~", "!~", "!=", "="):
        name, found, value = text.partition(sign)
        if found and name:
            return {"name": name, "value": value, "is_regex": "~" in sign, "is_equal": "!" not in sign}
    raise InputError("command line", "LABEL=VALUE", repr(text), "a label and its value as alertname=spill-back")


def _or_dash(value: float | None) -> object:
    return "-" if value is None else value


def _row(alert: dict[str, Any]) -> tuple[object, ...]:
    state = f"{alert['state']} ({tell('word.hidden')})" if alert["muted"] else alert["state"]
    told = (alert["identifier"], state, alert["severity"], to_iso(alert["sent"]), alert["count"], alert["assignee"])
    return (*told, alert["headline"][language()])


def _silence_row(silence: dict[str, Any]) -> tuple[object, ...]:
    matchers = " ".join(f"{each['name']}={each['value']}" for each in silence["matchers"])
    times = (to_iso(silence["starts"]), to_iso(silence["ends"]))
    return (silence["identifier"], matchers, *times, silence["by"], silence["comment"])


def _lines(alert: dict[str, Any]) -> list[str]:
    """An alert for people: what, evidence, who did what, and what helped before."""
    speech, evidence = language(), alert["evidence"]
    lines = [f"{alert['identifier']}  {alert['severity']}  {alert['state']}", alert["headline"][speech]]
    lines += [alert["description"][speech], ""]
    lines += [f"{evidence['quantity']}: {evidence['value']:g} ≥ {evidence['threshold']:g} {evidence['unit_code']}"]
    lines += [f"{tell('column.raw')}: {alert['count']}", ""]
    lines += [
        f"{to_iso(step['at'])}  {step['action']:<12}{step['by']}  {step['to']} {step['note']}".rstrip()
        for step in alert["log"]
    ]
    for earlier in alert["similar"]:
        notes = [step["note"] for step in earlier["log"] if step["action"] in ("resolve", "close") and step["note"]]
        lines.append(
            f"{tell('said.earlier')} {earlier['identifier']} ({to_iso(earlier['sent'])}): {'; '.join(notes) or '-'}"
        )
    return lines
