"""Words for people, in both languages of the console."""

from __future__ import annotations

import msgspec


class Text(msgspec.Struct, frozen=True):
    """One sentence or title in English and Chinese."""

    en: str
    zh: str

    def filled(self, **values: object) -> Text:
        """The same text with its `{placeholders}` filled in."""
        return Text(self.en.format(**values), self.zh.format(**values))
