"""What is written down of alerts: small records that, played back in order, give the alerts as they stand."""

from __future__ import annotations

import msgspec
import re2

from .alerts import Alert, AlertStep
from .errors import SettingError

_QUIETLY = re2.Options()
_QUIETLY.log_errors = False


class Matcher(msgspec.Struct, frozen=True):
    """One condition on a label, with the meaning of Prometheus Alertmanager.

    Patterns are those of RE2, as there: no pattern of a client can take more than linear time.
    """

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether labels fulfil it; a label that is missing is an empty one."""
        found = labels.get(self.name, "")
        same = re2.fullmatch(self.value, found, _QUIETLY) is not None if self.is_regex else found == self.value
        return same is self.is_equal

    def check(self) -> None:
        """Raise SettingError for a pattern that cannot be read."""
        if not self.is_regex:
            return
        try:
            re2.compile(self.value, _QUIETLY)
        except re2.error as error:
            raise SettingError("matcher", self.name, self.value, f"a pattern that can be read ({error})") from None

    def __str__(self) -> str:
        sign = ("=~" if self.is_regex else "=") if self.is_equal else ("!~" if self.is_regex else "!=")
        return f'{self.name}{sign}"{self.value}"'


class Silence(msgspec.Struct, frozen=True):
    """Alerts whose labels fulfil all matchers are hidden from `starts` to `ends` (epoch s).

    `maintenance` marks work that was announced; who made it may end it early.
    """

    identifier: str
    matchers: tuple[Matcher, ...]
    starts: float
    ends: float
    by: str
    comment: str = ""
    maintenance: bool = False
    updated: float = 0.0

    def hides(self, labels: dict[str, str], at: float) -> bool:
        """Whether an alert with these labels is hidden at a time."""
        return self.starts <= at < self.ends and all(matcher.matches(labels) for matcher in self.matchers)


class Raised(msgspec.Struct, frozen=True, tag="raised"):
    """A new alert, with its first step."""

    alert: Alert

    @property
    def identifier(self) -> str:
        """The alert's."""
        return self.alert.identifier


class Joined(msgspec.Struct, frozen=True, tag="joined"):
    """A raw alert that is part of an alert, whole as it was reported."""

    identifier: str
    raw: Alert


class Repeated(msgspec.Struct, frozen=True, tag="repeated"):
    """A raw alert that was reported again while it lasts."""

    identifier: str
    key: str
    at: float
    expires: float | None = None


class Left(msgspec.Struct, frozen=True, tag="left"):
    """A raw alert whose condition has passed."""

    identifier: str
    key: str
    at: float


class Stepped(msgspec.Struct, frozen=True, tag="stepped"):
    """One more step of an alert's log."""

    identifier: str
    step: AlertStep


class Silenced(msgspec.Struct, frozen=True, tag="silenced"):
    """A silence as it was made or changed."""

    silence: Silence

    @property
    def identifier(self) -> str:
        """The silence's."""
        return self.silence.identifier


AlertRecord = Raised | Joined | Repeated | Left | Stepped | Silenced
