"""`touyan broker`: the NGSI-LD broker alone, without a city."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from .loading import loaded
from .messages import tell
from .options import Config, Debug, Host, Json, Port, Quiet
from .screen import progress, say, show
from .serving import free_address, termination_as_interrupt


def broker(
    data: Annotated[Path | None, typer.Option("--data", help=tell("option.data"))] = None,
    contexts: Annotated[Path | None, typer.Option("--contexts", help=tell("option.contexts"))] = None,
    host: Host = None,
    port: Port = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Serve NGSI-LD until somebody stops it."""
    from touyan.runtime.broker import open_broker
    from touyan.runtime.sources import SourceHall
    from touyan.server.app import create_broker_app
    from touyan.server.serve import serve

    told = {"server.host": host, "server.port": port, "broker.contexts": contexts and str(contexts)}
    settings, _ = loaded(config, told)
    address = free_address(settings.server)
    progress(tell("said.loading"))
    folder = data or settings.store.path / "broker"
    opened = open_broker(folder, settings.broker, settings.history)
    sources = settings.sources.folder
    hall = SourceHall(Path(sources), settings.store.path / "sources", opened) if sources else None
    url = f"{address.url(None)}ngsi-ld/v1"

    def announce() -> None:
        show({"event": "started", "url": url, "data": str(folder)})
        say(tell("said.broker", url=url))
        say(tell("said.stop"))

    with suppress(KeyboardInterrupt), termination_as_interrupt():
        serve(create_broker_app(opened, address.host, hall), address.host, address.port, announce)
    say(tell("said.stopped"))
