"""Flask apps lent from hub to hub: to put one together takes longer than most tests, and it holds nothing of a hub but its name."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from hub.app import create_app
from hub.core import Hub
from portal.pages import shared_at

CHANGED = (
    "config",
    "extensions",
    "view_functions",
)  # what a test may change; Flask itself refuses all else after a request


@dataclass
class Spare:
    """An app that nobody has. made: what may be changed, as create_app made it."""

    app: Flask
    made: dict[str, dict[Any, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.made = {name: dict(getattr(self.app, name)) for name in CHANGED}

    def lend(self, hub: Hub) -> Flask:
        for name, made in self.made.items():
            changed = getattr(self.app, name)
            changed.clear()
            changed.update(made)
        self.app.testing = True
        self.app.extensions["hub"] = hub
        if "portal" in self.app.extensions:
            self.app.extensions["portal"] = shared_at(hub)
            self.app.extensions["portal"].listening.by_itself = False  # tests take its turns
        return self.app


_spare: dict[tuple[Any, ...], list[Spare]] = defaultdict(list)


@contextmanager
def lent(hub: Hub) -> Iterator[Flask]:
    """An app with the pages and doors of this hub's plugins, for testing; whatever it is changed to ends with the loan."""
    plugins = [found.plugin for found in hub.plugins.hook.register_blueprints.get_hookimpls()]
    waiting = _spare[hub.settings.count("HUB_PROXIES", 0), *plugins]
    spare = waiting.pop() if waiting else Spare(create_app(hub))
    yield spare.lend(hub)
    waiting.append(spare)
