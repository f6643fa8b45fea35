"""The channels of an alert file, and which alerts each carries."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from touyan.core.alerts import Alert, AlertState, Severity
from touyan.core.errors import SettingError

_SEVERITIES = list(Severity)
Positive = Annotated[float, msgspec.Meta(gt=0)]


class _Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all channels have.

    Carried are alerts of `at_least` that severity whose labels are those of `match`, escalated `from_level` times or
    more; with `public` only what was released. `retry_s` is the first wait after a failure; it doubles up to
    `retry_most_s`.
    """

    name: str
    public: bool = False
    at_least: Severity = Severity.UNKNOWN
    match: dict[str, str] = {}
    from_level: int = 0
    timeout_s: Positive = 10.0
    retry_s: Positive = 1.0
    retry_most_s: Positive = 60.0

    def carries(self, alert: Alert) -> bool:
        """Whether an alert as it stands goes this way."""
        if alert.muted or all(step.state is AlertState.SUSPECTED for step in alert.log):
            return False
        if self.public and not alert.released:
            return False
        labels = alert.label_set()
        severe = _SEVERITIES.index(alert.severity) <= _SEVERITIES.index(self.at_least)
        return severe and alert.level >= self.from_level and all(labels.get(n) == v for n, v in self.match.items())


class WebhookChannel(_Channel, frozen=True, forbid_unknown_fields=True, tag="webhook"):
    """Posts JSON (or CAP) to an address, signed with the secret in an environment variable."""

    url: str = ""
    secret_variable: str = ""
    format: str = "json"

    def check(self) -> None:
        """Raises SettingError."""
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise SettingError(self.name, "url", self.url, "http://HOST/PATH or https://HOST/PATH")
        _check_format(self.name, self.format)
        _check_variable(self.name, "secret_variable", self.secret_variable)


class MqttChannel(_Channel, frozen=True, forbid_unknown_fields=True, tag="mqtt"):
    """Publishes with QoS 1 to a broker; `topic` may hold {identifier}, {rule}, {severity} and {state}."""

    address: str = "mqtt://127.0.0.1:1883"
    topic: str = "touyan/alerts/{identifier}"
    retain: bool = False
    user: str = ""
    password_variable: str = ""
    format: str = "json"

    def check(self) -> None:
        """Raises SettingError."""
        if urlsplit(self.address).scheme not in ("mqtt", "mqtts") or not urlsplit(self.address).hostname:
            raise SettingError(self.name, "address", self.address, "mqtt://HOST:PORT or mqtts://HOST:PORT")
        try:
            filled = self.topic.format(identifier="a", rule="b", severity="c", state="d")
        except (KeyError, IndexError, ValueError):
            filled = "#"
        if set(filled) & {"#", "+"}:
            raise SettingError(self.name, "topic", self.topic, "a topic with {identifier}, {rule}, {severity}, {state}")
        _check_format(self.name, self.format)
        _check_variable(self.name, "password_variable", self.password_variable)


class MailChannel(_Channel, frozen=True, forbid_unknown_fields=True, tag="mail"):
    """Sends mail through an SMTP server."""

    host: str = "127.0.0.1"
    port: int = 25
    sender: str = ""
    to: tuple[str, ...] = ()
    starttls: bool = False
    user: str = ""
    password_variable: str = ""

    def check(self) -> None:
        """Raises SettingError."""
        for address in (self.sender, *self.to):
            if "@" not in address or any(each in address for each in "\r\n ,"):
                raise SettingError(self.name, "to", address, "addresses as name@host")
        if not self.to:
            raise SettingError(self.name, "to", [], "whom to write to")
        _check_variable(self.name, "password_variable", self.password_variable)


Channel = WebhookChannel | MqttChannel | MailChannel


def secret(variable: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret in an environment variable; empty where none is named."""
    return environment.get(variable, "") if variable else ""


def _check_format(name: str, found: str) -> None:
    if found not in ("json", "cap", "ngsi-ld"):
        raise SettingError(name, "format", found, "json, cap or ngsi-ld")


def _check_variable(name: str, setting: str, variable: str) -> None:
    """A secret that is missing at night would be found at night."""
    if variable and variable not in os.environ:
        raise SettingError(name, setting, variable, "the name of an environment variable that is set")
