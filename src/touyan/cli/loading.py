"""Settings and packs for a command: read once, complaints about packs told once."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .messages import tell
from .screen import SCREEN, note

if TYPE_CHECKING:
    from touyan.runtime.packs import Registry
    from touyan.runtime.settings import BrainSettings


def loaded(config: Path | None = None, options: Mapping[str, Any] | None = None) -> tuple[BrainSettings, Registry]:
    """The settings in force and the packs; raises InputError."""
    from touyan.runtime.packs import load_packs
    from touyan.runtime.settings import read_settings

    if not SCREEN.debug:
        # What a pack logs on refusal is told by `warn_of_refused`; the traceback is for --debug.
        logging.getLogger("touyan.runtime.packs").setLevel(logging.ERROR)
    settings = read_settings(config, os.environ, options)
    return settings, load_packs(settings)


def warn_of_refused(registry: Registry) -> None:
    """Name each pack that was refused, and why."""
    for error in registry.refused:
        note(tell("said.refused", reason=error.message))
