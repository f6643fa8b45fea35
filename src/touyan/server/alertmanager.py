"""The API v2 of Prometheus Alertmanager, so that its clients (amtool, Grafana, Prometheus) work unchanged.

Times of clients are those of the wall clock; they are moved by the difference to the city's clock, which is nothing
in a real city. An alert that is one for several raw alerts is shown once, with the labels of the first.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touyan import __version__
from touyan.core.alert_records import Matcher, Silence
from touyan.core.alerts import Alert, AlertState, Severity
from touyan.core.errors import SettingError
from touyan.runtime.alert_desk import Foreign
from touyan.runtime.view import BrainView

from .answers import Json
from .bodies import read_json

PREFIX = "/api/v2"
RECEIVER = "touyan"
_LARGEST_POST = 8_388_608
_RESOLVE_AFTER_S = 300.0
"""As Alertmanager's `resolve_timeout`: an alert that is not posted again has passed."""

_SEVERITIES = {
    **dict.fromkeys(("extreme", "emergency", "page", "red"), Severity.EXTREME),
    **dict.fromkeys(("severe", "critical", "error", "orange", "high"), Severity.SEVERE),
    **dict.fromkeys(("moderate", "warning", "yellow", "medium"), Severity.MODERATE),
    **dict.fromkeys(("minor", "info", "none", "blue", "low"), Severity.MINOR),
}
_FILTER = re.compile(r'\s*([a-zA-Z_:][\w:]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*?))\s*')


class _Posted(msgspec.Struct, frozen=True):
    """An alert as clients post it; fields that Alertmanager does not know are ignored, as it does."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    startsAt: datetime | None = None
    endsAt: datetime | None = None
    generatorURL: str = ""


class _PostedMatcher(msgspec.Struct, frozen=True):
    """A matcher as clients post it."""

    name: str
    value: str
    isRegex: bool = False
    isEqual: bool = True


class _PostedSilence(msgspec.Struct, frozen=True):
    """A silence as clients post it."""

    matchers: list[_PostedMatcher]
    startsAt: datetime
    endsAt: datetime
    createdBy: str
    comment: str
    id: str | None = ""


class Alertmanager:
    """The handlers under `/api/v2`."""

    def __init__(self, view: BrainView, alert_changed: Callable[[Alert], None]) -> None:
        self._desk = view.desk
        self._alert_changed = alert_changed
        self._started = time.time()

    def routes(self) -> list[Route]:
        """The route table."""
        return [
            Route(f"{PREFIX}/status", self.status),
            Route(f"{PREFIX}/receivers", self.receivers),
            Route(f"{PREFIX}/alerts", self.alerts),
            Route(f"{PREFIX}/alerts", self.post_alerts, methods=["POST"]),
            Route(f"{PREFIX}/alerts/groups", self.groups),
            Route(f"{PREFIX}/silences", self.silences),
            Route(f"{PREFIX}/silences", self.post_silence, methods=["POST"]),
            Route(f"{PREFIX}/silence/{{identifier}}", self.silence),
            Route(f"{PREFIX}/silence/{{identifier}}", self.expire, methods=["DELETE"]),
        ]

    def status(self, request: Request) -> Response:
        """What this is."""
        version = {"version": __version__, "branch": "touyan", "buildDate": "", "buildUser": "", "goVersion": ""}
        cluster: dict[str, Any] = {"status": "disabled", "peers": []}
        config = {"original": "# Touyan: routes are the channels of its alert file\nroute: {receiver: touyan}\n"}
        body = {"cluster": cluster, "config": config, "uptime": _iso(self._started)}
        return Json(body | {"versionInfo": version | {"revision": ""}})

    def receivers(self, request: Request) -> Response:
        """One receiver stands for all channels."""
        return Json([{"name": RECEIVER}])

    def alerts(self, request: Request) -> Response:
        """The alerts that last, with what hides them."""
        return Json([self._shown(alert) for alert in self._chosen(request)])

    def groups(self, request: Request) -> Response:
        """The same by name."""
        chosen = sorted(self._chosen(request), key=lambda alert: alert.rule)
        return Json(
            [
                {"labels": {"alertname": name}, "receiver": {"name": RECEIVER}, "alerts": list(map(self._shown, each))}
                for name, each in groupby(chosen, key=lambda alert: alert.rule)
            ]
        )

    async def post_alerts(self, request: Request) -> Response:
        """Take in what Prometheus or another client reports; what has ended is noted as passed."""
        posted = [_timed(each) for each in await read_json(request, list[_Posted], _LARGEST_POST)]
        now = self._desk.now
        lasting = [each for each in posted if each.endsAt is None or self._city(each.endsAt) > now]
        ended = [_key(each.labels) for each in posted if each.endsAt is not None and self._city(each.endsAt) <= now]
        alerts = await run_in_threadpool(self._desk.report_foreign, [self._raw(each, now) for each in lasting])
        if ended:
            await run_in_threadpool(self._desk.end, ended, "alertmanager client")
        for alert in {alert.identifier: alert for alert in alerts}.values():
            self._alert_changed(alert)
        return Response(status_code=200)

    def silences(self, request: Request) -> Response:
        """All silences, those that are over too."""
        wanted = _filters(request)
        silences = [each for each in self._desk.silences() if all(_about(each, matcher) for matcher in wanted)]
        return Json([self._shown_silence(silence) for silence in silences])

    def silence(self, request: Request) -> Response:
        """One silence."""
        return Json(self._shown_silence(self._desk.get_silence(request.path_params["identifier"])))

    async def post_silence(self, request: Request) -> Response:
        """Make or change a silence."""
        said = await read_json(request, _PostedSilence)
        starts, ends = self._city(said.startsAt), self._city(said.endsAt)
        if not said.matchers or ends <= starts or ends <= self._desk.now:
            raise SettingError("silence", "endsAt", _iso(ends), "matchers, and an end after its start and after now")
        matchers = tuple(Matcher(each.name, each.value, each.isRegex, each.isEqual) for each in said.matchers)
        wanted = Silence(said.id or "", matchers, starts, ends, said.createdBy, said.comment)
        kept = await run_in_threadpool(self._desk.silence, wanted)
        return Json({"silenceID": kept.identifier})

    def expire(self, request: Request) -> Response:
        """End a silence now."""
        self._desk.expire(request.path_params["identifier"], "")
        return Response(status_code=200)

    # ------------------------------------------------------------ clocks

    def _city(self, moment: datetime) -> float:
        """A wall time on the city's clock."""
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return zoned.timestamp() + self._desk.now - time.time()

    def _wall(self, at: float) -> str:
        """A time of the city on the wall clock."""
        return _iso(at - self._desk.now + time.time())

    # ------------------------------------------------------------ shapes

    def _chosen(self, request: Request) -> list[Alert]:
        """The alerts that the query asks for."""
        wanted, query = _filters(request), request.query_params
        hide = {kind for kind in ("active", "silenced", "inhibited") if query.get(kind, "true").lower() == "false"}
        return [
            alert
            for alert in self._desk.all()
            if alert.ended is None
            and alert.state not in (AlertState.CLOSED, AlertState.RESOLVED)
            and _kind(alert) not in hide
            and all(matcher.matches(alert.label_set()) for matcher in wanted)
        ]

    def _shown(self, alert: Alert) -> dict[str, Any]:
        kind = _kind(alert)
        ends = alert.expires or self._desk.now + _RESOLVE_AFTER_S
        return {
            "labels": alert.label_set(),
            "annotations": {
                "summary": alert.headline.en,
                "summary_zh": alert.headline.zh,
                "description": alert.description.en,
                "description_zh": alert.description.zh,
                "touyan_identifier": alert.identifier,
                "touyan_state": alert.state.value,
                "raw_alerts": str(alert.count),
            },
            "receivers": [{"name": RECEIVER}],
            "fingerprint": _fingerprint(alert.identifier),
            "startsAt": self._wall(alert.sent),
            "updatedAt": self._wall(alert.log[-1].at),
            "endsAt": self._wall(ends),
            "generatorURL": "",
            "status": {
                "state": "active" if kind == "active" else "suppressed",
                "silencedBy": [alert.muted] if kind == "silenced" else [],
                "inhibitedBy": [_fingerprint(alert.muted)] if kind == "inhibited" else [],
                "mutedBy": [],
            },
        }

    def _shown_silence(self, silence: Silence) -> dict[str, Any]:
        now = self._desk.now
        state = "expired" if silence.ends <= now else "pending" if silence.starts > now else "active"
        return {
            "id": silence.identifier,
            "status": {"state": state},
            "matchers": [
                {"name": each.name, "value": each.value, "isRegex": each.is_regex, "isEqual": each.is_equal}
                for each in silence.matchers
            ],
            "startsAt": self._wall(silence.starts),
            "endsAt": self._wall(silence.ends),
            "updatedAt": self._wall(silence.updated),
            "createdBy": silence.by,
            "comment": silence.comment,
        }

    def _raw(self, posted: _Posted, now: float) -> Foreign:
        labels, notes = posted.labels, posted.annotations
        name = labels.get("alertname") or "unnamed"
        summary = notes.get("summary") or notes.get("title") or name
        description = notes.get("description") or notes.get("message") or summary
        return Foreign(
            key=_key(labels),
            rule=name,
            entity=labels.get("entity") or labels.get("instance") or "",
            place=labels.get("area") or labels.get("place") or "",
            headline=(summary, notes.get("summary_zh", summary)),
            description=(description, notes.get("description_zh", description)),
            severity=_SEVERITIES.get(labels.get("severity", "").casefold(), Severity.UNKNOWN),
            since=min(now, self._city(posted.startsAt)) if posted.startsAt else now,
            expires=self._city(posted.endsAt) if posted.endsAt else now + _RESOLVE_AFTER_S,
            labels=labels,
            source="alertmanager client",
        )


def _timed(posted: _Posted) -> _Posted:
    """What was posted, without the zero times of Go, which mean none."""
    times = {name: getattr(posted, name) for name in ("startsAt", "endsAt")}
    return msgspec.structs.replace(
        posted, **{name: at if at is not None and at.year > 1 else None for name, at in times.items()}
    )


def _kind(alert: Alert) -> str:
    """Whether an alert is active, silenced or inhibited, in Alertmanager's words."""
    if not alert.muted:
        return "active"
    return "inhibited" if alert.muted.startswith("alert-") else "silenced"


def _filters(request: Request) -> list[Matcher]:
    """The matchers of `?filter=`; raises a problem for one that cannot be read."""
    return [_matcher(text) for text in request.query_params.getlist("filter")]


def _matcher(text: str) -> Matcher:
    match = _FILTER.fullmatch(text.strip().removeprefix("{").removesuffix("}"))
    if match is None:
        raise HTTPException(400, f'filter: found {text!r}; expected label="value", or with =~, != or !~')
    name, sign, quoted, plain = match.groups()
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
    matcher = Matcher(name, value, sign in ("=~", "!~"), sign in ("=", "=~"))
    matcher.check()
    return matcher


def _about(silence: Silence, wanted: Matcher) -> bool:
    """Whether a silence is about what a filter asks for."""
    return wanted.matches({each.name: each.value for each in silence.matchers})


def _key(labels: dict[str, str]) -> str:
    """What tells one posted alert from all others: its labels."""
    return f"am|{_fingerprint(*(part for pair in sorted(labels.items()) for part in pair))}"


def _fingerprint(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
