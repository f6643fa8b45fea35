"""The HTTP API of alerts: who does what about which, silences, and what was learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touyan.core.alert_records import Matcher, Silence
from touyan.core.alerts import Alert, AlertAction, Severity
from touyan.core.errors import NotFoundError, SettingError, TouyanError
from touyan.core.text import Text
from touyan.runtime.alert_desk import Report
from touyan.runtime.alert_query import AlertQuery
from touyan.runtime.view import BrainView

from .answers import Json, alert_answer, plain
from .bodies import read_body, read_json, read_query

Who = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
Note = Annotated[str, msgspec.Meta(max_length=2_000)]
Identifier = Annotated[str, msgspec.Meta(max_length=200)]

_MOST_AT_ONCE = 1_000
CAP = "application/cap+xml"
LARGEST_CAP = 1_000_000


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person does about an alert: who, why, whom it names, and how many steps were seen."""

    by: Who
    note: Note = ""
    to: Identifier = ""
    seen: int | None = None


class Bulk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One action on several alerts: those that are named, or those that a query takes."""

    action: AlertAction
    by: Who
    note: Note = ""
    to: Identifier = ""
    identifiers: Annotated[list[Identifier], msgspec.Meta(max_length=_MOST_AT_ONCE)] = []
    query: AlertQuery | None = None


class NewSilence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A silence: for so many seconds from now, or from `starts` to `ends` (epoch s of the city)."""

    by: Who
    matchers: Annotated[list[Matcher], msgspec.Meta(min_length=1, max_length=50)]
    comment: Note = ""
    seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    starts: float | None = None
    ends: float | None = None
    maintenance: bool = False
    identifier: Identifier = ""


class HandMade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert that a person raises; a drill is marked as one."""

    by: Who
    event: Text
    headline: Text
    description: Text
    severity: Severity
    entity: Identifier = ""
    location: tuple[float, float] | None = None
    area: dict[str, Any] | None = None
    instruction: Text | None = None
    category: str = "Other"
    drill: bool = False


class AlertApi:
    """The handlers; what writes runs in the thread pool, as it waits for the disk."""

    def __init__(self, view: BrainView, alert_changed: Callable[[Alert], None]) -> None:
        self._desk = view.desk
        self._alert_changed = alert_changed

    def routes(self) -> list[Route]:
        """The route table of alerts."""
        return [
            Route("/api/alerts", self.list),
            Route("/api/alerts", self.raise_alert, methods=["POST"]),
            Route("/api/alerts/bulk", self.bulk, methods=["POST"]),
            Route("/api/alerts/{identifier}", self.detail),
            Route("/api/alerts/{identifier}/cap", self.cap),
            Route("/api/alerts/{identifier}/ngsi-ld", self.entity),
            Route("/api/cap", self.report_cap, methods=["POST"]),
            Route("/api/alerts/{identifier}/{action}", self.act, methods=["POST"]),
            Route("/api/silences", self.silences),
            Route("/api/silences", self.silence, methods=["POST"]),
            Route("/api/silences/{identifier}", self.expire, methods=["DELETE"]),
            Route("/api/labels", self.labels),
            Route("/api/lessons", self.lessons),
        ]

    def list(self, request: Request) -> Response:
        """Alerts, the newest first; `?state=open&severity=Severe&most=50` and so on choose."""
        query = read_query(request, AlertQuery)
        return Json([alert_answer(alert) for alert in query.of(self._desk.all())])

    def detail(self, request: Request) -> Response:
        """One alert with its raw alerts, and with what was done about earlier ones like it."""
        found = self._desk.detail(request.path_params["identifier"])
        answer = {"members": plain(found.members), "similar": [alert_answer(alert) for alert in found.similar]}
        return Json(alert_answer(found.alert) | {"raw": answer["members"], "similar": answer["similar"]})

    def cap(self, request: Request) -> Response:
        """An alert as a CAP 1.2 message; a draft until two persons released what needs it."""
        return Response(self._desk.cap(request.path_params["identifier"]), media_type=CAP)

    def entity(self, request: Request) -> Response:
        """An alert as an NGSI-LD entity of the Smart Data Models."""
        return Json(self._desk.entity(request.path_params["identifier"]), media_type="application/ld+json")

    async def report_cap(self, request: Request) -> Response:
        """Take in a CAP message of another office."""
        body = await read_body(request, CAP, LARGEST_CAP)
        alerts = await run_in_threadpool(self._desk.report_cap, body)
        for alert in alerts:
            self._alert_changed(alert)
        return Json([alert_answer(alert) for alert in alerts], 202)

    async def act(self, request: Request) -> Response:
        """A person does something about an alert; 409 when somebody was faster."""
        action = _action(request.path_params["action"])
        said = await read_json(request, Action)
        identifier = request.path_params["identifier"]
        alert = await run_in_threadpool(
            self._desk.act, action, identifier, said.by.strip(), said.note, said.to.strip(), said.seen
        )
        self._alert_changed(alert)
        return Json(alert_answer(alert))

    async def bulk(self, request: Request) -> Response:
        """One action on several alerts; what came of each, in words where it was refused."""
        said = await read_json(request, Bulk, most=_MOST_AT_ONCE * 250)
        chosen = [alert.identifier for alert in said.query.of(self._desk.all())] if said.query else []
        done, refused = [], {}
        for identifier in dict.fromkeys([*said.identifiers, *chosen]):
            try:
                alert = await run_in_threadpool(
                    self._desk.act, said.action, identifier, said.by.strip(), said.note, said.to.strip()
                )
            except TouyanError as error:
                refused[identifier] = {"code": error.code, "detail": error.message}
            else:
                self._alert_changed(alert)
                done.append(alert_answer(alert))
        return Json({"done": done, "refused": refused})

    async def raise_alert(self, request: Request) -> Response:
        """A person raises an alert, or starts a drill."""
        said = await read_json(request, HandMade)
        report = Report(
            by=said.by.strip(),
            event=said.event,
            headline=said.headline,
            description=said.description,
            severity=said.severity,
            entity=said.entity,
            location=said.location,
            area=said.area,
            instruction=said.instruction,
            category=said.category,
            drill=said.drill,
        )
        alert = await run_in_threadpool(self._desk.raise_by_hand, report)
        self._alert_changed(alert)
        return Json(alert_answer(alert), 201)

    def silences(self, request: Request) -> Response:
        """All silences, those that are over too."""
        return Json(plain(self._desk.silences()))

    async def silence(self, request: Request) -> Response:
        """Hide alerts for some time."""
        said = await read_json(request, NewSilence)
        kept = await run_in_threadpool(self._desk.silence, _silence(said, self._desk.now))
        return Json(plain(kept), 201)

    def expire(self, request: Request) -> Response:
        """End a silence now; `?by=` says who."""
        return Json(plain(self._desk.expire(request.path_params["identifier"], request.query_params.get("by", ""))))

    def labels(self, request: Request) -> Response:
        """What people said of alerts: the labels that detectors and thresholds learn from."""
        return Json(plain(self._desk.labels()))

    def lessons(self, request: Request) -> Response:
        """How often each rule was right, and which bound would have been better."""
        return Json(plain(self._desk.lessons()))


def _action(name: str) -> AlertAction:
    try:
        return AlertAction(name)
    except ValueError:
        raise NotFoundError("action", name, [action.value for action in AlertAction]) from None


def _silence(said: NewSilence, now: float) -> Silence:
    starts = now if said.starts is None else said.starts
    ends = starts + said.seconds if said.seconds is not None else said.ends
    if ends is None or ends <= max(starts, now):
        raise SettingError("silence", "ends", ends, "seconds, or an end after its start and after now")
    return Silence(said.identifier, tuple(said.matchers), starts, ends, said.by.strip(), said.comment, said.maintenance)
