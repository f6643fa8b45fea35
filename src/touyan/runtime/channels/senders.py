"""One message to the outside, sent once; what may be tried again and what may not."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import smtplib
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from touyan.core.alerts import Alert
from touyan.core.errors import MissingPackageError
from touyan.warning.sender import Sender

from .declared import Channel, MailChannel, MqttChannel, WebhookChannel, secret
from .shapes import body_of, mail_of

_TRY_AGAIN = {408, 425, 429}
_PORTS = {"mqtt": 1883, "mqtts": 8883}

Trouble = (OSError, TimeoutError, aiohttp.ClientError, smtplib.SMTPException)
"""What may be better the next time."""


class RefusedError(Exception):
    """The receiver will never take this message."""


async def send(channel: Channel, alert: Alert, office: Sender) -> None:
    """Send and wait until the receiver has it; raises one of Trouble, or RefusedError."""
    async with asyncio.timeout(channel.timeout_s):
        match channel:
            case WebhookChannel():
                await _post(channel, alert, office)
            case MqttChannel():
                await _publish(channel, alert, office)
            case MailChannel():
                await asyncio.to_thread(_mail, channel, alert, office)


def signature(body: bytes, at: int, key: str) -> str:
    """`t=<epoch s>,v1=<hex>`: HMAC-SHA256 of the time, a full stop and the body."""
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def _post(channel: WebhookChannel, alert: Alert, office: Sender) -> None:
    body, media_type = body_of(alert, channel.format, office, channel.public)
    headers = {"Content-Type": media_type, "Idempotency-Key": f"{alert.identifier}.{len(alert.log)}"}
    key = secret(channel.secret_variable)
    if key:
        headers["X-Touyan-Signature"] = signature(body, int(time.time()), key)
    async with (
        aiohttp.ClientSession() as session,
        session.post(channel.url, data=body, headers=headers, allow_redirects=False) as answer,
    ):
        if answer.status >= 500 or answer.status in _TRY_AGAIN:
            raise aiohttp.ClientError(f"{channel.url} answered {answer.status}")
        if answer.status >= 300:
            raise RefusedError(f"{channel.url} answered {answer.status}")


async def _publish(channel: MqttChannel, alert: Alert, office: Sender) -> None:
    try:
        from gmqtt import Client
        from gmqtt.storage import PersistentStorage
    except ImportError:
        raise MissingPackageError("gmqtt", "sources") from None
    body, _ = body_of(alert, channel.format, office, channel.public)
    parts, unconfirmed = urlsplit(channel.address), PersistentStorage()
    client: Any = Client(f"touyan-{channel.name}", persistent_storage=unconfirmed)
    client.set_config({"reconnect_retries": -2, "reconnect_delay": 0})
    if channel.user:
        client.set_auth_credentials(channel.user, secret(channel.password_variable))
    topic = channel.topic.format(
        identifier=alert.identifier, rule=alert.rule, severity=alert.severity.value, state=alert.state.value
    )
    await client.connect(parts.hostname, parts.port or _PORTS[parts.scheme], ssl=parts.scheme == "mqtts")
    try:
        client.publish(topic, body, qos=1, retain=channel.retain)
        await unconfirmed.wait_empty()
    finally:
        await client.disconnect()


def _mail(channel: MailChannel, alert: Alert, office: Sender) -> None:
    mail = mail_of(alert, office, channel.sender, channel.to)
    with smtplib.SMTP(channel.host, channel.port, timeout=channel.timeout_s) as server:
        if channel.starttls:
            server.starttls()
        if channel.user:
            server.login(channel.user, secret(channel.password_variable))
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            if all(500 <= code < 600 for code in codes):
                raise RefusedError(f"{channel.host} refused {', '.join(error.recipients)}") from error
            raise
