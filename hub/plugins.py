"""Finds plugins by entry point and loads those that config/hub.yaml names: installed is not active."""

import difflib
from collections.abc import Sequence
from importlib.metadata import entry_points

import pluggy

from hub.errors import ConfigError
from hub.sdk import hookspecs

GROUP = "hub.plugins"


def load_plugins(names: Sequence[str]) -> pluggy.PluginManager:
    """One manager per Hub, so that nothing is shared between two; a misspelt hook is an error."""
    manager = pluggy.PluginManager("hub")
    manager.add_hookspecs(hookspecs)
    for name in names:
        _load(manager, name)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise ConfigError(
            f"A plugin implements a hook that does not exist: {error}", "See hub/sdk/hookspecs.py."
        ) from None
    return manager


def installed() -> dict[str, str]:
    """Plugin name -> module, of all that are installed."""
    return {point.name: point.value for point in entry_points(group=GROUP)}


def _load(manager: pluggy.PluginManager, name: str) -> None:
    try:
        found = manager.load_setuptools_entrypoints(GROUP, name)
    except (ImportError, pluggy.PluginValidationError) as error:
        raise ConfigError(f"Plugin “{name}” does not load: {error}", "Take it out of hub.yaml, or mend it.") from error
    if not found:
        near = difflib.get_close_matches(name, installed(), 1)
        hint = f"Did you mean “{near[0]}”?" if near else f"Installed: {', '.join(sorted(installed()))}."
        raise ConfigError(f"Plugin “{name}” is in hub.yaml but not installed.", hint)
