"""The refusals of NGSI-LD (clause 5.5.2), made in one word."""

from __future__ import annotations

from touyan.core.errors import BrokerError


def bad_data(detail: str) -> BrokerError:
    """The data of the request break a rule."""
    return BrokerError("BadRequestData", detail)


def invalid_request(detail: str) -> BrokerError:
    """The request itself cannot be understood."""
    return BrokerError("InvalidRequest", detail)


def not_found(what: str, name: str) -> BrokerError:
    """Nothing bears that name."""
    return BrokerError("ResourceNotFound", f"there is no {what} {name[:200]!r}")


def already_exists(what: str, name: str) -> BrokerError:
    """Something bears that name already."""
    return BrokerError("AlreadyExists", f"{what} {name[:200]!r} exists already")


def not_supported(detail: str) -> BrokerError:
    """The operation is not offered."""
    return BrokerError("OperationNotSupported", detail)
