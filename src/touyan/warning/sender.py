"""Who speaks when an alert leaves the house."""

from __future__ import annotations

import msgspec

from touyan.core.text import Text


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name of the issuing office; `code` is its number in the national scheme, with which identifiers begin.

    `identifier` is unique worldwide, an address of mail say, without blanks, commas and angle brackets.
    """

    identifier: str = "touyan@localhost"
    name: Text = Text("Touyan", "头雁")
    code: str = ""
    web: str = ""
    contact: str = ""
    area: Text = Text("City", "全市")
