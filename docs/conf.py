"""Sphinx: one configuration for the English and the Chinese tree."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ["TOUYAN_LANG"] = "en"
sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

import reference_pages
import touyan

project = "Touyan 头雁"
author = copyright = "The Touyan authors"
version = release = touyan.__version__
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Touyan 头雁"
html_show_sphinx = False


def setup(app: Any) -> None:
    """Fill the generated parts of each page while it is read."""
    language = Path(app.srcdir).name

    def fill(app: Any, name: str, source: list[str]) -> None:
        source[0] = reference_pages.filled(source[0], language)

    app.connect("source-read", fill)
