"""`touyan demo`: the brain on a generated city; no data, no configuration, no network."""

from __future__ import annotations

from typing import Annotated

import typer

from .loading import loaded, warn_of_refused
from .messages import tell
from .options import Config, Debug, Host, Json, Language, Minutes, NoBrowser, Port, Quiet, Seed, Speed
from .serving import Visit, free_address, serve_city

TWIN = "own"
"""The controller of the twin: the signals' own programme."""


def demo(
    host: Host = None,
    port: Port = None,
    pack: Annotated[str | None, typer.Option("--pack", help=tell("option.demo-pack"))] = None,
    seed: Seed = None,
    minutes: Minutes = None,
    speed: Speed = None,
    incident: Annotated[bool, typer.Option("--incident", help=tell("option.incident"))] = False,
    no_browser: NoBrowser = False,
    language: Language = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run the generated city with the console."""
    from touyan.core.components import Scenario
    from touyan.runtime.brain import Brain
    from touyan.runtime.broker import open_broker

    options = {"server.host": host, "server.port": port, "brain.speed": speed}
    settings, registry = loaded(config, options)
    address = free_address(settings.server)
    wishes = {"seed": seed, "incident": incident or None}
    given = {name: value for name, value in wishes.items() if value is not None}
    # A pack's own city is shown as it is: what decides on signals has nothing to do there.
    shown, controller, twin = (registry.demo_of(pack), TWIN, None) if pack else (None, settings.brain.controller, TWIN)
    scenario = registry.component(Scenario, shown or settings.city.scenario, given)
    warn_of_refused(registry)
    brain = Brain(settings, registry, scenario, controller, twin, store=None)
    visit = Visit(tell("source.generated"), twin, minutes, not no_browser, language)
    serve_city(brain, open_broker(None, settings.broker, settings.history), address, visit)
