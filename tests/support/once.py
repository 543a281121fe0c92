"""What is the same for every hub of a run is worked out once: the rules of a configuration, its chain, how a statement is written as
SQL, and what of a plugin is a hook.

Each test has a hub and a database of its own, and both would be made anew for each: that took longer than most tests."""

from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from ruamel.yaml import YAML
from sqlalchemy import Dialect, Engine, create_engine, event, make_url

import hub.regions
import portal.chain
from hub.rulebook import LiveBook, Stand

_read_all = LiveBook._read_all
READ: list[tuple[dict[str, bytes], Any, set[str], Stand]] = []
_parse = pluggy.PluginManager.parse_hookimpl_opts
NO_HOOK: dict[tuple[ModuleType, str], Any] = {}  # module, name -> what stood there
WRITTEN: dict[tuple[str, str], tuple[Dialect, Any]] = {}


def _read_once(self: LiveBook) -> Stand:
    """The first reading of a hub, for the same files and the same facts. What changes below a hub is read as ever."""
    if hasattr(self, "stand"):
        return _read_all(self)
    files, known = _files(self.folder), vars(self.catalogue)
    for held, catalogue, purposes, stand in READ:
        if (held, purposes) == (files, self.purposes) and catalogue == known:
            return stand
    stand = _read_all(self)
    READ.append((files, known, self.purposes, stand))
    return stand


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _parse_once(self: pluggy.PluginManager, plugin: Any, name: str) -> Any:
    """Of a hundred names of a module a few are hooks, and each costs a look of its own; another value is looked at again."""
    if self.project_name != "hub" or not isinstance(plugin, ModuleType):
        return _parse(self, plugin, name)
    held = vars(plugin).get(name, NO_HOOK)
    if NO_HOOK.get((plugin, name)) is held:
        return None
    found = _parse(self, plugin, name)
    if found is None:
        NO_HOOK[plugin, name] = held
    return found


def _create_engine(url: Any, **options: Any) -> Engine:
    """An engine that writes statements as the first of its kind did: SQLAlchemy keeps them for each engine anew."""
    engine = create_engine(url, **options)
    kind = (make_url(url).drivername, repr(sorted(options.items())))
    if kind in WRITTEN:
        engine.dialect, engine._compiled_cache = WRITTEN[kind]
    else:

        @event.listens_for(engine, "connect")  # from then on its dialect knows the database
        def _keep(_connection: Any, _record: Any) -> None:
            WRITTEN.setdefault(kind, (engine.dialect, engine._compiled_cache))

    return engine


class _Read:
    """Stands for YAML where a file is read for each hub, or for each question; nobody changes what comes out."""

    def __init__(self, typ: str) -> None:
        self.typ = typ

    def load(self, text: str) -> Any:
        return _document(self.typ, text)


@lru_cache(maxsize=256)
def _document(typ: str, text: str) -> Any:
    return YAML(typ=typ).load(text)


pluggy.PluginManager.parse_hookimpl_opts = _parse_once  # type: ignore[method-assign]
LiveBook._read_all = _read_once  # type: ignore[method-assign]
portal.chain.YAML = _Read  # type: ignore[attr-defined]
hub.regions.create_engine = _create_engine  # type: ignore[attr-defined]
