"""Finds plugins by entry point and loads those that config/hub.yaml names: installed is not active."""

import difflib
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points

import pluggy

from hub.errors import ConfigError
from hub.sdk import hookspecs

GROUP = "hub.plugins"


def load_plugins(names: Sequence[str]) -> pluggy.PluginManager:
    """One manager per Hub, so that nothing is shared between two; a misspelt hook is an error."""
    manager = pluggy.PluginManager("hub")
    manager.add_hookspecs(hookspecs)
    points = _installed()
    for name in names:
        _load(manager, name, points)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise ConfigError(
            f"A plugin implements a hook that does not exist: {error}", "See hub/sdk/hookspecs.py."
        ) from None
    return manager


def installed() -> dict[str, str]:
    """Plugin name -> module, of all that are installed."""
    return {point.name: point.value for point in _installed().values()}


def _installed() -> Mapping[str, EntryPoint]:
    return _lying_on(tuple(sys.path))


@cache
def _lying_on(_path: tuple[str, ...]) -> Mapping[str, EntryPoint]:
    """One look at the metadata of all that is installed: what lies on a path does not change while a process lives."""
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(manager: pluggy.PluginManager, name: str, points: Mapping[str, EntryPoint]) -> None:
    if name not in points:
        near = difflib.get_close_matches(name, points, 1)
        hint = f"Did you mean “{near[0]}”?" if near else f"Installed: {', '.join(sorted(points))}."
        raise ConfigError(f"Plugin “{name}” is in hub.yaml but not installed.", hint)
    try:
        if not manager.has_plugin(name):
            manager.register(points[name].load(), name=name)
    except (ImportError, AttributeError, pluggy.PluginValidationError) as error:
        raise ConfigError(f"Plugin “{name}” does not load: {error}", "Take it out of hub.yaml, or mend it.") from error
