"""`touyan run`: the brain on the user's own city."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from touyan.core.errors import NotFoundError

from .demo import TWIN
from .loading import loaded, warn_of_refused
from .messages import tell
from .options import (
    Config,
    ControllerSpec,
    Debug,
    Host,
    Json,
    Language,
    Minutes,
    Mode,
    NoBrowser,
    Port,
    Quiet,
    Seed,
    Speed,
)
from .serving import Visit, free_address, serve_city


def run(
    city: Annotated[Path, typer.Argument(help=tell("argument.city"), metavar="CITY_FOLDER")],
    flow: Annotated[str | None, typer.Option("--flow", help=tell("option.flow"))] = None,
    controller: ControllerSpec = None,
    mode: Mode = None,
    host: Host = None,
    port: Port = None,
    seed: Seed = None,
    minutes: Minutes = None,
    speed: Speed = None,
    no_browser: NoBrowser = False,
    language: Language = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run the city of a folder with the console."""
    from touyan.runtime.brain import Brain
    from touyan.runtime.broker import open_broker
    from touyan.runtime.cities import find_scenario

    told = {"brain.controller": controller, "brain.mode": mode, "brain.speed": speed}
    settings, registry = loaded(config, {**told, "server.host": host, "server.port": port})
    address = free_address(settings.server)
    scenario = find_scenario(registry, [city], **_wishes(city, flow, seed))
    warn_of_refused(registry)
    store = settings.store.path / city.resolve().name
    brain = Brain(settings, registry, scenario, settings.brain.controller, TWIN, store=store)
    visit = Visit(str(city), TWIN, minutes, not no_browser, language)
    serve_city(brain, open_broker(store / "broker", settings.broker, settings.history), address, visit)


def _wishes(city: Path, flow: str | None, seed: int | None) -> dict[str, Any]:
    """What the options ask of the scenario."""
    wishes: dict[str, Any] = {} if seed is None else {"seed": seed}
    return wishes if flow is None else {**wishes, "flow": flow_file(city, flow)}


def flow_file(city: Path, name: str) -> Path:
    """The flow file called so in the folder, with or without `.json`; raises NotFoundError."""
    for path in (city / name, city / f"{name}.json"):
        if path.is_file():
            return path
    raise NotFoundError("flow file", name, (path.name for path in city.glob("*flow*.json")))
