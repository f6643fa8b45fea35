"""`touyan new-pack`: a pack whose tests pass at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .messages import tell
from .options import Debug, Json, Quiet
from .screen import say, show


def new_pack(
    name: Annotated[str, typer.Argument(help=tell("argument.pack"))],
    folder: Annotated[Path | None, typer.Option("--folder", help=tell("option.folder"))] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a new pack from the template."""
    from touyan.runtime.new_pack import default_folder, write_pack
    from touyan.runtime.packs import OWN_FOLDER

    place = folder or default_folder()
    written = write_pack(name, place)
    inside = place.resolve() == OWN_FOLDER.resolve()
    command = f"pytest {written}" if inside else f"TOUYAN_PACKS={place} touyan demo"
    show({"pack": name, "folder": str(written)})
    say(tell("said.pack", name=name, folder=written))
    say(tell("said.pack-next", command=command))
