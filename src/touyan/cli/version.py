"""`touyan --version`: what is installed."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import touyan

from .screen import say, show


def show_version() -> None:
    """Print version, commit, Python and packs."""
    from .loading import loaded

    _, registry = loaded()
    commit = source_commit()
    show(
        {
            "version": touyan.__version__,
            "commit": commit,
            "python": platform.python_version(),
            "packs": sorted(registry.packs),
            "refused": [error.message for error in registry.refused],
        }
    )
    say(f"touyan {touyan.__version__} ({commit or 'release'}), Python {platform.python_version()}")
    say(f"packs: {', '.join(sorted(registry.packs)) or '-'}")


def source_commit() -> str | None:
    """The commit of a source checkout; None for an installed release."""
    checkout = Path(touyan.__file__).parents[2]
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "rev-parse", "--short=12", "HEAD"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
